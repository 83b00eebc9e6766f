"""Each function as Lambda loads it, with AWS's services played by moto."""

import itertools
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any

import boto3
import pytest

from commerce_hooks.aws import Patience, SqsBulkQueue
from commerce_hooks.callback import Callback
from commerce_hooks.entrypoint import callback_handler
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.outbox import Letter, opened
from commerce_hooks.wiring import PATIENCE, LambdaHandler
from support.account import Account, account_on_moto
from support.api_gateway import http_api_event, lambda_context
from support.platforms import platforms
from support.receiving import RING
from support.samples import Sample, callbacks, sample, samples


@pytest.fixture
def account() -> Iterator[Account]:
    with account_on_moto() as account:
        topics = "konimbo/customer_logged_in, konimbo/credit_guard_xml_created"
        account.environment["PERSONAL_TOPICS"] = topics
        yield account


def genuine(sample: Sample, body: bytes | None = None) -> dict[str, Any]:
    platform = platforms()[sample.platform]
    target = CallbackTarget(platform.name, "acme", sample.topic if platform.topic_in_url else None)
    topic = {"topic": sample.topic} if platform.topic_in_url else {}
    token = KeyRing.parse(json.dumps(RING)).mint(target)
    route = f"ANY /{platform.name}/{{store}}{'/{topic}' if topic else ''}/{{token}}"
    parameters = {"store": "acme", **topic, "token": token}
    headers = {"Content-Type": sample.content_type}
    body = sample.body if body is None else body
    return http_api_event("POST", route, parameters, body, headers=headers)


def handler(platform: str, account: Account) -> LambdaHandler:
    return callback_handler(platforms()[platform], account.environment)


@pytest.mark.parametrize("sample", [s for s in callbacks() if not s.expected.queued], ids=str)
def test_every_sample_goes_through_its_handler_and_off_the_bus(
    sample: Sample, account: Account
) -> None:
    account.environment["PERSONAL_TOPICS"] = ""

    answer = handler(sample.platform, account)(genuine(sample), lambda_context())

    arrived, told = account.arrived(), json.loads(answer["body"])
    assert (answer["statusCode"], told["status"]) == (200, sample.expected.outcome)
    assert len(arrived) == sample.expected.events
    assert [event["detail"]["metadata"]["event_id"] for event in arrived] == (
        told.get("event_ids", [])
    )
    for event in arrived:
        metadata = event["detail"]["metadata"]
        assert event["source"] == f"commerce-hooks.{sample.platform}"
        assert (metadata["store"], metadata["callback_id"]) == ("acme", told["callback_id"])
        received_at = datetime.fromisoformat(metadata["received_at"])
        assert abs(datetime.now(UTC) - received_at) < timedelta(minutes=1)


@pytest.mark.parametrize("name", sorted(platforms()))
def test_a_body_in_quarantine_is_in_the_bucket_with_its_attributes(
    name: str, account: Account
) -> None:
    first = samples(name)[0]

    handler(name, account)(genuine(first, b"{broken"), lambda_context())

    (event,) = account.arrived()
    stored = event["detail"]["metadata"]["payload"]["stored"]
    kept = boto3.client("s3").get_object(Bucket="payloads", Key=stored["key"])
    assert kept["Body"].read() == b"{broken"
    assert kept["Metadata"]["callback-id"] == event["detail"]["metadata"]["callback_id"]


@pytest.mark.parametrize("name", sorted(platforms()))
def test_the_entry_point_is_a_handler(
    name: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    first = samples(name)[0]

    entry = import_module(f"{name}.app")

    assert entry.lambda_handler(genuine(first), lambda_context())["statusCode"] == 200


def test_a_large_event_s_data_is_in_the_bucket(account: Account) -> None:
    saved = sample("iset", "order-saved")
    body = {**json.loads(saved.body), "note": "x" * 300_000}

    handler("iset", account)(genuine(saved, json.dumps(body).encode()), lambda_context())

    (event,) = account.arrived()
    stored = event["detail"]["metadata"]["payload"]["stored"]
    kept = boto3.client("s3").get_object(Bucket="payloads", Key=stored["key"])["Body"].read()
    assert event["detail"]["data"] == {}
    assert json.loads(kept) == body
    assert (len(kept), sha256(kept).hexdigest()) == (stored["size"], stored["sha256"])


@pytest.fixture
def bulk(account: Account, monkeypatch: pytest.MonkeyPatch) -> LambdaHandler:
    """The function for bulks, loaded anew, for it is wired when it is imported."""
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "bulk.app", raising=False)
    entry: LambdaHandler = import_module("bulk.app").lambda_handler
    return entry


def jobs(account: Account) -> dict[str, Any]:
    """The bulk queue's messages, as Lambda hands them to the function."""
    found = account.sqs.receive_message(
        QueueUrl=account.environment["BULK_QUEUE_URL"], MaxNumberOfMessages=10
    )
    records = [
        {"messageId": m["MessageId"], "receiptHandle": m["ReceiptHandle"], "body": m["Body"]}
        for m in found.get("Messages", [])
    ]
    return {"Records": records}


def test_a_bulk_too_large_to_wait_for_goes_out_by_its_job(
    account: Account, bulk: LambdaHandler
) -> None:
    many = sample("konimbo", "order_created_bulk", "many")

    answer = json.loads(handler("konimbo", account)(genuine(many), lambda_context())["body"])
    queued = jobs(account)
    failed = bulk(queued, lambda_context())

    arrived = account.arrived()
    assert (answer["status"], answer["event_ids"]) == ("accepted", [])
    assert answer["queued"] == many.expected.events
    assert failed == {"batchItemFailures": []}
    assert {event["detail"]["metadata"]["event_id"] for event in arrived} == {
        f"{answer['callback_id']}.{number}" for number in range(many.expected.events)
    }
    assert bulk(queued, lambda_context()) == {"batchItemFailures": []}


def test_a_message_that_is_handed_back_comes_again_at_once(account: Account) -> None:
    url = account.environment["BULK_QUEUE_URL"]
    queue = SqsBulkQueue(url, lambda: account.sqs, PATIENCE)
    queue.put("a key", 2.0)
    (record,) = jobs(account)["Records"]
    assert jobs(account)["Records"] == []

    queue.come_again(record["receiptHandle"], 0, 2.0)

    assert [again["body"] for again in jobs(account)["Records"]] == [record["body"]]


def test_a_job_that_fails_is_named_so_that_its_message_comes_again(
    account: Account, bulk: LambdaHandler
) -> None:
    body = json.dumps({"key": "bulk/konimbo/acme/2026-03-09/gone"})
    record = {"messageId": "m", "receiptHandle": "r", "body": body}

    failed = bulk({"Records": [record]}, lambda_context())

    assert account.arrived() == []
    assert failed == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def letters(account: Account) -> list[Letter]:
    """What came into the outbox queue."""
    found = account.sqs.receive_message(
        QueueUrl=account.environment["OUTBOX_QUEUE_URL"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
    ).get("Messages", [])
    return [
        Letter(each["Body"], {k: v["StringValue"] for k, v in each["MessageAttributes"].items()})
        for each in found
    ]


def test_while_a_bucket_is_missing_bytes_to_be_parked_wait_in_the_queue(account: Account) -> None:
    account.environment["PAYLOAD_BUCKET"] = "no-such-bucket"

    event = genuine(sample("centry", "on_order_save"), b"{broken")
    answer = handler("centry", account)(event, lambda_context())

    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (200, "deferred")
    (callback,) = map(opened, letters(account))
    assert isinstance(callback, Callback)
    assert callback.body == b"{broken"


def test_while_the_bus_is_missing_events_wait_in_the_queue(account: Account) -> None:
    account.environment["EVENT_BUS_ARN"] += "-gone"

    event = genuine(sample("konimbo", "order_created_bulk"))
    answer = json.loads(handler("konimbo", account)(event, lambda_context())["body"])

    waiting = [opened(letter) for letter in letters(account)]
    assert answer["status"] == "deferred"
    assert [each.event_id for each in waiting] == answer["event_ids"]  # type: ignore[union-attr]


def test_without_bus_and_queue_events_wait_in_the_bucket(account: Account) -> None:
    account.environment["EVENT_BUS_ARN"] += "-gone"
    account.environment["OUTBOX_QUEUE_URL"] += "-gone"

    event = genuine(sample("centry", "on_order_save"))
    answer = json.loads(handler("centry", account)(event, lambda_context())["body"])

    (key,) = account.object_keys()
    assert key.startswith("outbox/centry/")
    assert answer["event_ids"][0] in key


def test_an_outage_of_the_key_ring_is_told_and_served_through(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    account.environment["KEY_RING_CACHE_SECONDS"] = "1"
    # At each look more than a second has passed, so what was read is old.
    seconds = itertools.count(0, 1.1)
    impatience = Patience(lambda: next(seconds), lambda _: None)
    monkeypatch.setattr("commerce_hooks.wiring.PATIENCE", impatience)
    handle = handler("centry", account)
    event = genuine(sample("centry", "on_order_save"))
    handle(event, lambda_context())
    boto3.client("secretsmanager").delete_secret(
        SecretId=account.environment["KEY_RING_ARN"], ForceDeleteWithoutRecovery=True
    )

    answer = handle(event, lambda_context())

    assert answer["statusCode"] == 200
    assert '"message":"key_ring_stale"' in capsys.readouterr().out


def test_a_template_that_forgets_a_variable_fails_at_once(account: Account) -> None:
    del account.environment["EVENT_BUS_ARN"]
    account.environment["AWS_SESSION_TOKEN"] = "canary-of-a-secret"

    with pytest.raises(ValueError, match="EVENT_BUS_ARN") as refused:
        handler("centry", account)

    assert "canary" not in str(refused.value)
