"""Which conditions are in force when which callback comes: scene by scene."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random

from fault.counts import Combination
from fault.kinds import KINDS, Kind, Service, crashes_of
from fault.plan import Condition, Conditions, lasting

ALL_SERVICES = (Service.RING, Service.BUS, Service.OUTBOX, Service.BUCKET)
"""Those that any callback may meet, in this order."""
OF_BULKS = (Service.BUS, Service.BUCKET, Service.BULK)
"""Those that stand behind each other for a bulk that a job publishes."""
FOR_A_JOB = (51, 70)
"""Parts of a bulk that is too large to be published while its platform waits."""
_LONGEST_OUTAGE = 40
"""Callbacks."""
_DEADLY = 1 / 3


@dataclass(frozen=True, slots=True)
class Scene:
    """One callback or more while the same conditions are in force.

    Args:
        combination: Of `ALL_SERVICES`, or of `OF_BULKS`, where it is there for this.
        parts: The callback is a bulk of so many, from and to.
        plain: The callback is an ordinary one, of one event.
        single: Every callback has single failing calls of its own.
    """

    callbacks: int
    kinds: dict[Service, Kind]
    combination: Combination | None = None
    parts: tuple[int, int] | None = None
    plain: bool = False
    single: bool = False

    def conditions(self, chance: Random) -> Conditions:
        return single_faults(chance) if self.single else lasting(self.kinds)


def combinations(services: Sequence[Service]) -> list[Combination]:
    """Every kind of the first with every kind of the others."""
    return list(product(*(KINDS[service] for service in services)))


def can_meet_all(combination: Combination) -> bool:
    """Whether one callback can meet all services of `ALL_SERVICES`, failing in these ways.

    Behind a bus that works, or says that it never will, nothing else is called, nor after a
    crash. The cached key ring serves on, failing or not.
    """
    *first, _ = combination
    _, *behind_ring = combination
    stops = any(kind.is_crash for kind in first) or Kind.REFUSED in behind_ring
    return not stops and Kind.FINE not in behind_ring


def scenes(callbacks: int, chance: Random, share: int = 0, shares: int = 1) -> Iterator[Scene]:
    """Scenes for so many callbacks; of all combinations a share, as many as there is room for.

    Half and more are a combination each, the rest outages, single faults and calm.
    """
    all_ = [_of(ALL_SERVICES, one) for one in combinations(ALL_SERVICES)[share::shares]]
    bulks = [_of(OF_BULKS, one) for one in combinations(OF_BULKS)[share::shares]]
    known = [*all_, *(replace(one, parts=FOR_A_JOB) for one in bulks)]
    chance.shuffle(known)
    short = known[: callbacks * 3 // 4]
    made = [*short, *_others(callbacks - len(short), chance)]
    chance.shuffle(made)
    yield from made


def single_faults(chance: Random, services: Sequence[Service] = tuple(Service)) -> Conditions:
    """One or a few calls of some of the services fail; often the function dies of it."""
    chosen = chance.sample(services, chance.randint(1, min(3, len(services))))
    return {service: _single(service, chance) for service in chosen}


def _single(service: Service, chance: Random) -> Condition:
    kinds = crashes_of(service) if chance.random() < _DEADLY else KINDS[service][1:]
    return Condition(
        chance.choice(kinds), calls=chance.randint(1, 3), spared=chance.choice((0, 0, 1, 2, 4, 8))
    )


def _of(services: Sequence[Service], combination: Combination) -> Scene:
    return Scene(1, dict(zip(services, combination, strict=True)), combination)


def _others(callbacks: int, chance: Random) -> Iterator[Scene]:
    while callbacks > 0:
        scene = _other(chance)
        scene = replace(scene, callbacks=min(scene.callbacks, callbacks))
        callbacks -= scene.callbacks
        yield scene


def _other(chance: Random) -> Scene:
    match chance.randrange(4):
        case 0:
            return Scene(chance.randint(3, 10), {})
        case 1:
            return Scene(chance.randint(5, 20), {}, single=True)
        case _:
            return _outage(chance)


def _outage(chance: Random) -> Scene:
    """One service or more fail in their ways, for a while."""
    services = chance.sample((*ALL_SERVICES, Service.BULK), chance.randint(1, 3))
    kinds = {service: chance.choice(KINDS[service][1:]) for service in services}
    return Scene(chance.randint(5, _LONGEST_OUTAGE), kinds)
