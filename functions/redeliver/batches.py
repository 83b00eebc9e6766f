"""One batch of the queue: what of it is dealt with, and when the rest comes again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol, Self

from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter
from redeliver.backoff import MOST_TRIES, backoff
from redeliver.dead_letters import Dead
from redeliver.fates import Fate, Observer, Told, Verdict, tell
from redeliver.redelivery import Redelivery

OLD = timedelta(days=6)
"""What waited for so long is given up: after seven days the queue would drop it."""


class Messages(Protocol):
    """The queue that letters come from."""

    def come_again(self, receipt_handle: str, after: int, seconds: float) -> None:
        """Let a message come again after so many seconds.

        Raises:
            UnavailableError: It comes when its visibility timeout ends.
        """
        ...


class Message(NamedTuple):
    """A letter as the queue delivers it."""

    id: str
    receipt_handle: str
    receive_count: int
    sent_at: datetime
    letter: Letter

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """A record as Lambda hands it over. Attributes that are no text are not ours: left out."""
        told = record["attributes"]
        attributes = {
            name: attribute["stringValue"]
            for name, attribute in record["messageAttributes"].items()
            if attribute.get("stringValue")
        }
        return cls(
            id=record["messageId"],
            receipt_handle=record["receiptHandle"],
            receive_count=int(told["ApproximateReceiveCount"]),
            sent_at=datetime.fromtimestamp(int(told["SentTimestamp"]) / 1000, UTC),
            letter=Letter(record["body"], attributes),
        )


@dataclass(frozen=True, slots=True)
class Batches:
    """Deals with batches, and tells what became of them."""

    redelivery: Redelivery
    messages: Messages
    observer: Observer
    now: Callable[[], datetime]

    def work(self, messages: Sequence[Message], until: Deadline) -> list[Message]:
        """Deliver what can be; what is returned has to come again."""
        letters = [message.letter for message in messages]
        # What comes after it: giving up, and spreading the rest.
        tries_end = until.within(until.remaining() - 2 * QUEUE_SECONDS)
        fates = self.redelivery.deliver(letters, tries_end)
        self._give_up(messages, fates, until)
        told = [Told(m.letter, m.id, fate) for m, fate in zip(messages, fates, strict=True)]
        tell(self.observer, told)
        left = [one for one, fate in zip(messages, fates, strict=True) if not fate.done]
        # What was not even tried was received all the same, and that is what the queue counts.
        self._spread({one.receipt_handle: backoff(one.receive_count) for one in left}, until)
        return left

    def _give_up(self, messages: Sequence[Message], fates: list[Fate], until: Deadline) -> None:
        """Those that are old, or were handed out for the last time: the queue tells no cause."""
        last = [
            number
            for number, (one, fate) in enumerate(zip(messages, fates, strict=True))
            if not fate.done and self._is_last(one)
        ]
        dead = [Dead(messages[n].letter, f"given up: {fates[n].why}") for n in last]
        codes = self.redelivery.dead_letters.bury(dead, until)
        for number, code in zip(last, codes, strict=True):
            if code is None:
                fates[number] = replace(fates[number], verdict=Verdict.GIVEN_UP)

    def _is_last(self, message: Message) -> bool:
        return message.sent_at <= self.now() - OLD or message.receive_count >= MOST_TRIES

    def _spread(self, afters: Mapping[str, int], until: Deadline) -> None:
        """Let each come at its time. Where the queue fails, it is a visibility timeout's later."""
        within = until.within(QUEUE_SECONDS)
        try:
            for receipt_handle, after in afters.items():
                self.messages.come_again(receipt_handle, after, within.remaining())
        except UnavailableError as error:
            self.observer.ran("warning", outcome="not_spread", cause=str(error))
