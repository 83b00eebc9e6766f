"""Last-seen: the newest wins whatever the order, a row is written once, and nothing is lost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity.keeping import MOST_ACCOUNTS, Keeping, Unsettled
from activity.sightings import Sighting
from commerce_hooks.deadline import TABLE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.seen import ACCOUNTS, SEEN, all_accounts, all_seen
from support.activity import sighting
from support.receiving import FakeClock
from support.state_table import FakeStateTable, failing

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def table() -> FakeStateTable:
    return FakeStateTable()


def at(minutes: int, number: int = 0, **more: str) -> Sighting:
    """A sighting of an event whose callback came in so many minutes after noon."""
    moment = NOON + timedelta(minutes=minutes)
    return sighting(f"m{number}", moment, event_id=f"c{number}.0", **more)


def keep(
    table: FakeStateTable, *sightings: Sighting, seconds: float = 20, clock: FakeClock | None = None
) -> list[Unsettled]:
    return Keeping(table).keep(sightings, Deadline(clock or FakeClock(), seconds))


def kept(table: FakeStateTable) -> dict[str, str]:
    """The event that each row is of."""
    return {one.id: one.event_id for one in all_seen(table)}


def test_each_store_topic_and_key_has_a_row(table: FakeStateTable) -> None:
    left = keep(
        table,
        at(0, 1),
        at(0, 2, topic="ticket_created"),
        at(0, 3, key_id="k2"),
        at(0, 4, store="another"),
        at(0, 5, platform="iset"),
    )

    assert left == []
    assert kept(table) == {
        "konimbo/acme#order_created#k1": "c1.0",
        "konimbo/acme#ticket_created#k1": "c2.0",
        "konimbo/acme#order_created#k2": "c3.0",
        "konimbo/another#order_created#k1": "c4.0",
        "iset/acme#order_created#k1": "c5.0",
    }


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_of_a_batch_the_newest_is_written_and_the_row_only_once(
    table: FakeStateTable, order: Sequence[int]
) -> None:
    keep(table, *(at(number, number, account="4711") for number in order))

    assert kept(table) == {"konimbo/acme#order_created#k1": "c3.0"}
    assert sorted(kind for kind, _ in table.writes) == [ACCOUNTS, SEEN]
    assert [one.received_at for one in all_accounts(table)] == [NOON + timedelta(minutes=3)]


def test_what_is_replayed_moves_nothing_back(table: FakeStateTable) -> None:
    keep(table, at(10, 2, account="4711"))

    assert keep(table, at(5, 1, account="4711")) == []

    assert kept(table) == {"konimbo/acme#order_created#k1": "c2.0"}
    assert len(table.writes) == 2


def test_what_is_delivered_twice_is_written_once(table: FakeStateTable) -> None:
    keep(table, at(0, 1), at(0, 1))
    keep(table, at(0, 1))

    assert len(table.writes) == 1


def test_two_identities_under_one_store_are_both_kept(table: FakeStateTable) -> None:
    keep(table, at(0, 1, account="4711"), at(1, 2, account="0815"))

    assert [one.account for one in all_accounts(table)] == ["0815", "4711"]


def test_a_shop_that_makes_identities_up_costs_no_row_each(table: FakeStateTable) -> None:
    """With iSET it is the body's `domain`, which is any text."""
    flood = [at(number, account=f"shop-{number}") for number in range(100)]

    assert keep(table, *flood, at(0, store="another", account="4711")) == []

    kept = [one.store.name for one in all_accounts(table)]
    assert kept.count("acme") == MOST_ACCOUNTS
    assert kept.count("another") == 1
    assert len(list(all_seen(table))) == 2


def test_an_identity_that_is_noted_is_noted_as_it_came_last(table: FakeStateTable) -> None:
    flood = [at(number, account=f"shop-{number}") for number in range(100)]

    keep(table, *flood, at(200, account="shop-0"))

    (first,) = (one for one in all_accounts(table) if one.account == "shop-0")
    assert first.received_at == NOON + timedelta(minutes=200)


def test_a_row_s_newest_comes_again_where_it_could_not_be_written(table: FakeStateTable) -> None:
    table.before_call = failing

    left = keep(table, at(0, 1), at(1, 2), at(0, 3, topic="ticket_created"))

    assert [(one.sighting.message_id, one.cause) for one in left] == [
        ("m2", "table: Timeout"),
        ("m3", "table: Timeout"),
    ]


def test_a_message_comes_again_once_though_both_its_rows_failed(table: FakeStateTable) -> None:
    table.before_call = failing

    assert len(keep(table, at(0, 1, account="4711"))) == 1


def test_one_row_s_failure_is_no_other_s(table: FakeStateTable) -> None:
    calls: list[str] = []

    def second_fails(call: str) -> None:
        calls.append(call)
        if len(calls) == 2:
            raise UnavailableError("table", "ThrottlingException")

    table.before_call = second_fails

    left = keep(table, at(0, 1), at(0, 2, key_id="k2"), at(0, 3, key_id="k3"))

    assert [one.sighting.message_id for one in left] == ["m2"]
    assert set(kept(table).values()) == {"c1.0", "c3.0"}


def test_what_there_is_no_time_for_is_not_begun_and_comes_again(table: FakeStateTable) -> None:
    clock = FakeClock()
    table.before_call = lambda _: clock.sleep(1.0)
    batch = [at(0, number, key_id=f"k{number}") for number in range(9)]

    left = keep(table, *batch, seconds=5, clock=clock)

    written = int(5 - TABLE_SECONDS) + 1
    assert len(table.writes) == written
    assert [one.sighting.message_id for one in left] == [f"m{n}" for n in range(written, 9)]
    assert {one.cause for one in left} == {"table: deadline"}


@given(
    batches=st.lists(
        st.lists(
            st.tuples(st.integers(0, 50), st.sampled_from("abc"), st.sampled_from(["k1", "k2"]))
        ),
        max_size=6,
    )
)
def test_however_events_are_batched_each_row_has_the_newest(
    batches: list[list[tuple[int, str, str]]],
) -> None:
    table = FakeStateTable()
    for batch in batches:
        sightings = [at(minutes, store=store, key_id=key) for minutes, store, key in batch]
        assert keep(table, *sightings) == []

    newest: dict[tuple[str, str], int] = {}
    for minutes, store, key in (one for batch in batches for one in batch):
        newest[store, key] = max(minutes, newest.get((store, key), 0))
    assert {(s.store.name, s.key_id): s.received_at for s in all_seen(table)} == {
        row: NOON + timedelta(minutes=minutes) for row, minutes in newest.items()
    }
