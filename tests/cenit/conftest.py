"""These tests need no network, so they get none."""

import logging

import pytest
from pytest_socket import disable_socket

from support.cenit import Switchboard


def pytest_runtest_setup() -> None:
    disable_socket()


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


@pytest.fixture
def board(
    output: pytest.CaptureFixture[str],  # noqa: ARG001 - before the logger is made
) -> Switchboard:
    return Switchboard()
