"""Code that is broken on purpose is found out by some world."""

import pytest

from worlds.generated import generated
from worlds.judging import WrongError, converges, never_said_to_be_right
from worlds.mutants import MUTANTS, Mutant
from worlds.playing import play

MANY = 500


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
