"""The ledger: an intent first, then what came of it, and never a callback URL."""

from collections.abc import Iterator
from itertools import count

import pytest
from commerce_hooks.state.ledger import LEDGER, Ledger, LedgerError, hash_of
from moto import mock_aws

from commerce_hooks.decoding import JsonValue
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId
from support.state_table import FakeStateTable, create_state_table, dynamo_table
from support.surroundings import NOON

ACME = StoreId("konimbo", "acme")
URL = "https://hooks.example:8443/konimbo/acme/order_created/k1.1.canary"
TOPICS = frozenset({"order_created"})


@pytest.fixture(params=["DynamoDB", "in memory"])
def table(request: pytest.FixtureRequest) -> Iterator[StateTable]:
    if request.param == "in memory":
        yield FakeStateTable()
        return
    with mock_aws():
        create_state_table()
        yield dynamo_table()


def ledger_on(table: StateTable) -> Ledger:
    numbers = count(1)
    return Ledger(table, lambda: NOON, lambda: f"n{next(numbers)}")


def test_an_intent_stands_there_before_anything_is_created(table: StateTable) -> None:
    ledger = ledger_on(table)

    entry = ledger.intend(ACME, URL, "k1", TOPICS)

    assert ledger.entries(ACME) == (entry,)
    assert (entry.host, entry.key_id, entry.topics) == ("hooks.example:8443", "k1", TOPICS)
    assert (entry.url_hash, entry.intended_at) == (hash_of(URL), NOON)
    assert entry.subscription_id is None


def test_what_was_created_is_confirmed_and_what_is_gone_forgotten(table: StateTable) -> None:
    ledger = ledger_on(table)
    confirmed = ledger.confirm(ledger.intend(ACME, URL, "k1", TOPICS), "123")
    other = ledger.intend(ACME, URL, "k1", TOPICS)

    assert ledger.entries(ACME) == (confirmed, other)
    assert confirmed.subscription_id == "123"

    ledger.forget(confirmed)

    assert ledger.entries(ACME) == (other,)


def test_entries_are_those_of_the_store_only(table: StateTable) -> None:
    ledger = ledger_on(table)
    ledger.intend(StoreId("konimbo", "acme-2"), URL, "k1", TOPICS)
    ledger.intend(StoreId("centry", "acme"), URL, "k1", TOPICS)

    assert ledger.entries(ACME) == ()


def test_who_read_before_somebody_else_wrote_changes_nothing(table: StateTable) -> None:
    ledger = ledger_on(table)
    early = ledger.intend(ACME, URL, "k1", TOPICS)
    confirmed = ledger.confirm(early, "123")

    with pytest.raises(LedgerError):
        ledger.confirm(early, "456")
    with pytest.raises(LedgerError):
        ledger.forget(early)

    assert ledger.entries(ACME) == (confirmed,)


def test_neither_the_url_nor_its_token_is_kept() -> None:
    table = FakeStateTable()
    entry = ledger_on(table).intend(ACME, URL, "k1", TOPICS)

    (row,) = table.rows(LEDGER)
    assert "canary" not in f"{row.data}{entry}"


@pytest.mark.parametrize(
    "broken",
    [{"topics": "all"}, {"topics": None}, {"intended_at": "yesterday"}, {"intended_at": None}],
)
def test_a_ledger_that_cannot_be_read_is_an_error(broken: dict[str, JsonValue]) -> None:
    table = FakeStateTable()
    ledger = ledger_on(table)
    row = ledger.intend(ACME, URL, "k1", TOPICS).row
    table.write(row, {**row.data, **broken})

    with pytest.raises(LedgerError, match="cannot be read"):
        ledger.entries(ACME)


def test_an_entry_of_nothing_is_an_error() -> None:
    table = FakeStateTable()
    table.write(Row(LEDGER, f"{ACME}#n1"), {})

    with pytest.raises(LedgerError, match="cannot be read"):
        ledger_on(table).entries(ACME)
