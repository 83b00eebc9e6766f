"""What the demo of a failing bus shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import plain
from commerce_hooks_cli.demo_screen import answers, columns, heading, shortened
from commerce_hooks_cli.tables import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from commerce_hooks_cli.fault_demo import FaultOutcome


def story(outcome: FaultOutcome) -> Iterator[RenderableType]:
    yield heading(1, "The bus fails: PutEvents answers InternalException, an error of AWS's own")
    yield answers(outcome.exchanges)
    yield Text(
        f"\nPutEvents failed {outcome.failed_calls} times. Each function started, tried for 4 s, "
        "left its event in the outbox, a queue, and answered 200. "
        f"{outcome.waited} events wait there now."
    )
    yield heading(2, "The bus is back: the function redeliver takes them there")
    yield _arrivals(outcome)
    yield from _verdict(outcome)


def _arrivals(outcome: FaultOutcome) -> Table:
    table = columns("after", "platform", "detail-type", "resource", "event id")
    for arrival in outcome.arrivals:
        event = arrival.event
        platform = event.source.rpartition(".")[2]
        about = (event.detail_type, event.resource_id, shortened(event.event_id))
        table.add_row(
            Text(f"{arrival.seconds:.1f} s", "dim"),
            Text(plain(platform), "cyan"),
            *(Text(plain(cell)) for cell in about),
        )
    return table


def _verdict(outcome: FaultOutcome) -> Iterator[RenderableType]:
    if outcome.problems:
        return
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(
        Mark(good=True),
        f"{len(outcome.exchanges)} callbacks, each answered 200 while the bus failed; all their "
        f"events came off it within {outcome.seconds:.1f} s of its return, under the ids that "
        "the answers had named. None of them is left in the outbox.",
    )
    yield Text()
    yield line
