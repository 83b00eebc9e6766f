"""A platform's handler with everything around it in memory: what the contract tests drive."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

from commerce_hooks.accepting import Acceptance, Services
from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.delivery import Delivery
from commerce_hooks.entrypoint import handler_of
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.observing import Meter, Observer
from commerce_hooks.outbox import Letter, Outbox
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import Publisher
from commerce_hooks.receiving import Receiver, Surroundings
from commerce_hooks.wiring import LambdaHandler
from support.api_gateway import JSON_HEADERS, NOTHING, Fields, http_api_event, lambda_context
from support.samples import samples
from support.strict_eventbridge import BUS_ARN, StrictEventBridge

STORE = "acme"
RECEIVED_AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
KEY_1 = "first-key-of-the-tests-0123456789abcdef"
KEY_2 = "second-key-of-the-tests-0123456789abcde"
METER = Meter("commerce-hooks/test")
RING = {"sign": "k1", "k1": KEY_1}


@dataclass
class MemoryKeyRings:
    """The key ring, or None for a secret that can't be read."""

    ring: Mapping[str, Any] | None = field(default_factory=lambda: dict(RING))

    def current(self) -> KeyRing:
        if self.ring is None:
            raise UnavailableError("key_ring", "Timeout")
        return KeyRing.parse(json.dumps(self.ring))


@dataclass
class MemoryBucket:
    """The payload bucket, with S3's limits on keys and metadata; `failing` makes it refuse."""

    name: str = "payloads"
    failing: bool = False
    failing_prefixes: tuple[str, ...] = ()
    objects: dict[str, bytes] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)

    def put(
        self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float = 1.0
    ) -> None:
        if self.failing or seconds <= 0 or key.startswith(self.failing_prefixes):
            raise UnavailableError("bucket", "SlowDown")
        assert len(key.encode()) <= 1024
        assert all(text.isascii() and text.isprintable() for text in attributes.values())
        assert sum(map(len, [*attributes, *attributes.values()])) <= 2048
        self.objects[key] = body
        self.attributes[key] = dict(attributes)


@dataclass
class MemoryOutboxQueue:
    """The outbox queue; `failing` makes it refuse, `code` refuse each letter."""

    failing: bool = False
    code: str | None = None
    letters: list[Letter] = field(default_factory=list)

    def put(self, letters: Sequence[Letter], seconds: float) -> Sequence[str | None]:
        if self.failing or seconds <= 0:
            raise UnavailableError("queue", "Throttled")
        assert 1 <= len(letters) <= 10
        assert sum(letter.size for letter in letters) <= 1_048_576
        if self.code is None:
            self.letters += letters
        return [self.code] * len(letters)

    @property
    def event_ids(self) -> list[str]:
        return [letter.attributes["event-id"] for letter in self.letters]


@dataclass
class MemoryQueue:
    """The queue of bulk jobs; `failing` makes it refuse."""

    failing: bool = False
    keys: list[str] = field(default_factory=list)

    def put(self, key: str, seconds: float) -> None:
        if self.failing or seconds <= 0:
            raise UnavailableError("queue", "Throttled")
        self.keys.append(key)


class FakeClock:
    """A monotonic clock that moves only by sleeping, or when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass(frozen=True)
class Answered:
    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


class Reception:
    """One platform's handler, its fakes, and genuine or forged calls to it."""

    def __init__(
        self,
        platform: Platform,
        builder: EventBuilder | None = None,
        *,
        max_inline_bytes: int = 240_000,
        personal_topics: Collection[str] | None = None,
    ) -> None:
        self.platform = platform
        self.clock = FakeClock()
        self.key_rings = MemoryKeyRings()
        self.event_bridge = StrictEventBridge()
        self.bucket = MemoryBucket()
        self.queue = MemoryQueue()
        self.outbox_queue = MemoryOutboxQueue()
        ids = (f"00000000-0000-4000-8000-{number:012}" for number in count(1))
        bus = EventBridgeBus(self.event_bridge.client(), BUS_ARN)
        outbox = Outbox(self.outbox_queue, self.bucket)
        services = Services(
            delivery=Delivery(Publisher(bus, self.clock.sleep), outbox),
            bucket=self.bucket,
            bulk_queue=self.queue,
            max_inline_bytes=max_inline_bytes,
        )
        outside = Surroundings(
            key_rings=self.key_rings,
            clock=self.clock,
            now=_times().__next__,
            new_callback_id=ids.__next__,
            personal_topics=every_topic(platform) if personal_topics is None else personal_topics,
        )
        acceptance = Acceptance(builder or EventBuilder(platform, "test/unit"), services)
        self._receiver = Receiver(acceptance, outside)

    @cached_property
    def _handler(self) -> LambdaHandler:
        # Made at the first call: the logger keeps the standard output that it finds then.
        return handler_of(self._receiver, Observer(self.platform.name, METER))

    @property
    def route(self) -> str:
        topic = "/{topic}" if self.platform.topic_in_url else ""
        return f"ANY /{self.platform.name}/{{store}}{topic}/{{token}}"

    @property
    def a_topic(self) -> str:
        return next(iter(self.platform.topics))

    @property
    def a_body(self) -> bytes:
        return next(s.body for s in samples(self.platform.name) if s.topic == self.a_topic)

    def target(self, store: str = STORE, topic: str | None = None) -> CallbackTarget:
        in_url = (topic or self.a_topic) if self.platform.topic_in_url else None
        return CallbackTarget(self.platform.name, store, in_url)

    def mint(self, target: CallbackTarget | None = None, ring: Mapping[str, Any] = RING) -> str:
        return KeyRing.parse(json.dumps(ring)).mint(target or self.target())

    def parameters(self, token: str, target: CallbackTarget) -> dict[str, str]:
        topic = {} if target.topic is None else {"topic": target.topic}
        return {"store": target.store, **topic, "token": token}

    def call(
        self,
        body: bytes | None = None,
        *,
        topic: str | None = None,
        token: str | None = None,
        parameters: Mapping[str, str] = {},
        method: str = "POST",
        headers: Fields = JSON_HEADERS,
        query: Fields = NOTHING,
        base64: bool | None = None,
    ) -> Answered:
        """Call the handler; by default with a sample to its genuine URL."""
        target = self.target(topic=topic)
        genuine = self.parameters(self.mint(target) if token is None else token, target)
        event = http_api_event(
            method,
            self.route,
            {**genuine, **parameters},
            self.a_body if body is None else body,
            headers=headers,
            query=query,
            base64=base64,
        )
        return self.handle(event)

    def handle(self, event: Mapping[str, Any]) -> Answered:
        answer = self._handler(event, lambda_context())
        return Answered(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    @property
    def kept_nothing(self) -> bool:
        waiting = self.queue.keys or self.outbox_queue.letters
        return not self.event_bridge.calls and not self.bucket.objects and not waiting


def every_topic(platform: Platform) -> set[str]:
    return {f"{platform.name}/{topic}" for topic in platform.topics}


def _times() -> Iterator[datetime]:
    return (RECEIVED_AT + timedelta(seconds=number) for number in count())
