"""What holds for every test: no real AWS account can be reached, whatever the shell has set."""

import logging
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import botocore.session
import pytest
from hypothesis import settings

_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


_MAKE_CLIENT: Any = boto3.client
_CLIENTS: dict[tuple[object, ...], Any] = {}


def _client(*named: object, **chosen: object) -> Any:
    """One for all tests with the same environment: making one takes longer than most tests.

    Who changes his client makes one with a session of his own. moto answers only those that were
    made after it was loaded.
    """
    seen = [each for each in sorted(os.environ.items()) if each[0].startswith("AWS_")]
    key = (*named, *sorted(chosen.items()), *seen, "moto.core" in sys.modules)
    if key not in _CLIENTS:
        _CLIENTS[key] = _MAKE_CLIENT(*named, **chosen)
    return _CLIENTS[key]


def pytest_configure() -> None:
    # Before any test module is imported: SDK clients read these when they are made.
    for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
        del os.environ[name]
    os.environ.update(_AWS)
    # Each new session would read the services' models anew, which takes longer than most tests.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    boto3.client = _client
    # A slow machine is no failure; and what CI says of a commit, it says again.
    settings.register_profile(
        "ours",
        deadline=None,
        derandomize="CI" in os.environ,
        max_examples=int(os.environ.get("EXAMPLES", "100")),
    )
    settings.load_profile("ours")


@pytest.fixture(autouse=True)
def _no_shared_sdk_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 keeps credentials in a default session; each test starts without one."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that an operator might switch on while looking for a fault."""
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    yield
    root.setLevel(level)
