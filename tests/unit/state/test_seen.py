"""What was seen last: the newest of each store, topic and key, read back as it was kept."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.decoding import JsonValue
from commerce_hooks.state.seen import (
    ACCOUNT_KEPT_FOR,
    ACCOUNTS,
    KEPT_FOR,
    SEEN,
    AccountSeen,
    Seen,
    all_accounts,
    all_seen,
    note_account,
    note_seen,
)
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.store_facts import ACCOUNTS_WITHIN
from support.state_table import FakeStateTable

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
ACME, OTHER = StoreId("konimbo", "acme"), StoreId("konimbo", "acme-2")
words = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
stores = st.builds(
    StoreId,
    st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True),
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
)
moments = st.integers(0, 10**9).map(lambda milliseconds: NOON + timedelta(0, 0, 0, milliseconds))
sightings = st.builds(
    Seen,
    store=stores,
    topic=st.none() | words,
    key_id=st.none() | words,
    received_at=moments,
    detail_type=words,
    event_id=words,
    account=st.none() | st.text(),
)


def seen(store: StoreId = ACME, at: datetime = NOON, **more: str | None) -> Seen:
    known: dict[str, str | None] = {"topic": "order_created", "key_id": "k1", **more}
    return Seen(store, known["topic"], known["key_id"], at, "order.created", "c.0")


@given(sightings)
def test_what_was_kept_is_read_back_as_it_was(one: Seen) -> None:
    table = FakeStateTable()
    note_seen(table, one)

    assert list(all_seen(table)) == [one]


@given(st.lists(sightings, max_size=20))
def test_of_each_store_topic_and_key_the_newest_stays(many: list[Seen]) -> None:
    table = FakeStateTable()
    for one in many:
        note_seen(table, one)

    newest = {one.id: max(o.received_at for o in many if o.id == one.id) for one in many}
    assert {one.id: one.received_at for one in all_seen(table)} == newest


def test_one_store_s_are_told_apart_from_another_s_with_a_longer_name() -> None:
    table = FakeStateTable()
    for one in (seen(ACME), seen(OTHER)):
        note_seen(table, one)

    assert list(all_seen(table, ACME)) == [seen(ACME)]


@given(st.text(min_size=1))
def test_an_identity_is_kept_whatever_it_is_called(account: str) -> None:
    table = FakeStateTable()
    one = AccountSeen(ACME, account, NOON)
    note_account(table, one)
    note_account(table, AccountSeen(OTHER, account, NOON))

    assert list(all_accounts(table, ACME)) == [one]


def test_what_is_not_seen_for_long_goes_by_itself() -> None:
    table = FakeStateTable()
    note_seen(table, seen())
    note_seen(table, seen(at=NOON + timedelta(days=1)))

    assert table.expiring[SEEN, seen().id] == NOON + timedelta(days=1) + KEPT_FOR


def test_an_identity_goes_sooner_but_not_before_status_has_looked_at_it() -> None:
    table, one = FakeStateTable(), AccountSeen(ACME, "4711", NOON)
    note_account(table, one)

    assert table.expiring[ACCOUNTS, one.id] == NOON + ACCOUNT_KEPT_FOR
    assert ACCOUNTS_WITHIN < ACCOUNT_KEPT_FOR < KEPT_FOR


@pytest.mark.parametrize("data", [{}, {"received_at": 5}, {"received_at": "2026-03-09T12:00:00"}])
@pytest.mark.parametrize("id_", ["konimbo/acme#a#k1", "konimbo/acme#", "acme"])
def test_a_row_that_cannot_be_read_is_told_of_and_hides_no_other(
    data: dict[str, JsonValue], id_: str
) -> None:
    table, odd = FakeStateTable(), list[Row]()
    note_seen(table, seen(OTHER))
    note_account(table, AccountSeen(OTHER, "4711", NOON))
    for kind in (SEEN, ACCOUNTS):
        table.write(Row(kind, id_), data)

    assert list(all_seen(table, unreadable=odd.append)) == [seen(OTHER)]
    assert list(all_accounts(table, unreadable=odd.append)) == [AccountSeen(OTHER, "4711", NOON)]
    assert [(row.kind, row.id) for row in odd] == [(SEEN, id_), (ACCOUNTS, id_)]
    assert list(all_seen(table)) == [seen(OTHER)]
