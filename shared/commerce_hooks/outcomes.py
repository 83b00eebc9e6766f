"""What can become of a callback and how each is answered: one table for all platforms."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from commerce_hooks.errors import Problem, Reason


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    UNRECOGNIZED = "unrecognized"
    DEFERRED = "deferred"
    QUARANTINED = "quarantined"
    IGNORED = "ignored"
    REPEATED = "repeated"
    INVALID = "invalid"
    NOT_IMPLEMENTED = "not_implemented"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UNAVAILABLE = "unavailable"
    FAILED = "internal_error"


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status, and how loud the log line is.

    200 and nothing else tells Centry that a callback arrived; everything else makes it call
    again, for 48 hours (its webhook documentation).
    """

    status: int
    log_level: Literal["info", "warning", "error"]


ANSWERS: Mapping[Outcome, Answer] = {
    # On the bus, or left to a job.
    Outcome.ACCEPTED: Answer(200, "info"),
    # On the bus with its whole body, as `callback.unrecognized`.
    Outcome.UNRECOGNIZED: Answer(200, "warning"),
    # In the outbox, from where it comes to the bus once that takes it.
    Outcome.DEFERRED: Answer(200, "warning"),
    # Raw bytes in the bucket, `callback.quarantined` on the bus points there.
    Outcome.QUARANTINED: Answer(200, "warning"),
    # Of a topic that is mostly personal and not asked for: nothing is kept.
    Outcome.IGNORED: Answer(200, "info"),
    # Cenit only: this very call was answered before, and gets the same answer again.
    Outcome.REPEATED: Answer(200, "info"),
    # Cenit only, for it waits for the answer: what cannot become an event is refused.
    Outcome.INVALID: Answer(400, "warning"),
    # Cenit only: a query, which an event cannot answer.
    Outcome.NOT_IMPLEMENTED: Answer(501, "info"),
    # No or wrong proof: nothing is kept.
    Outcome.UNAUTHORIZED: Answer(401, "warning"),
    # Cannot be a callback URL of ours.
    Outcome.NOT_FOUND: Answer(404, "info"),
    # A genuine URL, called with something else than POST.
    Outcome.METHOD_NOT_ALLOWED: Answer(405, "info"),
    # Not kept anywhere: the platform's own retry is the last line.
    Outcome.UNAVAILABLE: Answer(503, "error"),
    # Our own fault, and not even the bucket took the bytes.
    Outcome.FAILED: Answer(500, "error"),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one request, for the answer, the log line and the metric."""

    outcome: Outcome
    store: str | None = None
    topic: str | None = None
    callback_id: str | None = None
    resource: str | None = None
    # Of a callback of several events: what each is about.
    resources: tuple[str | None, ...] = ()
    event_ids: tuple[str, ...] = ()
    # So many events are left to a job.
    queued: int = 0
    reason: Reason | None = None
    problems: tuple[Problem, ...] = ()
    size: int = 0
    # For the operator's log only: what failed, as codes and places in the code.
    cause: str | None = None
    trace: tuple[str, ...] = ()
    # In quarantine, but the event that says so did not get out, and may another time.
    pending: bool = False
