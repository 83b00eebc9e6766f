"""Letters are tried again soon at first, and then not too often."""

from hypothesis import given
from hypothesis import strategies as st

from redeliver.backoff import FIRST_SECONDS, LONGEST_SECONDS, SOON_SECONDS, backoff

COUNTS = st.integers(1, 1_000_000)


@given(COUNTS)
def test_a_pause_is_a_visibility_timeout_that_sqs_takes_and_no_longer_than_five_minutes(
    count: int,
) -> None:
    pause = backoff(count)

    assert isinstance(pause, int)
    assert SOON_SECONDS <= pause <= LONGEST_SECONDS


@given(COUNTS)
def test_a_pause_may_be_twice_as_long_as_the_one_before_and_no_more(count: int) -> None:
    assert backoff(count + 1) <= 4 * backoff(count) + 1


def test_the_first_pauses_are_short_so_that_a_short_outage_is_soon_over() -> None:
    assert max(backoff(1) for _ in range(100)) <= FIRST_SECONDS
    assert max(sum(backoff(count) for count in range(1, 5)) for _ in range(100)) <= 75


def test_the_letters_of_one_outage_do_not_come_all_at_once() -> None:
    pauses = [backoff(20) for _ in range(1_000)]

    assert len(set(pauses)) > LONGEST_SECONDS / 4
    assert min(pauses) < LONGEST_SECONDS * 0.6
    assert max(pauses) > LONGEST_SECONDS * 0.9
