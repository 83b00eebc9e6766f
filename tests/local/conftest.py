"""The local stack for these tests: in a folder of theirs, never a developer's running one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

from commerce_hooks_cli.local.stack import StartOptions, start, stop
from local.inbox import Inbox
from local.stacks import ECHO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_hooks_cli.local.state import LocalState


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("emulator"):
        enable_socket()
        socket_allow_hosts(["127.0.0.1", "localhost"])
    else:
        disable_socket()


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalState]:
    """The real template with the working copy's code."""
    state = start(StartOptions(directory=tmp_path_factory.mktemp("stack") / ".local"))
    yield state
    stop(state)


@pytest.fixture(scope="session")
def inbox(local_stack: LocalState) -> Inbox:
    return Inbox(local_stack)


@pytest.fixture(scope="session")
def echo_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalState]:
    """A small template whose function answers with what it was given."""
    directory = tmp_path_factory.mktemp("echo") / ".local"
    state = start(StartOptions(directory=directory, checkout=ECHO, stack="echo"))
    yield state
    stop(state)
