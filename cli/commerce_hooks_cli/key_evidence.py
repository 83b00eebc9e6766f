"""Whether all that came is noted by now: "nothing came with this key" is else no evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.aws import in_plain_words
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.queue_depth import depth

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_hooks_cli.deployment import Deployment

# A quarter of an hour: the function activity waits 20 s for a batch, and a failed one 200 s.
_OLD_SECONDS = 900.0
_LOOK_BACK = timedelta(minutes=15)
_PERIOD_SECONDS = 300


def what_is_missing(deployment: Deployment, now: datetime) -> str:
    """Why there may have been callbacks of which nothing is noted; empty if nothing says so."""
    try:
        dead = depth(deployment.client("sqs"), deployment.activity_dead_letters_url)
        # The local stack has no metrics of queues.
        age = 0.0 if deployment.local else _age_seconds(deployment, now)
    except (BotoCoreError, ClientError) as error:
        return f"Whether all callbacks are noted could not be told: {in_plain_words(error)}"
    except CommandError as error:
        return f"Whether all callbacks are noted could not be told: {error}"
    if dead:
        return f"{dead} events are not noted: docs/runbook.md#activity-dead-letters."
    if age > _OLD_SECONDS:
        return f"Events have waited for {age / 60:.0f} minutes to be noted."
    return ""


def _age_seconds(deployment: Deployment, now: datetime) -> float:
    """Of the oldest message. A queue without any for hours has no such metric."""
    told = deployment.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[
            {"Name": "QueueName", "Value": deployment.activity_queue_url.rpartition("/")[2]}
        ],
        StartTime=now - _LOOK_BACK,
        EndTime=now,
        Period=_PERIOD_SECONDS,
        Statistics=["Maximum"],
    )
    return max((point["Maximum"] for point in told["Datapoints"]), default=0.0)
