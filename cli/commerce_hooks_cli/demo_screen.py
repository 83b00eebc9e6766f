"""What the demo shows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import plain
from commerce_hooks_cli.tables import Mark, answer_cells, event_in_full

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.demo import Exchange, Outcome
    from commerce_hooks_cli.healing_outcome import HealingOutcome


def introduction(base_url: str, ready: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text("Commerce Hooks", "bold")
    yield Text("Webhook callbacks of e-commerce platforms become events on Amazon EventBridge.")
    yield Text(f"The real template on this machine, no AWS account: {base_url} ({ready})", "dim")


def exchanges_table(exchanges: Sequence[Exchange]) -> Iterator[RenderableType]:
    yield heading(1, "Callbacks, sent over HTTP as the platforms send them")
    yield answers(exchanges)


def answers(exchanges: Sequence[Exchange]) -> Table:
    table = columns("", "platform", "topic", "status", "outcome")
    table.add_column("ms", justify="right")
    for bad, group in groupby(exchanges, key=lambda exchange: bool(exchange.attempt.note)):
        if bad:
            table.add_row()
        for exchange in group:
            table.add_row(*_exchange_cells(exchange))
    return table


def _exchange_cells(exchange: Exchange) -> tuple[RenderableType, ...]:
    sent, note = exchange.sent, exchange.attempt.note
    # The gap comes before the coloured words: some programs cut it off where it begins a text.
    topic = Text.assemble(f"{sent.topic}  ", (note, "yellow")) if note else Text(sent.topic)
    return (Mark(exchange.as_expected), Text(sent.platform, "cyan"), topic, *answer_cells(sent))


def events_table(events: Sequence[BusEvent]) -> Iterator[RenderableType]:
    """The source heads its events: on each line, it would leave no room for the rest."""
    yield heading(2, "Events, as they came off the bus")
    table = columns("source / detail-type", "resource", "event id", "")
    by_source: dict[str, list[BusEvent]] = {}
    for event in events:
        by_source.setdefault(event.source, []).append(event)
    for source, group in by_source.items():
        table.add_row(Text(plain(source), "cyan"))
        for event in group:
            cells = (event.detail_type, event.resource_id, shortened(event.event_id))
            note = "data in the bucket" if event.stored else ""
            table.add_row(*(Text(plain(cell)) for cell in cells), Text(note, "yellow"))
    yield table


def shortened(event_id: str) -> str:
    """Its callback's first characters, as the verbs take them, and which event of it."""
    return f"{event_id[:8]}….{event_id.rpartition('.')[2]}"


def one_event(events: Sequence[BusEvent]) -> Iterator[RenderableType]:
    yield heading(3, "One of them in full")
    for event in events[:1]:
        yield Panel(event_in_full(event), box=box.ROUNDED, border_style="dim", expand=False)


def healing(outcome: HealingOutcome) -> Iterator[RenderableType]:
    if not outcome.steps:
        return
    yield heading(4, "A subscription that heals itself, at a Konimbo that runs on this machine")
    table = columns("", "what happens", "what is seen")
    for step in outcome.steps:
        table.add_row(Mark(step.good), step.what, Text(plain(step.seen)))
    yield table


def verdict(outcome: Outcome) -> Iterator[RenderableType]:
    if outcome.problems:
        return
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(
        Mark(good=True),
        f"{len(outcome.exchanges) - 1} callbacks, each answered as it should be, one of them "
        f"repaired; {len(outcome.events)} events, none from the forgery.",
    )
    yield Text()
    yield line


def next_steps(command: str, *, running: bool) -> Iterator[RenderableType]:
    yield heading(None, "Where to look next")
    steps = Table.grid(padding=(0, 0, 0, 2))
    steps.add_column(style="cyan", no_wrap=True)
    steps.add_column()
    if not running:
        steps.add_row("make up", "Start the stack and leave it running; then:")
    steps.add_row(f"{command} urls konimbo demo", "Callback URLs; post to them with curl")
    steps.add_row(f"{command} send iset order-saved", "Send one sample")
    steps.add_row(f"{command} tail", "Follow the bus in another terminal")
    if running:
        steps.add_row(f"{command} local down", "Stop the stack")
    steps.add_row("README.md", "Deploy it, point a platform at it, consume events")
    yield steps


def heading(number: int | None, text: str) -> Text:
    return Text.assemble("\n", (f"{number}  " if number else "", "dim"), (text, "bold"), "\n")


def columns(*titles: str) -> Table:
    # Without lines, so that a whole event fits into a hundred columns.
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        table.add_column(title, no_wrap=True)
    return table
