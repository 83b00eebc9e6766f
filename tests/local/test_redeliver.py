"""Redelivery on the running stack, with its role enforced: what waits comes off the bus."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from commerce_hooks.outbox import Letter, dump
from local.stacks import run_task, schedules_of
from support.outbox import callback, letter

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox

pytestmark = pytest.mark.emulator

_COMES_WITHIN = 10.0


def send(state: LocalState, *letters: Letter) -> None:
    for one in letters:
        state.client("sqs").send_message(
            QueueUrl=state.outputs["OutboxQueueUrl"],
            MessageBody=one.text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in one.attributes.items()
            },
        )


def waiting(name: str) -> Letter:
    """An event's letter, which no other test has."""
    detail = {"metadata": {"event_id": name}, "data": {"note": "\u00e9"}}
    return letter(0, event_id=name, detail=json.dumps(detail))


def dead_letters(state: LocalState) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    deadline = time.monotonic() + _COMES_WITHIN
    while not found:
        assert time.monotonic() < deadline, "no dead letter came"
        received = state.client("sqs").receive_message(
            QueueUrl=state.outputs["OutboxDeadLettersUrl"],
            WaitTimeSeconds=1,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
        )
        for each in received.get("Messages", []):
            attributes = each.get("MessageAttributes", {})
            told = {name: value["StringValue"] for name, value in attributes.items()}
            found.append((each["Body"], told))
            state.client("sqs").delete_message(
                QueueUrl=state.outputs["OutboxDeadLettersUrl"],
                ReceiptHandle=each["ReceiptHandle"],
            )
    return found


def test_letters_on_the_queue_come_off_the_bus_as_they_were(
    local_stack: LocalState, inbox: Inbox
) -> None:
    name = f"{uuid4()}.0"
    send(local_stack, waiting(name), callback(1))

    event, received_again = inbox.wait_for([name, "k1.0"])

    assert event["detail"] == json.loads(waiting(name).text)
    assert (event["source"], event["detail-type"]) == ("commerce-hooks.centry", "order.saved")
    assert event["time"].startswith("2026-03-09T12:00:00")
    assert received_again["detail"]["metadata"]["received_at"] == "2026-03-09T12:00:00.000Z"


def test_poison_on_the_queue_lies_with_the_dead_letters_and_says_why(
    local_stack: LocalState, inbox: Inbox
) -> None:
    name = f"{uuid4()}.0"
    send(local_stack, Letter("poison", {"kind": "event"}), waiting(name))

    inbox.wait_for([name])

    cause = {"kind": "event", "cause": "no attribute event-id"}
    assert ("poison", cause) in dead_letters(local_stack)


def test_what_waits_in_the_bucket_comes_off_the_bus_and_is_gone(
    local_stack: LocalState, inbox: Inbox
) -> None:
    s3, bucket = local_stack.client("s3"), local_stack.outputs["PayloadBucketName"]
    names = [f"{uuid4()}.0" for _ in range(3)]
    good, strange = (f"outbox/centry/2026-03-09/{name}.json" for name in names[:2])
    letters = [waiting(names[0]), Letter("poison", {}), waiting(names[2])]
    s3.put_object(Bucket=bucket, Key=good, Body=dump(letters))
    s3.put_object(Bucket=bucket, Key=strange, Body=b"strange")

    left = run_task(local_stack, "RedeliverFunction", "drain")["left"]

    s3.delete_object(Bucket=bucket, Key=strange)
    assert left >= 1
    inbox.wait_for([names[0], names[2]])
    assert ("poison", {"cause": "no attribute kind"}) in dead_letters(local_stack)
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=good)
    assert listed["KeyCount"] == 0


def test_a_sweep_may_look_at_bulks(local_stack: LocalState) -> None:
    assert run_task(local_stack, "RedeliverFunction", "sweep") == {"queued": 0}


def test_its_schedules_hand_the_function_its_tasks(local_stack: LocalState) -> None:
    assert schedules_of(local_stack, "RedeliverFunction") == {
        "rate(1 minute)": {"task": "drain"},
        "rate(5 minutes)": {"task": "sweep"},
    }
