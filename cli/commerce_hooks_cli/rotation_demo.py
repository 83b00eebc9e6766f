"""A key is replaced and a shop's URLs revoked while callbacks keep coming: what each step does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from commerce_hooks.stores import StoreId
from commerce_hooks_cli import key_revocation
from commerce_hooks_cli.callback_stream import CallbackStream, shop_of
from commerce_hooks_cli.demo import Script, exchange, promised
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.key_records import Confirmation
from commerce_hooks_cli.key_rotation import Rotation, refusing_seconds
from commerce_hooks_cli.key_rules import Obstacle, obstacles
from commerce_hooks_cli.key_survey import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.callback_stream import Shop
    from commerce_hooks_cli.callbacks import Sender
    from commerce_hooks_cli.demo import Attempt, Exchange
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import Clock, Events, World

SET_FORWARD = timedelta(hours=49)
STORES = ("north", "south")
OLD, NEW = "k1", "k2"
_DELIVERY_SECONDS = 20.0
_LOOK_EVERY = 0.05


@dataclass(frozen=True)
class ClockAhead:
    """A clock that was set forward."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.by

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


@dataclass(frozen=True)
class Step:
    """What was done, and what the stream saw from there to the next step.

    Args:
        seconds: Since the demo began.
        exchanges: Callbacks of the stream.
    """

    seconds: float
    what: str
    exchanges: Sequence[Exchange]

    @property
    def refused(self) -> int:
        return sum(not one.as_expected for one in self.exchanges)

    def as_json(self) -> dict[str, Any]:
        return {
            "seconds": round(self.seconds, 1),
            "what": self.what,
            "callbacks": len(self.exchanges),
            "not_accepted": self.refused,
        }


@dataclass(frozen=True)
class RotationOutcome:
    """What was seen. `problems` is empty if all went as it must.

    Args:
        in_the_way: What kept the old key from being retired at first.
        refused_after: Seconds from a revocation to the refusal; None if it did not come in time.
        arrived: Ids of the events that came off the bus.
        revoked: The shop whose URLs were revoked.
    """

    shops: int
    steps: Sequence[Step]
    in_the_way: Sequence[Obstacle]
    cache_seconds: int
    refused_after: Mapping[str, float | None]
    arrived: frozenset[str]
    revoked: Shop

    @property
    def within_seconds(self) -> float:
        """So soon what was revoked has to be refused."""
        return refusing_seconds(self.cache_seconds)

    @property
    def exchanges(self) -> list[Exchange]:
        return [one for step in self.steps for one in step.exchanges]

    @property
    def problems(self) -> list[str]:
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        for one in self.exchanges:
            if not one.as_expected:
                got = one.sent.problem or one.sent.outcome
                yield f"{one.sent.platform}/{one.sent.store}: expected accepted, got {got}."
        awaited = set(promised(self.exchanges))
        if missing := awaited - self.arrived:
            yield f"{len(missing)} of {len(awaited)} events did not come off the bus."
        if not self.in_the_way:
            yield f"{OLD} could have been retired at once."
        for what, seconds in self.refused_after.items():
            if seconds is None:
                yield f"{what} was still taken after {self.within_seconds:.0f} s."

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "shops": self.shops,
            "steps": [step.as_json() for step in self.steps],
            "in_the_way_at_first": [obstacle.why for obstacle in self.in_the_way],
            "clock_set_forward_hours": SET_FORWARD // timedelta(hours=1),
            "refused_within_seconds": self.within_seconds,
            "refused_after_seconds": dict(self.refused_after),
            "callbacks": len(self.exchanges),
            "events": len(self.arrived & set(promised(self.exchanges))),
        }


@dataclass
class RotationPlay:
    """On a stack of its own, whose ring has one key."""

    world: World
    deployment: Deployment
    platforms: Mapping[str, Platform]
    samples: Path
    sender: Sender
    on_step: Callable[[str], None]
    _began: float = field(default_factory=monotonic)
    _marks: list[tuple[float, str, int]] = field(default_factory=list)
    _refused_after: dict[str, float | None] = field(default_factory=dict)

    def play(self, events: Events) -> RotationOutcome:
        """Everything, in order."""
        old = self._shops()
        with CallbackStream(self.sender, old) as stream:
            self._step(stream, f"{len(old)} shops call, with URLs of {OLD}")
            self._rotate(stream)
            in_the_way = self._change_over(stream)
            self._retire(stream, old[0])
            revoked = next(shop_of(shop) for shop in old if shop.to.store == STORES[-1])
            self._revoke(stream, StoreId(*revoked))
        exchanges = stream.exchanges
        self.on_step("Waiting for the events ...")
        arrived = _arrived(events, promised(exchanges))
        steps = self._steps(exchanges)
        cache = self.deployment.key_ring_cache_seconds
        return RotationOutcome(
            len(old), steps, in_the_way, cache, self._refused_after, arrived, revoked
        )

    def _rotate(self, stream: CallbackStream) -> None:
        rotation = Rotation(self.deployment, self._survey().records, self.world.clock)
        key_id = rotation.accept()
        self._step(stream, f"keys rotate: {key_id} is accepted, {OLD} signs on")
        ready_at = rotation.ready_at(key_id)
        rotation.wait(ready_at, lambda _, left: self.on_step(f"All functions read it: {left} ..."))
        rotation.let_sign(key_id)
        self._step(stream, f"{key_id} signs; the shops still call URLs of {OLD}")

    def _change_over(self, stream: CallbackStream) -> Sequence[Obstacle]:
        """One shop after another gets new URLs; what is then in the way of retiring the old key."""
        records = self._survey().records
        for shop in self._shops():
            stream.use(shop)
            word = Confirmation(StoreId(*shop_of(shop)), NEW, self.world.clock.now())
            records.confirm(word)
        self._step(stream, f"Every shop was given URLs of {NEW}, and keys confirm says so")
        return obstacles(self._survey().facts(), OLD)

    def _retire(self, stream: CallbackStream, old: Attempt) -> None:
        """Two days later, as far as the rules can tell."""
        later = self._survey(ClockAhead(self.world.clock, SET_FORWARD))
        facts = later.facts()
        if found := obstacles(facts, OLD):
            raise CommandError(f"{OLD} cannot be retired: {found[0].why}")
        key_revocation.retire(self.deployment, OLD)
        later.records.note(OLD, {"retired_at": facts.now})
        self._refused_after[OLD] = self._until_refused(old)
        self._step(stream, f"keys revoke {OLD}: the old key is retired")

    def _revoke(self, stream: CallbackStream, store: StoreId) -> None:
        gone = next(shop for shop in self._shops() if shop_of(shop) == store)
        stream.leave_out(shop_of(gone))
        key_revocation.revoke_urls(self.deployment, store)
        self._refused_after[str(store)] = self._until_refused(gone)
        self._step(stream, f"keys revoke {store}: its URLs are refused, the others go on")
        stream.use(next(shop for shop in self._shops() if shop_of(shop) == store))
        self._step(stream, f"{store} was given new URLs, and calls again")

    def _until_refused(self, shop: Attempt) -> float | None:
        began = monotonic()
        within = refusing_seconds(self.deployment.key_ring_cache_seconds)
        while (seconds := monotonic() - began) < within:
            if exchange(self.sender, shop).sent.outcome == "unauthorized":
                return seconds
            sleep(_LOOK_EVERY)
        return None

    def _shops(self) -> list[Attempt]:
        """Two stores on every platform, with URLs of the key that signs now."""
        scripts = (Script(self.deployment, self.platforms, self.samples, name) for name in STORES)
        return [replace(shop, note="") for script in scripts for shop in script.one_of_each()]

    def _survey(self, clock: Clock | None = None) -> Survey:
        return Survey(self.deployment, replace(self.world, clock=clock or self.world.clock))

    def _step(self, stream: CallbackStream, what: str) -> None:
        self.on_step(f"{what} ...")
        self._marks.append((monotonic() - self._began, what, len(stream.exchanges)))
        stream.wait_for_a_round()

    def _steps(self, exchanges: Sequence[Exchange]) -> list[Step]:
        ends = [*(count for _, _, count in self._marks[1:]), len(exchanges)]
        return [
            Step(seconds, what, exchanges[begin:end])
            for (seconds, what, begin), end in zip(self._marks, ends, strict=True)
        ]


def _arrived(events: Events, awaited: Sequence[str]) -> frozenset[str]:
    """Ids of events off the bus: until all awaited ones came, or there was time enough."""
    came: set[str] = set()
    end = monotonic() + _DELIVERY_SECONDS
    while not came.issuperset(awaited) and (left := end - monotonic()) > 0:
        came |= {event.event_id for event in events.poll(left)}
    return frozenset(came)
