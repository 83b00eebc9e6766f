"""One call in a world's life fails, or the function dies of it: before its effect, or after."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import (
    CallRefusedError,
    CredentialsRefusedError,
    MissingRightError,
    NoResponseError,
    NotFoundError,
    PlatformBrokenError,
    PlatformError,
    RateLimitedError,
    UnreadableAnswerError,
)
from worlds.world import World


class Crash(BaseException):
    """The function dies."""


class When(Enum):
    BEFORE = "before"
    AFTER = "after"


REFUSED: tuple[Callable[[], PlatformError], ...] = (
    lambda: CallRefusedError(422),
    CredentialsRefusedError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
)
"""Nothing was done. Only before."""
UNKNOWN: tuple[Callable[[], PlatformError], ...] = (
    lambda: NoResponseError("Timeout"),
    lambda: PlatformBrokenError(502),
    lambda: UnreadableAnswerError("no JSON"),
)
"""Whether it was done nobody knows."""


@dataclass
class Failing:
    """The `number`-th call of platform and table fails; all others do as they should.

    Args:
        error: What a platform's call raises; None for a crash, and the table is unavailable where
            a platform would fail.
    """

    number: int
    when: When = When.BEFORE
    error: Callable[[], PlatformError] | None = None
    calls: int = 0
    failed: str = ""

    def install(self, world: World) -> None:
        memory = world.memory
        memory.before, memory.after = self._of_platform(When.BEFORE), self._of_platform(When.AFTER)
        world.table.before_call = self._of_table

    def lift(self, world: World) -> None:
        world.memory.before = world.memory.after = world.table.before_call = lambda _: None

    def _of_platform(self, when: When) -> Callable[[str], None]:
        def called(name: str) -> None:
            if when is When.BEFORE:
                self.calls += 1
            # A 404 to that is no failure but news.
            says_gone = name == "show" and self.error is NotFoundError
            due = self.calls == self.number and when is self.when and not says_gone
            if due and not self.failed:
                self.failed = f"{when.value} {name}"
                raise Crash if self.error is None else self.error()

        return called

    def _of_table(self, name: str) -> None:
        self.calls += 1
        if self.calls == self.number and not self.failed:
            self.failed = f"table {name}"
            raise Crash if self.error is None else UnavailableError("table", "Timeout")


def calls_of(world: World) -> int:
    """So many calls a round of this world makes."""
    counting = Failing(0)
    counting.install(world)
    world.round()
    return counting.calls
