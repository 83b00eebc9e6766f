"""Lambda's event source mapping: polls a queue, calls the function, deletes what it settled.

Sources: "Using Lambda with Amazon SQS" (the event) and "Handling errors for an SQS event source in
Lambda" (partial batch responses, their success and failure conditions) in the Lambda developer
guide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.faults import CrashError
from support.sqs_messages import Attribute, attributes_digest, body_digest
from support.sqs_queues import Message, Queue
from support.strict_sqs import system_attributes
from support.wire import REGION


@dataclass
class EventSource:
    """One mapping. Its own calls to SQS don't fail: only the function's do.

    Args:
        reports_failures: Whether the template says `ReportBatchItemFailures`; without it, what a
            function that returns says is not looked at.
        raised: What the function died of.
    """

    queue: Queue
    function: Callable[[dict[str, Any]], Any]
    batch_size: int = 10
    reports_failures: bool = True
    raised: list[BaseException] = field(default_factory=list)

    def poll(self) -> int:
        """Hand over one batch; returns how many messages were in it."""
        messages = self.queue.receive(self.batch_size)
        if not messages:
            return 0
        try:
            answer = self.function(sqs_event(self.queue, messages))
        except (Exception, CrashError) as error:  # noqa: BLE001 - whatever it is, it counts as failed
            self.raised.append(error)
            return len(messages)
        failed = self._failed(answer, {message.message_id for message in messages})
        for message in messages:
            if message.message_id not in failed:
                self.queue.delete(message.receipt_handle)
        return len(messages)

    def _failed(self, answer: Any, ids: set[str]) -> set[str]:
        """The messages that come again.

        No list, or an empty one, means success; an id that is none of this batch fails it all.
        """
        if not self.reports_failures or not answer:
            return set()
        try:
            named = {one["itemIdentifier"] for one in answer.get("batchItemFailures") or ()}
        except (AttributeError, KeyError, TypeError):
            return ids
        return ids if named - ids else named


def sqs_event(queue: Queue, messages: Sequence[Message]) -> dict[str, Any]:
    """What the function gets of messages that were received."""
    return {"Records": [sqs_record(queue, message) for message in messages]}


def sqs_record(queue: Queue, message: Message) -> dict[str, Any]:
    digest = {"md5OfMessageAttributes": attributes_digest(message.attributes)}
    return {
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": system_attributes(message),
        "messageAttributes": {n: _in_record(a) for n, a in message.attributes.items()},
        "md5OfBody": body_digest(message.body),
        **(digest if message.attributes else {}),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": REGION,
    }


def _in_record(attribute: Attribute) -> Mapping[str, Any]:
    value = {name[0].lower() + name[1:]: part for name, part in attribute.items()}
    return {**value, "stringListValues": [], "binaryListValues": []}
