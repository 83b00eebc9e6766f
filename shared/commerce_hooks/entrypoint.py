"""Where a platform's function is put together: the kernel, AWS, the clock, the log."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from commerce_hooks.answering import answer
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
from commerce_hooks.callback import CallbackRequest
from commerce_hooks.events import EventBuilder
from commerce_hooks.observing import Observer
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import Publisher
from commerce_hooks.receiving import Receiver, Surroundings
from commerce_hooks.settings import Settings

LambdaHandler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


def callback_handler(platform: Platform, environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for a platform's callbacks; clients are made once, here."""
    settings = Settings.from_environment(environment)
    observer = Observer(platform.name)
    builder = EventBuilder(platform, settings.deployment, settings.personal_data == "masked")
    return handler_of(Receiver(builder, _on_aws(settings, observer)), observer)


def handler_of(receiver: Receiver, observer: Observer) -> LambdaHandler:
    """Wrap a receiver for Lambda: each request gets an answer, a log line and a metric."""

    def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        started = time.monotonic()
        request = CallbackRequest.from_gateway(event)
        receipt = receiver.receive(request)
        request_ids = {
            "api_request_id": request.request_id,
            "function_request_id": context.aws_request_id,
        }
        observer.received(receipt, request_ids, (time.monotonic() - started) * 1000)
        return answer(receipt, receiver.builder.platform)

    return lambda_handler


def _on_aws(settings: Settings, observer: Observer) -> Surroundings:
    patience = Patience(time.monotonic, time.sleep)
    return Surroundings(
        key_rings=SecretsManagerKeyRing(
            secrets_manager(), settings.key_ring_arn, patience, observer.key_ring_stale
        ),
        publisher=Publisher(EventBridgeBus(event_bridge(), settings.event_bus_arn), time.sleep),
        bucket=S3PayloadBucket(settings.payload_bucket, s3, patience),
        bulk_queue=SqsBulkQueue(settings.bulk_queue_url, sqs, patience),
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
        new_callback_id=lambda: str(uuid4()),
        max_inline_bytes=settings.max_inline_bytes,
        personal_topics=settings.personal_topics,
    )
