"""From a call to its answer: prove, look for an earlier answer, build, publish, keep the answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cenit.access import Proof, proof_of
from cenit.answering import METHODS, Answer, success
from cenit.answers import earlier_answer, keep_answer
from cenit.calls import Call, Place
from cenit.parameters import parameters_of
from cenit.requests import request_of
from cenit.services import COMMANDS, Command
from commerce_hooks.accepting import places
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import ANSWER_SECONDS, BUCKET_SECONDS, Clock, Deadline
from commerce_hooks.errors import Problem, QuarantineError, Reason, UnavailableError
from commerce_hooks.events import MAX_PROBLEMS, Event, EventBuilder
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.oversize import fitted
from commerce_hooks.parking import ReadableBucket
from commerce_hooks.publishing import Published, Publishing
from commerce_hooks.receiving import KeyRingSource

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
    publisher: Publishing
    bucket: ReadableBucket
    clock: Clock
    now: Callable[[], datetime]
    new_callback_id: Callable[[], str]
    callback_id_of: Callable[[str], str]
    max_inline_bytes: int


@dataclass(frozen=True, slots=True)
class _Genuine:
    """A call of a command that proved genuine. `signature` is None where a token was the proof."""

    call: Call
    place: Place
    command: Command
    callback: Callback
    signature: str | None


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
        where = Receipt(Outcome.FAILED, store=place.store, topic=place.service)
        until = Deadline(self.outside.clock, ANSWER_SECONDS)
        try:
            admitted = self._admit(call, place)
            if isinstance(admitted, Outcome):
                return Answer(replace(where, outcome=admitted))
            callback = admitted.callback
            where = replace(where, callback_id=callback.callback_id, size=len(callback.body))
            return self._earlier(admitted, where, until) or self._publish(admitted, where, until)
        except Exception as error:  # noqa: BLE001 - a fault of ours is answered, and with `error`
            return Answer(_failed(where, error))

    def _admit(self, call: Call, place: Place) -> _Genuine | Outcome:
        """The call if it is a genuine one of a command, else what becomes of it."""
        ring, now = self.outside.key_rings.current(), self.outside.now()
        proof = proof_of(call, place, ring, now)
        if proof is None:
            return Outcome.UNAUTHORIZED
        command = COMMANDS.get(place.service)
        if command is None:
            return Outcome.NOT_IMPLEMENTED
        if call.request.method not in METHODS:
            return Outcome.METHOD_NOT_ALLOWED
        callback = Callback(
            target=place.target,
            callback_id=self._callback_id(proof),
            received_at=now,
            content_type=call.request.content_type,
            body=call.request.body,
            backed_by=ring.store(place.target).backed_by,
            key_id=proof.key_id,
        )
        return _Genuine(call, place, command, callback, proof.signature)

    def _callback_id(self, proof: Proof) -> str:
        if proof.signature is None:
            return self.outside.new_callback_id()
        return self.outside.callback_id_of(proof.signature)

    def _earlier(self, genuine: _Genuine, where: Receipt, until: Deadline) -> Answer | None:
        """The answer that this very call had, if it was signed and is a repeat."""
        if genuine.signature is None:
            return None
        seconds = until.within(LOOKUP_SECONDS).remaining()
        bucket, store = self.outside.bucket, genuine.place.store
        known = earlier_answer(bucket, store, genuine.signature, seconds)
        return Answer(replace(where, outcome=Outcome.REPEATED), known) if known else None

    def _publish(self, genuine: _Genuine, where: Receipt, until: Deadline) -> Answer:
        sent = parameters_of(genuine.call, genuine.place, genuine.command)
        request = request_of(genuine.callback, genuine.command, sent, self.builder)
        published = self._put(request.event, until)
        if published.refused:
            code = published.refused[request.event.event_id]
            refused = replace(where, outcome=Outcome.FAILED, reason=Reason.REFUSED_BY_BUS)
            return Answer(replace(refused, cause=f"bus: {code}"))
        accepted = replace(
            where,
            outcome=Outcome.DEFERRED if published.deferred else Outcome.ACCEPTED,
            resource=request.event.resource_id,
            event_ids=(request.event.event_id,),
            cause=published.cause,
        )
        return self._keep(genuine, success(accepted, request.told), until)

    def _put(self, event: Event, until: Deadline) -> Published:
        seconds = until.sparing(BUCKET_SECONDS).remaining()
        fit = fitted(event, self.outside.bucket, self.outside.max_inline_bytes, seconds)
        return self.outside.publisher.publish([fit], until)

    def _keep(self, genuine: _Genuine, answer: Answer, until: Deadline) -> Answer:
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


def _failed(where: Receipt, error: Exception) -> Receipt:
    """What an operator is told of an error; of one that is our fault, where in our code."""
    match error:
        case UnavailableError():
            return replace(where, outcome=Outcome.UNAVAILABLE, cause=str(error))
        case QuarantineError():
            problems = error.problems[:MAX_PROBLEMS] or (Problem((), error.reason.value),)
            return replace(where, outcome=Outcome.INVALID, reason=error.reason, problems=problems)
        case _:
            return replace(
                where,
                outcome=Outcome.FAILED,
                reason=Reason.INTERNAL_ERROR,
                cause=type(error).__name__,
                trace=places(error),
            )
