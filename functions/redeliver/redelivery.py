"""What becomes of letters: events go to the bus, callbacks are received again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from commerce_hooks.accepting import Acceptance, places
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import ANSWER_SECONDS, BUS_SECONDS, QUEUE_SECONDS, Deadline
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.outbox import Letter, LetterUnreadableError, WaitingEvent, opened
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.publishing import NotPublishedError, Publishing
from redeliver.dead_letters import Dead, DeadLetters
from redeliver.fates import Fate, Verdict

T = TypeVar("T")
_OURS = "commerce-hooks."
_SAFE = {Outcome.ACCEPTED, Outcome.UNRECOGNIZED, Outcome.QUARANTINED, Outcome.DEFERRED}


class PlatformGoneError(CommerceHooksError):
    """A callback is of a platform that this version does not have."""


@dataclass(frozen=True, slots=True)
class Redelivery:
    """Delivers letters. `acceptance_for` gets a platform's name, or raises PlatformGoneError.

    What it delivers to must not put anything back into the outbox: Lambda stops functions that
    feed their own queue.
    """

    publisher: Publishing
    acceptance_for: Callable[[str], Acceptance]
    dead_letters: DeadLetters

    def deliver(self, letters: Sequence[Letter], until: Deadline) -> list[Fate]:
        """Deliver as many as time allows; the answer has a fate for each.

        Events share their calls to the bus, and BUS_SECONDS. Callbacks come after them, one by
        one, until a service fails: it would fail the next one, too. Poison is buried.
        """
        tries_end = until.within(until.remaining() - QUEUE_SECONDS)
        contents = {n: guarded(partial(_opened, one)) for n, one in enumerate(letters)}
        fates = {n: one for n, one in contents.items() if isinstance(one, Fate)}
        events = {n: one for n, one in contents.items() if isinstance(one, WaitingEvent)}
        fates |= self._publish(events, tries_end.within(BUS_SECONDS))
        for number, content in contents.items():
            if isinstance(content, Callback):
                stalled = any(fate.verdict is Verdict.UNAVAILABLE for fate in fates.values())
                fates[number] = self._receive(content, tries_end, stalled=stalled)
        return self._bury(letters, [fates[number] for number in range(len(letters))], until)

    def _publish(self, events: Mapping[int, WaitingEvent], until: Deadline) -> dict[int, Fate]:
        """All together; if that is too much for our code, each alone."""
        if not events:
            return {}
        fates = guarded(partial(self._published, events, until))
        if not isinstance(fates, Fate):
            return fates
        if len(events) == 1:
            return dict.fromkeys(events, fates)
        return {n: self._publish({n: event}, until)[n] for n, event in events.items()}

    def _published(self, events: Mapping[int, WaitingEvent], until: Deadline) -> dict[int, Fate]:
        cause = None
        try:
            published = self.publisher.publish(list(events.values()), until)
        except NotPublishedError as error:
            published, cause = error.published, str(error)
        left = Fate(Verdict.UNAVAILABLE, cause)
        fates = {id_: Fate(Verdict.DELIVERED, event_ids=(id_,)) for id_ in published.event_ids}
        for id_, code in published.refused.items():
            fates[id_] = Fate(Verdict.POISON, f"bus: {code}")
        return {number: fates.get(event.event_id, left) for number, event in events.items()}

    def _receive(self, callback: Callback, until: Deadline, *, stalled: bool) -> Fate:
        if stalled or until.remaining() < ANSWER_SECONDS:
            return Fate(Verdict.UNTRIED)
        return guarded(partial(self._accept, callback, until.within(ANSWER_SECONDS)))

    def _accept(self, callback: Callback, until: Deadline) -> Fate:
        try:
            acceptance = self.acceptance_for(callback.target.platform)
        except PlatformGoneError as error:
            return Fate(Verdict.POISON, str(error))
        receipt = acceptance.accept(callback, until)
        fate = _fate_of(receipt)
        # The bytes are safe, but consumers have not heard of them. Where the bus will never take
        # the pointer, trying again would only keep the bytes anew; the log has the cause.
        return replace(fate, verdict=Verdict.UNAVAILABLE) if receipt.pending else fate

    def _bury(self, letters: Sequence[Letter], fates: list[Fate], until: Deadline) -> list[Fate]:
        dead = [n for n, fate in enumerate(fates) if fate.verdict is Verdict.POISON]
        codes = self.dead_letters.bury([Dead(letters[n], fates[n].why) for n in dead], until)
        for number, code in zip(dead, codes, strict=True):
            if code:
                cause = f"{fates[number].cause}, queue: {code}"
                fates[number] = Fate(Verdict.UNBURIED, cause)
        return fates


def _fate_of(receipt: Receipt) -> Fate:
    if receipt.outcome in _SAFE:
        return Fate(Verdict.DELIVERED, receipt.cause, receipt.event_ids)
    verdict = Verdict.FAULT if receipt.outcome is Outcome.FAILED else Verdict.UNAVAILABLE
    return Fate(verdict, receipt.cause, trace=receipt.trace)


def _opened(letter: Letter) -> WaitingEvent | Callback | Fate:
    try:
        content = opened(letter)
    except LetterUnreadableError as error:
        return Fate(Verdict.POISON, str(error))
    if isinstance(content, WaitingEvent) and not content.source.startswith(_OURS):
        # The bus refuses a whole call for it, and with it those that share the call.
        return Fate(Verdict.POISON, "the source is not ours")
    return content


def guarded(call: Callable[[], T]) -> T | Fate:
    """A fault of ours with one letter is no other letter's."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - as in receiving: a fault of ours loses nothing
        return Fate(Verdict.FAULT, type(error).__name__, trace=places(error))
