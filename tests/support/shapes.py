"""The shape watch with everything around it in memory, and the messages of its queue."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.publishing import Publisher
from shapes.notices import Change
from shapes.shapes import NOTHING, KnownShape
from shapes.sightings import Sighting, WatchedTopic, sighting_in
from shapes.watching import ShapeWatch, Stored, Unsettled
from support.receiving import FakeClock
from support.strict_eventbridge import BUS_ARN, StrictEventBridge

ORDERS = WatchedTopic("konimbo", "order_created")
RECEIVED_AT = "2026-03-09T12:00:00.000Z"


def bus_event(
    data: Any,
    *,
    platform: str = "konimbo",
    detail_type: str = "order.created",
    event: Mapping[str, Any] = {},
    **metadata: Any,
) -> dict[str, Any]:
    """An event as the bus hands it to the queue."""
    told = {
        "schema_version": "1.0",
        "deployment": "test/unit",
        "platform": platform,
        "store": "acme",
        "topic": "order_created",
        "callback_id": "c1",
        "event_id": "c1.0",
        "received_at": RECEIVED_AT,
        "content_sha256": "0" * 64,
        "payload": "inline",
        **metadata,
    }
    return {
        "source": f"commerce-hooks.{platform}",
        "detail-type": detail_type,
        "detail": {"metadata": told, "data": data},
        **event,
    }


def record(body: Any, message_id: str = "m1") -> dict[str, Any]:
    """A message as Lambda hands it over."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": message_id, "body": text, "eventSource": "aws:sqs"}


def sighting(data: Any, number: int = 1, **more: Any) -> Sighting:
    ids = {"callback_id": f"c{number}", "event_id": f"c{number}.0"}
    found = sighting_in(record(bus_event(data, **(ids | more)), f"m{number}"))
    assert found is not None
    return found


@dataclass
class MemoryShapeStore:
    """Sets by topic; `before_write` is called once, as if somebody came in between."""

    sets: dict[WatchedTopic, KnownShape] = field(default_factory=dict)
    reads: int = 0
    writes: int = 0
    failing: set[str] = field(default_factory=set)
    before_write: list[Callable[[], None]] = field(default_factory=list)

    def read(self, topic: WatchedTopic, seconds: float) -> Stored:
        self._fail("read", seconds)
        self.reads += 1
        known = self.sets.get(topic, NOTHING)
        return Stored(known, self._version(topic))

    def write(
        self, topic: WatchedTopic, known: KnownShape, version: str | None, seconds: float
    ) -> bool:
        if self.before_write:
            self.before_write.pop(0)()
        self._fail("write", seconds)
        if version != self._version(topic):
            return False
        self.writes += 1
        self.sets[topic] = known
        return True

    def _version(self, topic: WatchedTopic) -> str | None:
        return self.sets[topic].model_dump_json() if topic in self.sets else None

    def _fail(self, call: str, seconds: float) -> None:
        assert seconds > 0
        if call in self.failing:
            raise UnavailableError("bucket", "SlowDown")


@dataclass
class Watched:
    """A deployment's watch: its containers share store and bus, not what they remember."""

    store: MemoryShapeStore = field(default_factory=MemoryShapeStore)
    event_bridge: StrictEventBridge = field(default_factory=StrictEventBridge)
    clock: FakeClock = field(default_factory=FakeClock)
    changes: list[Change] = field(default_factory=list)

    def container(self) -> ShapeWatch:
        bus = EventBridgeBus(self.event_bridge.client(), BUS_ARN)
        publisher = Publisher(bus, self.clock.sleep)
        return ShapeWatch(self.store, publisher, "test/unit", self.changes.append)

    def learn(
        self, *sightings: Sighting, by: ShapeWatch | None = None, seconds: float = 20
    ) -> list[Unsettled]:
        return (by or self.container()).learn(sightings, Deadline(self.clock, seconds))

    @property
    def told(self) -> list[dict[str, Any]]:
        """The data of each event that is on the bus."""
        return [detail["data"] for detail in self.event_bridge.details]

    @property
    def ids(self) -> list[str]:
        return [detail["metadata"]["event_id"] for detail in self.event_bridge.details]

    def paths(self, topic: WatchedTopic = ORDERS) -> set[str]:
        return set(self.store.sets[topic].paths)
