"""What the command and the emulator's process say to each other, as lines of JSON.

The emulator reads its order from standard input and answers on standard output with the ports
that it got; later it is told the APIs to serve. As long as nothing else is agreed, it ends when
its standard input does: whatever happens to the command, no emulator is left behind.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Order:
    """Everything that an emulator has to know. Goes over a pipe, because it holds a secret."""

    identity: str
    directory: str
    front_port: int
    region: str
    account: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    platform_secret: str = field(repr=False)

    @property
    def run_directory(self) -> Path:
        return Path(self.directory)

    @property
    def state_directory(self) -> Path:
        return Path(self.directory).parent


@dataclass(frozen=True)
class Ports:
    """Where the emulator listens."""

    control: int
    front: int
    platforms: dict[str, str] = field(default_factory=dict)  # base URLs of the fake ones


@dataclass(frozen=True)
class Refusal:
    """Why there is no emulator."""

    port: int
    reason: str


@dataclass(frozen=True)
class OpenFrontDoor:
    """From now on the front door serves these APIs: `<api id>/<stage>` by where each is.

    An empty path is for whatever no other one is for.
    """

    apis: dict[str, str]


@dataclass(frozen=True)
class FrontDoorOpen:
    """The answer to it."""


@dataclass(frozen=True)
class StayOn:
    """From now on the emulator outlives whoever started it."""


_KINDS = {
    kind.__name__: kind for kind in (Order, Ports, Refusal, OpenFrontDoor, FrontDoorOpen, StayOn)
}


def to_line(said: Any) -> bytes:
    return json.dumps([type(said).__name__, asdict(said)]).encode() + b"\n"


def from_line(line: bytes) -> Any:
    name, fields = json.loads(line)
    return _KINDS[name](**fields)
