"""Generated worlds converge, whatever fails on the way."""

from worlds.generated import generated
from worlds.judging import never_said_to_be_right
from worlds.playing import play

WORLDS = 60


def test_worlds_converge_also_after_a_call_that_failed_or_was_the_last() -> None:
    counts = play(WORLDS)

    assert counts["worlds"] == WORLDS
    for happened in ("created", "updated", "deleted", "drifts", "conflicts", "crashes"):
        assert counts[happened] > 0, happened


def test_a_round_says_that_all_is_as_desired_only_where_it_is() -> None:
    for seed in range(WORLDS):
        never_said_to_be_right(generated(seed))
