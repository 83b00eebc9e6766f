"""What processes listen on, as the system sees it."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LISTENING = "0A"


def listening_sockets(processes: Iterable[int]) -> set[tuple[str, int]]:
    """Address and port of every TCP socket that these processes listen on.

    A socket for datagrams has no such state: having one at all is a failure.
    """
    inodes = {inode for pid in processes for inode in _socket_inodes(pid)}
    datagrams = [row for name in ("udp", "udp6") for row in _rows(name) if row[9] in inodes]
    assert not datagrams
    rows = [row for name in ("tcp", "tcp6") for row in _rows(name)]
    return {_address(row[1]) for row in rows if row[9] in inodes and row[3] == _LISTENING}


def _socket_inodes(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _rows(name: str) -> list[list[str]]:
    table = Path(f"/proc/net/{name}")
    return [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []


def _address(text: str) -> tuple[str, int]:
    host, port = text.split(":")
    words = bytes.fromhex(host)
    # The kernel shows each 32-bit word in the machine's own byte order.
    packed = b"".join(
        struct.pack(">I", *struct.unpack("=I", words[i : i + 4])) for i in range(0, len(words), 4)
    )
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, packed), int(port, 16)
