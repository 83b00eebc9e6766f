"""What happened to every callback: its story, and what excuses that an event of it came twice."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import Random

from fault.kinds import KINDS, Kind, Service, crashes_of, effect_of, is_permanent
from support.faults import Effect, Fault

_MOST_LINES = 80


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is at work, and on which callbacks, each so often as there are letters of it.

    Args:
        begun_again: Those of which everything is done again, if one of the services `by` fails.
    """

    name: str
    callback_ids: Collection[str] = ()
    begun_again: Collection[str] = ()
    by: Collection[Service] = tuple(Service)


NOBODY = Actor("nobody")


@dataclass
class Ledger:
    """What was injected, where, and whom it hit."""

    clock: Callable[[], float]
    actor: Actor = NOBODY
    faults: Counter[tuple[Service, Kind]] = field(default_factory=Counter)
    crashes: Counter[tuple[str, str, Kind]] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    excuses: Counter[str] = field(default_factory=Counter)
    stories: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    struck: dict[Service, Kind] = field(default_factory=dict)
    """What hit the present actor, by service; the first of each."""
    touched: set[Service] = field(default_factory=set)
    """Services that the present actor called."""
    permanent: set[str] = field(default_factory=set)
    """Callbacks of which the bus said that it will never take them."""

    def begin(self, actor: Actor) -> None:
        self.actor = actor
        self.struck = {}
        self.touched = set()
        self.tell(f"{actor.name} begins")

    def tell(self, line: str) -> None:
        """A line in the story of everybody whom the actor is at work on."""
        for callback_id in dict.fromkeys(self.actor.callback_ids):
            self.note(callback_id, line)

    def note(self, callback_id: str, line: str) -> None:
        story = self.stories[callback_id]
        story.append(f"{self.clock():10.2f} s  {line}")
        if len(story) > _MOST_LINES:
            # How it began and how it ended tell most.
            del story[_MOST_LINES // 2]

    def excuse(self, callback_ids: Collection[str]) -> None:
        """Something happened after which each of their events may come once more."""
        self.excuses.update(callback_ids)

    def rarest_fault(self, service: Service, chance: Random) -> Kind:
        """A way to fail in which this service seldom did yet."""
        kinds = list(KINDS[service][1:])
        chance.shuffle(kinds)
        return min(kinds, key=lambda kind: self.faults[service, kind])

    def rarest_death(self, actor: str, chance: Random) -> tuple[str, Kind] | None:
        """A call that this actor makes, and a way to die of it that was seldom yet."""
        calls = sorted(call for who, call in self.calls if who == actor)
        deaths = [(call, kind) for call in calls for kind in crashes_of(service_of(call))]
        chance.shuffle(deaths)
        return min(deaths, key=lambda death: self.crashes[actor, *death], default=None)

    def called(self, service: Service, operation: str, kind: Kind, fault: Fault | None) -> None:
        """A call was made, and this happened to it."""
        call = call_name(service, operation)
        self.calls[self.actor.name, call] += 1
        self.touched.add(service)
        if kind is Kind.FINE:
            self.tell(call)
            return
        effect = effect_of(fault)
        self.tell(f"{call}: {kind}, effect {effect.value} ({fault})")
        self.faults[service, kind] += 1
        self.struck.setdefault(service, kind)
        if kind.is_crash:
            self.crashes[self.actor.name, call, kind] += 1
        if fault and is_permanent(fault):
            self.permanent.update(self.actor.callback_ids)
        if effect is not Effect.NONE or kind.is_crash:
            self.excuse(self.actor.callback_ids)
        elif service in self.actor.by:
            self.excuse(self.actor.begun_again)


def call_name(service: Service, operation: str) -> str:
    return f"{service}.{operation}"


def service_of(call: str) -> Service:
    return Service(call.partition(".")[0])
