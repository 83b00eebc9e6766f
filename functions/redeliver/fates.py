"""What can become of a letter, and how an operator is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from commerce_hooks.outbox import Letter
from commerce_hooks.plain_ids import plain_ids


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


@dataclass(frozen=True, slots=True)
class Told:
    """A letter and its fate; `where` names its message or object."""

    letter: Letter
    where: str
    fate: Fate

    @property
    def id(self) -> str | None:
        """Of the event or callback that the letter is about, as far as it says."""
        about = self.letter.attributes
        return about.get("event-id") or about.get("callback-id")


def tell(observer: Observer, all_: Sequence[Told]) -> None:
    """One line for what was delivered and one for what waits; poison and faults have their own.

    Each has the ids of what it is about, so that a callback can be followed: `ids` where
    `event_ids` are not the same.
    """
    for verdict in (Verdict.DELIVERED, Verdict.UNTRIED, Verdict.UNAVAILABLE):
        alike = [one for one in all_ if one.fate.verdict is verdict]
        if alike:
            _tell_together(observer, verdict, alike)
    for one in all_:
        if one.fate.verdict in _ALONE:
            observer.ran(
                "error",
                outcome=one.fate.verdict.value,
                letter=one.where,
                ids=plain_ids([one.id]) or None,
                cause=one.fate.cause,
                trace=list(one.fate.trace) or None,
            )


def _tell_together(observer: Observer, verdict: Verdict, alike: Sequence[Told]) -> None:
    cause = next((one.fate.cause for one in alike if one.fate.cause), None)
    event_ids = [id_ for one in alike for id_ in one.fate.event_ids]
    ids = plain_ids([one.id for one in alike])
    observer.ran(
        "warning" if cause else "info",
        outcome=verdict.value,
        letters=len(alike),
        event_ids=event_ids or None,
        ids=ids if ids != event_ids else None,
        cause=cause,
    )
