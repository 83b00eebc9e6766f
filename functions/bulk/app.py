"""Entry point of the function for bulks: the messages of its queue come in here."""

import json
import os
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bulk.job import BulkJob
from bulk.worker import Worker, noting
from commerce_hooks.deadline import Deadline
from commerce_hooks.events import EventBuilder
from commerce_hooks.wiring import Wiring

_RUN_SECONDS = 50.0
"""What is left of the function's timeout is for ending well."""
_WIRING = Wiring.of(os.environ)
_OBSERVER = _WIRING.job_observer("bulk")


def _builder_for(platform: str) -> EventBuilder:
    # By name, for only the platform that a bulk is of is needed.
    return _WIRING.builder(import_module(f"{platform}.webhook").PLATFORM)


_WORKER = Worker(
    BulkJob(
        builder_for=_builder_for,
        bucket=_WIRING.bucket(),
        publisher=_WIRING.publisher(),
        max_inline_bytes=_WIRING.settings.max_inline_bytes,
        note=noting(_OBSERVER.noted),
    ),
    _WIRING.bulk_queue(),
    _OBSERVER,
)


def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    until = Deadline(time.monotonic, _RUN_SECONDS)
    failed = [
        record["messageId"]
        for record in event["Records"]
        if not _WORKER.work(json.loads(record["body"])["key"], record["receiptHandle"], until)
    ]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}
