"""How much lies in a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def depth(sqs: SQSClient, queue_url: str) -> int:
    """All messages: those that wait, that are being worked on, and that failed and wait again.

    AWS's count is an estimate for about a minute after the last change (GetQueueAttributes, API
    reference).
    """
    told = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=_COUNTS)["Attributes"]
    return sum(int(told[name]) for name in _COUNTS)
