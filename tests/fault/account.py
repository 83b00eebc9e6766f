"""The account that everything runs in: strict fakes of its services, and what is where in them."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from fault.clock import WorldClock
from fault.kinds import Service
from fault.ledger import Ledger
from fault.plan import Faults
from support.platforms import senders
from support.receiving import RING
from support.sqs_queues import Message, Queue
from support.strict_eventbridge import StrictEventBridge
from support.strict_s3 import StoredObject, StrictBucket, StrictS3
from support.strict_secrets import StrictSecrets
from support.strict_sqs import StrictSqs
from support.wire import Call, RefusedError, Reply, Wire

REFUSED_ENTRY = "what-the-bus-never-takes"
REFUSED_CALL = "what-spoils-a-whole-call"
"""Words in an event that the bus refuses for good: some rule of AWS's that we don't know."""
CARD_NUMBERS = re.compile(r"4111111111111111|5555[ +]5555[ +]5555[ +]4444")
_RAW = ("quarantine-sensitive/", "bulk/")
"""Where card data may be, for a few days."""
_BUCKET = "payloads"
_QUEUES = {Service.OUTBOX: "outbox", Service.BULK: "bulk", Service.DEAD: "outbox-dead"}


class Arrival(NamedTuple):
    """An event as it came onto the bus."""

    event_id: str
    source: str
    detail_type: str
    time: float
    detail: str


class Waiting(NamedTuple):
    """A letter of the outbox, wherever it lies: an event's id or a callback's, and its text."""

    kind: str
    id: str
    text: str


class PickyEventBridge(StrictEventBridge):
    """Refuses two words besides, each in its way."""

    def _put_events(self, call: Call) -> Reply:
        if REFUSED_CALL.encode() in call.body:
            raise RefusedError("ValidationException", "Something is wrong with an entry.")
        return super()._put_events(call)

    def _result(self, entry: dict[str, Any], planned: str | None) -> Any:
        code = "MalformedDetail" if REFUSED_ENTRY in entry["Detail"] else planned
        return super()._result(entry, code)


@dataclass(eq=False)
class WatchedQueue(Queue):
    """Notices card data, and now and then gives a message out once more than it has to."""

    flaws: list[str] = field(default_factory=list)
    forgets_deletes: bool = False
    _letters: dict[str, Waiting] = field(default_factory=dict)

    @property
    def letters(self) -> Iterator[Waiting]:
        return (self._letters[message.message_id] for message in self.messages)

    def put(self, message: Message) -> None:
        if "kind" in message.attributes:
            self._letters[message.message_id] = waiting_of(message)
        if may_hold_card_data(message):
            self.flaws.append(f"what may be card data on the queue {self.name}")
        super().put(message)

    def delete(self, receipt_handle: str) -> None:
        if not self.forgets_deletes:
            super().delete(receipt_handle)


@dataclass(eq=False)
class WatchedBucket(StrictBucket):
    """Notices card data, and knows what was parked for which callback."""

    flaws: list[str] = field(default_factory=list)
    parked: dict[str, set[str]] = field(default_factory=dict)
    """Keys of raw bodies, by the callback's id."""

    def put(self, key: str, stored: StoredObject) -> None:
        if not key.startswith(_RAW) and CARD_NUMBERS.search(stored.body.decode(errors="replace")):
            self.flaws.append(f"card data in the bucket under {key.partition('/')[0]}/")
        if callback_id := stored.metadata.get("callback-id"):
            self.parked.setdefault(callback_id, set()).add(key)
        super().put(key, stored)


class Account:
    """All services, behind one clock and one plan."""

    def __init__(self, clock: WorldClock, chance: Random) -> None:
        self.clock = clock
        self.ledger = Ledger(clock)
        self.faults = Faults(clock, chance, self.ledger)
        self.flaws: list[str] = []
        self.event_bridge = PickyEventBridge(plan=self.faults.plan_of(Service.BUS), clock=clock)
        self.sqs = {each: self._sqs(each) for each in _QUEUES}
        self.queues = {each: self._queue(each) for each in _QUEUES}
        self.s3 = StrictS3(clock, self.faults.plan_of(Service.BUCKET))
        self.bucket = WatchedBucket(_BUCKET, flaws=self.flaws)
        self.s3.buckets[_BUCKET] = self.bucket
        self.secrets = StrictSecrets(self.faults.plan_of(Service.RING), clock)
        self.ring = self.secrets.secret("key-ring", json.dumps(RING))
        self._letters: dict[str, tuple[StoredObject, list[Waiting]]] = {}

    def land(self) -> None:
        """Let everything that is still under way take effect."""
        for wire in self._wires():
            wire.land()

    def arrivals(self) -> list[Arrival]:
        """What came onto the bus since the last time."""
        bridge = self.event_bridge
        if bridge.dropped:
            self.flaws.append(f"silently dropped by the bus: {bridge.dropped[0].reason}")
        arrived = [_arrival(entry) for entry in bridge.accepted]
        bridge.accepted.clear()
        bridge.calls.clear()
        return arrived

    def waiting(self) -> Iterator[Waiting]:
        """All letters, in the queue and in the bucket."""
        yield from self.queues[Service.OUTBOX].letters
        for key in self.bucket.after(None, "outbox/"):
            yield from self._letters_under(key)

    def _letters_under(self, key: str) -> list[Waiting]:
        stored = self.bucket.objects[key]
        known = self._letters.get(key)
        if known is None or known[0] is not stored:
            written = json.loads(stored.body)["letters"]
            letters = [_waiting(one["attributes"], one["text"]) for one in written]
            known = self._letters[key] = (stored, letters)
        return known[1]

    def _sqs(self, service: Service) -> StrictSqs:
        return StrictSqs(self.clock, self.faults.plan_of(service))

    def _queue(self, service: Service) -> WatchedQueue:
        """As the template has them."""
        days = 14 if service is Service.DEAD else 7
        queue = WatchedQueue(
            _QUEUES[service],
            self.clock,
            visibility_seconds=360,
            retention_seconds=days * 86_400,
            flaws=self.flaws,
        )
        self.sqs[service].queues[queue.url] = queue
        return queue

    def _wires(self) -> list[Wire]:
        queues = [sqs.wire for sqs in self.sqs.values()]
        return [self.event_bridge.wire, *queues, self.s3.wire, self.secrets.wire]


def waiting_of(message: Message) -> Waiting:
    attributes = {name: value["StringValue"] for name, value in message.attributes.items()}
    return _waiting(attributes, message.body)


def may_hold_card_data(message: Message) -> bool:
    """Whether it does, or is a raw body of a platform whose bodies may."""
    about = {name: value["StringValue"] for name, value in message.attributes.items()}
    if about.get("kind") == "callback":
        return senders()[about["platform"]].sensitive
    return CARD_NUMBERS.search(message.body) is not None


def bytes_in(text: str) -> bytes:
    """The body of a callback in a letter."""
    return b64decode(text.removeprefix("base64,"), validate=True)


def _waiting(attributes: dict[str, str], text: str) -> Waiting:
    kind = attributes["kind"]
    return Waiting(kind, attributes["event-id" if kind == "event" else "callback-id"], text)


def _arrival(entry: dict[str, Any]) -> Arrival:
    detail = entry["Detail"]
    event_id = json.loads(detail)["metadata"]["event_id"]
    return Arrival(event_id, entry["Source"], entry["DetailType"], entry["Time"], detail)
