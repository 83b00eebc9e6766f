"""Where Cenit's function is put together: a responder, AWS, the clock, the log."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from cenit.answering import for_gateway
from cenit.calls import Call
from cenit.responding import Responder, Surroundings
from cenit.services import PLATFORM
from commerce_hooks.aws import (
    EventBridgeBus,
    Patience,
    S3PayloadBucket,
    SecretsManagerKeyRing,
    event_bridge,
    s3,
    secrets_manager,
)
from commerce_hooks.events import EventBuilder
from commerce_hooks.observing import Observer
from commerce_hooks.publishing import Publisher
from commerce_hooks.settings import Settings

LambdaHandler = Callable[[Mapping[str, Any], Any], dict[str, Any]]

_SIGNED_CALLS = UUID("6f1c5d0e-9a57-4c1f-8b0e-0d7c2f3a9e41")
"""Made once, at random: the names in it are signatures."""


def call_handler(environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for Cenit's calls; clients are made once, here."""
    settings = Settings.from_environment(environment)
    observer = Observer(PLATFORM.name)
    builder = EventBuilder(PLATFORM, settings.deployment, settings.personal_data == "masked")
    return handler_of(Responder(builder, _on_aws(settings, observer)), observer)


def handler_of(responder: Responder, observer: Observer) -> LambdaHandler:
    """Wrap a responder for Lambda: each call gets an answer, a log line and a metric."""

    def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        started = time.monotonic()
        call = Call.from_gateway(event)
        answer = responder.respond(call)
        request_ids = {
            "api_request_id": call.request.request_id,
            "function_request_id": context.aws_request_id,
        }
        observer.received(answer.receipt, request_ids, (time.monotonic() - started) * 1000)
        return for_gateway(answer)

    return lambda_handler


def callback_id_of(signature: str) -> str:
    """The id of a signed call: the same call, sent again, has the same one."""
    return str(uuid5(_SIGNED_CALLS, signature))


def _on_aws(settings: Settings, observer: Observer) -> Surroundings:
    patience = Patience(time.monotonic, time.sleep)
    return Surroundings(
        key_rings=SecretsManagerKeyRing(
            secrets_manager(), settings.key_ring_arn, patience, observer.key_ring_stale
        ),
        publisher=Publisher(EventBridgeBus(event_bridge(), settings.event_bus_arn), time.sleep),
        bucket=S3PayloadBucket(settings.payload_bucket, s3, patience),
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
        new_callback_id=lambda: str(uuid4()),
        callback_id_of=callback_id_of,
        max_inline_bytes=settings.max_inline_bytes,
    )
