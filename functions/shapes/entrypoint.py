"""Where the function is put together: the watch, AWS, the clock, the log."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commerce_hooks.aws import s3
from commerce_hooks.deadline import Deadline
from commerce_hooks.wiring import PATIENCE, LambdaHandler, Wiring
from shapes.aws import S3ShapeStore
from shapes.observing import ShapeObserver
from shapes.sightings import Sighting, StrangeMessageError, sighting_in
from shapes.watching import ShapeWatch

RUN_SECONDS = 20.0
"""The rest of the function's timeout is for ending well: what is left then comes again."""


def batch_handler(environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for batches of the queue; clients are made once, here."""
    wiring = Wiring.of(environment)
    observer = ShapeObserver(wiring.meter)
    watch = ShapeWatch(
        store=S3ShapeStore(s3(), wiring.settings.payload_bucket, PATIENCE),
        publisher=wiring.publisher(),
        deployment=wiring.settings.deployment,
        on_change=observer.changed,
    )
    return handler_of(watch, observer)


def handler_of(watch: ShapeWatch, observer: ShapeObserver) -> LambdaHandler:
    """Wrap a watch for Lambda: the answer names the messages that have to come again."""

    def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        until = Deadline(time.monotonic, RUN_SECONDS)
        left = watch.learn(_sightings(event["Records"], observer), until)
        for each in left:
            observer.unsettled(each)
        return {
            "batchItemFailures": [{"itemIdentifier": each.sighting.message_id} for each in left]
        }

    return lambda_handler


def _sightings(records: Sequence[Mapping[str, Any]], observer: ShapeObserver) -> Iterator[Sighting]:
    for record in records:
        try:
            sighting = sighting_in(record)
        except StrangeMessageError:
            observer.dropped(record["messageId"])
        else:
            if sighting:
                yield sighting
