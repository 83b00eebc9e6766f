"""From a request to its receipt: prove, size, decode, validate, build, publish, park."""

import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from commerce_hooks.callback import Callback, CallbackRequest
from commerce_hooks.deadline import (
    ANSWER_SECONDS,
    BUCKET_SECONDS,
    BUS_SECONDS,
    QUEUE_SECONDS,
    Clock,
    Deadline,
)
from commerce_hooks.errors import QuarantineError, Reason, UnavailableError
from commerce_hooks.events import MAX_EVENTS, Event, EventBuilder
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.oversize import fitted
from commerce_hooks.parking import BULK_PREFIX, PayloadBucket, park
from commerce_hooks.publishing import Published, Publisher
from commerce_hooks.quarantine import Quarantine
from commerce_hooks.reading import read


class KeyRingSource(Protocol):
    """Where the key ring comes from."""

    def current(self) -> KeyRing:
        """The ring, not older than a short time while its source answers.

        Raises:
            UnavailableError: There is none: the source fails, and nothing was cached.
        """
        ...


class BulkQueue(Protocol):
    """The jobs that publish the events of large callbacks."""

    def put(self, key: str, seconds: float) -> None:
        """Queue a job for the parked callback under this key.

        Raises:
            UnavailableError: It is not known to be queued after so many seconds.
        """
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a receiver uses of the outside world, and what the operator decided.

    Args:
        clock: Monotonic, in seconds.
        max_inline_bytes: Larger events carry a reference to their data.
        personal_topics: Those that are on, as `<platform>/<topic>`.
    """

    key_rings: KeyRingSource
    publisher: Publisher
    bucket: PayloadBucket
    bulk_queue: BulkQueue
    clock: Clock
    now: Callable[[], datetime]
    new_callback_id: Callable[[], str]
    max_inline_bytes: int
    personal_topics: Collection[str]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives the callbacks of one platform."""

    builder: EventBuilder
    outside: Surroundings

    def receive(self, request: CallbackRequest) -> Receipt:
        """Decide what becomes of a request. Nothing is read of the body before the proof."""
        target = request.target(self.builder.platform)
        if target is None:
            return Receipt(Outcome.NOT_FOUND)
        where = Receipt(Outcome.UNAUTHORIZED, store=target.store, topic=target.topic)
        until = Deadline(self.outside.clock, ANSWER_SECONDS)
        try:
            ring = self.outside.key_rings.current()
        except UnavailableError as error:
            return replace(where, outcome=Outcome.UNAVAILABLE, cause=str(error))
        if not ring.proves(target, request.token):
            return where
        if request.method != "POST":
            return replace(where, outcome=Outcome.METHOD_NOT_ALLOWED)
        if self._is_off(target):
            return replace(where, outcome=Outcome.IGNORED)
        return self._receive_genuine(self._callback(target, request), where, until)

    def _is_off(self, target: CallbackTarget) -> bool:
        """Whether the topic is mostly personal and nobody has asked for it."""
        topic = self.builder.platform.topics.get(target.topic or "")
        name = f"{target.platform}/{target.topic}"
        return bool(topic and topic.mostly_personal and name not in self.outside.personal_topics)

    def _callback(self, target: CallbackTarget, request: CallbackRequest) -> Callback:
        return Callback(
            target=target,
            callback_id=self.outside.new_callback_id(),
            received_at=self.outside.now(),
            content_type=request.content_type,
            body=request.body,
        )

    def _receive_genuine(self, callback: Callback, where: Receipt, until: Deadline) -> Receipt:
        """From here on nothing may be lost: what is not on the bus is parked, or refused."""
        where = replace(where, callback_id=callback.callback_id, size=len(callback.body))
        try:
            return self._accept(callback, where, until)
        except UnavailableError as error:
            return replace(where, outcome=Outcome.UNAVAILABLE, cause=str(error))
        except QuarantineError as error:
            return self._quarantine(callback, where, error, until)
        except Exception as error:  # noqa: BLE001 - the one place: a fault of ours loses nothing
            fault = replace(where, cause=type(error).__name__, trace=places(error))
            return self._quarantine(callback, fault, QuarantineError(Reason.INTERNAL_ERROR), until)

    def _accept(self, callback: Callback, where: Receipt, until: Deadline) -> Receipt:
        contents = read(self.builder.platform, callback)
        if contents.topic and contents.topic.many and len(contents.parts) > MAX_EVENTS:
            return self._queue(callback, len(contents.parts), where, until)
        built = self.builder.built(callback, contents)
        published = self._publish(built.events, until)
        if refusal := built.refusal_with(published.refused):
            raise QuarantineError(refusal.reason, refusal.problems, published.event_ids)
        first = built.events[0]
        known = contents.topic is not None
        return replace(
            where,
            outcome=Outcome.ACCEPTED if known else Outcome.UNRECOGNIZED,
            # An unknown topic may be the body's own text, and that is not for the log.
            topic=first.metadata.topic if known else where.topic,
            resource=first.resource_id,
            event_ids=tuple(event.event_id for event in built.events),
        )

    def _queue(self, callback: Callback, events: int, where: Receipt, until: Deadline) -> Receipt:
        """Leave a bulk to a job. Where that fails, the body is quarantined, never refused."""
        try:
            seconds = until.within(BUCKET_SECONDS).remaining()
            parked = park(self.outside.bucket, callback, BULK_PREFIX, "bulk", seconds)
            self.outside.bulk_queue.put(parked.key, until.within(QUEUE_SECONDS).remaining())
        except UnavailableError as failed:
            raise QuarantineError(Reason.TOO_MANY_EVENTS) from failed
        return replace(where, outcome=Outcome.ACCEPTED, queued=events)

    def _quarantine(
        self, callback: Callback, where: Receipt, error: QuarantineError, until: Deadline
    ) -> Receipt:
        quarantine = Quarantine(self.builder, self.outside.bucket, self.outside.publisher)
        try:
            kept = quarantine.keep(callback, error, until)
        except UnavailableError as failed:
            fault = error.reason is Reason.INTERNAL_ERROR
            outcome = Outcome.FAILED if fault else Outcome.UNAVAILABLE
            return replace(where, outcome=outcome, reason=error.reason, cause=str(failed))
        return replace(
            where,
            outcome=Outcome.QUARANTINED,
            reason=error.reason,
            problems=error.problems,
            event_ids=kept.event_ids,
            cause=kept.cause or where.cause,
        )

    def _publish(self, events: Sequence[Event], until: Deadline) -> Published:
        bucket, limit = self.outside.bucket, self.outside.max_inline_bytes
        deadline = until.within(BUCKET_SECONDS)
        fit = [fitted(event, bucket, limit, deadline.remaining()) for event in events]
        return self.outside.publisher.publish(fit, until.within(BUS_SECONDS))


def places(error: Exception) -> tuple[str, ...]:
    """Where it happened, without the message: that may quote the body."""
    frames = traceback.extract_tb(error.__traceback__)
    return tuple(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
