"""Upkeep with everything around it in memory: a bucket that lists pages and knows tags."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import Listed, Page
from support.receiving import FakeClock
from upkeep.gauging import Gauging, Round
from upkeep.records import Gauge, Prefix, watched

MOMENT = datetime(2026, 3, 9, 5, 0, tzinfo=UTC)
SENSITIVE_DAYS = 5


def record(key: str, age: timedelta = timedelta(0)) -> Listed:
    return Listed(key, MOMENT - age, 1)


def prefix_called(name: str) -> Prefix:
    return next(prefix for prefix in watched(SENSITIVE_DAYS) if prefix.name == name)


@dataclass
class MemoryListedBucket:
    """Objects in the order of their keys; each call takes its time on the clock.

    Args:
        failing: Folders and keys for which the bucket fails, by what it says.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    page_size: int = 1_000
    seconds_a_page: float = 0.0
    seconds_a_tag: float = 0.0
    objects: dict[str, Listed] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    failing: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    # Tags are asked for by several threads, and the clock is not made for that.
    lock: Lock = field(default_factory=Lock)

    def put(self, *records: Listed) -> None:
        self.objects |= {record.key: record for record in records}

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        self._take(folder, self.seconds_a_page, seconds)
        keys = sorted(key for key in self.objects if key.startswith(folder))
        left = [key for key in keys if token is None or key > token]
        shown, rest = left[: self.page_size], left[self.page_size :]
        return Page([self.objects[key] for key in shown], shown[-1] if rest else None)

    def is_open(self, key: str, seconds: float) -> bool:
        self._take(key, self.seconds_a_tag, seconds)
        self.asked.append(key)
        return key in self.objects and key not in self.done

    def _take(self, what: str, needs: float, seconds: float) -> None:
        if what in self.failing:
            raise UnavailableError("bucket", self.failing[what])
        assert needs <= seconds
        with self.lock:
            self.clock.sleep(needs)


@dataclass
class Noted:
    """What an operator was told."""

    gauges: list[Gauge] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)

    def gauged(self, gauge: Gauge) -> None:
        self.gauges.append(gauge)

    def not_gauged(self, prefix: Prefix, error: UnavailableError) -> None:
        self.failures[prefix.name] = str(error)


@dataclass
class Gauged:
    """A bucket and what is counted in it."""

    bucket: MemoryListedBucket = field(default_factory=MemoryListedBucket)
    noted: Noted = field(default_factory=Noted)

    def put(self, *records: Listed, done: Iterable[str] = ()) -> None:
        self.bucket.put(*records)
        self.bucket.done.update(done)

    def gauge(self, prefix: str, seconds: float = 60.0) -> Gauge:
        until = Deadline(self.bucket.clock, seconds)
        return self._gauging.gauge(prefix_called(prefix), until)

    def round(self, seconds: float = 60.0) -> dict[str, Gauge]:
        rounds = Round(self._gauging, watched(SENSITIVE_DAYS), self.noted)
        taken = rounds.go(Deadline(self.bucket.clock, seconds))
        return {gauge.prefix.name: gauge for gauge in taken}

    @property
    def _gauging(self) -> Gauging:
        return Gauging(self.bucket, lambda: MOMENT)
