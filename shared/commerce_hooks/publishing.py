"""Entries onto the bus: in calls as large as AWS takes, retried alone where they fail."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from commerce_hooks.deadline import Deadline, Pause, pauses
from commerce_hooks.errors import CommerceHooksError, UnavailableError

T = TypeVar("T")

MAX_ENTRIES = 10
"""Entries that one PutEvents call takes (PutEvents API reference), or one of SQS."""
MAX_CALL_BYTES = 1_000_000
"""Bytes that one call, and so one entry, takes: 1 MB, counted by `entry_size`."""
RETRYABLE_CODES = frozenset({"InternalFailure", "ThrottlingException"})
"""The only codes of a failed entry that may pass on a second try (PutEvents API reference)."""
PERMANENT_CODES = frozenset({"InvalidArgument", "MalformedDetail", "RedactionFailure"})
"""The codes that say the entry itself is at fault. All others are about rights, or unknown: those
are for the operator to mend, and the event is good."""
TOO_LARGE = "EntryTooLarge"
"""Our own code for an entry that the bus would refuse for its size."""
_TIME_BYTES = 14


class BusEntry(Protocol):
    """What goes onto the bus: an event just built, or one that waited with its detail as text.

    `detail` is JSON and ASCII.
    """

    @property
    def event_id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def detail_type(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def detail(self) -> str: ...


class BusCallRefusedError(CommerceHooksError):
    """The bus refused a call as a whole and would again: an entry in it is at fault."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class EventBus(Protocol):
    """One PutEvents call."""

    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        """Put the entries; the answer has an error code, or None, for each.

        Raises:
            UnavailableError: No good answer within `seconds`; the entries may be out or not.
            BusCallRefusedError: The call is malformed.
        """
        ...


@dataclass(slots=True)
class Published:
    """What became of the entries.

    Args:
        event_ids: On the bus.
        refused: The bus will never take these (id to code).
        deferred: In the outbox, which takes them to the bus later.
        cause: Why some are deferred.
    """

    event_ids: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    deferred: tuple[str, ...] = ()
    cause: str | None = None

    @property
    def safe(self) -> tuple[str, ...]:
        """Ids of all that are on the bus or will be."""
        return (*self.event_ids, *self.deferred)


class NotPublishedError(UnavailableError):
    """Entries were left when time ran out.

    Args:
        left: Not known to be on the bus.
        published: What became of the others.
    """

    def __init__(
        self, failed: UnavailableError, left: Sequence[BusEntry], published: Published
    ) -> None:
        super().__init__(failed.service, failed.cause, may_pass=failed.may_pass)
        self.left = tuple(left)
        self.published = published


class Publishing(Protocol):
    """Anything that takes entries to the bus."""

    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        """Put all entries before the deadline, or see to it that they come later.

        Raises:
            UnavailableError: Neither was possible for some; others may be out already.
        """
        ...


@dataclass(frozen=True, slots=True)
class Publisher:
    """Puts entries with bounded retries. `pause` sleeps for so many seconds."""

    bus: EventBus
    pause: Pause

    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        """Put all entries before the deadline.

        Raises:
            NotPublishedError: Some were left when time ran out.
        """
        run = _Run(self.bus, deadline)
        try:
            self._put_all([entry for entry in entries if run.fits(entry)], run)
        except UnavailableError as error:
            left = [entry for entry in entries if entry.event_id not in run.settled]
            raise NotPublishedError(error, left, run.published) from error
        return run.published

    def _put_all(self, waiting: Sequence[BusEntry], run: "_Run") -> None:
        waits = pauses()
        while waiting := [
            entry for batch in batches(waiting, entry_size) for entry in run.put(batch)
        ]:
            pause = next(waits)
            if pause >= run.deadline.remaining():
                raise UnavailableError("bus", run.cause)
            self.pause(pause)


@dataclass(slots=True)
class _Run:
    """One publish under way."""

    bus: EventBus
    deadline: Deadline
    published: Published = field(default_factory=Published)
    cause: str = "deadline"
    settled: set[str] = field(default_factory=set)

    def fits(self, entry: BusEntry) -> bool:
        if entry_size(entry) <= MAX_CALL_BYTES:
            return True
        self._refuse(entry, TOO_LARGE)
        return False

    def put(self, batch: Sequence[BusEntry]) -> Sequence[BusEntry]:
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
        left = [one for one in zip(batch, codes, strict=True) if not self._settle(*one)]
        for _, code in left:
            self.cause = code or self.cause
            if code not in RETRYABLE_CODES:
                raise UnavailableError("bus", self.cause, may_pass=False)
        return [entry for entry, _ in left]

    def _bisect(self, batch: Sequence[BusEntry], code: str) -> Sequence[BusEntry]:
        if len(batch) == 1:
            self._refuse(batch[0], code)
            return ()
        middle = len(batch) // 2
        return [*self.put(batch[:middle]), *self.put(batch[middle:])]

    def _settle(self, entry: BusEntry, code: str | None) -> bool:
        """Note what became of an entry; False if the bus may take it another time."""
        if code in PERMANENT_CODES:
            self._refuse(entry, code)
        elif code is None:
            self.published.event_ids.append(entry.event_id)
            self.settled.add(entry.event_id)
        return entry.event_id in self.settled

    def _refuse(self, entry: BusEntry, code: str) -> None:
        self.published.refused[entry.event_id] = code
        self.settled.add(entry.event_id)


def entry_size(entry: BusEntry) -> int:
    """Bytes of an entry as AWS counts them (EventBridge user guide, event entry size)."""
    texts = (entry.source, entry.detail_type, entry.detail)
    return _TIME_BYTES + sum(len(text.encode()) for text in texts)


def batches(
    items: Iterable[T], size: Callable[[T], int], most_bytes: int = MAX_CALL_BYTES
) -> Iterator[list[T]]:
    """The items in order, in as few calls as the limits on count and size allow.

    What is larger than that is alone.
    """
    batch: list[T] = []
    total = 0
    for item in items:
        total += size(item)
        if batch and (len(batch) == MAX_ENTRIES or total > most_bytes):
            yield batch
            batch, total = [], size(item)
        batch.append(item)
    if batch:
        yield batch
