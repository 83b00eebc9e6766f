"""From a request to its receipt: prove, size, decode, validate, build, publish, park."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from commerce_hooks.callback import Callback, CallbackRequest
from commerce_hooks.deadline import ANSWER_SECONDS, BUS_SECONDS, Clock, Deadline
from commerce_hooks.errors import Problem, QuarantineError, Reason, UnavailableError
from commerce_hooks.events import Event, EventBuilder
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.parking import PayloadBucket, park
from commerce_hooks.platform import UNRECOGNIZED
from commerce_hooks.publishing import Published, Publisher


class KeyRingSource(Protocol):
    """Where the key ring comes from."""

    def current(self) -> KeyRing:
        """The ring, not older than a short time while its source answers.

        Raises:
            UnavailableError: There is none: the source fails, and nothing was cached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a receiver uses of the outside world. `clock` is monotonic, in seconds."""

    key_rings: KeyRingSource
    publisher: Publisher
    bucket: PayloadBucket
    clock: Clock
    now: Callable[[], datetime]
    new_callback_id: Callable[[], str]


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
        return self._receive_genuine(self._callback(target, request), where, until)

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
            fault = replace(where, cause=type(error).__name__, trace=_places(error))
            return self._quarantine(callback, fault, QuarantineError(Reason.INTERNAL_ERROR), until)

    def _accept(self, callback: Callback, where: Receipt, until: Deadline) -> Receipt:
        events = self.builder.events(callback)
        published = self._publish(events, until)
        if published.refused:
            problems = [Problem((), code) for code in published.refused.values()]
            raise QuarantineError(Reason.REFUSED_BY_BUS, problems, published.event_ids)
        first = events[0]
        known = first.detail_type != UNRECOGNIZED
        return replace(
            where,
            outcome=Outcome.ACCEPTED if known else Outcome.UNRECOGNIZED,
            # An unknown topic may be the body's own text, and that is not for the log.
            topic=first.metadata.topic if known else where.topic,
            resource=first.resource_id,
            event_ids=tuple(event.event_id for event in events),
        )

    def _quarantine(
        self, callback: Callback, where: Receipt, error: QuarantineError, until: Deadline
    ) -> Receipt:
        """Keep the bytes; once they are safe, a failing bus costs only the pointer to them."""
        try:
            stored = park(self.outside.bucket, callback, error.reason)
        except UnavailableError as failed:
            fault = error.reason is Reason.INTERNAL_ERROR
            outcome = Outcome.FAILED if fault else Outcome.UNAVAILABLE
            return replace(where, outcome=outcome, reason=error.reason, cause=str(failed))
        receipt = replace(
            where,
            outcome=Outcome.QUARANTINED,
            reason=error.reason,
            problems=error.problems,
            event_ids=error.published,
        )
        try:
            pointer = self._publish([self.builder.quarantined(callback, error, stored)], until)
        except UnavailableError as failed:
            return replace(receipt, cause=str(failed))
        if pointer.refused:
            return replace(receipt, cause=f"bus: {', '.join(pointer.refused.values())}")
        return replace(receipt, event_ids=(*error.published, *pointer.event_ids))

    def _publish(self, events: Sequence[Event], until: Deadline) -> Published:
        deadline = Deadline(self.outside.clock, min(BUS_SECONDS, until.remaining()))
        return self.outside.publisher.publish(events, deadline)


def _places(error: Exception) -> tuple[str, ...]:
    """Where it happened, without the message: that may quote the body."""
    frames = traceback.extract_tb(error.__traceback__)
    return tuple(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
