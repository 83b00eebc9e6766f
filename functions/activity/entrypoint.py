"""Where the function is put together: the table, the clock, the log."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from activity.keeping import Keeping
from activity.observing import ActivityObserver
from activity.sightings import Sighting, StrangeMessageError, sighting_in
from commerce_hooks.aws import dynamodb
from commerce_hooks.deadline import Deadline
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.wiring import PATIENCE, LambdaHandler, Wiring, new_callback_id

RUN_SECONDS = 20.0
"""The rest of the function's timeout is for ending well: what is left then comes again."""


def batch_handler(environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for batches of the queue; the client is made once, here."""
    wiring, client = Wiring.of(environment), cache(dynamodb)
    client()  # While the function starts it has more CPU than the first batch would give it.
    table = DynamoStateTable(wiring.settings.state_table, client, PATIENCE, new_callback_id)
    return handler_of(Keeping(table), ActivityObserver(wiring.job_observer("activity")))


def handler_of(keeping: Keeping, observer: ActivityObserver) -> LambdaHandler:
    """Wrap it for Lambda: the answer names the messages that have to come again."""

    def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        until = Deadline(time.monotonic, RUN_SECONDS)
        left = keeping.keep(_sightings(event["Records"], observer), until)
        for each in left:
            observer.unsettled(each)
        return {
            "batchItemFailures": [{"itemIdentifier": each.sighting.message_id} for each in left]
        }

    return lambda_handler


def _sightings(
    records: Sequence[Mapping[str, Any]], observer: ActivityObserver
) -> Iterator[Sighting]:
    for record in records:
        try:
            yield sighting_in(record)
        except StrangeMessageError:
            observer.dropped(record["messageId"])
