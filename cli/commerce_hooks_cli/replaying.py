"""Replays that are followed until they end, and that last no longer than the verb."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.archives import Progress, ReplayOrder, ReplayState
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.interruptions import postponed_interruptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import TracebackType

    from commerce_hooks_cli.world import Clock, EventReplays

_ENDS_WITHIN_SECONDS = 30


class Replaying:
    """Replays, all started with the context; what still runs at its end is cancelled.

    Args:
        on_left_over: Is told in words what could not be cancelled.
    """

    def __init__(
        self,
        replays: EventReplays,
        orders: Sequence[ReplayOrder],
        clock: Clock,
        on_left_over: Callable[[str], None],
    ) -> None:
        self._replays = replays
        self._orders = orders
        self._clock = clock
        self._on_left_over = on_left_over
        self.standing: dict[str, Progress] = {}

    def __enter__(self) -> Self:
        with ExitStack() as half_way:
            half_way.callback(self._cancel)
            for order in self._orders:
                # Before the call: it may take effect without our hearing of it.
                self.standing[order.name] = Progress(ReplayState.STARTING)
                self._replays.start(order)
            half_way.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cancel()

    def look(self) -> bool:
        """See how far they are; True once all are complete.

        Raises:
            CommandError: One failed, or somebody else cancelled it.
        """
        for name in self._running():
            told = self._progress(name)
            if told.state.final and told.state is not ReplayState.COMPLETED:
                raise CommandError(
                    f"The replay {name} ended as {told.state}"
                    f"{f': {told.reason}' if told.reason else '.'}",
                    f"`aws events describe-replay --replay-name {name}` tells more.",
                )
        return self.over

    @property
    def reached(self) -> datetime:
        """Everything of before this moment went out."""
        return min(self._reached(order) for order in self._orders)

    @property
    def part(self) -> float:
        """How much of it went out, from 0 to 1."""
        return min(order.window.part(self._reached(order)) for order in self._orders)

    @property
    def over(self) -> bool:
        """Whether none goes on, for whatever reason."""
        return not self._running()

    def _running(self) -> list[str]:
        return [name for name, told in self.standing.items() if not told.state.final]

    def _reached(self, order: ReplayOrder) -> datetime:
        told = self.standing.get(order.name)
        if told and told.state is ReplayState.COMPLETED:
            return order.window.end
        return (told and told.reached) or order.window.begin

    def _cancel(self) -> None:
        with postponed_interruptions():
            for name in self._running():
                try:
                    if self._replays.cancel(name):
                        self._wait_for(name)
                except (BotoCoreError, ClientError):
                    self._on_left_over(
                        f"The replay {name} could not be cancelled, and goes on. "
                        f"`aws events cancel-replay --replay-name {name}` ends it."
                    )

    def _wait_for(self, name: str) -> None:
        """While it is being cancelled, it still sends events."""
        for _ in range(_ENDS_WITHIN_SECONDS):
            if self._progress(name).state.final:
                return
            self._clock.sleep(1)

    def _progress(self, name: str) -> Progress:
        told = self._replays.progress(name)
        # AWS doesn't say whether what was cancelled still tells how far it came.
        reached = told.reached or self.standing[name].reached
        self.standing[name] = replace(told, reached=reached)
        return told
