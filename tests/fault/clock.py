"""One clock for everything, which moves only by sleeping: hours of failures in a minute."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from typing import TypeVar

from commerce_hooks.deadline import call_within
from support.wire import STARTED_AT

T = TypeVar("T")
_REAL_SECONDS = 60.0
"""Nothing really hangs: this is only for the fakes' own computing."""
_IN_A_THREAD = 8
"""Every so many-th call. A thread for each would add a third to a run, and nothing else: it is
this clock that cuts calls off, and `tests/integration/test_time_limits.py` tries real hanging."""


class WorldClock:
    """The monotonic clock, the date, and what both do to a call that takes too long."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._limit = inf
        self._calls = 0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return STARTED_AT + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            TimeoutError: Whoever waits for the call that sleeps has given up in between.
        """
        if self.seconds + seconds > self._limit:
            self.seconds = max(self.seconds, self._limit)
            raise TimeoutError
        self.seconds += seconds

    def within(self, seconds: float, call: Callable[[], T]) -> T:
        """Make a call, some in a thread as in production, and give it up on this clock."""
        self._limit = self.seconds + seconds
        self._calls += 1
        try:
            return call() if self._calls % _IN_A_THREAD else call_within(_REAL_SECONDS, call)
        finally:
            self._limit = inf
