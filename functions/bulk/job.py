"""One bulk: its events go out in slices, and after each slice it is known how far they are.

A job may end anywhere and be run again: event ids come of the callback and the part's number,
so what is published twice is the same event twice, and nothing is left out.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Protocol, Self

from commerce_hooks.callback import Callback
from commerce_hooks.deadline import BUCKET_SECONDS, BUS_SECONDS, Deadline
from commerce_hooks.errors import CommerceHooksError, Problem, QuarantineError, Reason
from commerce_hooks.events import MAX_PROBLEMS, Built, EventBuilder
from commerce_hooks.oversize import fitted
from commerce_hooks.parking import PayloadBucket, parked_callback
from commerce_hooks.publishing import Publisher
from commerce_hooks.quarantine import Quarantine
from commerce_hooks.reading import Contents, read

SLICE_EVENTS = 100
"""So many events may be published again after a crash."""
SLICE_SECONDS = 2 * BUCKET_SECONDS + BUS_SECONDS
"""A slice that would not end in time is not begun: the rest is for another run."""


class BulkLostError(CommerceHooksError):
    """The body that a job is for is gone, and its events are not out."""


class ReadableBucket(PayloadBucket, Protocol):
    """The payload bucket, where a job may also read and delete."""

    def get(self, key: str) -> tuple[bytes, dict[str, str]] | None:
        """The bytes and attributes under the key, None if there are none.

        Raises:
            UnavailableError: It can't be told.
        """
        ...

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
    done: bool = False
    reason: str | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def parse(cls, text: bytes) -> Self:
        saved = json.loads(text)
        problems = tuple(Problem(tuple(p["loc"]), p["type"]) for p in saved["problems"])
        return cls(saved["parts"], saved["done"], saved["reason"], problems)

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
class Bulk:
    """A parked body, and what makes its events."""

    key: str
    callback: Callback
    builder: EventBuilder


@dataclass(frozen=True, slots=True)
class BulkJob:
    """Publishes parked bodies of all platforms."""

    builder_for: Callable[[str], EventBuilder]
    bucket: ReadableBucket
    publisher: Publisher
    max_inline_bytes: int

    def open(self, key: str) -> Bulk | None:
        """The body under this key, or None if it was dealt with.

        Raises:
            UnavailableError: The bucket failed.
            BulkLostError: There is no such body, and it was not dealt with.
        """
        if self.progress(key).done:
            self.bucket.delete(key)  # A run may have died between the two.
            return None
        found = self.bucket.get(key)
        if found is None:
            raise BulkLostError("the body of a bulk is gone")
        callback = parked_callback(found[1], found[0])
        return Bulk(key, callback, self.builder_for(callback.target.platform))

    def run(self, bulk: Bulk, until: Deadline) -> Progress:
        """Go on with a body as far as time allows.

        Raises:
            UnavailableError: A service failed; another run goes on from the last slice.
        """
        try:
            progress = self._publish(bulk, until)
        except QuarantineError as error:
            progress = replace(self.progress(bulk.key).after(0, error), done=True)
        if progress.done:
            self._end(bulk, progress, until)
        return progress

    def give_up(self, bulk: Bulk, until: Deadline) -> None:
        """Quarantine a body for a fault of ours: a repaired version can replay it.

        Raises:
            UnavailableError: The bucket failed.
        """
        self._end(bulk, Progress(done=True, reason=Reason.INTERNAL_ERROR.value), until)

    def progress(self, key: str) -> Progress:
        found = self.bucket.get(_progress_key(key))
        return Progress.parse(found[0]) if found else Progress()

    def _publish(self, bulk: Bulk, until: Deadline) -> Progress:
        contents = read(bulk.builder.platform, bulk.callback)
        progress = self.progress(bulk.key)
        while progress.parts < len(contents.parts) and until.remaining() >= SLICE_SECONDS:
            progress = self._slice(bulk, contents, progress, until)
            self._save(bulk.key, progress)
        return replace(progress, done=progress.parts == len(contents.parts))

    def _slice(
        self, bulk: Bulk, contents: Contents, progress: Progress, until: Deadline
    ) -> Progress:
        end = min(progress.parts + SLICE_EVENTS, len(contents.parts))
        built = bulk.builder.built(bulk.callback, contents, progress.parts, end)
        fit = [fitted(event, self.bucket, self.max_inline_bytes) for event in built.events]
        published = self.publisher.publish(fit, until.within(BUS_SECONDS))
        return progress.after(end, _refusal(built, published.refused))

    def _end(self, bulk: Bulk, progress: Progress, until: Deadline) -> None:
        """Keep what could not be published; only then is the body done with."""
        if progress.reason:
            refusal = QuarantineError(Reason(progress.reason), progress.problems)
            Quarantine(bulk.builder, self.bucket, self.publisher).keep(
                bulk.callback, refusal, until
            )
        self._save(bulk.key, progress)
        self.bucket.delete(bulk.key)

    def _save(self, key: str, progress: Progress) -> None:
        self.bucket.put(_progress_key(key), progress.dump(), {})


def _progress_key(key: str) -> str:
    return f"{key}.progress"


def _refusal(built: Built, refused: dict[str, str]) -> QuarantineError | None:
    """Why parts of a slice became no event, or none that the bus takes."""
    if not refused:
        return built.refusal
    problems = [Problem((int(id_.rpartition(".")[2]),), code) for id_, code in refused.items()]
    more = built.refusal.problems if built.refusal else ()
    return QuarantineError(Reason.REFUSED_BY_BUS, [*problems, *more])
