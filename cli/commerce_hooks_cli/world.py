"""What the verbs touch outside themselves; tests bring their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from commerce_hooks_cli.following import EVERYTHING, Following

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from commerce_hooks.platform import Platform
    from commerce_hooks.platform_access import PlatformAccess, Surroundings
    from commerce_hooks.state.table import StateTable
    from commerce_hooks.stores import Stores
    from commerce_hooks_cli.answer import Post
    from commerce_hooks_cli.archives import Archive, Progress, ReplayOrder, Rule
    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.healing_outcome import HealingOutcome
    from commerce_hooks_cli.local.faults import Fault, Kind, Service
    from commerce_hooks_cli.local.state import LocalState
    from commerce_hooks_cli.quarantine_replay import Replayed
    from commerce_hooks_cli.read_back import ReadBack


class Events(Protocol):
    """Events as they come off a bus, through a temporary rule."""

    @property
    def name(self) -> str: ...
    @property
    def rule_arn(self) -> str: ...

    def poll(self, seconds: float) -> list[BusEvent]: ...


class Follow(Protocol):
    """Opens a bus; `on_left_over` is told what could not be cleaned up."""

    def __call__(
        self,
        deployment: Deployment,
        on_left_over: Callable[[str], None],
        following: Following = EVERYTHING,
        /,
    ) -> AbstractContextManager[Events]: ...


class EventReplays(Protocol):
    """A bus's archives, and replays out of them."""

    def archive(self, arn: str) -> Archive: ...
    def rules(self, bus: str) -> list[Rule]: ...
    def start(self, order: ReplayOrder) -> None: ...
    def progress(self, name: str) -> Progress: ...
    def cancel(self, name: str) -> bool:
        """Have a replay end; False where it has ended, or never began."""
        ...


class Clock(Protocol):
    """The time, and a way to let it pass."""

    def now(self) -> datetime: ...
    def sleep(self, seconds: float) -> None: ...


class Prompt(Protocol):
    """Asks a person to type something in."""

    def __call__(self, question: str, *, hidden: bool, may_be_empty: bool = False) -> str: ...


class LocalStacks(Protocol):
    """The local stack, of which there is at most one."""

    def running(self) -> LocalState | None: ...
    def recorded(self) -> LocalState | None: ...
    def start(
        self,
        port: int,
        on_step: Callable[[str], None],
        *,
        detach: bool,
        parameters: Mapping[str, str] | None = None,
    ) -> LocalState:
        """Bring it up, with the template's parameters."""
        ...

    def stop(self, state: LocalState) -> None: ...
    def functions(self, state: LocalState) -> list[str]: ...
    def faults(self, state: LocalState) -> dict[Service, Fault]: ...
    def switch_faults(self, state: LocalState, kinds: Mapping[Service, Kind]) -> None: ...


class Heal(Protocol):
    """Plays on a local stack how a subscription is made, lost and made again."""

    def __call__(
        self,
        deployment: Deployment,
        state: LocalState,
        events: Events,
        on_step: Callable[[str], None],
        /,
    ) -> HealingOutcome: ...


@dataclass(frozen=True)
class World:
    """Everything a verb needs that is slow, far away or a person.

    Args:
        replay: Publishes the callback of this id out of quarantine, with a repaired body.
        ask: Puts a yes-or-no question; None where there is nobody to answer.
        prompt: Has something typed in; None likewise.
        read_input: All of the standard input.
        accesses: The platforms whose API we can call.
        surroundings: What their accesses use of the outside world.
    """

    checkout: Callable[[], Path]
    find_deployment: Callable[[str | None], Deployment]
    local_stacks: LocalStacks
    post: Post
    follow: Follow
    replay: Callable[[Deployment, Mapping[str, Platform], str, bytes], Replayed]
    replays: Callable[[Deployment], EventReplays]
    ask: Callable[[str], bool] | None
    prompt: Prompt | None
    read_input: Callable[[], str]
    accesses: Callable[[], Mapping[str, PlatformAccess]]
    surroundings: Callable[[Deployment], Surroundings]
    clock: Clock
    state_table: Callable[[Deployment], StateTable]
    stores: Callable[[Deployment], Stores]
    read_back: ReadBack
    heal: Heal

    def deployment(self, stack: str | None, screen: Screen) -> Deployment:
        """The deployment to work on. Says which: the local one, or in whose account."""
        deployment = self.find_deployment(stack)
        screen.note(
            f"Using the local stack at {deployment.base_url}"
            if deployment.local
            else f"Account {deployment.account}, Region {deployment.region}, "
            f"stack {deployment.name}"
        )
        return deployment
