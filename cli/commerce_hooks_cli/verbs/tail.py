"""`commerce-hooks tail`: events as they come off the bus."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

import typer

from commerce_hooks_cli.bus_event import BusEvent
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.forwarding import Forwarder
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.tables import event_heading, event_in_full, event_row
from commerce_hooks_cli.verbs.endings import said_last
from commerce_hooks_cli.verbs.options import Json, Stack
from commerce_hooks_cli.world import Events, World

_LONGEST_POLL_SECONDS = 20.0


_Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, metavar="N", help="Stop after so many events.", show_default=False
    ),
]
_Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=1,
        metavar="SECONDS",
        help="Stop after so long; exit code 1 if --limit was not reached by then.",
        show_default=False,
    ),
]
_ForwardTo = Annotated[
    str | None,
    typer.Option(
        "--forward-to",
        metavar="URL",
        help="POST each event as JSON to your own service: https, or http on this machine.",
        show_default=False,
    ),
]
_Full = Annotated[
    bool, typer.Option("--full", metavar="", help="Show whole events, not a line each.")
]


def tail(
    ctx: typer.Context,
    limit: _Limit = None,
    timeout: _Timeout = None,
    forward_to: _ForwardTo = None,
    full: _Full = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Follow the bus: show every event from now on.

    For this a temporary rule and queue are created next to the bus, and removed at the end,
    also when Ctrl-C ends it.

    With --json each line is one event exactly as EventBridge delivers it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    forwarder = Forwarder(forward_to, world.post) if forward_to else None
    deployment = world.deployment(stack, screen)
    with signals_end_the_verb(), world.follow(deployment, said_last(ctx, screen.warn)) as events:
        _introduce(screen, deployment, events)
        seen = _Output(screen, forwarder, full=full).show_all(_take(events, limit, timeout))
    if limit is not None and seen < limit:
        raise CommandError(
            f"{seen} of {limit} events came within {timeout:g} seconds.",
            f"Send one with `{command_to_type()} send PLATFORM TOPIC`, or give it more time.",
        )


def _introduce(screen: Screen, deployment: Deployment, events: Events) -> None:
    if not deployment.local:
        screen.note(f"Temporary rule and queue: {events.name}")
        screen.note("It can take AWS a minute until the first events pass.")
    screen.note(f"Following the bus {deployment.event_bus_name}. Ctrl-C ends it.")


def _take(events: Events, limit: int | None, timeout: float | None) -> Iterator[BusEvent]:
    """Events in the order they arrive, until there are enough or the time is over."""
    end = None if timeout is None else monotonic() + timeout
    taken = 0
    while limit is None or taken < limit:
        left = _LONGEST_POLL_SECONDS if end is None else end - monotonic()
        if left <= 0:
            return
        for event in events.poll(left)[: None if limit is None else limit - taken]:
            taken += 1
            yield event


@dataclass(frozen=True)
class _Output:
    """Where each event goes."""

    screen: Screen
    forwarder: Forwarder | None
    full: bool

    def show_all(self, events: Iterator[BusEvent]) -> int:
        if not self.full:
            self.screen.show_unwrapped(event_heading(self.screen.room))
        seen = 0
        for event in events:
            seen += 1
            self._show(event)
            self._forward(event)
        return seen

    def _show(self, event: BusEvent) -> None:
        if self.screen.as_json:
            self.screen.emit_line(event.one_line)
        elif self.full:
            self.screen.show(event_in_full(event))
        else:
            self.screen.show_unwrapped(event_row(event, self.screen.room))

    def _forward(self, event: BusEvent) -> None:
        problem = self.forwarder.forward(event) if self.forwarder else None
        if problem:
            self.screen.warn(f"The event {event.event_id} was not forwarded: {problem}.")
