"""`commerce-hooks outbox`: what waits for the bus, and dead letters on their way again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.outbox import OutboxPlaces
from support.command import LOCAL, REAL, FakeWorld

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ATTRIBUTES = {"kind": "event", "event-id": "c.0", "source": "commerce-hooks.centry"}


@dataclass
class Outbox:
    """A deployment's queues and bucket, on moto."""

    sqs: "SQSClient"
    queue: str
    dead_letters: str

    def bury(self, text: str = "{}", **attributes: str) -> None:
        self.sqs.send_message(
            QueueUrl=self.dead_letters,
            MessageBody=text,
            MessageAttributes={
                name.replace("_", "-"): {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )

    def queued(self) -> list[tuple[str, dict[str, str]]]:
        found = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        return [
            (each["Body"], {n: v["StringValue"] for n, v in each["MessageAttributes"].items()})
            for each in found
        ]


@pytest.fixture
def outbox(world: FakeWorld) -> Iterator[Outbox]:
    with mock_aws():
        clients: Any = cache(boto3.client)
        sqs = boto3.client("sqs")
        queue, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("q", "dead"))
        boto3.client("s3").create_bucket(
            Bucket="payloads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        outputs = {"OutboxQueueUrl": queue, "OutboxDeadLettersUrl": dead}
        world.deployment = replace(LOCAL, clients=clients, outputs=outputs)
        yield Outbox(sqs, queue, dead)


def keep(*keys: str) -> None:
    for key in keys:
        boto3.client("s3").put_object(Bucket="payloads", Key=key, Body=b"")


@pytest.mark.usefixtures("outbox")
def test_an_empty_outbox_is_said_to_be_one(world: FakeWorld) -> None:
    result = world.run("outbox", "status")

    assert result.exit_code == 0
    assert "Nothing waits" in result.stdout


def test_what_waits_is_counted_by_place_with_its_age_and_causes(
    world: FakeWorld, outbox: Outbox
) -> None:
    outbox.sqs.send_message(QueueUrl=outbox.queue, MessageBody="{}")
    outbox.bury(cause="bus: MalformedDetail")
    outbox.bury(cause="bus: MalformedDetail")
    outbox.bury()
    bulk = "bulk/konimbo/acme/2026-03-09/c"
    keep("outbox/centry/2026-03-09/c.0.json", bulk, f"{bulk}.progress", f"{bulk}.swept")

    shown = world.run("outbox", "status").stdout
    told = {each["place"]: each for each in world.run("outbox", "status", "--json").json}

    assert {place: each["count"] for place, each in told.items()} == {
        "queue": 1,
        "bucket": 1,
        "bulk": 1,
        "dead letters": 3,
    }
    assert told["dead letters"]["causes"] == {"bus: MalformedDetail": 2, "tried too often": 1}
    assert all(told[place]["oldest"] for place in ("bucket", "bulk", "dead letters"))
    assert "bus: MalformedDetail (2), tried too often (1)" in shown
    assert "outbox redrive" in shown


def test_looking_takes_nothing_away(world: FakeWorld, outbox: Outbox) -> None:
    outbox.bury()

    for _ in range(3):
        assert world.run("outbox", "status", "--json").json[-1]["count"] == 1


def test_dead_letters_go_back_as_they_were_but_for_their_cause(
    world: FakeWorld, outbox: Outbox
) -> None:
    outbox.bury('{"metadata":{}}', cause="bus: MalformedDetail", **ATTRIBUTES)
    outbox.bury("no attributes", kind="x")

    result = world.run("outbox", "redrive")

    assert result.exit_code == 0
    assert "2 dead letters are back in the outbox." in result.stdout
    assert sorted(outbox.queued()) == [
        ("no attributes", {"kind": "x"}),
        ('{"metadata":{}}', ATTRIBUTES),
    ]
    assert world.run("outbox", "redrive", "--json").json == {"moved": 0}


def test_what_dies_again_meanwhile_stays_for_another_time(outbox: Outbox) -> None:
    outbox.bury()
    before = datetime.now(UTC) - timedelta(hours=1)
    places = OutboxPlaces(
        boto3.client("sqs"), boto3.client("s3"), outbox.queue, outbox.dead_letters, "payloads"
    )

    moved: list[int] = []
    places.redrive(before, moved.append)

    assert (moved, outbox.queued()) == ([], [])


def test_a_redrive_that_breaks_off_says_how_far_it_came(world: FakeWorld, outbox: Outbox) -> None:
    outbox.bury()
    here = world.deployment
    assert isinstance(here, Deployment)
    outputs = {**here.outputs, "OutboxQueueUrl": f"{outbox.queue}-gone"}
    world.deployment = replace(here, outputs=outputs)

    result = world.run("outbox", "redrive")

    assert result.exit_code == 1
    assert "No dead letters were moved" in result.stdout


def test_a_place_that_does_not_tell_hides_no_other(world: FakeWorld, outbox: Outbox) -> None:
    outbox.bury()
    here = world.deployment
    assert isinstance(here, Deployment)
    world.deployment = replace(here, payload_bucket="no-such-bucket")

    shown = world.run("outbox", "status")
    told = world.run("outbox", "status", "--json")

    assert shown.exit_code == told.exit_code == 1
    assert "does not tell" in shown.stdout
    assert "this is not all" in shown.stderr
    assert [each["count"] for each in told.json] == [0, None, None, 1]


@pytest.mark.usefixtures("outbox")
def test_without_dead_letters_nothing_is_moved(world: FakeWorld) -> None:
    assert "No dead letters were moved" in world.run("outbox", "redrive").stdout


def test_on_a_deployed_stack_it_is_asked_first(world: FakeWorld, outbox: Outbox) -> None:
    outbox.bury()
    here = world.deployment
    assert isinstance(here, Deployment)
    world.deployment = replace(REAL, clients=here.clients, outputs=here.outputs)
    world.consent = False

    result = world.run("outbox", "redrive", "--stack", "shop-hooks")

    assert result.exit_code == 1
    assert outbox.queued() == []


def test_a_stack_without_an_outbox_is_said_to_be_older(world: FakeWorld) -> None:
    result = world.run("outbox", "status")

    assert result.exit_code == 1
    assert "OutboxQueueUrl" in result.stderr
