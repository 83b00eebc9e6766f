"""What an access uses of the outside world, in memory: a clock that only pauses move."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock

from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport
from commerce_hooks.platform_access import Surroundings
from commerce_hooks.state.table import StateTable
from support.state_table import FakeStateTable

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@dataclass
class FakeTime:
    """A wall clock and a monotonic one. A pause takes its time, and nobody waits for it."""

    passed: float = 0.0
    paused: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def clock(self) -> float:
        return self.passed

    def pause(self, seconds: float) -> None:
        with self._lock:
            self.paused.append(seconds)
            self.passed += seconds


@dataclass
class FakeTransport:
    """Answers what it is told to, in this order; an exception is raised."""

    answers: list[ApiResponse | Exception] = field(default_factory=list)
    asked: list[ApiRequest] = field(default_factory=list)

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        assert seconds > 0
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def surroundings(
    transport: Transport | None = None,
    table: StateTable | None = None,
    time: FakeTime | None = None,
    pause: Callable[[float], None] | None = None,
) -> Surroundings:
    time = time or FakeTime()
    numbers = count(1)
    return Surroundings(
        transport=transport or FakeTransport(),
        table=table or FakeStateTable(),
        now=time.now,
        clock=time.clock,
        pause=pause or time.pause,
        new_id=lambda: f"id-{next(numbers)}",
    )
