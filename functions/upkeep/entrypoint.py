"""Where the function is put together: its tasks, AWS, the clock, the log."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from commerce_hooks.aws import dynamodb, ssm
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.scheduled import task_of
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.store_parameters import SsmStores
from commerce_hooks.wiring import PATIENCE, LambdaHandler, Wiring, new_callback_id, now
from upkeep.aws import S3ListedBucket
from upkeep.gauging import Gauging, Round
from upkeep.heartbeat import Heart
from upkeep.listening import Listening
from upkeep.observing import UpkeepObserver
from upkeep.records import watched

BEAT_SECONDS = 20.0
GAUGES_SECONDS = LISTEN_SECONDS = 240.0
"""The rest of the function's timeout is for calls that were begun before this was over."""

Task = Callable[[], dict[str, Any]]


def task_handler(environment: Mapping[str, str]) -> LambdaHandler:
    """The Lambda handler for the schedules: an event is `{"task": <name>}` and nothing else."""
    wiring = Wiring.of(environment)
    observer = UpkeepObserver(wiring.meter)
    heart = Heart(wiring.publisher(), wiring.settings.deployment, now, new_callback_id)
    bucket = S3ListedBucket(wiring.settings.payload_bucket, wiring.s3, PATIENCE)
    prefixes = watched(wiring.settings.sensitive_retention_days)
    gauges = Round(Gauging(bucket, now), prefixes, observer)
    return handler_of(heart, gauges, _listening(wiring, observer), observer)


def _listening(wiring: Wiring, observer: UpkeepObserver) -> Listening:
    deployment, table = wiring.settings.deployment, wiring.settings.state_table
    return Listening(
        stores=SsmStores(deployment.partition("/")[0], ssm, PATIENCE),
        key_rings=wiring.key_rings(wiring.observer("upkeep")),
        table=DynamoStateTable(table, dynamodb, PATIENCE, new_callback_id),
        publisher=wiring.publisher(),
        deployment=deployment,
        now=now,
        observer=observer,
    )


def handler_of(
    heart: Heart, gauges: Round, listening: Listening, observer: UpkeepObserver
) -> LambdaHandler:
    """Wrap the tasks for Lambda. What is answered is read only by those who call it by hand."""

    def heartbeat() -> dict[str, Any]:
        # Not an error of the function: the next beat is as good as a second try of this one.
        cause = heart.beat(Deadline(time.monotonic, BEAT_SECONDS))
        observer.beat(cause)
        return {"published": cause is None, "cause": cause}

    def gauge() -> dict[str, Any]:
        taken = gauges.go(Deadline(time.monotonic, GAUGES_SECONDS))
        return {"open": {one.prefix.name: one.open for one in taken}}

    def silence() -> dict[str, Any]:
        try:
            silent = listening.listen(Deadline(time.monotonic, LISTEN_SECONDS))
        except UnavailableError as error:
            observer.not_listened(error)
            raise
        return {"silent": [str(one.store) for one in silent]}

    tasks: Mapping[str, Task] = {"heartbeat": heartbeat, "gauges": gauge, "silence": silence}

    def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        return task_of(event, tasks)()

    return lambda_handler
