"""Redelivery with everything around it in memory, and a function that may die at any call."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from commerce_hooks.accepting import Acceptance, Services
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.listing import Listed, Page
from commerce_hooks.outbox import Letter, WaitingEvent, letter_of_callback, letter_of_event
from commerce_hooks.publishing import Publisher
from redeliver.batches import Batches, Message
from redeliver.dead_letters import DeadLetters
from redeliver.draining import Drain
from redeliver.redelivery import PlatformGoneError, Redelivery
from redeliver.sweeping import Sweep
from support.bulk import Crashes, Lines, RiggedBus
from support.platforms import platforms
from support.receiving import FakeClock, MemoryBucket, MemoryOutboxQueue, MemoryQueue
from support.samples import samples
from support.strict_eventbridge import StrictEventBridge

RUN_SECONDS = 45.0
ORDER = next(s.body for s in samples("centry") if s.topic == "on_order_save")
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def waiting(number: int, **changed: Any) -> WaitingEvent:
    """An event that waits; its id has its number, and so has its detail."""
    event = {
        "event_id": f"c{number}.0",
        "source": "commerce-hooks.centry",
        "detail_type": "order.saved",
        "time": NOW,
        "detail": json.dumps({"metadata": {"event_id": f"c{number}.0"}, "data": {}}),
    }
    return WaitingEvent(**{**event, **changed})


def letter(number: int, **changed: Any) -> Letter:
    return letter_of_event(waiting(number, **changed))


def callback(
    number: int, body: bytes | None = None, platform: str = "centry", topic: str | None = None
) -> Letter:
    """A callback that waits, by default one of Centry's orders."""
    target = CallbackTarget(platform, "acme", topic)
    content = ORDER if body is None else body
    return letter_of_callback(Callback(target, f"k{number}", NOW, "application/json", content))


def message(number: int, content: Letter | None = None, receive_count: int = 1) -> Message:
    return Message.of(record(number, content, receive_count))


def record(
    number: int,
    content: Letter | None = None,
    receive_count: int = 1,
    sent_at: datetime = NOW,
) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    content = content or letter(number)
    sent = str(round(sent_at.timestamp() * 1000))
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"receipt-{number}",
        "body": content.text,
        "attributes": {
            "ApproximateReceiveCount": str(receive_count),
            "SentTimestamp": sent,
            "SenderId": "AIDA",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {
            name: {
                "stringValue": value,
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
            for name, value in content.attributes.items()
        },
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:outbox",
        "awsRegion": "eu-central-1",
    }


@dataclass
class MemoryObjects:
    """The payload bucket for redelivery: the same objects that receivers put there.

    `kept_at` says when objects were written, `NOW` where it doesn't; `sizes` how large they are,
    where that is not to be true. `page_size` is small, so that listings have pages.
    """

    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    crashes: Crashes = field(default_factory=Crashes)
    kept_at: dict[str, datetime] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    # Those that may not be read.
    denied: set[str] = field(default_factory=set)
    page_size: int = 7
    failing: set[str] = field(default_factory=set)
    # Pages that are told once, instead of what is there.
    pages: list[Page] = field(default_factory=list)
    # Gets the seconds of each call.
    on_call: Callable[[float], None] = lambda _: None

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        self._fail("page", seconds)
        if self.pages:
            return self.pages.pop()
        keys = sorted(key for key in self.bucket.objects if key.startswith(folder))
        behind = [key for key in keys if token is None or key > token]
        here = behind[: self.page_size]
        sizes = {key: self.sizes.get(key, len(self.bucket.objects[key])) for key in here}
        listed = [Listed(key, self.kept_at.get(key, NOW), sizes[key]) for key in here]
        page = Page(listed, here[-1] if len(behind) > len(here) else None)
        return self.crashes.around(lambda: page)

    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        self._fail("read", seconds)
        readable = self.bucket.objects.keys() - self.denied
        found = {key: self.bucket.objects[key] for key in keys if key in readable}
        return self.crashes.around(lambda: found)

    def put(self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float) -> None:
        self._fail("put", seconds)
        self.crashes.around(lambda: self.bucket.put(key, body, attributes, seconds))
        self.kept_at.pop(key, None)

    def delete(self, keys: Sequence[str], seconds: float) -> None:
        self._fail("delete", seconds)
        assert 1 <= len(keys) <= 1000
        self.crashes.around(lambda: [self.bucket.objects.pop(key, None) for key in keys])

    def _fail(self, call: str, seconds: float) -> None:
        self.on_call(seconds)
        if call in self.failing or seconds <= 0:
            raise UnavailableError("bucket", "SlowDown")


@dataclass
class DyingOutboxQueue(MemoryOutboxQueue):
    """A queue of letters at whose calls the function may die."""

    crashes: Crashes = field(default_factory=Crashes)

    def put(self, letters: Sequence[Letter], seconds: float) -> Sequence[str | None]:
        put = super().put
        return self.crashes.around(lambda: put(letters, seconds))


@dataclass
class DyingQueue(MemoryQueue):
    """The queue of bulk jobs, at whose calls the function may die."""

    crashes: Crashes = field(default_factory=Crashes)

    def put(self, key: str, seconds: float) -> None:
        put = super().put
        self.crashes.around(lambda: put(key, seconds))


@dataclass
class MessageTimes:
    """The queue that letters come from: when each message comes again."""

    crashes: Crashes = field(default_factory=Crashes)
    failing: bool = False
    after: dict[str, int] = field(default_factory=dict)
    on_call: Callable[[float], None] = lambda _: None

    def come_again(self, receipt_handle: str, after: int, seconds: float) -> None:
        self.on_call(seconds)
        if self.failing or seconds <= 0:
            raise UnavailableError("queue", "Throttled")
        assert 0 <= after <= 43_200
        self.crashes.around(lambda: self.after.update({receipt_handle: after}))


class OutboxRig:
    """Redelivery, its fakes, and what waits."""

    def __init__(self, crashes: Crashes | None = None) -> None:
        self.clock = FakeClock()
        self.crashes = crashes or Crashes()
        self.event_bridge = StrictEventBridge()
        self.bus = RiggedBus(self.event_bridge, self.crashes)
        self.publisher = Publisher(self.bus, self.clock.sleep)
        self.bucket = MemoryBucket()
        self.objects = MemoryObjects(self.bucket, self.crashes)
        self.dead_letters = DyingOutboxQueue(crashes=self.crashes)
        self.bulk_queue = DyingQueue(crashes=self.crashes)
        self.times = MessageTimes(self.crashes)
        self.told = Lines()
        self.now = NOW
        self.broken_platforms: dict[str, Exception] = {}
        dead_letters = DeadLetters(self.dead_letters)
        self.redelivery = Redelivery(self.publisher, self._acceptance_for, dead_letters)
        self.batches = Batches(self.redelivery, self.times, self.told, lambda: self.now)
        self.drain = Drain(self.objects, self.redelivery, self.told)
        self.sweep = Sweep(self.objects, self.bulk_queue, lambda: self.now, self.told)

    def _acceptance_for(self, name: str) -> Acceptance:
        if name in self.broken_platforms:
            raise self.broken_platforms[name]
        if name not in platforms():
            raise PlatformGoneError("no such platform")
        services = Services(Delivery(self.publisher), self.bucket, self.bulk_queue, 240_000)
        return Acceptance(EventBuilder(platforms()[name], "test/unit"), services)

    def until(self, seconds: float = RUN_SECONDS) -> Deadline:
        return Deadline(self.clock, seconds)

    def work(self, *messages: Message, seconds: float = RUN_SECONDS) -> list[str]:
        """Ids of the messages that have to come again."""
        return [one.id for one in self.batches.work(messages, self.until(seconds))]

    @property
    def published(self) -> list[str]:
        return [detail["metadata"]["event_id"] for detail in self.event_bridge.details]

    @property
    def outcomes(self) -> list[object]:
        return [line["outcome"] for line in self.told.lines]
