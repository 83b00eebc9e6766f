"""How many calls may be made in a time: fixed windows, each from its first call on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple


class Used(NamedTuple):
    """What a caller has used of its window.

    Args:
        calls: Those that were let through, this one included.
        blocked: This one is not let through.
        ends_at: Seconds of the clock.
    """

    calls: int
    blocked: bool
    ends_at: float


@dataclass
class Windows:
    """A window for each caller, of so many seconds."""

    clock: Callable[[], float]
    seconds: float
    _used: dict[str, Used] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def call(self, caller: str, maximum: int) -> Used:
        now = self.clock()
        with self._lock:
            used = self._used.get(caller)
            if used is None or now >= used.ends_at:
                used = Used(0, blocked=False, ends_at=now + self.seconds)
            blocked = used.calls >= maximum
            used = Used(used.calls + (not blocked), blocked, used.ends_at)
            self._used[caller] = used
            return used
