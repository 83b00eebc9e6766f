"""Every platform folder inherits these tests; they need no network, so they get none."""

import logging

import pytest
from pytest_socket import disable_socket

from support.platforms import platforms
from support.receiving import Reception


def pytest_runtest_setup() -> None:
    disable_socket()


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


@pytest.fixture(params=platforms().values(), ids=lambda platform: platform.name)
def reception(
    request: pytest.FixtureRequest,
    output: pytest.CaptureFixture[str],  # noqa: ARG001 - before the logger is made
) -> Reception:
    return Reception(request.param)
