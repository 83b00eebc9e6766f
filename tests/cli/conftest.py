"""The command's own tests: a world in memory, and no network but this machine's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from support.command import REAL, FakeWorld
from support.quarantine import Quarantined, quarantine_on_moto
from support.store_world import StoreWorld, store_world
from support.subscribed_shops import SubscribedShops, subscribed_shops

_LOOKS = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def pytest_runtest_setup() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _same_looks_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _LOOKS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    """The command while a local stack is up."""
    return FakeWorld(tmp_path)


@pytest.fixture
def real_world(tmp_path: Path) -> FakeWorld:
    """The command with a stack deployed to AWS."""
    return FakeWorld(tmp_path, REAL)


@pytest.fixture
def quarantine() -> Iterator[Quarantined]:
    with quarantine_on_moto() as quarantine:
        yield quarantine


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[StoreWorld]:
    """The command with a local stack whose stores and platforms are in memory."""
    with store_world(tmp_path) as world:
        yield world


@pytest.fixture
def subscribed(tmp_path: Path) -> Iterator[SubscribedShops]:
    """The same with platforms that keep subscriptions, and a bus."""
    with subscribed_shops(tmp_path) as world:
        yield world


@pytest.fixture
def real_subscribed(tmp_path: Path) -> Iterator[SubscribedShops]:
    """The same with a stack deployed to AWS."""
    with subscribed_shops(tmp_path, REAL) as world:
        yield world


@pytest.fixture
def real_shops(tmp_path: Path) -> Iterator[StoreWorld]:
    """The same with a stack deployed to AWS."""
    with store_world(tmp_path, REAL) as world:
        yield world
