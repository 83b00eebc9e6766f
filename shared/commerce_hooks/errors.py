"""What can go wrong, by who has to act."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class CommerceHooksError(Exception):
    """Base of all our errors. Texts never hold bodies, tokens, URLs or personal data."""


class KeyRingInvalidError(CommerceHooksError):
    """The secret does not hold a key ring. An operator has to mend it."""


class UnavailableError(CommerceHooksError):
    """A service we depend on did not do its part in time: the platform should try again.

    Args:
        service: `bus`, `bucket`, `queue`, `key_ring`, `table`, `stores`, or, for bus and all
            behind it, `outbox`.
        cause: A short code for the operator's log (an AWS error code or an exception's name).
        may_pass: Whether trying again at once can help; a missing permission does not go away.
    """

    def __init__(self, service: str, cause: str, *, may_pass: bool = True) -> None:
        super().__init__(f"{service}: {cause}")
        self.service = service
        self.cause = cause
        self.may_pass = may_pass


class Reason(StrEnum):
    """Why a genuine callback is kept in quarantine instead of becoming an event."""

    TOO_BIG_TO_PARSE = "too_big_to_parse"
    UNREADABLE = "unreadable"
    INVALID = "invalid"
    TOPIC_MISMATCH = "topic_mismatch"
    REFUSED_BY_BUS = "refused_by_bus"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a body: where and what kind, never the value."""

    loc: tuple[str | int, ...]
    type: str


class QuarantineError(CommerceHooksError):
    """A genuine callback cannot become an event as it is; its raw bytes must be kept.

    Args:
        reason: Why.
        problems: What is wrong where.
        published: Ids of those of its events that are on the bus all the same.
    """

    def __init__(
        self,
        reason: Reason,
        problems: Sequence[Problem] = (),
        published: Sequence[str] = (),
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.problems = tuple(problems)
        self.published = tuple(published)
