"""Whose program is at the other end of a connection, as Linux lists it."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from commerce_hooks_cli.local.guard import of_another_user
from local.stacks import needs_proc

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER = ("127.0.0.1", 0x9C40), ("127.0.0.1", 0x1F90)
LOOPBACK = "0100007F" if sys.byteorder == "little" else "7F000001"
CLIENTS_END = f"{LOOPBACK}:9C40 {LOOPBACK}:1F90"
SERVERS_END = f"{LOOPBACK}:1F90 {LOOPBACK}:9C40"
OWN, OTHER = os.geteuid(), os.geteuid() + 1


def listed(*connections: tuple[str, str, int]) -> str:
    """A table with these connections: both ends, the state, the owner."""
    rows = [
        f"   {i}: {ends} {state} 00000000:00000000 00:00000000 00000000 {owner:5} 0 4711 1 0\n"
        for i, (ends, state, owner) in enumerate(connections)
    ]
    return "  sl  local_address rem_address   st ...\n" + "".join(rows)


@pytest.mark.parametrize(
    ("connections", "refused"),
    [
        ([(SERVERS_END, "01", OWN), (CLIENTS_END, "01", OWN)], False),
        ([(SERVERS_END, "01", OWN), (CLIENTS_END, "01", OTHER)], True),
        ([(SERVERS_END, "01", OWN)], True),
        ([(CLIENTS_END, "04", OWN)], True),  # closed by the client, who shows as root then
        ([(f"{LOOPBACK}:9C41 {LOOPBACK}:1F90", "01", OWN)], True),
        ([(f"{LOOPBACK}:9C40 {LOOPBACK}:1F91", "01", OWN)], True),
        ([], True),
    ],
)
def test_only_a_connection_of_this_user_is_let_in(
    tmp_path: Path, connections: list[tuple[str, str, int]], *, refused: bool
) -> None:
    table = tmp_path / "tcp"
    table.write_text(listed(*connections))
    assert of_another_user(CLIENT, SERVER, table) == refused


def test_where_nobody_tells_the_owner_all_are_let_in(tmp_path: Path) -> None:
    assert not of_another_user(CLIENT, SERVER, tmp_path / "nothing")


@needs_proc
@pytest.mark.emulator
def test_this_system_lists_connections_like_that() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            ends = client.getsockname(), server.getsockname()
            assert not of_another_user(*ends)
        assert of_another_user(*ends)
