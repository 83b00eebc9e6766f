"""The time a callback may take, in one place.

Centry repeats a callback that was not answered with 200 within 15 seconds (its webhook
documentation); for Konimbo and iSET no retry is documented. So every wait is bounded, and all
together stay below the function's timeout, which stays below the 15 seconds.

Each service has a limit of its own. Behind the bus stands the outbox queue, and behind that the
bucket: so where something stands behind a service, it gets at most half of what time is left
(`Deadline.sparing`), and what comes after it always has as much as it had.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

FUNCTION_TIMEOUT_SECONDS = 11
"""The template's `Timeout` of every function that answers a platform."""
ANSWER_SECONDS = 10.0
"""For everything, parsing included; the rest of the function's timeout is for ending well."""
KEY_RING_SECONDS = 2.0
BUS_SECONDS = 4.0
BUCKET_SECONDS = 3.0
QUEUE_SECONDS = 2.0
TABLE_SECONDS = 3.0
PARAMETERS_SECONDS = 20.0
"""A page of SSM's parameters: nobody waits for it but jobs, and SSM throttles early."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.8

Clock = Callable[[], float]
Pause = Callable[[float], None]
T = TypeVar("T")


class Deadline:
    """A moment on a monotonic clock."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left; zero or less when it has passed."""
        return self._end - self._clock()

    def within(self, seconds: float) -> "Deadline":
        """The moment so many seconds from now, or this one if it comes first."""
        return Deadline(self._clock, min(seconds, self.remaining()))

    def sparing(self, seconds: float) -> "Deadline":
        """The same, but half of what is left is spared for what would stand in."""
        return self.within(min(seconds, self.remaining() / 2))


def call_within(seconds: float, call: Callable[[], T]) -> T:
    """Run a call in a thread and stop waiting for it after `seconds`.

    The SDK's own timeouts start anew with every byte received, so a dripping answer passes
    them all. The abandoned thread ends when its socket does, and keeps nothing from exiting.

    Raises:
        TimeoutError: No result in time. What the call itself raises comes through as it is.
    """
    result: Future[T] = Future()
    Thread(target=_settle, args=(result, call), daemon=True).start()
    return result.result(timeout=max(seconds, 0))


def _settle(result: Future[T], call: Callable[[], T]) -> None:
    try:
        result.set_result(call())
    except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits
        result.set_exception(error)


def pauses() -> Iterator[float]:
    """Seconds between tries, without end: doubling, with full jitter so that callers spread."""
    longest = _FIRST_PAUSE_SECONDS
    while True:
        yield random.uniform(0, longest)  # noqa: S311 - jitter, not a secret
        longest = min(longest * 2, _LONGEST_PAUSE_SECONDS)
