"""Entry point of the function for bulks: the messages of its queue come in here."""

import json
import os
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bulk.job import BulkJob
from bulk.worker import Worker
from commerce_hooks.aws import (
    EventBridgeBus,
    Patience,
    S3PayloadBucket,
    SqsBulkQueue,
    event_bridge,
    s3,
    sqs,
)
from commerce_hooks.deadline import Deadline
from commerce_hooks.events import EventBuilder
from commerce_hooks.observing import JobObserver
from commerce_hooks.publishing import Publisher
from commerce_hooks.settings import Settings

_RUN_SECONDS = 50.0
"""What is left of the function's timeout is for ending well."""


def _worker(environment: Mapping[str, str]) -> Worker:
    settings = Settings.from_environment(environment)
    patience = Patience(time.monotonic, time.sleep)
    masked = settings.personal_data == "masked"

    def builder_for(platform: str) -> EventBuilder:
        # By name, for only the platform that a bulk is of is needed.
        module = import_module(f"{platform}.webhook")
        return EventBuilder(module.PLATFORM, settings.deployment, masked)

    job = BulkJob(
        builder_for=builder_for,
        bucket=S3PayloadBucket(settings.payload_bucket, s3, patience),
        publisher=Publisher(EventBridgeBus(event_bridge(), settings.event_bus_arn), time.sleep),
        max_inline_bytes=settings.max_inline_bytes,
    )
    return Worker(job, SqsBulkQueue(settings.bulk_queue_url, sqs, patience), JobObserver("bulk"))


_WORKER = _worker(os.environ)


def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    failed = [
        record["messageId"]
        for record in event["Records"]
        if not _WORKER.work(
            json.loads(record["body"])["key"], Deadline(time.monotonic, _RUN_SECONDS)
        )
    ]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}
