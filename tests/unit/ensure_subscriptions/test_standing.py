"""What the hourly numbers count, and for how long a store has to be in trouble before they do."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks.subscriptions.records import ROUNDS, keep_record, record_of
from ensure_subscriptions.standing import LATE, PERIOD, Standings
from support.ensuring import ACME, Ring, configured
from support.state_table import FakeStateTable, failing
from support.surroundings import NOON

MOMENT = timedelta(milliseconds=1)
SINCE = NOON - LATE
LONG_AGO = NOON - timedelta(days=9)


@dataclass
class Shop:
    """One store and its last round, as it is at noon.

    Args:
        of: Its configuration, None if that cannot be read.
    """

    of: StoreConfiguration | None = field(
        default_factory=lambda: configured(added_at=LONG_AGO.isoformat())
    )
    ring: Ring = field(default_factory=Ring)
    table: FakeStateTable = field(default_factory=FakeStateTable)
    odd_rows: list[str] = field(default_factory=list)

    def configure(self, **more: Any) -> None:
        self.of = configured(**{"added_at": LONG_AGO.isoformat(), **more})

    def found(self, listed_at: datetime | None = NOON, wrong_since: datetime | None = None) -> None:
        """What its last round found."""
        known = record_of(self.table, ACME)
        found = replace(known, outcome="x", listed_at=listed_at, wrong_since=wrong_since)
        keep_record(self.table, found)

    @property
    def stands(self) -> tuple[int, int]:
        """How many are unhealed, and how many unverified."""
        standing = Standings(self.table, self.ring, lambda: NOON, self).take({ACME: self.of})
        assert {one.store for one in (*standing.unhealed, *standing.unverified)} <= {ACME}
        return len(standing.unhealed), len(standing.unverified)

    def row_unreadable(self, row: Row) -> None:
        self.odd_rows.append(row.id)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_store_that_is_as_desired_counts_nowhere(shop: Shop) -> None:
    shop.found()

    assert shop.stands == (0, 0)


@pytest.mark.parametrize(("since", "counts"), [(SINCE, 1), (SINCE + MOMENT, 0)])
@pytest.mark.parametrize("policy", ["upsert", "sync"])
def test_what_has_been_wrong_for_two_periods_is_unhealed(
    shop: Shop, policy: str, since: datetime, counts: int
) -> None:
    shop.configure(policy=policy)
    shop.found(wrong_since=since)

    assert shop.stands == (counts, 0)


def test_what_we_are_not_to_mend_is_not_unhealed(shop: Shop) -> None:
    shop.configure(policy="plan")
    shop.found(wrong_since=LONG_AGO)

    assert shop.stands == (0, 0)


@pytest.mark.parametrize(("listed_at", "counts"), [(SINCE, 1), (SINCE + MOMENT, 0)])
@pytest.mark.parametrize("policy", ["plan", "upsert", "sync"])
def test_what_was_not_listed_for_two_periods_is_unverified(
    shop: Shop, policy: str, listed_at: datetime, counts: int
) -> None:
    shop.configure(policy=policy)
    shop.found(listed_at=listed_at)

    assert shop.stands == (0, counts)


@pytest.mark.parametrize("has_record", [True, False])
@pytest.mark.parametrize(("added_at", "counts"), [(SINCE, 1), (SINCE + MOMENT, 0)])
def test_what_was_never_listed_is_unverified_unless_it_is_new(
    shop: Shop, added_at: datetime, counts: int, *, has_record: bool
) -> None:
    shop.configure(added_at=added_at.isoformat())
    if has_record:
        shop.found(listed_at=None)

    assert shop.stands == (0, counts)


def test_a_configuration_that_cannot_be_read_does_not_say_that_the_store_is_new(
    shop: Shop,
) -> None:
    shop.of = None
    assert shop.stands == (0, 1)

    shop.found(wrong_since=LONG_AGO)
    assert shop.stands == (0, 0)


def test_a_store_that_is_off_counts_nowhere(shop: Shop) -> None:
    shop.configure(policy="off")
    shop.found(listed_at=None, wrong_since=LONG_AGO)

    assert shop.stands == (0, 0)


def test_nor_does_one_that_the_key_ring_disables(shop: Shop) -> None:
    shop.found(listed_at=None, wrong_since=LONG_AGO)
    shop.ring.stores[str(ACME)] = {"disabled": True}

    assert shop.stands == (0, 0)


def test_a_record_of_another_store_says_nothing_of_this_one(shop: Shop) -> None:
    other = record_of(shop.table, StoreId("konimbo", "other"))
    keep_record(shop.table, replace(other, wrong_since=LONG_AGO))
    shop.found()

    assert shop.stands == (0, 0)


def test_a_record_that_cannot_be_read_is_told_and_counts_as_none(shop: Shop) -> None:
    shop.table.write(Row(ROUNDS, str(ACME)), {"of": "a newer version"})

    assert shop.stands == (0, 1)
    assert shop.odd_rows == [str(ACME)]


def test_without_the_table_or_the_key_ring_nothing_is_said(shop: Shop) -> None:
    shop.ring.fails = True
    with pytest.raises(UnavailableError, match="key_ring"):
        assert shop.stands

    shop.ring.fails, shop.table.before_call = False, failing
    with pytest.raises(UnavailableError, match="table"):
        assert shop.stands


def test_two_periods_are_two_hours() -> None:
    hour = timedelta(hours=1)

    assert hour == PERIOD
    assert 2 * hour == LATE
