"""The template, and one platform after another; these tests need no network, so they get none."""

import logging

import pytest
from pytest_socket import disable_socket

from commerce_hooks.platform import Platform
from support.platforms import platforms
from template.reading import Template, as_cloudformation, as_written


def pytest_runtest_setup() -> None:
    disable_socket()


@pytest.fixture(scope="session")
def template() -> Template:
    return as_written()


@pytest.fixture(scope="session")
def cloudformation(template: Template) -> Template:
    return as_cloudformation(template)


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


@pytest.fixture(params=platforms().values(), ids=lambda platform: platform.name)
def platform(request: pytest.FixtureRequest) -> Platform:
    assert isinstance(request.param, Platform)
    return request.param
