"""A deployment's bus and bucket on moto, with callbacks in its quarantine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3

from commerce_hooks.aws import Patience, S3PayloadBucket
from commerce_hooks.callback import Callback
from commerce_hooks.errors import Reason
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.parking import QUARANTINE_PREFIX, SENSITIVE_PREFIX, park
from commerce_hooks_cli.deployment import Deployment
from support.account import BUCKET, BUS, Account, account_on_moto
from support.command import LOCAL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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
    account: Account
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
        prefix = SENSITIVE_PREFIX if cards else QUARANTINE_PREFIX
        park(self.bucket, callback, prefix, reason.value, 3.0)
        return callback.callback_id

    @property
    def s3(self) -> "S3Client":
        return self.account.s3

    def key(self, callback_id: str) -> str:
        return next(key for key in self.account.object_keys() if key.endswith(callback_id))

    def tags(self, callback_id: str) -> dict[str, str]:
        tags = self.s3.get_object_tagging(Bucket=BUCKET, Key=self.key(callback_id))["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in tags}

    def arrived(self) -> list[dict[str, Any]]:
        """Events that came off the bus since the last look."""
        return self.account.arrived()

    def with_outputs(self, **outputs: str) -> Deployment:
        return replace(self.deployment, outputs={**self.deployment.outputs, **outputs})


@contextmanager
def quarantine_on_moto() -> Iterator[Quarantined]:
    with account_on_moto() as account:
        clients: Any = cache(boto3.client)
        deployment = replace(
            LOCAL,
            event_bus_name=BUS,
            event_bus_arn=account.environment["EVENT_BUS_ARN"],
            payload_bucket=BUCKET,
            clients=clients,
            outputs=OUTPUTS,
        )
        patience = Patience(lambda: 0.0, lambda _: None)
        bucket = S3PayloadBucket(BUCKET, lambda: account.s3, patience)
        yield Quarantined(deployment, account, bucket, count(0x1000_0001))
