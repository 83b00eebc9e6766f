"""Thousands of worlds, each left alone and each with something that fails on the way."""

from collections import Counter
from contextlib import suppress
from random import Random

from commerce_hooks.errors import UnavailableError
from worlds.failing import REFUSED, UNKNOWN, Crash, Failing, When, calls_of
from worlds.generated import generated
from worlds.judging import Before, WrongError, converges, judge_any
from worlds.world import World

FAILURES_OF_ONE = 3
"""Of each world so many lives beside the one in which nothing fails."""


def play(worlds: int, seed: int = 0) -> Counter[str]:
    """Let all of them converge; what happened.

    Raises:
        WrongError: Something is as it must never be; its text has the world's seed.
    """
    counts: Counter[str] = Counter()
    for number in range(seed, seed + worlds):
        try:
            _play_one(number, counts)
        except WrongError as error:
            raise WrongError(f"world {number}: {error}") from error
    return counts


def _play_one(seed: int, counts: Counter[str]) -> None:
    counts["worlds"] += 1
    converges(generated(seed), counts)
    chance = Random(seed)  # noqa: S311 - a life has to be the same again
    calls = calls_of(generated(seed))
    for _ in range(FAILURES_OF_ONE):
        life = _failure(chance, chance.randint(1, calls))
        world = generated(seed)
        before = Before.of(world)
        with_failure(world, life)
        if chance.random() < 1 / 3:
            # An operator, who doesn't wait for the schedule.
            world.round(minutes=1)
        counts["failures"] += bool(life.failed)
        counts["crashes"] += bool(life.failed and life.error is None)
        try:
            judge_any(world, before)
            converges(world, counts, before)
        except WrongError as error:
            raise WrongError(
                f"after a failure {life.failed}, call {life.number}: {error}"
            ) from error


def with_failure(world: World, life: Failing) -> None:
    """A round in which a call fails."""
    life.install(world)
    with suppress(Crash, UnavailableError):
        world.round()
    life.lift(world)


def _failure(chance: Random, number: int) -> Failing:
    if chance.random() < 1 / 2:
        return Failing(number, chance.choice(list(When)))
    if chance.random() < 1 / 2:
        return Failing(number, When.BEFORE, chance.choice(REFUSED))
    return Failing(number, chance.choice(list(When)), chance.choice(UNKNOWN))
