"""A genuine callback: from here on nothing may be lost. It is published, kept, or refused."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Protocol

from commerce_hooks.callback import Callback
from commerce_hooks.deadline import BUCKET_SECONDS, QUEUE_SECONDS, Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.errors import QuarantineError, Reason, UnavailableError
from commerce_hooks.events import MAX_EVENTS, Built, Event, EventBuilder
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.oversize import fitted
from commerce_hooks.parking import BULK_PREFIX, PayloadBucket, park
from commerce_hooks.publishing import Published
from commerce_hooks.quarantine import Quarantine
from commerce_hooks.reading import Contents, read

MAX_AT_ONCE = 1000
"""Events that time and memory allow at once, where a bulk can't be left to a job."""


class BulkQueue(Protocol):
    """The jobs that publish the events of large callbacks."""

    def put(self, key: str, seconds: float) -> None:
        """Queue a job for the parked callback under this key.

        Raises:
            UnavailableError: It is not known to be queued after so many seconds.
        """
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Where genuine callbacks go. Above `max_inline_bytes` an event refers to its data."""

    delivery: Delivery
    bucket: PayloadBucket
    bulk_queue: BulkQueue
    max_inline_bytes: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Accepts the genuine callbacks of one platform."""

    builder: EventBuilder
    services: Services

    def accept(self, callback: Callback, until: Deadline) -> Receipt:
        """Bring a callback to safety before the deadline, and say how."""
        target = callback.target
        where = Receipt(
            Outcome.FAILED,
            store=target.store,
            topic=target.topic,
            callback_id=callback.callback_id,
            size=len(callback.body),
        )
        try:
            return self._accept(callback, where, until)
        except UnavailableError as error:
            return self._defer(callback, replace(where, outcome=Outcome.UNAVAILABLE), error, until)
        except QuarantineError as error:
            return self._quarantine(callback, where, error, until)
        except Exception as error:  # noqa: BLE001 - the one place: a fault of ours loses nothing
            fault = replace(where, cause=type(error).__name__, trace=places(error))
            return self._quarantine(callback, fault, QuarantineError(Reason.INTERNAL_ERROR), until)

    def _accept(self, callback: Callback, where: Receipt, until: Deadline) -> Receipt:
        contents = read(self.builder.platform, callback)
        if contents.topic and contents.topic.many and len(contents.parts) > MAX_EVENTS:
            return self._leave_to_job(callback, contents, where, until)
        return self._publish(callback, contents, where, until)

    def _leave_to_job(
        self, callback: Callback, contents: Contents, where: Receipt, until: Deadline
    ) -> Receipt:
        """Park a bulk for a job; while the bucket fails, publish it if that can be done in time.

        Raises:
            UnavailableError: It can't.
        """
        queued = replace(where, outcome=Outcome.ACCEPTED, queued=len(contents.parts))
        seconds = until.sparing(BUCKET_SECONDS).remaining()
        try:
            parked = park(self.services.bucket, callback, BULK_PREFIX, "bulk", seconds)
        except UnavailableError:
            if len(contents.parts) > MAX_AT_ONCE:
                raise
            return self._publish(callback, contents, where, until)
        try:
            self.services.bulk_queue.put(parked.key, until.within(QUEUE_SECONDS).remaining())
        except UnavailableError as error:
            # The body is safe: those that nobody works on are found, and a job is queued then.
            return replace(queued, outcome=Outcome.DEFERRED, cause=str(error))
        return queued

    def _publish(
        self, callback: Callback, contents: Contents, where: Receipt, until: Deadline
    ) -> Receipt:
        built = self.builder.built(callback, contents)
        published = self._deliver(built.events, until)
        if refusal := built.refusal_with(published.refused):
            raise QuarantineError(refusal.reason, refusal.problems, published.safe)
        return self._published(contents, built, published, where)

    def _published(
        self, contents: Contents, built: Built, published: Published, where: Receipt
    ) -> Receipt:
        first = built.events[0]
        known = contents.topic is not None
        outcome = Outcome.ACCEPTED if known else Outcome.UNRECOGNIZED
        return replace(
            where,
            outcome=Outcome.DEFERRED if published.deferred else outcome,
            # An unknown topic may be the body's own text, and that is not for the log.
            topic=first.metadata.topic if known else where.topic,
            resource=first.resource_id,
            resources=_resources(built.events),
            event_ids=tuple(event.event_id for event in built.events),
            cause=published.cause,
        )

    def _quarantine(
        self, callback: Callback, where: Receipt, error: QuarantineError, until: Deadline
    ) -> Receipt:
        where = replace(where, reason=error.reason)
        quarantine = Quarantine(self.builder, self.services.bucket, self.services.delivery)
        try:
            kept = quarantine.keep(callback, error, until)
        except UnavailableError as failed:
            fault = error.reason is Reason.INTERNAL_ERROR
            outcome = Outcome.FAILED if fault else Outcome.UNAVAILABLE
            return self._defer(callback, replace(where, outcome=outcome), failed, until)
        return replace(
            where,
            outcome=Outcome.QUARANTINED,
            problems=error.problems,
            event_ids=kept.event_ids,
            cause=kept.cause or where.cause,
            pending=kept.pending,
        )

    def _defer(
        self, callback: Callback, refused: Receipt, error: UnavailableError, until: Deadline
    ) -> Receipt:
        """While the bucket fails, keep the bytes in the outbox, to be received again later.

        Never where card data may be in them: that is for the encrypted bucket alone.
        """
        refused = replace(refused, cause=str(error))
        if error.service != "bucket" or self.builder.platform.sensitive:
            return refused
        try:
            self.services.delivery.keep(callback, until)
        except UnavailableError as failed:
            return replace(refused, cause=f"{error}, {failed}")
        return replace(refused, outcome=Outcome.DEFERRED)

    def _deliver(self, events: Sequence[Event], until: Deadline) -> Published:
        bucket, limit = self.services.bucket, self.services.max_inline_bytes
        deadline = until.sparing(BUCKET_SECONDS)
        fit = [fitted(event, bucket, limit, deadline.remaining()) for event in events]
        return self.services.delivery.publish(fit, until)


def _resources(events: Sequence[Event]) -> tuple[str | None, ...]:
    return tuple(event.resource_id for event in events) if len(events) > 1 else ()


def places(error: Exception) -> tuple[str, ...]:
    """Where it happened, without the message: that may quote the body."""
    frames = traceback.extract_tb(error.__traceback__)
    return tuple(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
