"""The strict fakes answer as moto does while all is well, so they are no fantasy.

What only AWS refuses, and moto takes, has its tests beside the fakes.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from commerce_hooks.aws import SDK_CONFIG
from support.receiving import FakeClock
from support.sqs_queues import Redrive
from support.strict_eventbridge import StrictEventBridge
from support.strict_s3 import StrictS3
from support.strict_secrets import StrictSecrets
from support.strict_sqs import StrictSqs

# What differs from call to call, or is no part of the answer.
_CHANGING = {
    "CreatedDate",
    "Date",
    "EventId",
    "HTTPHeaders",
    "HostId",
    "LastModified",
    "MessageId",
    "NextContinuationToken",
    "ReceiptHandle",
    "RequestId",
    "RetryAttempts",
    "VersionId",
}
# What moto leaves out.
_UNKNOWN_TO_MOTO = {
    "ChecksumType",
    "ContinuationToken",
    "ServerSideEncryption",
}


def told(answer: Any) -> Any:
    """An answer without what changes; AWS leaves out empty lists, moto some."""
    if isinstance(answer, Mapping):
        kept = answer.keys() - _CHANGING - _UNKNOWN_TO_MOTO
        return {name: told(answer[name]) for name in sorted(kept) if answer[name] != []}
    if isinstance(answer, list):
        return [told(one) for one in answer]
    return answer.read() if hasattr(answer, "read") else answer


def refused(call: Callable[[], Any]) -> tuple[Any, ...]:
    with pytest.raises(ClientError) as error:
        call()
    response: Any = error.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return type(error.value).__name__, response["Error"]["Code"], status


@dataclass(frozen=True)
class Queues:
    client: Any
    url: str
    dead_url: str


@contextmanager
def moto_queues() -> Iterator[Queues]:
    with mock_aws():
        client = boto3.client("sqs", config=SDK_CONFIG)
        dead = client.create_queue(QueueName="dead")["QueueUrl"]
        asked = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        policy = (
            f'{{"deadLetterTargetArn":"{asked["Attributes"]["QueueArn"]}","maxReceiveCount":1}}'
        )
        url = client.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy})[
            "QueueUrl"
        ]
        yield Queues(client, url, dead)


@contextmanager
def strict_queues() -> Iterator[Queues]:
    sqs = StrictSqs(FakeClock())
    dead = sqs.queue("dead")
    work = sqs.queue("work", redrive=Redrive(dead, max_receives=1))
    yield Queues(sqs.client(), work.url, dead.url)


def on_queues(queues: Queues) -> Iterator[Any]:
    client, url = queues.client, queues.url
    attributes = {
        "kind": {"DataType": "String", "StringValue": "event"},
        "number": {"DataType": "Number", "StringValue": "1.5"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    yield client.send_message(
        QueueUrl=url, MessageBody="Ação שלום 😀", MessageAttributes=attributes
    )
    entries = [{"Id": str(number), "MessageBody": f"body {number}"} for number in range(3)]
    yield client.send_message_batch(QueueUrl=url, Entries=entries)
    names = ["All"]
    received = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=names
    )
    yield received
    handles = [message["ReceiptHandle"] for message in received["Messages"]]
    yield client.receive_message(QueueUrl=url)
    counted = client.receive_message(
        QueueUrl=url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    yield counted
    yield client.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    yield client.delete_message(QueueUrl=url, ReceiptHandle=handles[0])
    deletions = [{"Id": "a", "ReceiptHandle": handles[1]}]
    yield client.delete_message_batch(QueueUrl=url, Entries=deletions)
    for handle in handles[2:]:
        yield client.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
        )
    yield client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    yield client.receive_message(QueueUrl=queues.dead_url, MaxNumberOfMessages=10)


def at_fault_on_queues(queues: Queues) -> Iterator[Any]:
    client, url = queues.client, queues.url
    yield refused(lambda: client.send_message(QueueUrl=url + "x", MessageBody="x"))
    yield refused(lambda: client.send_message(QueueUrl=url, MessageBody="x" * 1_048_577))
    yield refused(lambda: client.send_message_batch(QueueUrl=url, Entries=[]))
    twice = [{"Id": "a", "MessageBody": "x"}] * 2
    yield refused(lambda: client.send_message_batch(QueueUrl=url, Entries=twice))
    many = [{"Id": str(number), "MessageBody": "x"} for number in range(11)]
    yield refused(lambda: client.send_message_batch(QueueUrl=url, Entries=many))
    large = [{"Id": str(number), "MessageBody": "x" * 600_000} for number in range(2)]
    yield refused(lambda: client.send_message_batch(QueueUrl=url, Entries=large))
    yield refused(lambda: client.receive_message(QueueUrl=url, MaxNumberOfMessages=11))
    client.send_message(QueueUrl=url, MessageBody="x")
    (message,) = client.receive_message(QueueUrl=url)["Messages"]
    handle = message["ReceiptHandle"]
    yield refused(
        lambda: client.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_201
        )
    )


@pytest.mark.parametrize("calls", [on_queues, at_fault_on_queues])
def test_queues(calls: Callable[[Queues], Iterator[Any]]) -> None:
    with moto_queues() as queues:
        expected = [told(answer) for answer in calls(queues)]
    with strict_queues() as queues:
        assert [told(answer) for answer in calls(queues)] == expected


def on_a_bucket(client: Any) -> Iterator[Any]:
    at = {"Bucket": "payloads", "Key": "quarantine/konimbo/a b+é?.bin"}
    put = client.put_object(
        **at,
        Body=b"\x00\xff",
        ContentType="application/octet-stream",
        Metadata={"Callback-Id": "c", "store": "acme"},
        Tagging="state=open",
        IfNoneMatch="*",
    )
    yield put
    yield client.get_object(**at)
    yield client.head_object(**at)
    yield client.get_object_tagging(**at)
    tagging = {"TagSet": [{"Key": "state", "Value": "done"}]}
    yield client.put_object_tagging(**at, Tagging=tagging)
    yield client.get_object_tagging(**at)
    yield client.put_object(**at, Body=b"2", IfMatch=put["ETag"])
    yield refused(lambda: client.put_object(**at, Body=b"3", IfMatch=put["ETag"]))
    yield refused(lambda: client.put_object(**at, Body=b"3", IfNoneMatch="*"))
    for number in range(3):
        client.put_object(Bucket="payloads", Key=f"outbox/{number}", Body=b"x")
    pages = client.get_paginator("list_objects_v2")
    yield list(
        pages.paginate(Bucket="payloads", Prefix="outbox/", PaginationConfig={"PageSize": 2})
    )
    yield list(pages.paginate(Bucket="payloads"))
    yield client.delete_object(**at)
    yield client.delete_object(**at)
    some: list[Any] = [{"Key": "outbox/1"}, {"Key": "missing"}]
    yield client.delete_objects(Bucket="payloads", Delete={"Objects": some})
    yield refused(lambda: client.get_object(**at))
    yield refused(lambda: client.head_object(**at))
    yield refused(lambda: client.get_object_tagging(**at))
    yield refused(lambda: client.get_object(Bucket="other", Key="x"))


def test_buckets() -> None:
    with mock_aws():
        client = boto3.client("s3", config=SDK_CONFIG)
        where: Any = {"LocationConstraint": "eu-central-1"}
        client.create_bucket(Bucket="payloads", CreateBucketConfiguration=where)
        expected = [told(answer) for answer in on_a_bucket(client)]
    s3 = StrictS3(FakeClock())
    s3.bucket("payloads")

    assert [told(answer) for answer in on_a_bucket(s3.client())] == expected


def on_a_bus(client: Any) -> Iterator[Any]:
    entry = {
        "EventBusName": "commerce-hooks-test",
        "Source": "commerce-hooks.centry",
        "DetailType": "order.saved",
        "Detail": "{}",
    }
    yield client.put_events(Entries=[entry] * 10)
    yield client.put_events(Entries=[entry, entry | {"Detail": "{"}])["FailedEntryCount"]
    yield client.put_events(Entries=[entry | {"Detail": "{"}])["Entries"][0]["ErrorCode"]
    yield refused(lambda: client.put_events(Entries=[entry] * 11))


def test_buses() -> None:
    with mock_aws():
        client = boto3.client("events", config=SDK_CONFIG)
        client.create_event_bus(Name="commerce-hooks-test")
        expected = [told(answer) for answer in on_a_bus(client)]

    assert [told(answer) for answer in on_a_bus(StrictEventBridge().client())] == expected


def on_a_secret(client: Any, put: Callable[[str], Any]) -> Iterator[Any]:
    yield client.get_secret_value(SecretId="ring")["SecretString"]
    put("2")
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        found = client.get_secret_value(SecretId="ring", VersionStage=stage)
        yield {name: found[name] for name in ("Name", "SecretString", "VersionStages")}
    # The API reference has status 400 here, moto 404.
    yield refused(lambda: client.get_secret_value(SecretId="other"))[:2]


def test_secrets() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager", config=SDK_CONFIG)
        client.create_secret(Name="ring", SecretString="1")
        put = lambda text: client.put_secret_value(SecretId="ring", SecretString=text)  # noqa: E731
        expected = list(on_a_secret(client, put))
    secrets = StrictSecrets()
    ring = secrets.secret("ring", "1")

    assert list(on_a_secret(secrets.client(), ring.put)) == expected
