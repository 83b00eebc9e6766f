"""Redelivery as Lambda loads it, with AWS's services played by moto."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import boto3
import pytest

from commerce_hooks.aws import SDK_CONFIG, Patience
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter, dump, parse
from commerce_hooks.scheduled import UnknownTaskError
from commerce_hooks.wiring import Wiring
from redeliver.aws import S3Objects
from redeliver.entrypoint import acceptances, redeliver_handler
from redeliver.redelivery import PlatformGoneError
from support.account import BUCKET, Account, account_on_moto
from support.api_gateway import lambda_context
from support.environment import FUNCTION_ENVIRONMENT
from support.outbox import callback, letter, record
from support.platforms import platforms
from support.receiving import FakeClock
from support.strict_s3 import StrictS3

CANARY = "canary-of-a-name"
POISON = Letter(CANARY, {"kind": "event"})
WIRING = Wiring.of(FUNCTION_ENVIRONMENT)
DRAIN = {"task": "drain"}
SWEEP = {"task": "sweep"}


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
    return redeliver_handler(account.environment)(event, lambda_context())


def batch(*letters: Letter) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"Records": [record(n, one, sent_at=now) for n, one in enumerate(letters)]}


def received(account: Account, letters: Letter) -> dict[str, Any]:
    """A batch of a message that is in the queue, so that it can be made to come again."""
    url = account.environment["OUTBOX_QUEUE_URL"]
    account.sqs.send_message(QueueUrl=url, MessageBody=letters.text)
    (message,) = account.sqs.receive_message(QueueUrl=url)["Messages"]
    event = batch(letters)
    event["Records"][0]["receiptHandle"] = message["ReceiptHandle"]
    return event


def dead_letters(account: Account) -> list[Letter]:
    found = account.sqs.receive_message(
        QueueUrl=account.environment["OUTBOX_DEAD_LETTERS_URL"],
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
    ).get("Messages", [])
    return [
        Letter(one["Body"], {n: v["StringValue"] for n, v in one["MessageAttributes"].items()})
        for one in found
    ]


def keep(account: Account, number: int, *letters: Letter) -> str:
    key = f"outbox/centry/2026-03-09/c{number}.0.json"
    account.s3.put_object(Bucket=BUCKET, Key=key, Body=dump(letters))
    return key


def lines(output: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.readouterr().out.splitlines()]


def ids(account: Account) -> list[str]:
    return sorted(event["detail"]["metadata"]["event_id"] for event in account.arrived())


def test_a_batch_goes_out_and_its_callbacks_are_received_again(account: Account) -> None:
    answer = handle(account, batch(letter(0), callback(1), letter(2)))

    assert answer == {"batchItemFailures": []}
    assert ids(account) == ["c0.0", "c2.0", "k1.0"]


def test_of_a_batch_what_failed_is_named_and_comes_again_later(account: Account) -> None:
    event = received(account, letter(0))
    account.environment["EVENT_BUS_ARN"] = "arn:aws:events:eu-central-1:123456789012:rule/none"

    answer = handle(account, event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    url = account.environment["OUTBOX_QUEUE_URL"]
    hidden = account.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert hidden["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_poison_lies_with_the_dead_letters_and_is_told_without_a_word_of_it(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    answer = handle(account, batch(POISON, letter(1)))

    assert answer == {"batchItemFailures": []}
    assert dead_letters(account) == [
        Letter(CANARY, {"kind": "event", "cause": "no attribute event-id"})
    ]
    said = lines(output)
    (line,) = [line for line in said if line.get("outcome") == "poison" and "level" in line]
    assert (line["message"], line["level"], line["letter"]) == ("redeliver", "ERROR", "m0")
    assert CANARY not in json.dumps(said)


def test_the_bucket_is_drained_and_what_is_left_is_measured(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        keep(account, number, letter(number))
    account.s3.put_object(Bucket=BUCKET, Key="outbox/centry/strange.json", Body=CANARY.encode())
    account.s3.put_object(Bucket=BUCKET, Key="oversize/centry/acme/x.json", Body=b"{}")

    assert handle(account, DRAIN) == {"left": 1}

    assert ids(account) == sorted(f"c{number}.0" for number in range(12))
    assert account.object_keys() == ["outbox/centry/strange.json", "oversize/centry/acme/x.json"]
    said = lines(output)
    (measured,) = [line for line in said if "OutboxObjects" in line]
    assert (measured["OutboxObjects"], measured["prefix"]) == ([1.0], "outbox")
    outcomes = {(line["job"], line["outcome"]) for line in said if "Jobs" in line}
    assert outcomes == {("drain", "delivered"), ("drain", "unreadable")}
    assert CANARY not in json.dumps(said)


def test_that_an_outbox_is_empty_is_measured_and_not_told(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    assert handle(account, DRAIN) == {"left": 0}
    (measured,) = lines(output)
    assert measured["OutboxObjects"] == [0.0]


def test_a_bucket_that_does_not_list_is_told_and_not_measured(
    account: Account, output: pytest.CaptureFixture[str]
) -> None:
    account.environment["PAYLOAD_BUCKET"] = "no-such-bucket"

    assert handle(account, DRAIN) == {"left": None}

    said = lines(output)
    assert said[0]["cause"] == "bucket: NoSuchBucket"
    assert not [line for line in said if "OutboxObjects" in line]


def test_of_an_object_what_is_left_stays(account: Account) -> None:
    key = keep(account, 1, letter(1), POISON)
    account.environment["OUTBOX_DEAD_LETTERS_URL"] += "-none"

    assert handle(account, DRAIN) == {"left": 1}

    assert parse(account.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) == [POISON]
    assert ids(account) == ["c1.0"]


def test_a_sweep_leaves_young_bodies_alone(account: Account) -> None:
    account.s3.put_object(Bucket=BUCKET, Key="bulk/konimbo/acme/2026-03-09/c1", Body=b"{}")

    assert handle(account, SWEEP) == {"queued": 0}


def test_an_unknown_task_is_an_error(account: Account) -> None:
    with pytest.raises(UnknownTaskError):
        handle(account, {"task": CANARY})


def test_the_entry_point_is_a_handler(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "redeliver.app", raising=False)

    entry = import_module("redeliver.app")

    assert entry.lambda_handler(batch(letter(0)), lambda_context()) == {"batchItemFailures": []}


def test_every_platform_s_callbacks_can_be_received_again() -> None:
    acceptance_for = acceptances(WIRING)

    for name, platform in platforms().items():
        acceptance = acceptance_for(name)
        assert acceptance.builder.platform == platform
        assert acceptance.services.delivery.outbox is None


@pytest.mark.parametrize("name", ["gone", "cenit", "os.path", "../bulk", "", "bulk"])
def test_what_is_no_platform_of_callbacks_is_not_looked_for_any_further(
    name: str,
) -> None:
    with pytest.raises(PlatformGoneError):
        acceptances(WIRING)(name)


def test_a_package_that_a_platform_misses_is_our_fault_and_not_the_platform_s_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "iset.webhook")
    monkeypatch.setitem(sys.modules, "commerce_hooks.schemas.iset", None)

    with pytest.raises(ModuleNotFoundError):
        acceptances(WIRING)("iset")


def objects(bucket: str = BUCKET) -> S3Objects:
    clock = FakeClock()
    return S3Objects(
        bucket, lambda: boto3.client("s3", config=SDK_CONFIG), Patience(clock, clock.sleep)
    )


def test_a_listing_of_many_pages_is_complete_and_in_order() -> None:
    clock = FakeClock()
    fake = StrictS3(clock)
    bucket = fake.bucket(BUCKET, page=3)
    listing = S3Objects(BUCKET, fake.client, Patience(clock, clock.sleep))
    names = [f"bulk/{number}" for number in range(4)]
    for name in [*names, "bull"]:
        listing.put(name, b"", {}, 3)

    first = listing.page("bulk/", None, 3)
    second = listing.page("bulk/", first.token, 3)

    assert [each.key for page in (first, second) for each in page.listed] == names
    assert second.token is None
    assert first.listed[0].kept_at.tzinfo
    assert bucket.keys == [*names, "bull"]


def test_of_several_objects_those_that_are_gone_are_left_out(account: Account) -> None:
    for number in range(20):
        account.s3.put_object(Bucket=BUCKET, Key=f"x/{number}", Body=str(number).encode())
    bucket = objects()

    bucket.delete(["x/3", "x/gone"], 3)

    read = bucket.read([f"x/{number}" for number in range(20)], 3)
    assert read == {f"x/{n}": str(n).encode() for n in range(20) if n != 3}


@pytest.mark.usefixtures("account")
def test_a_bucket_that_fails_is_unavailable_for_each_call() -> None:
    bucket = objects("no-such-bucket")

    for call in (
        lambda: bucket.page("x", None, 3),
        lambda: bucket.read(["x"], 3),
        lambda: bucket.put("x", b"", {}, 3),
        lambda: bucket.delete(["x"], 3),
    ):
        with pytest.raises(UnavailableError, match="NoSuchBucket"):
            call()


def test_an_object_that_could_not_be_deleted_is_not_taken_for_gone() -> None:
    class Client:
        def delete_objects(self, **_: object) -> dict[str, Any]:
            return {"Errors": [{"Key": "x", "Code": "InternalError"}]}

    clock = FakeClock()
    client: Any = Client()
    bucket = S3Objects(BUCKET, lambda: client, Patience(clock, clock.sleep))

    with pytest.raises(UnavailableError, match="InternalError"):
        bucket.delete(["x"], 3)
