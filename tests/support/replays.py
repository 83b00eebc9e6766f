"""Archives and replays in memory, and the time."""

import json
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from commerce_hooks_cli.archives import Archive, Progress, ReplayOrder, ReplayState, Rule
from commerce_hooks_cli.bus_event import BusEvent

NOW = datetime(2026, 5, 6, 12, 0, 0, 500_000, tzinfo=UTC)
_ARN = "arn:aws:events:us-east-1:000000000000"
EVENT_ARCHIVE = f"{_ARN}:archive/hooks-EventArchive"
REQUEST_ARCHIVE = f"{_ARN}:archive/hooks-RequestArchive"
DONE = Progress(ReplayState.COMPLETED)


def rule(name: str, **about: bool) -> Rule:
    return Rule(name, f"{_ARN}:rule/events/{name}", **about)


def running(reached: datetime | None = None) -> Progress:
    return Progress(ReplayState.RUNNING, reached)


@dataclass
class FakeClock:
    """Stands still until somebody sleeps."""

    moment: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass
class FakeReplays:
    """A bus with two archives; what is replayed arrives at once.

    Args:
        delivered: Where replayed events go.
        looks: What the next looks tell, an exception to be raised among them; then all is done.
    """

    delivered: list[BusEvent]
    archived: dict[str, list[BusEvent]] = field(default_factory=dict)
    retention_days: int = 14
    created_at: datetime = NOW - timedelta(days=100)
    known_rules: list[Rule] = field(default_factory=lambda: [rule("orders"), rule("stock")])
    looks: deque[Progress | BaseException] = field(default_factory=deque)
    orders: list[ReplayOrder] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    refuses: Exception | None = None
    keeps_on: Exception | None = None

    def archive(self, arn: str) -> Archive:
        return Archive(arn, self.retention_days, self.created_at)

    def rules(self, bus: str) -> list[Rule]:
        assert bus == "events"
        return self.known_rules

    def start(self, order: ReplayOrder) -> None:
        if self.refuses:
            raise self.refuses
        self.orders.append(order)
        for event in self.archived.get(order.archive_arn, []):
            if order.window.begin <= datetime.fromisoformat(event.time) < order.window.end:
                self.delivered.append(_replayed(event, order.name))

    def progress(self, name: str) -> Progress:
        if name in self.cancelled:
            return Progress(ReplayState.CANCELLED)
        told = self.looks.popleft() if self.looks else DONE
        if isinstance(told, BaseException):
            raise told
        return told

    def cancel(self, name: str) -> bool:
        if self.keeps_on:
            raise self.keeps_on
        if name not in (order.name for order in self.orders):
            return False
        self.cancelled.append(name)
        return True


def _replayed(event: BusEvent, name: str) -> BusEvent:
    tree = {**event.tree, "replay-name": name}
    return replace(event, raw=json.dumps(tree), tree=tree)


def matches(pattern: Any, value: Any) -> bool:
    """As EventBridge matches, of what our patterns need."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            matches(inner, value.get(name)) for name, inner in pattern.items()
        )
    return any(_matches_one(allowed, value) for allowed in pattern)


def _matches_one(allowed: Any, value: Any) -> bool:
    match allowed:
        case {"prefix": prefix}:
            return str(value).startswith(prefix)
        case {"anything-but": others}:
            return value not in others
    return bool(value == allowed)
