"""Generated worlds converge, whatever fails on the way; code broken on purpose is found out."""

import pytest

from worlds.generated import generated
from worlds.judging import WrongError, converges, never_said_to_be_right
from worlds.mutants import MUTANTS, Mutant
from worlds.playing import play

WORLDS = 60
MANY = 500


def test_worlds_converge_also_after_a_call_that_failed_or_was_the_last() -> None:
    counts = play(WORLDS)

    assert counts["worlds"] == WORLDS
    for happened in ("created", "updated", "deleted", "drifts", "conflicts", "crashes"):
        assert counts[happened] > 0, happened


def test_a_round_says_that_all_is_as_desired_only_where_it_is() -> None:
    for seed in range(WORLDS):
        never_said_to_be_right(generated(seed))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.breaks(monkeypatch.setattr)

    with pytest.raises(WrongError):
        _judged()


def _judged() -> None:
    for seed in range(MANY):
        never_said_to_be_right(generated(seed))
        converges(generated(seed))
    play(MANY)
