"""Activity as Lambda loads it, with DynamoDB played by moto."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import boto3
import pytest

from activity.entrypoint import batch_handler
from commerce_hooks.aws import Patience
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.state.seen import all_accounts, all_seen
from support.account import Account, account_on_moto
from support.activity import event
from support.api_gateway import lambda_context
from support.shapes import record
from support.written import written

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
CANARY = "canary-of-a-name"


@pytest.fixture
def account() -> Iterator[Account]:
    with account_on_moto() as account:
        yield account


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


def batch(*bodies: Any) -> dict[str, Any]:
    return {"Records": [record(body, f"m{number}") for number, body in enumerate(bodies, 1)]}


def handle(account: Account, *bodies: Any) -> dict[str, Any]:
    """What a new container answers."""
    return batch_handler(account.environment)(batch(*bodies), lambda_context())


def table(account: Account) -> DynamoStateTable:
    return DynamoStateTable(
        account.environment["STATE_TABLE"],
        lambda: boto3.client("dynamodb"),
        Patience(lambda: 0.0, lambda _: None),
        lambda: "the test",
    )


def lines(output: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return written(output.readouterr().out).lines


def test_a_batch_is_kept_and_not_a_word_is_said(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    later = NOON + timedelta(minutes=1)
    first, second = event(NOON, account="4711"), event(later, event_id="c2.0", account="4711")

    assert handle(account, second, first) == {"batchItemFailures": []}

    (seen,), (shop,) = all_seen(table(account)), all_accounts(table(account))
    assert (str(seen.store), seen.topic, seen.key_id) == ("konimbo/acme", "order_created", "k1")
    assert (seen.event_id, seen.received_at, shop.account) == ("c2.0", later, "4711")
    assert shop.received_at == later
    assert output.readouterr().out == ""


def test_what_is_replayed_moves_nothing_back(account: Account) -> None:
    handle(account, event(NOON, event_id="c2.0"))
    handle(account, event(NOON - timedelta(days=9), event_id="c1.0"))

    assert [one.event_id for one in all_seen(table(account))] == ["c2.0"]


def test_strange_messages_are_dropped_with_a_line_and_spoil_no_other(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    answer = handle(account, CANARY, event(), {"detail": CANARY})

    assert answer == {"batchItemFailures": []}
    assert len(list(all_seen(table(account)))) == 1
    said = lines(output)
    dropped = [line["message_id"] for line in said if line.get("outcome") == "dropped"]
    assert dropped == ["m1", "m3"]
    assert CANARY not in json.dumps(said)


def test_what_could_not_be_kept_is_named_so_that_it_comes_again(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    account.environment["STATE_TABLE"] = "no-such-table"

    answer = handle(account, event(account=CANARY), "strange")

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    (left,) = (line for line in lines(output) if line.get("outcome") == "unavailable")
    assert (left["message"], left["message_id"]) == ("activity", "m1")
    assert (left["platform"], left["store"], left["topic"]) == ("konimbo", "acme", "order_created")
    assert left["cause"] == "table: ResourceNotFoundException"
    assert CANARY not in json.dumps(left)


def test_the_entry_point_is_a_handler(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "activity.app", raising=False)

    entry = import_module("activity.app")

    assert entry.lambda_handler(batch(event()), lambda_context()) == {"batchItemFailures": []}
