"""What of the local stack can be made to fail, and in which ways."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FAULTS_PATH = "/_local/faults"
"""Of the control endpoint: what fails, and the switch. For the operator alone."""
MADE_TO_FAIL = "Made to fail: "
"""What the message of an error begins with that was asked for."""
HANG_SECONDS = 10.0
"""A call that hangs is answered after these, with an error."""


class Service(StrEnum):
    """What the functions rely on, in our words."""

    BUS = "bus"
    QUEUES = "queues"
    BUCKET = "bucket"
    KEY_RING = "key-ring"


class Kind(StrEnum):
    """How a service fails."""

    ERROR = "error"
    """AWS says that the fault is its own, and may pass."""
    THROTTLE = "throttle"
    """Too many requests."""
    DENIED = "denied"
    """An access error, so that trying again is of no use."""
    HANG = "hang"
    """No answer for as long as the caller waits."""
    PARTIAL = "partial"
    """The bus alone: of a call's entries the first fails, and every second one after it."""


@dataclass(frozen=True)
class Fault:
    """How a service fails, and how many calls have met that since it was switched on."""

    kind: Kind
    calls: int = 0


def possible(service: Service, kind: Kind) -> bool:
    """Only the bus tells of each part of a call what became of it."""
    return kind is not Kind.PARTIAL or service is Service.BUS
