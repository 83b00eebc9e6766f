"""Letters are tried again soon at first, and then not too often, for about six days in all."""

import random

from hypothesis import given
from hypothesis import strategies as st

from redeliver.backoff import FIRST_SECONDS, LONGEST_SECONDS, MOST_TRIES, backoff
from redeliver.batches import OLD

COUNTS = st.integers(1, 1_000_000)
DAY = 24 * 3600


@given(COUNTS)
def test_a_pause_is_a_visibility_timeout_that_sqs_takes_and_no_longer_than_ten_minutes(
    count: int,
) -> None:
    pause = backoff(count)

    assert isinstance(pause, int)
    assert 1 < pause <= LONGEST_SECONDS == 600


@given(COUNTS)
def test_a_pause_may_be_twice_as_long_as_the_one_before_and_hardly_more(count: int) -> None:
    assert backoff(count + 1) <= 3 * backoff(count)


def test_the_first_pauses_are_short_so_that_a_short_outage_is_soon_over() -> None:
    assert max(backoff(1) for _ in range(100)) <= FIRST_SECONDS
    assert max(sum(backoff(count) for count in range(1, 5)) for _ in range(100)) <= 75


def test_the_letters_of_one_outage_do_not_come_all_at_once() -> None:
    pauses = [backoff(20) for _ in range(1_000)]

    assert len(set(pauses)) > LONGEST_SECONDS / 5
    assert min(pauses) < LONGEST_SECONDS * 0.8
    assert max(pauses) > LONGEST_SECONDS * 0.95


@given(st.integers())
def test_all_tries_take_about_six_days_and_end_before_the_queue_s_seven(seed: int) -> None:
    before = random.getstate()
    random.seed(seed)
    try:
        days = sum(map(backoff, range(1, MOST_TRIES + 1))) / DAY
    finally:
        random.setstate(before)

    assert 5.9 < days < 6.2


@given(st.integers(8, 1_000_000))
def test_even_with_the_worst_of_luck_they_take_days_and_end_in_time(count: int) -> None:
    assert 5 * DAY < MOST_TRIES * backoff(count) < 7 * DAY


def test_what_is_given_up_for_its_age_has_been_tried_hundreds_of_times() -> None:
    assert OLD.total_seconds() / LONGEST_SECONDS > 800
