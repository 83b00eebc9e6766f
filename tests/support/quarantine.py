"""A deployment's bus and bucket on moto, with callbacks in its quarantine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from commerce_hooks.aws import Patience, S3PayloadBucket
from commerce_hooks.callback import Callback
from commerce_hooks.errors import Reason
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.parking import CARDS_PREFIX, QUARANTINE_PREFIX, park
from commerce_hooks_cli.deployment import Deployment
from support.command import LOCAL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "payloads"
BUS = "commerce-hooks"
RECEIVED_AT = datetime(2026, 3, 9, 12, 30, 15, 123_000, tzinfo=UTC)
OUTPUTS = {
    "DeploymentName": "shop-hooks/test",
    "PersonalData": "full",
    "MaxInlineBytes": "240000",
}


@dataclass
class Quarantined:
    """What tests put into the quarantine, and what came off the bus."""

    deployment: Deployment
    s3: "S3Client"
    queue: str
    bucket: S3PayloadBucket
    ids: Iterator[int]

    def put(
        self,
        body: object,
        target: str = "konimbo/acme/item_inventory_updated",
        reason: Reason = Reason.INVALID,
        received_at: datetime = RECEIVED_AT,
    ) -> str:
        """Park a body as a platform's function does; its callback id."""
        platform, store, *topic = target.split("/")
        callback = Callback(
            target=CallbackTarget(platform, store, topic[0] if topic else None),
            callback_id=f"{next(self.ids):08x}-0000-4000-8000-000000000000",
            received_at=received_at,
            content_type="application/json",
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        cards = "order" in target and platform == "konimbo"
        prefix = CARDS_PREFIX if cards else QUARANTINE_PREFIX
        park(self.bucket, callback, prefix, reason.value, 3.0)
        return callback.callback_id

    def key(self, callback_id: str) -> str:
        keys = [one["Key"] for one in self.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        return next(key for key in keys if key.endswith(callback_id))

    def tags(self, callback_id: str) -> dict[str, str]:
        tags = self.s3.get_object_tagging(Bucket=BUCKET, Key=self.key(callback_id))["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in tags}

    def arrived(self) -> list[dict[str, Any]]:
        """Events that came off the bus since the last look."""
        sqs = boto3.client("sqs")
        events: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            events += [json.loads(message["Body"]) for message in messages]
        return events

    def with_outputs(self, **outputs: str) -> Deployment:
        return replace(self.deployment, outputs={**self.deployment.outputs, **outputs})


@contextmanager
def quarantine_on_moto() -> Iterator[Quarantined]:
    with mock_aws():
        events, sqs, s3 = boto3.client("events"), boto3.client("sqs"), boto3.client("s3")
        region = {"LocationConstraint": "eu-central-1"}
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)  # type: ignore[arg-type]
        bus = events.create_event_bus(Name=BUS)["EventBusArn"]
        queue = sqs.create_queue(QueueName="all")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
        pattern = json.dumps({"source": [{"prefix": "commerce-hooks."}]})
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
        target = {"Id": "all", "Arn": arn["QueueArn"]}
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[target])  # type: ignore[list-item]
        clients: Any = boto3.client
        deployment = replace(
            LOCAL,
            event_bus_name=BUS,
            event_bus_arn=bus,
            payload_bucket=BUCKET,
            clients=clients,
            outputs=OUTPUTS,
        )
        patience = Patience(lambda: 0.0, lambda _: None)
        bucket = S3PayloadBucket(BUCKET, lambda: s3, patience)
        yield Quarantined(deployment, s3, queue, bucket, count(0x1000_0001))
