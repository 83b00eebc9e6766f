"""An AWS account played by moto, with our resources in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from support.environment import FUNCTION_ENVIRONMENT
from support.receiving import RING
from support.state_table import create_state_table

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

BUS = "commerce-hooks"
BUCKET = "payloads"
OF_OURS = {"source": [{"prefix": "commerce-hooks."}]}


@dataclass(frozen=True)
class Account:
    """Bus, bucket, key ring and queues, and a queue behind a rule that takes our events.

    `environment` is what the template would give a function there.
    """

    environment: dict[str, str]
    queue: str
    sqs: "SQSClient"
    s3: "S3Client"

    def arrived(self) -> list[dict[str, Any]]:
        """All events that came off the bus since the last look."""
        events: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            events += [json.loads(message["Body"]) for message in messages]
        return events

    def object_keys(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [entry["Key"] for entry in found]


@contextmanager
def account_on_moto() -> Iterator[Account]:
    with mock_aws():
        events, sqs, s3 = boto3.client("events"), boto3.client("sqs"), boto3.client("s3")
        bus = events.create_event_bus(Name=BUS)["EventBusArn"]
        queue = sqs.create_queue(QueueName="all")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps(OF_OURS))
        target = {"Id": "all", "Arn": arn["QueueArn"]}
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[target])  # type: ignore[list-item]
        secret = boto3.client("secretsmanager").create_secret(
            Name="key-ring", SecretString=json.dumps(RING)
        )
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        ours = {
            "BULK_QUEUE_URL": sqs.create_queue(QueueName="bulk")["QueueUrl"],
            "EVENT_BUS_ARN": bus,
            "KEY_RING_ARN": secret["ARN"],
            "OUTBOX_DEAD_LETTERS_URL": sqs.create_queue(QueueName="outbox-dead")["QueueUrl"],
            "OUTBOX_QUEUE_URL": sqs.create_queue(QueueName="outbox")["QueueUrl"],
            "PAYLOAD_BUCKET": BUCKET,
        }
        create_state_table(FUNCTION_ENVIRONMENT["STATE_TABLE"])
        yield Account({**FUNCTION_ENVIRONMENT, **ours}, queue, sqs, s3)
