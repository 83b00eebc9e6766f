"""What may go wrong with a call to a service, and plans that decide it call by call."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias


class Effect(Enum):
    """Whether the call did its work, although its caller was told nothing, or a lie."""

    NONE = "none"
    DONE = "done"
    LATE = "late"
    """It does its work after all, just before the service's next call: it was under way."""


class CrashError(BaseException):
    """The function died: nothing of ours sees it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An error answer. After a 5xx the work may be done (S3, "Error best practices")."""

    code: str
    status: int = 400
    effect: Effect = Effect.NONE


@dataclass(frozen=True, slots=True)
class Partly:
    """The entries at these positions fail, with these codes; the others take place."""

    codes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Fewer:
    """An answer with no more than so many: short polling and listings may give fewer."""

    most: int


@dataclass(frozen=True, slots=True)
class Slow:
    """A good answer after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer: the SDK gives up after so many seconds."""

    effect: Effect = Effect.NONE
    seconds: float = 3.0
    """As `SDK_CONFIG` has it."""


@dataclass(frozen=True, slots=True)
class Hung:
    """An answer that drips: `call_within` gives up after so many seconds."""

    effect: Effect = Effect.NONE
    seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection breaks."""

    effect: Effect = Effect.NONE


@dataclass(frozen=True, slots=True)
class Crash:
    """The function dies while it calls."""

    effect: Effect = Effect.NONE


@dataclass(frozen=True, slots=True)
class Raised:
    """The SDK raises this, before anything is sent."""

    error: Exception


Fault: TypeAlias = Refused | Partly | Fewer | Slow | TimedOut | Hung | Reset | Crash | Raised

# The reference of each API, "Errors" and "Common errors"; for S3 "Error responses".
THROTTLED: Mapping[str, Refused] = {
    "events": Refused("ThrottlingException"),
    "s3": Refused("SlowDown", 503),
    "secretsmanager": Refused("ThrottlingException"),
    "sqs": Refused("RequestThrottled"),
}
BROKEN: Mapping[str, Refused] = {
    "events": Refused("InternalException", 500),
    "s3": Refused("InternalError", 500),
    "secretsmanager": Refused("InternalServiceError", 500),
    "sqs": Refused("InternalFailure", 500),
}


class Plan(Protocol):
    """Decides over every call, in the order in which they come."""

    def next(self, service: str, operation: str) -> Fault | None:
        """What happens to this call; None if it goes well.

        Args:
            service: The SDK's name of it: `events`, `sqs`, `s3`, `secretsmanager`.
            operation: The API's name of it, such as `PutEvents`.
        """
        ...


class NoFaults:
    """Everything goes well."""

    def next(self, service: str, operation: str) -> Fault | None:  # noqa: ARG002 - as the Plan has it
        return None


class Planned(Protocol):
    """Whatever has a plan that may be exchanged."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class PlanOf:
    """The plan that somebody has at the moment."""

    owner: Planned

    def next(self, service: str, operation: str) -> Fault | None:
        return self.owner.plan.next(service, operation)


@dataclass
class Script:
    """Faults written down, by service (`sqs`) or by operation (`sqs.SendMessage`).

    Args:
        coming: For the next calls, one each; None lets one go well.
        lasting: For every call that has none coming.
    """

    coming: dict[str, deque[Fault | None]] = field(default_factory=lambda: defaultdict(deque))
    lasting: dict[str, Fault] = field(default_factory=dict)

    def then(self, where: str, *faults: Fault | None) -> "Script":
        self.coming[where].extend(faults)
        return self

    def next(self, service: str, operation: str) -> Fault | None:
        places = (f"{service}.{operation}", service)
        for place in places:
            if self.coming.get(place):
                return self.coming[place].popleft()
        return next((self.lasting[place] for place in places if place in self.lasting), None)


@dataclass
class AtCall:
    """One fault, at the call of this number, counted from 0 over all services that share it."""

    number: int
    fault: Fault
    calls: int = 0

    def next(self, service: str, operation: str) -> Fault | None:  # noqa: ARG002 - as the Plan has it
        mine = self.calls == self.number
        self.calls += 1
        return self.fault if mine else None
