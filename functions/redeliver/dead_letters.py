"""Poison: what never can be delivered is kept apart, with the reason why, for an operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter, OutboxQueue

CAUSE = "cause"
MAX_ATTRIBUTES = 10
"""SQS takes no more on a message (SQS developer guide, message attributes)."""
MAX_MESSAGE_BYTES = 1_048_576
"""Text and attributes together (SendMessage, API reference)."""


class Dead(NamedTuple):
    """A letter that is poison, and why."""

    letter: Letter
    cause: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The queue of dead letters. What is put there is as young as on its first day."""

    queue: OutboxQueue

    def bury(self, dead: Sequence[Dead], until: Deadline) -> list[str | None]:
        """Put them there within QUEUE_SECONDS; the answer has an error code, or None, for each.

        One a call, so that what SQS refuses keeps nothing else out.
        """
        within = until.within(QUEUE_SECONDS)
        return [self._code(_marked(one), within.sparing(QUEUE_SECONDS)) for one in dead]

    def _code(self, letter: Letter, until: Deadline) -> str | None:
        try:
            (code,) = self.queue.put([letter], until.remaining())
        except UnavailableError as error:
            return error.cause
        return code


def _marked(dead: Dead) -> Letter:
    """The letter with its cause; of attributes that are not ours, as many as there is room for."""
    cause = {CAUSE: dead.cause}
    marked = Letter(dead.letter.text, {})
    others = {name: value for name, value in dead.letter.attributes.items() if name != CAUSE}
    for name, value in [*cause.items(), *others.items()][:MAX_ATTRIBUTES]:
        more = Letter(marked.text, {**marked.attributes, name: value})
        if _size(more) <= MAX_MESSAGE_BYTES:
            marked = more
    return marked


def _size(letter: Letter) -> int:
    """In bytes: what is not ours need not be ASCII, nor even text that SQS takes."""
    texts = (letter.text, *letter.attributes, *letter.attributes.values())
    size = sum(len(text.encode(errors="surrogatepass")) for text in texts)
    return size + len("String") * len(letter.attributes)
