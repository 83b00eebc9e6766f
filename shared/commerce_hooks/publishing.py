"""Events onto the bus: in calls as large as AWS takes, retried alone where they fail."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from commerce_hooks.deadline import Deadline, Pause, pauses
from commerce_hooks.errors import CommerceHooksError, UnavailableError
from commerce_hooks.events import Event

MAX_ENTRIES = 10
"""Entries that one PutEvents call takes (PutEvents API reference)."""
MAX_CALL_BYTES = 1_000_000
"""Bytes that one call, and so one entry, takes: 1 MB, counted by `entry_size`."""
RETRYABLE_CODES = frozenset({"InternalFailure", "ThrottlingException"})
"""The only codes of a failed entry that may pass on a second try (PutEvents API reference)."""
DENIED_CODES = frozenset({"NotAuthorizedForSourceException", "NotAuthorizedForDetailTypeException"})
"""Codes of an entry that our role may not put: for the operator to mend, the event is good."""
TOO_LARGE = "EntryTooLarge"
"""Our own code for an entry that the bus would refuse for its size."""
_TIME_BYTES = 14


class BusCallRefusedError(CommerceHooksError):
    """The bus refused a call as a whole and would again: an entry in it is at fault."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class EventBus(Protocol):
    """One PutEvents call."""

    def put(self, events: Sequence[Event], seconds: float) -> Sequence[str | None]:
        """Put the events; the answer has an error code, or None, for each.

        Raises:
            UnavailableError: No good answer within `seconds`; the events may be out or not.
            BusCallRefusedError: The call is malformed.
        """
        ...


@dataclass(slots=True)
class Published:
    """What became of the events; the bus will never take the refused ones (id to code)."""

    event_ids: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Puts events with bounded retries. `pause` sleeps for so many seconds."""

    bus: EventBus
    pause: Pause

    def publish(self, events: Sequence[Event], deadline: Deadline) -> Published:
        """Put all events before the deadline.

        Raises:
            UnavailableError: Events were left when time ran out; others may be out already.
        """
        run = _Run(self.bus, deadline)
        waiting = [event for event in events if run.fits(event)]
        waits = pauses()
        while waiting := [event for batch in batches(waiting) for event in run.put(batch)]:
            pause = next(waits)
            if pause >= deadline.remaining():
                raise UnavailableError("bus", run.cause)
            self.pause(pause)
        return run.published


@dataclass(slots=True)
class _Run:
    """One publish under way."""

    bus: EventBus
    deadline: Deadline
    published: Published = field(default_factory=Published)
    cause: str = "deadline"

    def fits(self, event: Event) -> bool:
        if entry_size(event) <= MAX_CALL_BYTES:
            return True
        self.published.refused[event.event_id] = TOO_LARGE
        return False

    def put(self, batch: Sequence[Event]) -> Sequence[Event]:
        """One call; returns what to try again."""
        seconds = self.deadline.remaining()
        if seconds <= 0:
            raise UnavailableError("bus", self.cause)
        try:
            codes = self.bus.put(batch, seconds)
        except BusCallRefusedError as error:
            return self._bisect(batch, error.code)
        except UnavailableError as error:
            if not error.may_pass:
                raise
            self.cause = error.cause
            return batch
        return [e for e, code in zip(batch, codes, strict=True) if self._failed(e, code)]

    def _bisect(self, batch: Sequence[Event], code: str) -> Sequence[Event]:
        if len(batch) == 1:
            self.published.refused[batch[0].event_id] = code
            return ()
        middle = len(batch) // 2
        return [*self.put(batch[:middle]), *self.put(batch[middle:])]

    def _failed(self, event: Event, code: str | None) -> bool:
        """Note what became of an entry; True if it may pass on another try."""
        if code in DENIED_CODES:
            raise UnavailableError("bus", code, may_pass=False)
        if code in RETRYABLE_CODES:
            self.cause = code
            return True
        if code is None:
            self.published.event_ids.append(event.event_id)
        else:
            self.published.refused[event.event_id] = code
        return False


def entry_size(event: Event) -> int:
    """Bytes of an entry as AWS counts them (EventBridge user guide, event entry size)."""
    texts = (event.source, event.detail_type, event.detail)
    return _TIME_BYTES + sum(len(text.encode()) for text in texts)


def batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    """The events in order, in as few calls as the limits on count and size allow."""
    batch: list[Event] = []
    size = 0
    for event in events:
        size += entry_size(event)
        if batch and (len(batch) == MAX_ENTRIES or size > MAX_CALL_BYTES):
            yield batch
            batch, size = [], entry_size(event)
        batch.append(event)
    if batch:
        yield batch
