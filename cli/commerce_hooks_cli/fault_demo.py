"""The bus fails: what is answered meanwhile, where the events wait, and when they come off it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.demo import STORE, Exchange, Outcome, arriving, exchange, promised
from commerce_hooks_cli.interruptions import postponed_interruptions
from commerce_hooks_cli.local.faults import Kind, Service
from commerce_hooks_cli.queue_depth import depth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.callbacks import Sender
    from commerce_hooks_cli.demo import Attempt
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.local.state import LocalState
    from commerce_hooks_cli.world import Events, LocalStacks

KIND = Kind.ERROR
_REDELIVERED_WITHIN = 60.0
_EMPTY_WITHIN = 10.0
_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Arrival:
    """An event, and how many seconds after the bus was back it came."""

    event: BusEvent
    seconds: float


@dataclass(frozen=True)
class FaultOutcome:
    """What was seen. `problems` is empty if all went as it must.

    Args:
        failed_calls: Calls that the bus failed.
        waited: Events in the outbox once all callbacks were answered.
        early: Events that came off the bus while it failed.
        left: Events in the outbox at the end.
    """

    exchanges: Sequence[Exchange]
    failed_calls: int
    waited: int
    early: Sequence[BusEvent]
    arrivals: Sequence[Arrival]
    left: int

    @property
    def seconds(self) -> float:
        """From the bus's return to the last event."""
        return max((arrival.seconds for arrival in self.arrivals), default=0.0)

    @property
    def problems(self) -> list[str]:
        return [
            *Outcome(self.exchanges, [arrival.event for arrival in self.arrivals]).problems,
            *self._wrong_waiting(),
        ]

    def _wrong_waiting(self) -> Iterator[str]:
        expected = len(promised(self.exchanges))
        if self.waited != expected:
            yield f"{self.waited} events waited in the outbox, not {expected}."
        if self.early:
            yield f"{len(self.early)} events came off the bus while it failed."
        if self.left:
            yield f"{self.left} events are still in the outbox."

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "fault": {"service": Service.BUS.value, "kind": KIND.value},
            "failed_calls": self.failed_calls,
            "sent": [exchange.as_json() for exchange in self.exchanges],
            "waited_in_outbox": self.waited,
            "left_in_outbox": self.left,
            "events": [
                {"seconds_after": round(arrival.seconds, 1), "event": arrival.event.tree}
                for arrival in self.arrivals
            ],
        }


@dataclass(frozen=True)
class FaultPlay:
    """The bus of a local stack fails for a while."""

    deployment: Deployment
    state: LocalState
    stacks: LocalStacks
    sender: Sender
    on_step: Callable[[str], None]

    def play(self, attempts: Sequence[Attempt], events: Events) -> FaultOutcome:
        """Send all while the bus fails, all at once, and see their events after it is back."""
        waited_before = self._in_outbox()
        with self._failing_bus():
            exchanges = self._send([replace(one, outcome="deferred", note="") for one in attempts])
            early = [event for event in events.poll(0) if event.store == STORE]
            waited = self._in_outbox() - waited_before
            failed_calls = self.stacks.faults(self.state)[Service.BUS].calls
        back = monotonic()
        self.on_step("The bus is back. Waiting for the events ...")
        coming = arriving(events, promised(exchanges), _REDELIVERED_WITHIN)
        arrivals = [Arrival(event, monotonic() - back) for event in coming]
        left = self._left_in_outbox(waited_before)
        return FaultOutcome(exchanges, failed_calls, waited, early, arrivals, left)

    @contextmanager
    def _failing_bus(self) -> Iterator[None]:
        self.stacks.switch_faults(self.state, {Service.BUS: KIND})
        try:
            yield
        finally:
            with postponed_interruptions():
                self.stacks.switch_faults(self.state, {})

    def _send(self, attempts: Sequence[Attempt]) -> list[Exchange]:
        """All at once, because each takes as long as the bus is tried."""
        self.on_step("The bus fails. Sending a callback of each platform ...")
        with ThreadPoolExecutor(len(attempts)) as at_once:
            return list(at_once.map(partial(exchange, self.sender), attempts))

    def _in_outbox(self) -> int:
        return depth(self.deployment.client("sqs"), self.deployment.outbox_queue_url)

    def _left_in_outbox(self, before: int) -> int:
        """How many are left once it had time to forget what it delivered."""
        end = monotonic() + _EMPTY_WITHIN
        while (left := self._in_outbox() - before) > 0 and monotonic() < end:
            sleep(_LOOK_EVERY)
        return max(0, left)
