"""A queue that gets everything of ours that goes over the bus."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from commerce_hooks_cli.local.state import LocalState

_ARRIVES_WITHIN = 10.0


class Inbox:
    def __init__(self, state: LocalState) -> None:
        self._sqs = state.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="inbox")["QueueUrl"]
        self._events: list[dict[str, Any]] = []
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        events = state.client("events")
        bus = state.outputs["EventBusName"]
        pattern = json.dumps({"source": [{"prefix": "commerce-hooks."}]})
        events.put_rule(Name="inbox", EventBusName=bus, EventPattern=pattern)
        target = {"Id": "inbox", "Arn": arn["Attributes"]["QueueArn"]}
        events.put_targets(Rule="inbox", EventBusName=bus, Targets=[target])

    def wait_for(self, event_ids: Collection[str]) -> list[dict[str, Any]]:
        """The events with these ids, in any order. Fails where they don't arrive."""
        deadline = time.monotonic() + _ARRIVES_WITHIN
        while not set(event_ids) <= set(self._by_id()):
            assert time.monotonic() < deadline, (
                f"not arrived: {set(event_ids) - set(self._by_id())}"
            )
            self._receive(seconds=1)
        return [self._by_id()[event_id] for event_id in event_ids]

    def times(self, event_id: str) -> int:
        """How often an event has come so far."""
        while self._receive(seconds=0):
            pass
        ids = [event["detail"].get("metadata", {}).get("event_id") for event in self._events]
        return ids.count(event_id)

    def everything(self) -> list[dict[str, Any]]:
        """All events so far that callbacks and calls made; those of ours come at any time.

        ministack delivers within PutEvents, so none is on its way.
        """
        while self._receive(seconds=0):
            pass
        return [event for event in self._events if event["source"] != "commerce-hooks.system"]

    def _by_id(self) -> dict[str, dict[str, Any]]:
        # Some tests put events of another make.
        ours = [event for event in self._events if "metadata" in event["detail"]]
        return {event["detail"]["metadata"]["event_id"]: event for event in ours}

    def _receive(self, seconds: int) -> bool:
        received = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=seconds
        ).get("Messages", [])
        for message in received:
            self._events.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return bool(received)
