"""What can go wrong with which service, and how that looks on the SDK's wire."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from random import Random

from support.faults import (
    BROKEN,
    THROTTLED,
    Crash,
    Effect,
    Fault,
    Fewer,
    Hung,
    Partly,
    Refused,
    Reset,
    TimedOut,
)


class Service(StrEnum):
    RING = "key ring"
    BUS = "bus"
    OUTBOX = "outbox queue"
    BUCKET = "bucket"
    BULK = "bulk queue"
    DEAD = "dead letters"


class Kind(StrEnum):
    FINE = "fine"
    ERROR = "error"
    PARTIAL = "partial"
    REFUSED = "refused for good"
    THROTTLED = "throttled"
    TIMEOUT_BEFORE = "timeout before"
    TIMEOUT_AFTER = "timeout after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"

    @property
    def is_crash(self) -> bool:
        return self in (Kind.CRASH_BEFORE, Kind.CRASH_AFTER)


_OF_QUEUES = tuple(kind for kind in Kind if kind is not Kind.REFUSED)
_OF_SINGLE_CALLS = tuple(kind for kind in _OF_QUEUES if kind is not Kind.PARTIAL)
KINDS: Mapping[Service, tuple[Kind, ...]] = {
    # A read has no effect, so before and after are the same.
    Service.RING: (
        Kind.FINE,
        Kind.ERROR,
        Kind.THROTTLED,
        Kind.TIMEOUT_BEFORE,
        Kind.RESET_BEFORE,
        Kind.CRASH_BEFORE,
    ),
    Service.BUS: tuple(Kind),
    Service.OUTBOX: _OF_QUEUES,
    Service.BUCKET: _OF_SINGLE_CALLS,
    Service.BULK: _OF_SINGLE_CALLS,
    Service.DEAD: _OF_QUEUES,
}
"""What every service can do; the first is that all is well."""
SDK_NAMES: Mapping[Service, str] = {
    Service.RING: "secretsmanager",
    Service.BUS: "events",
    Service.BUCKET: "s3",
    Service.OUTBOX: "sqs",
    Service.BULK: "sqs",
    Service.DEAD: "sqs",
}
_MOST_ENTRIES = 10
_PERMANENT_ENTRY_CODES = ("MalformedDetail", "InvalidArgument")
_ENTRY_CODES = (
    "ThrottlingException",
    "InternalFailure",
    "NotAuthorizedForSourceException",
    *_PERMANENT_ENTRY_CODES,
)
_QUEUE_ENTRY_CODES = ("InternalError", "ServiceUnavailable")
_PERMANENT_CALL_CODE = "ValidationException"
_DENIED_CODES = {"s3": Refused("AccessDenied", 403)}
_DENIED = Refused("AccessDeniedException")
_FOR_EVER = 3_600.0
_SHORT_LISTING = 1 / 4
_LISTS = frozenset({"ListObjectsV2"})


def fault_of(service: Service, kind: Kind, operation: str, chance: Random) -> Fault | None:
    """What happens to a call; None if it goes well."""
    made = _MAKERS.get(kind)
    if made is None:
        short = operation in _LISTS and chance.random() < _SHORT_LISTING
        return Fewer(chance.randint(1, 20)) if short else None
    return made(service, chance)


def crashes_of(service: Service) -> list[Kind]:
    """The ways to die of calling it."""
    return [kind for kind in KINDS[service] if kind.is_crash]


def effect_of(fault: Fault | None) -> Effect:
    """Whether the call did its work although nobody was told, or will."""
    return getattr(fault, "effect", Effect.NONE)


def is_permanent(fault: Fault) -> bool:
    """Whether the bus says of something that it will never take it."""
    match fault:
        case Refused(code):
            return code == _PERMANENT_CALL_CODE
        case Partly(codes):
            return not set(codes.values()).isdisjoint(_PERMANENT_ENTRY_CODES)
        case _:
            return False


def _error(service: Service, chance: Random) -> Fault:
    if chance.random() < 1 / 4:
        return _DENIED_CODES.get(SDK_NAMES[service], _DENIED)
    broken = BROKEN[SDK_NAMES[service]]
    # After a 5xx nobody knows whether the work is done.
    effect = chance.choice((Effect.NONE, Effect.NONE, Effect.DONE, Effect.LATE))
    return Refused(broken.code, broken.status, effect)


def _partial(service: Service, chance: Random) -> Fault:
    """Always the first entry, so that something is left however often it is tried again."""
    codes = _ENTRY_CODES if service is Service.BUS else _QUEUE_ENTRY_CODES
    others = [n for n in range(1, _MOST_ENTRIES) if chance.random() < 1 / 2]
    return Partly({0: codes[0], **{n: chance.choice(codes) for n in others}})


def _refused(_: Service, chance: Random) -> Fault:
    if chance.random() < 1 / 2:
        return Refused(_PERMANENT_CALL_CODE)
    return Partly({n: chance.choice(_PERMANENT_ENTRY_CODES) for n in range(_MOST_ENTRIES)})


def _throttled(service: Service, _: Random) -> Fault:
    return THROTTLED[SDK_NAMES[service]]


def _timed_out(effects: tuple[Effect, ...]) -> "_Maker":
    """By the SDK's own limit, or dripping on until nobody waits any more."""

    def made(_: Service, chance: Random) -> Fault:
        effect = chance.choice(effects)
        return chance.choice((TimedOut(effect), Hung(effect, _FOR_EVER)))

    return made


_Maker = Callable[[Service, Random], Fault]
_AFTER = (Effect.DONE, Effect.LATE)
_MAKERS: Mapping[Kind, _Maker] = {
    Kind.ERROR: _error,
    Kind.PARTIAL: _partial,
    Kind.REFUSED: _refused,
    Kind.THROTTLED: _throttled,
    Kind.TIMEOUT_BEFORE: _timed_out((Effect.NONE,)),
    Kind.TIMEOUT_AFTER: _timed_out(_AFTER),
    Kind.RESET_BEFORE: lambda *_: Reset(),
    Kind.RESET_AFTER: lambda *_: Reset(Effect.DONE),
    Kind.CRASH_BEFORE: lambda *_: Crash(),
    Kind.CRASH_AFTER: lambda *_: Crash(Effect.DONE),
}
