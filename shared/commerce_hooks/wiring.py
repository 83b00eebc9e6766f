"""What entry points put together: our ports on AWS, the clock, and how Lambda is answered."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from commerce_hooks.aws import (
    EventBridgeBus,
    Patience,
    S3PayloadBucket,
    SecretsManagerKeyRing,
    SqsBulkQueue,
    SqsOutboxQueue,
    event_bridge,
    s3,
    secrets_manager,
    sqs,
)
from commerce_hooks.delivery import Delivery
from commerce_hooks.events import EventBuilder
from commerce_hooks.observing import JobObserver, Meter, Observer
from commerce_hooks.outbox import Outbox
from commerce_hooks.outcomes import Receipt
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import Publisher
from commerce_hooks.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LambdaHandler = Callable[[Mapping[str, Any], Any], dict[str, Any]]
PATIENCE = Patience(time.monotonic, time.sleep)


@dataclass(frozen=True, slots=True)
class Wiring:
    """The parts of a function, as the template's environment names them.

    Each is made when it is asked for, and a client when it is first needed: most callbacks need
    neither bucket nor queue. Parts share the clients `s3` and `sqs`.
    """

    settings: Settings
    s3: "Callable[[], S3Client]" = field(default_factory=lambda: cache(s3))
    sqs: "Callable[[], SQSClient]" = field(default_factory=lambda: cache(sqs))

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Raises pydantic.ValidationError where the template forgot something."""
        return cls(Settings.from_environment(environment))

    @property
    def meter(self) -> Meter:
        return Meter(self.settings.deployment)

    def observer(self, platform: str) -> Observer:
        return Observer(platform, self.meter)

    def job_observer(self, job: str) -> JobObserver:
        return JobObserver(job, self.meter)

    def builder(self, platform: Platform) -> EventBuilder:
        masked = self.settings.personal_data == "masked"
        return EventBuilder(platform, self.settings.deployment, masked)

    def key_rings(
        self, observer: Observer, fresh_seconds: float | None = None
    ) -> SecretsManagerKeyRing:
        """Cached as the template says, or for so many seconds: those who make URLs are few."""
        cached = self.settings.key_ring_cache_seconds
        return SecretsManagerKeyRing(
            secrets_manager(),
            self.settings.key_ring_arn,
            PATIENCE,
            observer.key_ring_stale,
            cached if fresh_seconds is None else fresh_seconds,
        )

    def publisher(self) -> Publisher:
        return Publisher(EventBridgeBus(event_bridge(), self.settings.event_bus_arn), time.sleep)

    def bucket(self) -> S3PayloadBucket:
        return S3PayloadBucket(self.settings.payload_bucket, self.s3, PATIENCE)

    def delivery(self) -> Delivery:
        outbox = SqsOutboxQueue(self.settings.outbox_queue_url, self.sqs, PATIENCE)
        return Delivery(self.publisher(), Outbox(outbox, self.bucket()))

    def bulk_queue(self) -> SqsBulkQueue:
        return SqsBulkQueue(self.settings.bulk_queue_url, self.sqs, PATIENCE)


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
