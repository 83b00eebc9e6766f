"""One bulk: its events go out in slices, and after each slice it is known how far they are.

A job may end anywhere and be run again: event ids come of the callback and the part's number,
so what is published twice is the same event twice, and nothing is left out.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol, Self

from commerce_hooks.callback import Callback
from commerce_hooks.deadline import BUCKET_SECONDS, BUS_SECONDS, Deadline
from commerce_hooks.errors import (
    CommerceHooksError,
    Problem,
    QuarantineError,
    Reason,
    UnavailableError,
)
from commerce_hooks.events import MAX_PROBLEMS, Event, EventBuilder
from commerce_hooks.oversize import fitted
from commerce_hooks.parking import BULK_DONE, BULK_PROGRESS, ReadableBucket, parked_callback
from commerce_hooks.publishing import Publisher
from commerce_hooks.quarantine import Quarantine
from commerce_hooks.reading import Contents, read

SLICE_EVENTS = 50
"""So many events may be published again after a crash."""
SLICE_SECONDS = 2 * BUCKET_SECONDS + BUS_SECONDS
"""A slice that is not likely to end in time is not begun: the rest is for another run."""


class BulkLostError(CommerceHooksError):
    """The body that a job is for is gone, and its events are not out."""


class JobBucket(ReadableBucket, Protocol):
    """The payload bucket, where a job may also delete."""

    def delete(self, key: str) -> None:
        """Delete what lies under the key.

        Raises:
            UnavailableError: It is not known to be gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Parts before `parts` are dealt with; `problems` are those of parts that became no event."""

    parts: int = 0
    reason: str | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """What was saved; from the beginning, if another version of this code saved it."""
        try:
            saved = json.loads(text)
            problems = tuple(Problem(tuple(p["loc"]), p["type"]) for p in saved["problems"])
            return cls(saved["parts"], saved["reason"], problems)
        except (KeyError, TypeError, ValueError):
            return cls()

    def dump(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    def after(self, parts: int, refusal: QuarantineError | None) -> Self:
        """The progress once the parts before `parts` are dealt with."""
        if refusal is None:
            return replace(self, parts=parts)
        problems = (*self.problems, *refusal.problems)[:MAX_PROBLEMS]
        return replace(
            self, parts=parts, reason=self.reason or refusal.reason.value, problems=problems
        )


@dataclass(frozen=True, slots=True)
class Ran:
    """How far a run came; `done` if nothing is left for another.

    Args:
        cause: Why the bus will never take the event that points to what is kept.
    """

    progress: Progress
    done: bool
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Bulk:
    """A parked body, and what makes its events."""

    key: str
    callback: Callback
    builder: EventBuilder


@dataclass(frozen=True, slots=True)
class BulkJob:
    """Publishes parked bodies of all platforms.

    Args:
        note: Is told what is on the bus, slice by slice: a run may end without a word.
    """

    builder_for: Callable[[str], EventBuilder]
    bucket: JobBucket
    publisher: Publisher
    max_inline_bytes: int
    note: Callable[[Callback, Sequence[Event]], None]

    def open(self, key: str) -> Bulk | None:
        """The body under this key, or None if it was dealt with.

        Raises:
            UnavailableError: The bucket failed.
            BulkLostError: There is no such body, and it was not dealt with.
        """
        if self.bucket.get(_done_key(key)):
            self.bucket.delete(key)  # A run may have died between the two.
            return None
        found = self.bucket.get(key)
        if found is None:
            raise BulkLostError("the body of a bulk is gone")
        callback = parked_callback(found[1], found[0])
        return Bulk(key, callback, self.builder_for(callback.target.platform))

    def run(self, bulk: Bulk, until: Deadline) -> Ran:
        """Go on with a body as far as time allows.

        Raises:
            UnavailableError: A service failed; another run goes on from the last slice.
        """
        progress = self._progress(bulk.key)
        try:
            contents = read(bulk.builder.platform, bulk.callback)
            progress = self._publish(bulk, contents, progress, until)
            done = progress.parts >= len(contents.parts)
        except QuarantineError as error:
            progress, done = progress.after(progress.parts, error), True
        cause = self._end(bulk, progress, until) if done else None
        return Ran(progress, done, cause)

    def give_up(self, bulk: Bulk, until: Deadline) -> None:
        """Quarantine a body for a fault of ours: a repaired version can replay it.

        Raises:
            UnavailableError: A service failed.
        """
        problems = self._progress(bulk.key).problems
        self._end(bulk, Progress(reason=Reason.INTERNAL_ERROR.value, problems=problems), until)

    def _progress(self, key: str) -> Progress:
        found = self.bucket.get(_progress_key(key))
        return Progress.parse(found[0]) if found else Progress()

    def _publish(
        self, bulk: Bulk, contents: Contents, progress: Progress, until: Deadline
    ) -> Progress:
        while progress.parts < len(contents.parts) and until.remaining() >= SLICE_SECONDS:
            progress = self._slice(bulk, contents, progress, until)
            self.bucket.put(_progress_key(bulk.key), progress.dump(), {})
        return progress

    def _slice(
        self, bulk: Bulk, contents: Contents, progress: Progress, until: Deadline
    ) -> Progress:
        end = min(progress.parts + SLICE_EVENTS, len(contents.parts))
        built = bulk.builder.built(bulk.callback, contents, progress.parts, end)
        fit = [self._fitted(event, until) for event in built.events]
        # No platform waits, so the bus may take what time there is: a slow one must not make a
        # job begin the same slice for ever.
        published = self.publisher.publish(fit, until)
        out = set(published.event_ids)
        self.note(bulk.callback, [event for event in built.events if event.event_id in out])
        return progress.after(end, built.refusal_with(published.refused))

    def _fitted(self, event: Event, until: Deadline) -> Event:
        seconds = until.within(BUCKET_SECONDS).remaining()
        return fitted(event, self.bucket, self.max_inline_bytes, seconds)

    def _end(self, bulk: Bulk, progress: Progress, until: Deadline) -> str | None:
        """Keep what could not be published, and point to it; only then is the body done with.

        Returns:
            Why nothing points to it, nor ever will.
        """
        cause = None
        if progress.reason:
            refusal = QuarantineError(Reason(progress.reason), progress.problems)
            quarantine = Quarantine(bulk.builder, self.bucket, self.publisher)
            kept = quarantine.keep(bulk.callback, refusal, until)
            if kept.pending:
                raise UnavailableError("bus", str(kept.cause))
            cause = kept.cause
        # Never overwritten by a run that began earlier, as the progress may be.
        self.bucket.put(_done_key(bulk.key), b"", {})
        self.bucket.delete(bulk.key)
        return cause


def _progress_key(key: str) -> str:
    return f"{key}{BULK_PROGRESS}"


def _done_key(key: str) -> str:
    return f"{key}{BULK_DONE}"
