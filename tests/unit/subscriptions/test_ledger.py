"""The ledger: an intent first, then what came of it, and never a callback URL."""

from collections.abc import Callable
from itertools import count

import pytest

from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.addresses import Address
from commerce_hooks.subscriptions.ledger import LEDGER, Ledger, LedgerError
from support.state_table import FakeStateTable
from support.surroundings import NOON

ACME, ACME_2 = StoreId("konimbo", "acme"), StoreId("konimbo", "acme-2")
ADDRESS = Address("https://hooks.example.com", "order_created", "k1", 1)
TOPICS = frozenset({"order_created"})


@pytest.fixture
def table() -> FakeStateTable:
    return FakeStateTable()


def ledger_on(table: StateTable, store: StoreId = ACME) -> Ledger:
    numbers = count()
    return Ledger(table, store, lambda: NOON, lambda: f"n{next(numbers)}")


def test_an_intent_is_there_before_anything_is_created(table: FakeStateTable) -> None:
    entry = ledger_on(table).intend(ADDRESS, TOPICS)

    assert ledger_on(table).entries() == (entry,)
    assert (entry.subscription_id, entry.answered, entry.intended_at) == (None, False, NOON)


def test_what_is_confirmed_has_its_id(table: FakeStateTable) -> None:
    ledger = ledger_on(table)

    entry = ledger.confirm(ledger.intend(ADDRESS, TOPICS), "17")

    assert ledger.entries() == (entry,)
    assert (entry.subscription_id, entry.answered) == ("17", True)


def test_an_answer_without_an_id_is_remembered_as_one(table: FakeStateTable) -> None:
    ledger = ledger_on(table)

    ledger.confirm(ledger.intend(ADDRESS, TOPICS), None)

    [entry] = ledger.entries()
    assert (entry.subscription_id, entry.answered) == (None, True)


def test_a_change_keeps_the_id(table: FakeStateTable) -> None:
    ledger, other = ledger_on(table), Address("https://new.example.com", None, "k2", 3)

    ledger.change(ledger.intend(ADDRESS, TOPICS, "17"), other, frozenset({"a", "b"}))

    [entry] = ledger.entries()
    assert (entry.address, entry.subscription_id) == (other, "17")
    assert entry.topics == {"a", "b"}


def test_what_is_forgotten_is_gone(table: FakeStateTable) -> None:
    ledger = ledger_on(table)
    entry = ledger.intend(ADDRESS, TOPICS)

    ledger.forget(entry)

    assert ledger.entries() == ()


def test_entries_are_of_their_store_alone(table: FakeStateTable) -> None:
    ledger_on(table, ACME_2).intend(ADDRESS, TOPICS)

    assert ledger_on(table, ACME).entries() == ()


@pytest.mark.parametrize(
    "write",
    [
        lambda ledger, entry: ledger.confirm(entry, "18"),
        lambda ledger, entry: ledger.change(entry, ADDRESS, frozenset()),
        lambda ledger, entry: ledger.forget(entry),
    ],
    ids=["confirm", "change", "forget"],
)
def test_what_somebody_else_wrote_meanwhile_is_not_written_over(
    table: FakeStateTable, write: Callable[..., object]
) -> None:
    ledger = ledger_on(table)
    entry = ledger.intend(ADDRESS, TOPICS)
    ledger.confirm(entry, "17")

    with pytest.raises(LedgerError, match="somebody else"):
        write(ledger, entry)


@pytest.mark.parametrize(
    "spoiled",
    [
        {},
        {"topics": "order_created", "generation": 1},
        {"topics": [], "generation": "one"},
    ],
    ids=["nothing", "no list", "no number"],
)
def test_an_entry_that_cannot_be_read_is_an_error(
    table: FakeStateTable, spoiled: dict[str, object]
) -> None:
    ledger_on(table).intend(ADDRESS, TOPICS)
    table.write(Row(LEDGER, f"{ACME}#odd"), spoiled)  # type: ignore[arg-type] # as by hand

    with pytest.raises(LedgerError, match="cannot be read"):
        ledger_on(table).entries()
