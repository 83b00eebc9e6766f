"""Follows a deployment's bus: a temporary rule and queue, removed at the end whatever happens."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack, contextmanager
from math import ceil
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.aws import error_code
from commerce_hooks_cli.bus_event import BusEvent
from commerce_hooks_cli.following import EVERYTHING, Following
from commerce_hooks_cli.interruptions import postponed_interruptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

    from commerce_hooks_cli.deployment import Deployment

_TARGET = "queue"
_LONGEST_POLL_SECONDS = 20
_MOST_AT_ONCE = 10
# If this process dies without cleaning up, copies of events don't outlive the hour.
_RETENTION_SECONDS = "3600"
_REFUSAL = 4  # hundred
_ALREADY_GONE = {
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
}


class EventTail:
    """Receives the events that match the pattern and reach the bus while the context is open.

    Args:
        on_left_over: Is told in words what could not be removed at the end.
    """

    def __init__(
        self,
        deployment: Deployment,
        on_left_over: Callable[[str], None] = lambda _: None,
        following: Following = EVERYTHING,
    ) -> None:
        self.name = f"commerce-hooks-{following.verb}-{secrets.token_hex(4)}"
        self.rule_arn = ""
        self._following = following
        self._bus = deployment.event_bus_name
        self._events = deployment.client("events")
        self._sqs = deployment.client("sqs")
        self._on_left_over = on_left_over
        self._queue_url = ""
        self._undos: list[tuple[str, Callable[[], object]]] = []

    def __enter__(self) -> Self:
        with ExitStack() as half_way:
            half_way.callback(self._remove)
            self._follow()
            half_way.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._remove()

    def poll(self, seconds: float = _LONGEST_POLL_SECONDS) -> list[BusEvent]:
        """The next events in the order they arrived; empty if none came within `seconds`."""
        wait = max(0, min(_LONGEST_POLL_SECONDS, ceil(seconds)))
        messages = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=_MOST_AT_ONCE,
            WaitTimeSeconds=wait,
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        if messages:
            self._delete(messages)
        return [BusEvent.parse(message["Body"]) for message in sorted(messages, key=_sent_at)]

    def _delete(self, messages: Sequence[MessageTypeDef]) -> None:
        """All at once: a call for each would be slower than a busy bus."""
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)

    def _follow(self) -> None:
        """Create rule, queue and target. The queue takes messages from this rule only."""
        with self._undone_by("rule", self._delete_rule):
            self.rule_arn = self._events.put_rule(
                Name=self.name,
                EventBusName=self._bus,
                EventPattern=json.dumps(self._following.pattern),
                Description=f"Temporary, made by `commerce-hooks {self._following.verb}`.",
            )["RuleArn"]
        with self._undone_by("queue", self._delete_queue):
            self._queue_url = self._sqs.create_queue(
                QueueName=self.name, Attributes={"MessageRetentionPeriod": _RETENTION_SECONDS}
            )["QueueUrl"]
        queue_arn = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        self._sqs.set_queue_attributes(
            QueueUrl=self._queue_url, Attributes={"Policy": _policy(queue_arn, self.rule_arn)}
        )
        with self._undone_by("target of the rule", self._remove_target):
            self._events.put_targets(
                Rule=self.name,
                EventBusName=self._bus,
                Targets=[{"Id": _TARGET, "Arn": queue_arn}],
            )

    @contextmanager
    def _undone_by(self, what: str, remove: Callable[[], object]) -> Iterator[None]:
        """Whatever comes of the call inside is removed at the end, if anything may have."""
        self._undos.append((what, remove))
        try:
            yield
        except ClientError as error:
            if _was_refused(error):
                self._undos.pop()
            raise

    def _remove(self) -> None:
        with postponed_interruptions():
            while self._undos:
                self._try_to_remove(*self._undos.pop())

    def _remove_target(self) -> None:
        self._events.remove_targets(Rule=self.name, EventBusName=self._bus, Ids=[_TARGET])

    def _delete_rule(self) -> None:
        self._events.delete_rule(Name=self.name, EventBusName=self._bus)

    def _delete_queue(self) -> None:
        # Asked for by name: an interruption may have come before we heard its URL.
        url = self._queue_url or self._sqs.get_queue_url(QueueName=self.name)["QueueUrl"]
        self._sqs.delete_queue(QueueUrl=url)

    def _try_to_remove(self, what: str, remove: Callable[[], object]) -> None:
        try:
            remove()
        except ClientError as error:
            if error_code(error) not in _ALREADY_GONE:
                self._on_left_over(f"The {what} {self.name} could not be removed.")
        except BotoCoreError:
            self._on_left_over(f"The {what} {self.name} could not be removed.")


def _was_refused(error: ClientError) -> bool:
    """Whether the call did nothing. Before a retry, it may have done it without our hearing."""
    answer = error.response.get("ResponseMetadata", {})
    return answer.get("HTTPStatusCode", 0) // 100 == _REFUSAL and not answer.get("RetryAttempts")


def _sent_at(message: MessageTypeDef) -> int:
    return int(message.get("Attributes", {}).get("SentTimestamp", "0"))


def _policy(queue_arn: str, rule_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
