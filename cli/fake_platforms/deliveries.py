"""Callbacks to the URLs that are registered: each attempt in a log, and when one is made again."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from threading import Lock
from typing import Any

from fake_platforms.posting import Posted, Poster
from fake_platforms.records import Record

_LOG_LENGTH = 10_000


@dataclass(frozen=True)
class Notice:
    """A callback to one webhook.

    Args:
        data: What is told; `body` is how.
    """

    webhook: str
    shop: str
    topic: str
    callback_url: str = field(repr=False)
    data: Any = field(repr=False)
    content_type: str
    body: bytes = field(repr=False)

    @classmethod
    def to(cls, record: Record, topic: str, data: Any, content_type: str, body: bytes) -> "Notice":
        url = record.callback_url
        return cls(record.id, record.shop, topic, url, data, content_type, body)


@dataclass(frozen=True)
class Delivery:
    """An attempt to make a callback, as Centry's own log of deliveries has it.

    Args:
        at: Seconds of the platform's clock.
        intent: 1 for the first attempt.
        status: None if no answer came in time.
        accepted: The platform is content, and makes it no more.
        problem: Why there is no status.
        response: The beginning of the answer, which means nothing to the platform.
    """

    at: float
    webhook: str
    shop: str
    topic: str
    intent: int
    status: int | None
    accepted: bool
    problem: str | None
    callback_url: str = field(repr=False)
    data: Any = field(repr=False)
    response: str = field(repr=False)


@dataclass(frozen=True)
class Due:
    """A callback that is made again at that time, as this intent."""

    at: float
    intent: int
    notice: Notice


@dataclass
class Deliveries:
    """Makes callbacks, keeps the log, and remembers what is to be made again.

    Nothing happens by itself: whoever has the platform says when it is time, so that 48 hours
    take no longer than their calls.

    Args:
        accepts: Which statuses content the platform.
        intents: How often a callback is made at most.
        pause: Seconds between two intents.
    """

    clock: Callable[[], float]
    poster: Poster
    accepts: Callable[[int], bool]
    intents: int = 1
    pause: float = 0.0
    _log: deque[Delivery] = field(default_factory=lambda: deque(maxlen=_LOG_LENGTH), repr=False)
    _waiting: list[Due] = field(default_factory=list, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def log(self) -> Sequence[Delivery]:
        """The latest 10,000 attempts, the oldest first."""
        with self._lock:
            return tuple(self._log)

    def due(self, now: float | None = None) -> Sequence[Due]:
        """What would be made again then, the earliest first."""
        with self._lock:
            return self._due(self.clock() if now is None else now)

    @property
    def next_at(self) -> float | None:
        """When something is made again; None if nothing is."""
        with self._lock:
            return min((due.at for due in self._waiting), default=None)

    def make(self, notice: Notice) -> Delivery:
        """The first attempt, now."""
        return self._make(notice, 1, self.clock())

    def retry_due(self, now: float | None = None) -> Sequence[Delivery]:
        """Make again what is due, each once."""
        at = self.clock() if now is None else now
        return [self._make(due.notice, due.intent, at) for due in self._taken(at)]

    def retry_early(self) -> Sequence[Delivery]:
        """Make again all that waits, each once, as if its time had come."""
        return [self._make(due.notice, due.intent, due.at) for due in self._taken(inf)]

    def _taken(self, until: float) -> Sequence[Due]:
        with self._lock:
            found = self._due(until)
            for due in found:
                self._waiting.remove(due)
            return found

    def _due(self, until: float) -> Sequence[Due]:
        return sorted((due for due in self._waiting if due.at <= until), key=lambda due: due.at)

    def _make(self, notice: Notice, intent: int, at: float) -> Delivery:
        posted = self.poster.post(notice.callback_url, notice.content_type, notice.body)
        delivery = self._delivery(notice, intent, at, posted)
        with self._lock:
            self._log.append(delivery)
            if not delivery.accepted and intent < self.intents:
                self._waiting.append(Due(at + self.pause, intent + 1, notice))
        return delivery

    def _delivery(self, notice: Notice, intent: int, at: float, posted: Posted) -> Delivery:
        return Delivery(
            at=at,
            webhook=notice.webhook,
            shop=notice.shop,
            topic=notice.topic,
            intent=intent,
            status=posted.status,
            accepted=posted.status is not None and self.accepts(posted.status),
            problem=posted.problem,
            callback_url=notice.callback_url,
            data=notice.data,
            response=posted.response,
        )
