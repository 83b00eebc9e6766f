"""Lambda's polling: what a function gets, and which messages come again."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import SQSEvent

from support.event_source import EventSource, sqs_event
from support.faults import CrashError
from support.receiving import FakeClock
from support.sqs_queues import Queue
from support.strict_sqs import StrictSqs, milliseconds

Function = Callable[[dict[str, Any]], Any]


def queue_of(*bodies: str) -> Queue:
    sqs = StrictSqs(FakeClock())
    queue = sqs.queue("outbox", visibility_seconds=360)
    for body in bodies:
        sqs.client().send_message(
            QueueUrl=queue.url,
            MessageBody=body,
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "event"},
                "raw": {"DataType": "Binary", "BinaryValue": b"\x00"},
            },
        )
    return queue


def ids(event: dict[str, Any]) -> list[str]:
    return [record["messageId"] for record in event["Records"]]


def failing(*identifiers: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": one} for one in identifiers]}


def test_a_record_is_as_lambda_documents_it() -> None:
    queue = queue_of("x")
    (message,) = queue.receive(1)

    (record,) = sqs_event(queue, [message])["Records"]

    assert record == {
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": "x",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": milliseconds(0),
            "SenderId": "AROAEXAMPLE:commerce-hooks",
            "ApproximateFirstReceiveTimestamp": milliseconds(0),
        },
        "messageAttributes": {
            "kind": {
                "stringValue": "event",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "raw": {
                "binaryValue": "AA==",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": "9dd4e461268c8034f5c8564e155c67a6",
        "md5OfMessageAttributes": record["md5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": "eu-central-1",
    }


def test_powertools_reads_it() -> None:
    queue = queue_of("x")

    (record,) = SQSEvent(sqs_event(queue, queue.receive(1))).records

    assert record.queue_url == queue.url
    kind = record.message_attributes["kind"]
    assert kind is not None
    assert kind.string_value == "event"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (lambda _: None, []),
        (lambda _: {}, []),
        (lambda _: {"batchItemFailures": []}, []),
        (lambda _: {"batchItemFailures": None}, []),
        (lambda _: {"failures": ["x"]}, []),
        (lambda event: failing(ids(event)[1]), ["2"]),
        (lambda event: failing(*ids(event)), ["1", "2", "3"]),
        (lambda event: failing(ids(event)[0], "unknown"), ["1", "2", "3"]),
        (lambda _: failing(""), ["1", "2", "3"]),
        (lambda _: failing(None), ["1", "2", "3"]),
        (lambda _: failing([]), ["1", "2", "3"]),
        (lambda event: {"batchItemFailures": [{"id": ids(event)[0]}]}, ["1", "2", "3"]),
        (lambda _: {"batchItemFailures": [1]}, ["1", "2", "3"]),
        (lambda _: "text", ["1", "2", "3"]),
    ],
)
def test_an_answer_says_which_messages_come_again(answer: Function, left: list[str]) -> None:
    queue = queue_of("1", "2", "3")

    assert EventSource(queue, answer).poll() == 3

    assert queue.bodies == left
    assert queue.in_flight == len(left)


def test_without_the_word_in_the_template_an_answer_is_not_looked_at() -> None:
    queue = queue_of("1", "2")

    EventSource(queue, lambda event: failing(*ids(event)), reports_failures=False).poll()

    assert queue.bodies == []


@pytest.mark.parametrize("error", [ValueError, CrashError])
def test_what_a_function_died_over_comes_again(error: type[BaseException]) -> None:
    def dying(_: dict[str, Any]) -> None:
        raise error

    queue = queue_of("1", "2")
    source = EventSource(queue, dying)

    assert source.poll() == 2

    assert [type(one) for one in source.raised] == [error]
    assert queue.bodies == ["1", "2"]
    assert source.poll() == 0


def test_an_empty_queue_calls_nobody() -> None:
    events: list[dict[str, Any]] = []

    assert EventSource(queue_of(), events.append).poll() == 0
    assert events == []


def test_batches_are_no_larger_than_asked_for() -> None:
    queue = queue_of("1", "2", "3")
    source = EventSource(queue, lambda _: None, batch_size=2)

    assert [source.poll() for _ in range(3)] == [2, 1, 0]
