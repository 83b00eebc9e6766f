"""The real world. Each part loads when it is used: most are slow to load, and --help needs none."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from commerce_hooks_cli.following import EVERYTHING, Following
from commerce_hooks_cli.local.checkout import find_checkout
from commerce_hooks_cli.world import EventReplays, Events, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from commerce_hooks.platform import Platform
    from commerce_hooks.platform_access import PlatformAccess, Subscription, Surroundings
    from commerce_hooks.state.table import StateTable
    from commerce_hooks.stores import StoreId, Stores
    from commerce_hooks_cli.answer import Answer
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.healing_outcome import HealingOutcome
    from commerce_hooks_cli.local.faults import Fault, Kind, Service
    from commerce_hooks_cli.local.state import LocalState
    from commerce_hooks_cli.quarantine_replay import Replayed


def real_world() -> World:
    return World(
        checkout=_checkout,
        find_deployment=_find_deployment,
        local_stacks=_LocalStacks(),
        post=_post,
        follow=_follow,
        replay=_replay,
        replays=_replays,
        ask=_ask if sys.stdin.isatty() else None,
        prompt=_prompt if sys.stdin.isatty() else None,
        read_input=sys.stdin.read,
        accesses=_accesses,
        surroundings=_surroundings,
        clock=_Clock(),
        state_table=_state_table,
        stores=_stores,
        read_back=_read_back,
        heal=_heal,
    )


class _Clock:
    """The machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _LocalStacks:
    """The stack that the checkout keeps the record of."""

    def running(self) -> LocalState | None:
        from commerce_hooks_cli.local.state import read_state

        return read_state()

    def recorded(self) -> LocalState | None:
        from commerce_hooks_cli.local.state import recorded_state

        return recorded_state()

    def start(
        self,
        port: int,
        on_step: Callable[[str], None],
        *,
        detach: bool,
        parameters: Mapping[str, str] | None = None,
    ) -> LocalState:
        from commerce_hooks_cli.local.stack import StartOptions, start

        options = StartOptions(port=port, detach=detach, parameters=parameters or {})
        return start(options, on_step)

    def stop(self, state: LocalState) -> None:
        from commerce_hooks_cli.local.stack import stop

        stop(state)

    def functions(self, state: LocalState) -> list[str]:
        resources = state.client("cloudformation").describe_stack_resources(StackName=state.stack)
        return sorted(
            resource["LogicalResourceId"]
            for resource in resources["StackResources"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
        )

    def faults(self, state: LocalState) -> dict[Service, Fault]:
        from commerce_hooks_cli.local.fault_switch import read_faults

        return read_faults(state)

    def switch_faults(self, state: LocalState, kinds: Mapping[Service, Kind]) -> None:
        from commerce_hooks_cli.local.fault_switch import switch_faults

        switch_faults(state, kinds)


def _checkout() -> Path:
    return find_checkout().root


def _find_deployment(stack: str | None) -> Deployment:
    from commerce_hooks_cli.deployment import find_deployment

    return find_deployment(stack)


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    from commerce_hooks_cli.posting import post

    return post(url, body, headers)


def _follow(
    deployment: Deployment,
    on_left_over: Callable[[str], None],
    following: Following = EVERYTHING,
) -> AbstractContextManager[Events]:
    from commerce_hooks_cli.event_tail import EventTail

    return EventTail(deployment, on_left_over, following)


def _replays(deployment: Deployment) -> EventReplays:
    from commerce_hooks_cli.event_replays import EventBridgeReplays

    return EventBridgeReplays(deployment.client("events"))


def _replay(
    deployment: Deployment, platforms: Mapping[str, Platform], callback_id: str, body: bytes
) -> Replayed:
    from commerce_hooks_cli.quarantine_replay import replay_on

    replaying = replay_on(deployment, platforms)
    (record,) = replaying.records.called([callback_id])
    return replaying.replay(record, body)


def _ask(question: str) -> bool:
    return typer.confirm(question, err=True)


def _prompt(question: str, *, hidden: bool, may_be_empty: bool = False) -> str:
    default = "" if may_be_empty else None
    typed: str = typer.prompt(
        question, hide_input=hidden, default=default, show_default=False, err=True
    )
    return typed.strip()


def _accesses() -> Mapping[str, PlatformAccess]:
    from commerce_hooks_cli.store_access import checkout_accesses

    return checkout_accesses()


def _surroundings(deployment: Deployment) -> Surroundings:
    from commerce_hooks_cli.store_access import real_surroundings

    return real_surroundings(deployment)


def _state_table(deployment: Deployment) -> StateTable:
    from commerce_hooks_cli.state_table import open_state_table

    return open_state_table(deployment)


def _stores(deployment: Deployment) -> Stores:
    from commerce_hooks_cli.configured_stores import configured_stores

    return configured_stores(deployment)


def _read_back(deployment: Deployment, store: StoreId) -> Sequence[Subscription] | None:
    from commerce_hooks_cli.store_access import read_back
    from commerce_hooks_cli.store_book import StoreBook

    return read_back(deployment, StoreBook.of(deployment, _Clock()), store)


def _heal(
    deployment: Deployment, state: LocalState, events: Events, on_step: Callable[[str], None]
) -> HealingOutcome:
    from commerce_hooks_cli.healing_demo import Healing
    from commerce_hooks_cli.state_table import open_state_table

    table = open_state_table(deployment)
    samples = _checkout() / "events"
    return Healing(deployment, state, samples, _Clock(), table, events, on_step).play()
