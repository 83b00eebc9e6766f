"""Where the function is put together: the outbox, AWS, the clock, the log."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from commerce_hooks.accepting import Acceptance, Services
from commerce_hooks.aws import SqsOutboxQueue
from commerce_hooks.deadline import Clock, Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.observing import Meter
from commerce_hooks.outbox import OUTBOX_PREFIX
from commerce_hooks.scheduled import task_of
from commerce_hooks.wiring import PATIENCE, LambdaHandler, Wiring, now
from redeliver.aws import S3Objects
from redeliver.batches import Batches, Message
from redeliver.dead_letters import DeadLetters
from redeliver.draining import Drain
from redeliver.redelivery import PlatformGoneError, Redelivery
from redeliver.sweeping import Sweep

RUN_SECONDS = 45.0
"""The rest of the function's timeout is for ending well: what is left then comes again."""
_FOLDER = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the function does."""

    batches: Batches
    drain: Drain
    sweep: Sweep
    meter: Meter


def redeliver_handler(environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for batches and schedules; clients are made once, here."""
    wiring = Wiring.of(environment)
    settings = wiring.settings
    dead_letters = SqsOutboxQueue(settings.outbox_dead_letters_url, wiring.sqs, PATIENCE)
    redelivery = Redelivery(wiring.publisher(), acceptances(wiring), DeadLetters(dead_letters))
    objects = S3Objects(settings.payload_bucket, wiring.s3, PATIENCE)
    outbox = SqsOutboxQueue(settings.outbox_queue_url, wiring.sqs, PATIENCE)
    return handler_of(
        Parts(
            batches=Batches(redelivery, outbox, wiring.job_observer("redeliver"), now),
            drain=Drain(objects, redelivery, wiring.job_observer("drain")),
            sweep=Sweep(objects, wiring.bulk_queue(), now, wiring.job_observer("sweep")),
            meter=wiring.meter,
        )
    )


def acceptances(wiring: Wiring) -> Callable[[str], Acceptance]:
    """How the callbacks of a platform, by its name, are received again: without an outbox."""
    services = Services(
        delivery=Delivery(wiring.publisher()),
        bucket=wiring.bucket(),
        bulk_queue=wiring.bulk_queue(),
        max_inline_bytes=wiring.settings.max_inline_bytes,
    )

    def acceptance_for(platform: str) -> Acceptance:
        # By name, for only the platforms of what waits are needed.
        module = f"{platform}.webhook"
        try:
            if not _FOLDER.fullmatch(platform):
                raise PlatformGoneError("no such platform")
            found = import_module(module).PLATFORM
        except ModuleNotFoundError as error:
            if error.name not in (platform, module):
                raise
            raise PlatformGoneError("no such platform") from error
        return Acceptance(wiring.builder(found), services)

    return acceptance_for


def handler_of(parts: Parts, clock: Clock = time.monotonic) -> LambdaHandler:
    """Wrap the parts for Lambda: of a batch the answer names what has to come again.

    What a task answers is read only by those who call it by hand.
    """

    def drain(until: Deadline) -> dict[str, Any]:
        left = parts.drain.run(until)
        # Also if nothing is left. That it is missing is what tells that the bucket did not list.
        if left is not None:
            parts.meter.measure("OutboxObjects", left, {"prefix": OUTBOX_PREFIX})
        return {"left": left}

    def sweep(until: Deadline) -> dict[str, Any]:
        return {"queued": parts.sweep.run(until)}

    tasks: Mapping[str, Callable[[Deadline], dict[str, Any]]] = {"drain": drain, "sweep": sweep}

    def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        until = Deadline(clock, RUN_SECONDS)
        if "Records" in event:
            left = parts.batches.work([Message.of(one) for one in event["Records"]], until)
            return {"batchItemFailures": [{"itemIdentifier": message.id} for message in left]}
        return task_of(event, tasks)(until)

    return lambda_handler
