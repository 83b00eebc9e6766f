"""What comes out of a local stack: its platforms' events, by a rule of the probe's own."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.local.state import LocalState
from support.probes.verdict import OnTheBus

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_NAME = "probe"
_SYSTEM = "commerce-hooks.system"
_RECEIVED_ONCE_SECONDS = "3600"
_MOST_AT_ONCE = 10


class Bus:
    """What has come off the bus since the probe began, by event id."""

    def __init__(self, sqs: "SQSClient", queue: str) -> None:
        self._sqs = sqs
        self._queue = queue
        self._events: dict[str, OnTheBus] = {}
        self._asked_for: set[str] = set()

    @classmethod
    @contextmanager
    def followed(cls, state: LocalState) -> Iterator[Self]:
        """Follow it while the context is open."""
        sqs, events, bus = (
            state.client("sqs"),
            state.client("events"),
            state.outputs["EventBusName"],
        )
        # Received messages stay hidden, which is as good as deleting them, and quicker.
        hidden = {"VisibilityTimeout": _RECEIVED_ONCE_SECONDS}
        queue = sqs.create_queue(QueueName=_NAME, Attributes=hidden)["QueueUrl"]
        about = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": [{"prefix": "commerce-hooks."}]})
        events.put_rule(Name=_NAME, EventBusName=bus, EventPattern=pattern)
        target = {"Id": _NAME, "Arn": about["Attributes"]["QueueArn"]}
        events.put_targets(Rule=_NAME, EventBusName=bus, Targets=[target])
        try:
            yield cls(sqs, queue)
        finally:
            events.remove_targets(Rule=_NAME, EventBusName=bus, Ids=[_NAME])
            events.delete_rule(Name=_NAME, EventBusName=bus)
            sqs.delete_queue(QueueUrl=queue)

    def of(self, event_ids: Sequence[str], seconds: float) -> list[OnTheBus]:
        """The events with these ids, in their order, as far as they come within the time."""
        self._asked_for.update(event_ids)
        self._receive_until(event_ids, seconds)
        return [self._events[id_] for id_ in event_ids if id_ in self._events]

    def take_all(self) -> None:
        """Receive what has come. The emulator delivers within PutEvents, so none is on its way."""
        while self._receive(0):
            pass

    @property
    def strays(self) -> list[OnTheBus]:
        """Those that came and that nobody has asked for."""
        return [event for id_, event in self._events.items() if id_ not in self._asked_for]

    def _receive_until(self, event_ids: Collection[str], seconds: float) -> None:
        waits = int(seconds)
        while not set(event_ids) <= set(self._events) and waits > 0:
            waits -= not self._receive(1)

    def _receive(self, seconds: int) -> bool:
        messages = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=_MOST_AT_ONCE, WaitTimeSeconds=seconds
        ).get("Messages", [])
        for message in messages:
            event = json.loads(message["Body"])
            if event["source"] != _SYSTEM:
                came = OnTheBus(event["source"], event["detail-type"], event["detail"])
                self._events[came.event_id] = came
        return bool(messages)


def payloads(deployment: Deployment) -> Callable[[str], bytes]:
    """Reads what events refer to: objects of the payload bucket."""
    s3, bucket = deployment.client("s3"), deployment.payload_bucket

    def read(key: str) -> bytes:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    return read
