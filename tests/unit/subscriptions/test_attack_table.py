"""A hostile reviewer's rows: of the state table, and not as we write them."""

from collections.abc import Iterator
from itertools import count

import boto3
import pytest
from moto import mock_aws

from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.ledger import LEDGER, Ledger, LedgerError
from commerce_hooks.subscriptions.planning import Action
from commerce_hooks.subscriptions.records import ROUNDS, Record, all_records, keep_record
from support.state_table import create_state_table, dynamo_table
from support.surroundings import NOON
from worlds.memory import Memory
from worlds.world import World

ACME, OTHER = StoreId("konimbo", "acme"), StoreId("konimbo", "other")


@pytest.fixture
def spoilt() -> Iterator[None]:
    """One store's rows are no JSON: somebody wrote them by hand."""
    with mock_aws():
        create_state_table()
        for kind, id_ in ((ROUNDS, str(ACME)), (LEDGER, f"{ACME}#1")):
            item = {"kind": kind, "id": id_, "data": "{", "version": "by hand"}
            boto3.client("dynamodb").put_item(
                TableName="state", Item={name: {"S": text} for name, text in item.items()}
            )
        yield


@pytest.mark.usefixtures("spoilt")
def test_one_store_s_row_that_is_no_json_does_not_hide_how_the_others_stand() -> None:
    table, unreadable = dynamo_table(), list[Row]()
    keep_record(table, Record(OTHER, row=Row(ROUNDS, str(OTHER))))

    found = [record.store for record in all_records(table, unreadable.append)]

    assert found == [OTHER]
    assert [row.id for row in unreadable] == [str(ACME)]


@pytest.mark.usefixtures("spoilt")
def test_a_ledger_that_is_no_json_is_an_unreadable_ledger() -> None:
    numbers = count()
    ledger = Ledger(dynamo_table(), ACME, lambda: NOON, lambda: f"e{next(numbers)}")

    with pytest.raises(LedgerError):
        ledger.entries()


def test_a_creation_is_told_although_the_round_could_not_be_kept() -> None:
    """The table fails for a moment at the end; SQS brings the errand again."""
    world = World(topics=("order_created",), memory=Memory(deletes=False, accounts=False))
    writes = 0

    def fails_at_the_end(call: str) -> None:
        nonlocal writes
        writes += call == "write"
        if call == "write" and writes == 3:
            raise UnavailableError("table", "Timeout")

    world.table.before_call = fails_at_the_end
    with pytest.raises(UnavailableError):
        world.round()
    assert world.memory.writes == ["create"]

    again = world.round(minutes=30)

    assert [one.action for one in again.done] == [Action.CREATE]
