"""When a store is silent, what of it is, and when one silence is worse than another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks.state.seen import Seen
from commerce_hooks.stores import StoreConfiguration, StoreId
from upkeep.silence import Silence, silence_of

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
ACME = StoreId("konimbo", "acme")
LONG_AGO = NOW - timedelta(days=90)


def seen(hours_ago: float, topic: str | None = "order_created") -> Seen:
    moment = NOW - timedelta(hours=hours_ago)
    return Seen(ACME, topic, "k1", moment, "order.created", "c1.0")


def silence(*sightings: Seen, store: StoreId = ACME, **configured: Any) -> Silence | None:
    configuration = StoreConfiguration.model_validate(
        {"added_at": LONG_AGO.isoformat(), "silence_hours": 48, **configured}
    )
    return silence_of(store, configuration, sightings, NOW)


def wholly(*topics: str, since: datetime = LONG_AGO) -> Silence:
    return Silence(ACME, since, 48, everything=True, topics=topics)


def partly(*topics: str, since: datetime = LONG_AGO) -> Silence:
    return Silence(ACME, since, 48, everything=False, topics=topics)


@pytest.mark.parametrize(("hours", "is_silent"), [(47.99, False), (48, True), (500, True)])
def test_a_store_is_silent_when_nothing_came_for_its_hours(
    hours: float, *, is_silent: bool
) -> None:
    found = silence(seen(hours), seen(hours + 100, "ticket_created"))

    expected = wholly(since=NOW - timedelta(hours=hours))
    assert found == (expected if is_silent else None)


@pytest.mark.parametrize(("hours", "is_silent"), [(47.99, False), (48, True)])
def test_of_one_that_was_never_heard_it_counts_from_when_it_was_added(
    hours: float, *, is_silent: bool
) -> None:
    added_at = NOW - timedelta(hours=hours)

    found = silence(added_at=added_at.isoformat())

    assert found == (wholly(since=added_at) if is_silent else None)


def test_what_came_before_it_was_added_does_not_make_it_silent_sooner() -> None:
    added_at = (NOW - timedelta(hours=1)).isoformat()

    assert silence(seen(500), added_at=added_at, expected_topics=["order_created"]) is None


def test_whatever_comes_breaks_the_silence_of_the_whole() -> None:
    assert silence(seen(1, topic=None)) is None


def test_an_expected_topic_that_stays_away_is_told_though_others_come() -> None:
    found = silence(
        seen(1), seen(60, "ticket_created"), expected_topics=["order_created", "ticket_created"]
    )

    assert found == partly("ticket_created", since=NOW - timedelta(hours=60))


def test_of_several_it_is_since_the_last_of_them_came() -> None:
    found = silence(
        seen(1),
        seen(60, "b"),
        seen(50, "a"),
        expected_topics=["b", "a"],
    )

    assert found == partly("a", "b", since=NOW - timedelta(hours=50))


def test_where_nothing_comes_the_expected_topics_are_named_too() -> None:
    found = silence(seen(50, "other"), seen(60, "a"), expected_topics=["a"])

    assert found == wholly("a", since=NOW - timedelta(hours=50))


def test_the_newest_of_a_topic_counts_whatever_its_key() -> None:
    assert silence(seen(60), seen(1), seen(70), expected_topics=["order_created"]) is None


def test_with_0_hours_nobody_is_ever_told() -> None:
    assert silence(silence_hours=0, expected_topics=["a"]) is None


def test_the_synthetic_store_is_never_silent() -> None:
    assert silence(store=StoreId("konimbo", SYNTHETIC_STORE)) is None


@pytest.mark.parametrize(
    ("one", "other", "worse"),
    [
        (wholly(), wholly(), False),
        (wholly(), partly("a"), True),
        (partly("a"), wholly(), True),
        (partly("a"), wholly("a"), False),
        (partly("a", "b"), partly("a"), True),
        (partly("a"), partly("a", "b"), False),
        (partly("a", since=NOW), partly("a"), False),
    ],
)
def test_worse_is_what_has_something_that_was_not_silent_before(
    one: Silence, other: Silence, *, worse: bool
) -> None:
    assert one.worse_than(other) is worse


@pytest.mark.parametrize(
    ("silence", "sighting", "broken"),
    [
        (wholly(), seen(1, "any"), True),
        (wholly(since=NOW), seen(0), False),
        (partly("a"), seen(1, "a"), True),
        (partly("a"), seen(1, "b"), False),
        (partly("a", since=NOW - timedelta(hours=2)), seen(3, "a"), False),
    ],
)
def test_it_is_broken_by_what_was_silent(silence: Silence, sighting: Seen, *, broken: bool) -> None:
    assert silence.broken_by([sighting]) is broken
    assert not silence.broken_by([])


def test_another_silence_has_another_id_and_the_same_the_same() -> None:
    silences = [
        wholly(),
        partly("a"),
        wholly("a"),
        wholly(since=NOW),
        Silence(StoreId("iset", "acme"), LONG_AGO, 48, everything=True, topics=()),
    ]

    assert len({one.id for one in silences}) == len(silences)
    assert wholly("a").id == wholly("a").id


@given(
    hours=st.integers(1, 200),
    expected=st.lists(st.sampled_from("abc"), unique=True),
    came=st.lists(st.tuples(st.integers(0, 400), st.sampled_from("abcd"))),
)
def test_it_is_silent_exactly_where_something_is_late(
    hours: int, expected: list[str], came: list[tuple[int, str]]
) -> None:
    found = silence(
        *(seen(ago, topic) for ago, topic in came), silence_hours=hours, expected_topics=expected
    )

    late = {t for t in expected if all(ago >= hours for ago, topic in came if topic == t)}
    nothing = all(ago >= hours for ago, _ in came)
    assert (found is not None) == bool(late or nothing)
    if found:
        assert (found.everything, set(found.topics)) == (nothing, late)
        assert found.since <= NOW - timedelta(hours=hours)
