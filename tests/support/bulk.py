"""Bulk jobs with everything around them in memory, and a function that may die at any call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from bulk.job import BulkJob
from bulk.worker import Worker, noting
from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.parking import BULK_PREFIX, park
from commerce_hooks.publishing import BusEntry, Publisher
from support.faults import CrashError
from support.platforms import platforms
from support.receiving import FakeClock, MemoryBucket
from support.strict_eventbridge import BUS_ARN, StrictEventBridge

T = TypeVar("T")
RUN_SECONDS = 50.0


@dataclass
class Crashes:
    """Dies once, before or after the call of this number."""

    at: int = -1
    after: bool = False
    calls: int = 0

    def around(self, call: Callable[[], T]) -> T:
        mine = self.calls == self.at
        self.calls += 1
        if mine and not self.after:
            raise CrashError
        result = call()
        if mine:
            raise CrashError
        return result


@dataclass
class ReadableMemoryBucket(MemoryBucket):
    """The payload bucket of a job, which may also read and delete."""

    crashes: Crashes = field(default_factory=Crashes)
    on_put: Callable[[str, float], None] = lambda _key, _seconds: None

    def put(
        self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float = 1.0
    ) -> None:
        put = super().put
        self.on_put(key, seconds)
        self.crashes.around(lambda: put(key, body, attributes, seconds))

    def get(self, key: str, seconds: float = 1.0) -> tuple[bytes, dict[str, str]] | None:
        assert seconds > 0
        found = (self.objects[key], self.attributes[key]) if key in self.objects else None
        return self.crashes.around(lambda: found)

    def delete(self, key: str) -> None:
        self.crashes.around(lambda: self.objects.pop(key, None))


class RiggedBus(EventBridgeBus):
    """The bus, where the function may die as well; `before` sees the events of each call."""

    def __init__(self, event_bridge: StrictEventBridge, crashes: Crashes) -> None:
        super().__init__(event_bridge.client(), BUS_ARN)
        self._crashes = crashes
        self.before: Callable[[Sequence[BusEntry]], None] = lambda _: None

    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        put = super().put
        self.before(entries)
        return self._crashes.around(lambda: put(entries, seconds))


@dataclass
class Messages:
    """The queue that jobs come from; `failing` makes it refuse."""

    failing: bool = False
    handed_back: list[str] = field(default_factory=list)

    def come_again(self, receipt_handle: str, after: int, seconds: float) -> None:
        assert after == 0
        if self.failing or seconds <= 0:
            raise UnavailableError("queue", "Throttled")
        self.handed_back.append(receipt_handle)


@dataclass
class Lines:
    """What was logged."""

    lines: list[dict[str, object]] = field(default_factory=list)

    notes: list[dict[str, object]] = field(default_factory=list)

    def ran(self, level: str, **fields: object) -> None:
        self.lines.append({"level": level, **fields})

    def noted(self, **fields: object) -> None:
        self.notes.append(fields)


class BulkRig:
    """A worker, its fakes, and a parked body of orders."""

    def __init__(self, body: bytes, crashes: Crashes | None = None) -> None:
        self.clock = FakeClock()
        self.crashes = Crashes()
        self.bucket = ReadableMemoryBucket(crashes=self.crashes)
        self.event_bridge = StrictEventBridge()
        self.messages = Messages()
        self.told = Lines()
        self.bus = RiggedBus(self.event_bridge, self.crashes)
        job = BulkJob(
            builder_for=lambda name: EventBuilder(platforms()[name], "test/unit"),
            bucket=self.bucket,
            publisher=Publisher(self.bus, self.clock.sleep),
            max_inline_bytes=240_000,
            note=noting(self.told.noted),
        )
        self.worker = Worker(job, self.messages, self.told)
        self.key = park(self.bucket, callback(body), BULK_PREFIX, "bulk", 1.0).key
        self.crashes.calls = 0
        if crashes:
            self.crashes.at, self.crashes.after = crashes.at, crashes.after

    def work(self, seconds: float = RUN_SECONDS) -> bool:
        return self.worker.work(self.key, "receipt", Deadline(self.clock, seconds))

    @property
    def published(self) -> list[str]:
        return [detail["metadata"]["event_id"] for detail in self.event_bridge.details]


def callback(body: bytes) -> Callback:
    return Callback(
        target=CallbackTarget("konimbo", "acme", "order_created_bulk"),
        callback_id="c",
        received_at=datetime(2026, 3, 9, 12, tzinfo=UTC),
        content_type="application/json",
        body=body,
    )
