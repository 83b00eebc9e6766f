"""Waits until the first callback of a store comes off the bus."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from commerce_hooks.platform import QUARANTINED
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.following import Following
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.store_steps import if_nothing_comes
from commerce_hooks_cli.tables import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.world import Events, World

_LONGEST_POLL_SECONDS = 20.0


def of_store(store: StoreId) -> Following:
    """All events that callbacks of a store become."""
    return Following(
        {
            "source": [f"commerce-hooks.{store.platform}"],
            "detail": {"metadata": {"store": [store.name]}},
        },
        "stores-add",
    )


@contextmanager
def following(
    world: World, deployment: Deployment, store: StoreId, on_left_over: Callable[[str], None]
) -> Iterator[Events]:
    """The bus, with nothing on it but what comes for this store."""
    with (
        signals_end_the_verb(),
        world.follow(deployment, on_left_over, of_store(store)) as events,
    ):
        yield events


def first_of(events: Events, seconds: float | None) -> BusEvent | None:
    """The first event; None if there is none within so many seconds. None waits without end."""
    end = None if seconds is None else monotonic() + seconds
    while True:
        left = _LONGEST_POLL_SECONDS if end is None else end - monotonic()
        if left <= 0:
            return None
        found = events.poll(left)
        if found:
            return found[0]


def wait_for_first(
    desk: StoreDesk,
    screen: Screen,
    store: StoreId,
    seconds: float | None,
    on_left_over: Callable[[str], None],
) -> BusEvent | None:
    """Say what is waited for, wait, and say what came."""
    local = desk.deployment.local
    topic = next(iter(desk.known[store.platform].platform.topics))
    with following(desk.world, desk.deployment, store, on_left_over) as events:
        screen.note("Waiting for the first callback. Ctrl-C ends the waiting, nothing else.")
        if not local:
            screen.note("It can take AWS a minute until the first events pass.")
        for line in if_nothing_comes(store, topic if local else None):
            screen.note(line)
        with screen.working("Waiting ..."):
            event = first_of(events, seconds)
    if event is not None:
        _show_first(screen, event)
    return event


def as_json(event: BusEvent) -> dict[str, Any]:
    return {
        "detail_type": event.detail_type,
        "resource_id": event.resource_id,
        "event_id": event.event_id,
        "time": event.time,
    }


def _show_first(screen: Screen, event: BusEvent) -> None:
    good = event.detail_type != QUARANTINED
    row = Table.grid(padding=(0, 1))
    said = f"The first callback: {event.detail_type}, {event.resource_id}"
    row.add_row(Mark(good=good), Text(plain(f"{said}, {event.time[11:19]} UTC.")))
    screen.show(row)
    if not good:
        callback_id = plain(str(event.metadata.get("callback_id")))
        command = f"{command_to_type()} quarantine show {callback_id}"
        screen.show(f"It is genuine, but could not become an event: `{command}` says why.")
