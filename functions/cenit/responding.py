"""From a call to its answer: prove, look for an earlier answer, build, publish, keep the answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cenit.access import Proof, proof_of
from cenit.answering import METHODS, Answer, success
from cenit.answers import ReadableBucket, earlier_answer, keep_answer
from cenit.calls import Call, Place
from cenit.requests import Genuine
from cenit.services import COMMANDS
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import ANSWER_SECONDS, BUCKET_SECONDS, BUS_SECONDS, Clock, Deadline
from commerce_hooks.errors import Problem, QuarantineError, Reason, UnavailableError
from commerce_hooks.events import MAX_PROBLEMS, Event, EventBuilder
from commerce_hooks.keyring import KeyRing
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.oversize import fitted
from commerce_hooks.publishing import Published, Publisher
from commerce_hooks.receiving import KeyRingSource, places

LOOKUP_SECONDS = 1.0
"""For an earlier answer: having it is good, waiting long for it is not."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a responder uses of the outside world, and what the operator decided.

    Args:
        clock: Monotonic, in seconds.
        new_callback_id: Never the same twice.
        callback_id_of: The same for the same signature, so that a repeat of a signed call
            makes the same events even where its earlier answer can't be had.
        max_inline_bytes: Larger events carry a reference to their data.
    """

    key_rings: KeyRingSource
    publisher: Publisher
    bucket: ReadableBucket
    clock: Clock
    now: Callable[[], datetime]
    new_callback_id: Callable[[], str]
    callback_id_of: Callable[[str], str]
    max_inline_bytes: int


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers the calls of all Cenit stores."""

    builder: EventBuilder
    outside: Surroundings

    def respond(self, call: Call) -> Answer:
        """Decide what becomes of a call. Before the proof its body is hashed and no more."""
        place = call.place()
        if place is None:
            return Answer(Receipt(Outcome.NOT_FOUND))
        where = Receipt(Outcome.UNAUTHORIZED, store=place.store, topic=place.service)
        until = Deadline(self.outside.clock, ANSWER_SECONDS)
        try:
            ring = self.outside.key_rings.current()
        except UnavailableError as error:
            return Answer(replace(where, outcome=Outcome.UNAVAILABLE, cause=str(error)))
        return self._admit(call, place, ring, where, until)

    def _admit(
        self, call: Call, place: Place, ring: KeyRing, where: Receipt, until: Deadline
    ) -> Answer:
        now = self.outside.now()
        proof = proof_of(call, place, ring, now)
        if proof is None:
            return Answer(where)
        if call.request.method not in METHODS:
            return Answer(replace(where, outcome=Outcome.METHOD_NOT_ALLOWED))
        command = COMMANDS.get(place.service)
        if command is None:
            return Answer(replace(where, outcome=Outcome.NOT_IMPLEMENTED))
        callback = Callback(
            target=place.target,
            callback_id=self._callback_id(proof),
            received_at=now,
            content_type=call.request.content_type,
            body=call.request.body,
            backed_by=ring.store(place.target).backed_by,
        )
        genuine = Genuine(call, place, command, callback, proof.signature)
        where = replace(where, callback_id=callback.callback_id, size=len(callback.body))
        return self._carry_out(genuine, where, until)

    def _callback_id(self, proof: Proof) -> str:
        if proof.signature is None:
            return self.outside.new_callback_id()
        return self.outside.callback_id_of(proof.signature)

    def _carry_out(self, genuine: Genuine, where: Receipt, until: Deadline) -> Answer:
        try:
            return self._earlier(genuine, where, until) or self._publish(genuine, where, until)
        except UnavailableError as error:
            return Answer(replace(where, outcome=Outcome.UNAVAILABLE, cause=str(error)))
        except QuarantineError as error:
            problems = error.problems[:MAX_PROBLEMS] or (Problem((), error.reason.value),)
            return Answer(
                replace(where, outcome=Outcome.INVALID, reason=error.reason, problems=problems)
            )
        except Exception as error:  # noqa: BLE001 - a fault of ours is answered, and with `error`
            return Answer(
                replace(
                    where,
                    outcome=Outcome.FAILED,
                    reason=Reason.INTERNAL_ERROR,
                    cause=type(error).__name__,
                    trace=places(error),
                )
            )

    def _earlier(self, genuine: Genuine, where: Receipt, until: Deadline) -> Answer | None:
        """The answer that this very call had, if it was signed and is a repeat."""
        if genuine.signature is None:
            return None
        seconds = until.within(LOOKUP_SECONDS).remaining()
        bucket, store = self.outside.bucket, genuine.place.store
        known = earlier_answer(bucket, store, genuine.signature, seconds)
        return Answer(replace(where, outcome=Outcome.REPEATED), known) if known else None

    def _publish(self, genuine: Genuine, where: Receipt, until: Deadline) -> Answer:
        request = genuine.request(self.builder)
        published = self._put(request.event, until)
        if published.refused:
            code = published.refused[request.event.event_id]
            refused = replace(where, outcome=Outcome.FAILED, reason=Reason.REFUSED_BY_BUS)
            return Answer(replace(refused, cause=f"bus: {code}"))
        accepted = replace(
            where,
            outcome=Outcome.ACCEPTED,
            resource=request.event.resource_id,
            event_ids=(request.event.event_id,),
        )
        return self._keep(genuine, success(accepted, request.told), until)

    def _put(self, event: Event, until: Deadline) -> Published:
        seconds = until.within(BUCKET_SECONDS).remaining()
        fit = fitted(event, self.outside.bucket, self.outside.max_inline_bytes, seconds)
        return self.outside.publisher.publish([fit], until.within(BUS_SECONDS))

    def _keep(self, genuine: Genuine, answer: Answer, until: Deadline) -> Answer:
        """Keep the answer for a repeat. The event is out, so a failing bucket changes nothing."""
        if genuine.signature is None or answer.success is None:
            return answer
        bucket, store = self.outside.bucket, genuine.place.store
        seconds = until.within(BUCKET_SECONDS).remaining()
        try:
            keep_answer(bucket, store, genuine.signature, answer.success, seconds)
        except UnavailableError as error:
            return replace(answer, receipt=replace(answer.receipt, cause=str(error)))
        return answer
