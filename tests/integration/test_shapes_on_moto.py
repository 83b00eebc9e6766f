"""The shape watch as Lambda loads it, with AWS's services played by moto."""

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from commerce_hooks.aws import SDK_CONFIG, Patience
from shapes.aws import S3ShapeStore
from shapes.entrypoint import batch_handler
from shapes.shapes import NOTHING, KnownShape
from support.account import BUCKET, Account, account_on_moto
from support.api_gateway import lambda_context
from support.receiving import FakeClock
from support.shapes import ORDERS, bus_event, record
from support.written import written

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CANARY = "canary-of-a-name"


@dataclass(frozen=True)
class Watched:
    """An account, and the watch in it."""

    account: Account

    @property
    def environment(self) -> dict[str, str]:
        return self.account.environment

    @property
    def s3(self) -> "S3Client":
        return self.account.s3

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """What a new container answers; its logger keeps the standard output that it finds."""
        return batch_handler(self.environment)(event, lambda_context())

    def told(self) -> list[dict[str, Any]]:
        return self.account.arrived()

    def kept(self) -> KnownShape:
        found = self.s3.get_object(Bucket=BUCKET, Key=ORDERS.key)
        return KnownShape.model_validate_json(found["Body"].read())


@pytest.fixture
def account() -> Iterator[Watched]:
    with account_on_moto() as account:
        yield Watched(account)


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


def batch(*bodies: Any) -> dict[str, Any]:
    return {"Records": [record(body, f"m{number}") for number, body in enumerate(bodies, 1)]}


def lines(output: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return written(output.readouterr().out).lines


def test_a_batch_is_learned_and_told(account: Watched) -> None:
    answer = account.handle(batch(bus_event({"id": 1}), bus_event({"id": None}, event_id="c2.0")))

    assert answer == {"batchItemFailures": []}
    assert account.kept().pairs == {("", "object"), ("id", "integer"), ("id", "null")}
    told = account.told()
    assert {(event["source"], event["detail-type"]) for event in told} == {
        ("commerce-hooks.system", "callback.shape_changed")
    }
    assert sorted(event["detail"]["metadata"]["event_id"] for event in told) == [
        "c1.0.s",
        "c2.0.s",
    ]


def test_the_second_container_goes_on_from_what_the_first_has_kept(account: Watched) -> None:
    account.handle(batch(bus_event({"id": 1})))
    account.told()

    account.handle(batch(bus_event({"id": 2, "name": "x"})))

    (told,) = account.told()
    assert told["detail"]["data"]["added"] == [{"path": "name", "type": "string"}]
    assert account.kept().changes == 2


def test_each_change_is_a_metric_and_a_log_line_without_a_value_or_a_path(
    account: Watched, output: pytest.CaptureFixture[str]
) -> None:
    account.handle(batch(bus_event({"name": CANARY, "field_canary": 1, CANARY: 2})))

    told = written(output.readouterr().out)
    line, metric = told.line, told.metric("ShapeChanged")
    assert (line["message"], line["outcome"]) == ("shapes", "changed")
    assert (line["topic"], line["added"], line["first"]) == ("order_created", 4, True)
    assert metric["described"]["Namespace"] == "CommerceHooks/commerce-hooks/test"
    assert metric["described"]["Dimensions"] == [["platform"]]
    assert (metric["ShapeChanged"], metric["platform"]) == ([1.0], "konimbo")
    assert "canary" not in json.dumps([line, metric])


def test_strange_messages_are_dropped_with_a_line_and_spoil_no_other(
    account: Watched, output: pytest.CaptureFixture[str]
) -> None:
    answer = account.handle(batch(CANARY, bus_event({"id": 1}), {"detail": CANARY}))

    assert answer == {"batchItemFailures": []}
    assert account.kept().paths.keys() == {"", "id"}
    said = lines(output)
    dropped = [line["message_id"] for line in said if line.get("outcome") == "dropped"]
    assert dropped == ["m1", "m3"]
    assert CANARY not in json.dumps(said)


def test_an_event_whose_data_is_in_the_bucket_is_passed_over(
    account: Watched, output: pytest.CaptureFixture[str]
) -> None:
    stored = {"bucket": "payloads", "key": "oversize/x", "size": 9, "sha256": "0" * 64}

    answer = account.handle(batch(bus_event({}, payload={"stored": stored})))

    assert answer == {"batchItemFailures": []}
    assert lines(output) == []


def test_what_could_not_be_kept_is_named_so_that_it_comes_again(
    account: Watched, output: pytest.CaptureFixture[str]
) -> None:
    account.environment["PAYLOAD_BUCKET"] = "no-such-bucket"

    answer = account.handle(batch(bus_event({"id": 1}), "strange"))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    left = [line for line in lines(output) if line.get("outcome") == "unavailable"]
    assert [(line["message_id"], line["cause"]) for line in left] == [
        ("m1", "bucket: NoSuchBucket")
    ]


def test_the_entry_point_is_a_handler(account: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "shapes.app", raising=False)

    entry = import_module("shapes.app")

    assert entry.lambda_handler(batch(bus_event({})), lambda_context()) == {"batchItemFailures": []}


def test_s3_itself_says_who_was_faster(account: Watched) -> None:
    clock = FakeClock()
    store = S3ShapeStore(
        boto3.client("s3", config=SDK_CONFIG), "payloads", Patience(clock, clock.sleep)
    )
    one = NOTHING.with_news([("a", "null")], "2026-03-09T12:00:00.000Z")
    other = NOTHING.with_news([("b", "null")], "2026-03-09T12:00:00.000Z")
    assert store.read(ORDERS, 3) == (NOTHING, None)

    assert store.write(ORDERS, one, None, 3)
    assert not store.write(ORDERS, other, None, 3)
    known, version = store.read(ORDERS, 3)
    assert known == one
    assert store.write(ORDERS, other, version, 3)
    assert not store.write(ORDERS, one, version, 3)
    account.s3.delete_object(Bucket="payloads", Key=ORDERS.key)
    assert not store.write(ORDERS, one, version, 3)
