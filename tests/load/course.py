"""Follows a load to its end: answers and events, until they agree or time is over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from commerce_hooks_cli.bus_event import BusEvent
from load.accounts import SYSTEM, Arrival, Ledger
from load.answers import Answer

_POLL_SECONDS = 1.0
DELIVERY_SECONDS = 90.0
"""How long events may take to come after the last answer: a minute where they were deferred."""


class Answers(Protocol):
    """The answers as they come."""

    @property
    def over(self) -> bool: ...
    def answers(self) -> Iterable[Answer]: ...


class Events(Protocol):
    """The events as they come off the bus."""

    def poll(self, seconds: float) -> Iterable[BusEvent]: ...


@dataclass(frozen=True)
class Course:
    """What is followed, and who is told how far it is, about once a second.

    Args:
        clock: Monotonic, in seconds.
    """

    sending: Answers
    events: Events
    tell: Callable[[Ledger], None]
    clock: Callable[[], float]

    def to_the_end(self) -> Ledger:
        """All answers, and all events that came until every promise was kept and no more came,
        or for DELIVERY_SECONDS after the last answer.
        """
        ledger = Ledger()
        while not self.sending.over:
            self._take(ledger)
        until = self.clock() + DELIVERY_SECONDS
        while self.clock() <= until and (self._take(ledger) or not ledger.settled):
            pass
        return ledger

    def _take(self, ledger: Ledger) -> bool:
        """Whether events came. The emulator delivers within PutEvents: none is on its way."""
        events = list(self.events.poll(_POLL_SECONDS))
        ledger.arrivals.extend(Arrival.of(one.tree) for one in events if one.source != SYSTEM)
        ledger.answers.extend(self.sending.answers())
        self.tell(ledger)
        return bool(events)
