"""Rows of the state table that are not as we write them."""

from collections.abc import Iterator
from itertools import count

import boto3
import pytest
from moto import mock_aws

from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.ledger import LEDGER, Ledger, LedgerError
from commerce_hooks.subscriptions.records import ROUNDS, Record, all_records, keep_record
from support.state_table import create_state_table, dynamo_table
from support.surroundings import NOON

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


@pytest.mark.parametrize("data", ["{", "[]", "null"])
def test_a_row_that_holds_no_object_says_nothing(data: str) -> None:
    with mock_aws():
        create_state_table()
        item = {"kind": ROUNDS, "id": str(ACME), "data": data, "version": "by hand"}
        boto3.client("dynamodb").put_item(
            TableName="state", Item={name: {"S": text} for name, text in item.items()}
        )

        assert dynamo_table().read(ROUNDS, str(ACME)) == Row(ROUNDS, str(ACME), {}, "by hand")
