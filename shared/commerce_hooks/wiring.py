"""What entry points put together: our ports on AWS, the clock, and how Lambda is answered."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

from commerce_hooks.aws import (
    EventBridgeBus,
    Patience,
    S3PayloadBucket,
    SecretsManagerKeyRing,
    SqsBulkQueue,
    event_bridge,
    s3,
    secrets_manager,
    sqs,
)
from commerce_hooks.events import EventBuilder
from commerce_hooks.observing import Observer
from commerce_hooks.outcomes import Receipt
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import Publisher
from commerce_hooks.settings import Settings

LambdaHandler = Callable[[Mapping[str, Any], Any], dict[str, Any]]
PATIENCE = Patience(time.monotonic, time.sleep)


@dataclass(frozen=True, slots=True)
class Wiring:
    """The parts of a function, as the template's environment names them.

    Each is made when it is asked for: a function that needs no queue makes no client for one.
    """

    settings: Settings

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Raises pydantic.ValidationError where the template forgot something."""
        return cls(Settings.from_environment(environment))

    def builder(self, platform: Platform) -> EventBuilder:
        masked = self.settings.personal_data == "masked"
        return EventBuilder(platform, self.settings.deployment, masked)

    def key_rings(self, observer: Observer) -> SecretsManagerKeyRing:
        arn = self.settings.key_ring_arn
        return SecretsManagerKeyRing(secrets_manager(), arn, PATIENCE, observer.key_ring_stale)

    def publisher(self) -> Publisher:
        return Publisher(EventBridgeBus(event_bridge(), self.settings.event_bus_arn), time.sleep)

    def bucket(self) -> S3PayloadBucket:
        return S3PayloadBucket(self.settings.payload_bucket, s3, PATIENCE)

    def bulk_queue(self) -> SqsBulkQueue:
        return SqsBulkQueue(self.settings.bulk_queue_url, sqs, PATIENCE)


def observed(
    handle: Callable[[Mapping[str, Any]], tuple[Receipt, dict[str, Any]]], observer: Observer
) -> LambdaHandler:
    """Wrap what answers requests for Lambda: each gets a log line and a metric."""

    def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        started = time.monotonic()
        receipt, answer = handle(event)
        request_ids = {
            "api_request_id": event["requestContext"].get("requestId") or "",
            "function_request_id": context.aws_request_id,
        }
        observer.received(receipt, request_ids, (time.monotonic() - started) * 1000)
        return answer

    return lambda_handler


def now() -> datetime:
    return datetime.now(UTC)


def new_callback_id() -> str:
    return str(uuid4())
