"""Upkeep as Lambda loads it, with AWS's services played by moto."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import boto3
import pytest

from commerce_hooks.aws import Patience
from commerce_hooks.errors import UnavailableError
from commerce_hooks.parking import DONE, STATE_TAG
from commerce_hooks.scheduled import UnknownTaskError
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.state.seen import SEEN, Seen, note_seen
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from support.account import BUCKET, Account, account_on_moto
from support.api_gateway import lambda_context
from upkeep.entrypoint import task_handler
from upkeep.gauging import NotGaugedError
from upkeep.listening import NotToldError

HEARTBEAT = {"task": "heartbeat"}
GAUGES = {"task": "gauges"}
SILENCE = {"task": "silence"}
CANARY = "canary-of-a-store"


@pytest.fixture
def account() -> Iterator[Account]:
    with account_on_moto() as account:
        yield account


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


def handle(account: Account, event: dict[str, Any]) -> dict[str, Any]:
    """What a new container answers."""
    return task_handler(account.environment)(event, lambda_context())


def lines(output: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Log lines, without the metrics between them."""
    return [line for line in _all(output) if "_aws" not in line]


def metrics(output: pytest.CaptureFixture[str]) -> list[tuple[str, float, dict[str, str], str]]:
    """Name, value, dimensions and unit of each."""
    found = []
    for line in _all(output):
        for described in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert described["Namespace"] == "CommerceHooks/commerce-hooks/test"
            ((metric,), (names,)) = described["Metrics"], described["Dimensions"]
            dimensions = {name: line[name] for name in names}
            found.append((metric["Name"], line[metric["Name"]][0], dimensions, metric["Unit"]))
    return found


def _all(output: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.readouterr().out.splitlines()]


def put(account: Account, key: str, **tags: str) -> None:
    tagging = "&".join(f"{name}={value}" for name, value in tags.items())
    account.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}", Tagging=tagging)


def test_a_heartbeat_comes_off_the_bus(account: Account) -> None:
    assert handle(account, HEARTBEAT) == {"published": True, "cause": None}

    (event,) = account.arrived()
    assert (event["source"], event["detail-type"]) == ("commerce-hooks.system", "system.heartbeat")
    assert event["detail"]["metadata"]["deployment"] == "commerce-hooks/test"


def test_every_heartbeat_is_another_one(account: Account) -> None:
    handle(account, HEARTBEAT)
    handle(account, HEARTBEAT)

    ids = [event["detail"]["metadata"]["event_id"] for event in account.arrived()]
    assert len(set(ids)) == 2


def test_a_heartbeat_is_counted(account: Account, output: pytest.CaptureFixture[str]) -> None:
    handle(account, HEARTBEAT)

    expected = {"job": "heartbeat", "outcome": "published"}
    assert metrics(output) == [("Jobs", 1.0, expected, "Count")]


def test_a_heartbeat_that_the_bus_refuses_is_an_error_in_the_log_and_no_failure_of_the_function(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    arn = account.environment["EVENT_BUS_ARN"]
    account.environment["EVENT_BUS_ARN"] = arn.replace("event-bus/", "event-bus/aws.")

    answer = handle(account, HEARTBEAT)

    assert not answer["published"]
    (line,) = lines(output)
    assert (line["level"], line["message"], line["outcome"]) == (
        *("ERROR", "heartbeat", "unavailable"),
    )
    assert line["cause"] == answer["cause"]


def fill(account: Account) -> None:
    put(account, f"quarantine/konimbo/{CANARY}/2026-03-09/1")
    put(account, f"quarantine/konimbo/{CANARY}/2026-03-09/2", **{STATE_TAG: DONE})
    put(account, f"quarantine-sensitive/konimbo/{CANARY}/2026-03-09/3")
    put(account, f"bulk/konimbo/{CANARY}/2026-03-09/4")
    put(account, f"bulk/konimbo/{CANARY}/2026-03-09/5.done")
    put(account, "outbox/konimbo/2026-03-09/6.json")
    put(account, "shapes/konimbo/order_created.json")


def test_gauges_are_taken(account: Account) -> None:
    fill(account)

    assert handle(account, GAUGES) == {
        "open": {"outbox": 1, "bulk": 1, "quarantine-sensitive": 1, "quarantine": 1}
    }


def test_each_gauge_is_a_log_line_and_metrics_that_name_no_store(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    fill(account)
    handle(account, GAUGES)

    written = output.readouterr().out
    assert CANARY not in written
    said = [json.loads(line) for line in written.splitlines()]
    told = [line for line in said if "_aws" not in line]
    assert [(line["prefix"], line["open"], line.get("expiring")) for line in told] == [
        ("outbox", 1, None),
        ("bulk", 1, 0),
        ("quarantine-sensitive", 1, 0),
        ("quarantine", 1, None),
    ]
    assert {(line["level"], line["message"], line["outcome"]) for line in told} == {
        ("INFO", "gauges", "counted")
    }
    assert 0 <= told[0]["oldest_seconds"] < 120


def test_the_metrics_are_those_that_alarms_read(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    put(account, "quarantine/konimbo/acme/2026-03-09/1")
    handle(account, GAUGES)

    found = [metric for metric in metrics(output) if metric[0] != "Jobs"]
    names = {(name, dimensions["prefix"], unit) for name, _, dimensions, unit in found}
    everywhere = ("outbox", "bulk", "quarantine-sensitive", "quarantine")
    assert names == {
        *(("OpenRecords", prefix, "Count") for prefix in everywhere),
        *(("OldestOpenRecord", prefix, "Seconds") for prefix in everywhere),
        ("ExpiringRecords", "bulk", "Count"),
        ("ExpiringRecords", "quarantine-sensitive", "Count"),
    }
    opened = {d["prefix"]: value for name, value, d, _ in found if name == "OpenRecords"}
    assert opened == {**dict.fromkeys(everywhere, 0.0), "quarantine": 1.0}


def test_records_that_will_be_lost_are_a_warning(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    # As if the days of grace were over: what was kept just now is deleted tomorrow.
    account.environment["SENSITIVE_RETENTION_DAYS"] = "1"
    put(account, "quarantine-sensitive/konimbo/acme/2026-03-09/1")
    handle(account, GAUGES)

    (warned,) = (line for line in lines(output) if line["level"] == "WARNING")
    assert (warned["prefix"], warned["expiring"]) == ("quarantine-sensitive", 1)


def test_a_bucket_that_fails_is_an_error_in_the_log_and_the_function_is_tried_again(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    account.environment["PAYLOAD_BUCKET"] = "no-such-bucket"

    with pytest.raises(NotGaugedError):
        handle(account, GAUGES)

    said = lines(output)
    assert {line["level"] for line in said} == {"ERROR"}
    assert [line["cause"] for line in said] == ["bucket: NoSuchBucket"] * 4


def configure(account: Account, store: str, text: str) -> None:
    stack = account.environment["DEPLOYMENT"].partition("/")[0]
    name = f"/commerce-hooks/{stack}/stores/{store}"
    boto3.client("ssm").put_parameter(Name=name, Type="String", Value=text)


def table(account: Account) -> DynamoStateTable:
    return DynamoStateTable(
        account.environment["STATE_TABLE"],
        lambda: boto3.client("dynamodb"),
        Patience(lambda: 0.0, lambda _: None),
        lambda: "the test",
    )


def hear(account: Account, store: str) -> None:
    """Something of a store comes in just now."""
    moment = datetime.now(UTC)
    note_seen(
        table(account), Seen(StoreId.parse(store), "t", "k1", moment, "order.created", "c1.0")
    )


ADDED = '{"added_at": "2026-01-01T00:00:00.000Z", "expected_topics": ["order_created"]}'


def test_a_silent_store_is_told_once_and_told_when_it_is_heard(account: Account) -> None:
    configure(account, "konimbo/acme", ADDED.replace('["order_created"]', "[]"))

    for _ in range(2):
        assert handle(account, SILENCE) == {"silent": ["konimbo/acme"]}
    hear(account, "konimbo/acme")
    for _ in range(2):
        assert handle(account, SILENCE) == {"silent": []}

    silent, heard = account.arrived()
    assert (silent["detail-type"], heard["detail-type"]) == ("store.silent", "store.heard")
    assert silent["source"] == heard["source"] == "commerce-hooks.system"
    about = heard["detail"]["metadata"]
    assert (about["platform"], about["store"]) == ("konimbo", "acme")
    assert about["callback_id"] == silent["detail"]["metadata"]["callback_id"]


def test_each_silent_store_is_a_line_and_one_metric_says_how_many(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    configure(account, "konimbo/acme", ADDED)
    configure(account, "iset/acme", ADDED)
    hear(account, "iset/acme")
    handle(account, SILENCE)

    printed = output.readouterr().out
    said = [json.loads(line) for line in printed.splitlines()]
    silent = [line for line in said if line.get("outcome") == "silent" and "_aws" not in line]
    assert [(line["platform"], line["store"], line["everything"]) for line in silent] == [
        ("iset", "acme", False),
        ("konimbo", "acme", True),
    ]
    assert {(line["message"], line["level"], line["hours"]) for line in silent} == {
        ("silence", "WARNING", 48)
    }
    assert silent[0]["since"] == "2026-01-01T00:00:00.000Z"
    assert silent[0]["topics"] == ["order_created"]
    (gauge,) = (line for line in said if "SilentStores" in line)
    assert (gauge["SilentStores"], gauge["kind"]) == ([2.0], "store")
    assert gauge["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["kind"]]


def test_where_nobody_is_silent_the_metric_says_0(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    handle(account, SILENCE)

    assert metrics(output) == [("SilentStores", 0.0, {"kind": "store"}, "Count")]


def test_a_configuration_that_cannot_be_read_is_told_and_counted(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    configure(account, "konimbo/acme", f'{{"{CANARY}": 1}}')

    assert handle(account, SILENCE) == {"silent": []}

    printed = output.readouterr().out
    said = [json.loads(line) for line in printed.splitlines()]
    line, count, _ = said
    assert (line["outcome"], line["platform"], line["store"]) == ("unreadable", "konimbo", "acme")
    assert (count["Jobs"], count["job"], count["outcome"]) == ([1.0], "silence", "unreadable")
    assert CANARY not in printed


def test_a_row_that_cannot_be_read_is_a_warning_that_names_it_and_quotes_nothing(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    table(account).write(Row(SEEN, "konimbo/acme#t#k1"), {CANARY: 1})

    assert handle(account, SILENCE) == {"silent": []}

    printed = output.readouterr().out
    line, *_ = (json.loads(one) for one in printed.splitlines())
    assert (line["level"], line["outcome"]) == ("WARNING", "row_unreadable")
    assert (line["kind"], line["row"]) == ("seen", "konimbo/acme#t#k1")
    assert CANARY not in printed


def test_a_store_that_the_key_ring_disables_is_not_silent(account: Account) -> None:
    configure(account, "konimbo/acme", ADDED)
    configure(account, "iset/acme", ADDED)
    ring = {"sign": "k1", "k1": "x" * 32, "stores": {"iset/acme": {"disabled": True}}}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=account.environment["KEY_RING_ARN"], SecretString=json.dumps(ring)
    )

    assert handle(account, SILENCE) == {"silent": ["konimbo/acme"]}


def test_without_the_key_ring_nobody_is_said_to_be_silent(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    configure(account, "konimbo/acme", ADDED)
    boto3.client("secretsmanager").put_secret_value(
        SecretId=account.environment["KEY_RING_ARN"], SecretString="{}"
    )

    with pytest.raises(UnavailableError):
        handle(account, SILENCE)

    printed = output.readouterr().out
    assert "SilentStores" not in printed
    assert '"cause":"key_ring: Invalid"' in printed


def test_a_store_that_could_not_be_told_of_is_an_error_and_the_function_is_tried_again(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    configure(account, "konimbo/acme", ADDED)
    arn = account.environment["EVENT_BUS_ARN"]
    account.environment["EVENT_BUS_ARN"] = arn.replace("event-bus/", "event-bus/aws.")

    with pytest.raises(NotToldError):
        handle(account, SILENCE)

    (error,) = (line for line in lines(output) if line["level"] == "ERROR")
    assert (error["message"], error["outcome"]) == ("silence", "unavailable")
    assert (error["platform"], error["store"]) == ("konimbo", "acme")


def test_a_table_that_fails_is_an_error_and_no_number_is_told(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    account.environment["STATE_TABLE"] = "no-such-table"

    with pytest.raises(UnavailableError):
        handle(account, SILENCE)

    printed = output.readouterr().out
    assert "SilentStores" not in printed
    line = json.loads(printed.splitlines()[0])
    assert (line["level"], line["cause"]) == ("ERROR", "table: ResourceNotFoundException")


@pytest.mark.parametrize("event", [{}, {"task": "tidy"}, {"task": ["gauges"]}])
def test_a_task_that_the_code_does_not_have_is_refused(
    account: Account, event: dict[str, Any]
) -> None:
    with pytest.raises(UnknownTaskError):
        handle(account, event)


def test_the_entry_point_is_a_handler(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "upkeep.app", raising=False)

    entry = import_module("upkeep.app")

    assert entry.lambda_handler(HEARTBEAT, lambda_context())["published"]
