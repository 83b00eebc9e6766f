"""What can become of a letter, and how an operator is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    DELIVERED = "delivered"
    """On the bus or, of a callback, as safe as a receiver would have it."""
    POISON = "poison"
    """It can never be delivered, and lies with the dead letters."""
    GIVEN_UP = "given_up"
    """It could not be delivered for so long that it lies with the dead letters."""
    UNBURIED = "unburied"
    """Poison, but the queue of the dead letters did not take it."""
    UNAVAILABLE = "unavailable"
    """A service failed: it may be delivered or not."""
    FAULT = "internal_error"
    """Our own fault: a repaired version may deliver it."""
    UNTRIED = "untried"
    """There was no time for it."""


_DONE = {Verdict.DELIVERED, Verdict.POISON, Verdict.GIVEN_UP}
_ALONE = {Verdict.POISON, Verdict.GIVEN_UP, Verdict.UNBURIED, Verdict.FAULT}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one letter. `cause` and `trace` are codes and places, never content."""

    verdict: Verdict
    cause: str | None = None
    event_ids: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the letter has not to come again."""
        return self.verdict in _DONE

    @property
    def why(self) -> str:
        """The cause, or at least what kind of fate it is."""
        return self.cause or self.verdict.value


class Observer(Protocol):
    """Where an operator reads what became of letters."""

    def ran(self, level: str, **fields: object) -> None: ...


def tell(observer: Observer, where: Sequence[str], fates: Sequence[Fate]) -> None:
    """One line for what was delivered and one for what waits; poison and faults have their own.

    `where` names the message or object of each letter.
    """
    for verdict in (Verdict.DELIVERED, Verdict.UNTRIED, Verdict.UNAVAILABLE):
        alike = [fate for fate in fates if fate.verdict is verdict]
        if alike:
            cause = next((fate.cause for fate in alike if fate.cause), None)
            observer.ran(
                "warning" if cause else "info",
                outcome=verdict.value,
                letters=len(alike),
                event_ids=[id_ for fate in alike for id_ in fate.event_ids] or None,
                cause=cause,
            )
    for name, fate in zip(where, fates, strict=True):
        if fate.verdict in _ALONE:
            observer.ran(
                "error",
                outcome=fate.verdict.value,
                letter=name,
                cause=fate.cause,
                trace=list(fate.trace) or None,
            )
