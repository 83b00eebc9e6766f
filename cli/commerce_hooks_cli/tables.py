"""The looks that several verbs share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.highlighter import JSONHighlighter
from rich.measure import Measurement
from rich.text import Text

from commerce_hooks_cli.console import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.callbacks import Sent

_OUTCOME_STYLES = {
    "accepted": "green",
    "replayed": "green",
    "ignored": "dim",
    "deferred": "yellow",
    "unrecognized": "yellow",
    "quarantined": "yellow",
}
# Time, source, detail-type and resource. Of eighty columns they leave eleven to the store.
_COLUMNS = ((8, "dim"), (7, "cyan"), (26, "bold"), (24, ""))
_STORE_WIDTH = 11


@dataclass(frozen=True)
class Mark:
    """Whether something is as it should be; in letters where the output has no such marks."""

    good: bool

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        yield self._in(options.encoding)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._in(options.encoding))

    def _in(self, encoding: str) -> Text:
        mark, letters = ("✓", "ok") if self.good else ("✗", "FAIL")
        try:
            mark.encode(encoding)
        except UnicodeEncodeError:
            mark = letters
        return Text(mark, "green" if self.good else "bold red")


def answer_cells(sent: Sent) -> tuple[Text, Text, Text]:
    """Status, outcome and milliseconds of one answer."""
    style = _OUTCOME_STYLES.get(sent.outcome, "red")
    outcome = sent.outcome if sent.problem is None else f"{sent.outcome}: {sent.problem}"
    status = "-" if sent.status is None else str(sent.status)
    milliseconds = "-" if sent.status is None else f"{sent.milliseconds:.0f}"
    return Text(status, style), Text(plain(outcome), style), Text(milliseconds, "dim")


def event_heading(room: int | None) -> Text:
    """What stands above events; the event id only if there is room for a whole one."""
    titles = ("time UTC", "source", "detail-type", "resource", "store", f"{'event id':<38}")
    return Text(_in_columns(titles, room).plain.rstrip(), "bold")


def event_row(event: BusEvent, room: int | None) -> Text:
    """One event in one line, which has `room` columns, or no end if None."""
    cells = (
        event.time[11:19] or "-",
        event.source.removeprefix("commerce-hooks."),
        # Its time is that of then, so it has to be told from what just happened.
        f"{event.detail_type} (replay)" if event.replay_name else event.detail_type,
        event.resource_id,
        event.store,
        event.event_id,
    )
    return _in_columns(cells, room)


def _in_columns(cells: Sequence[str], room: int | None) -> Text:
    """Without the last cell where it doesn't fit; then only the last but one may be cut."""
    *first, store, id_ = (plain(cell) for cell in cells)
    row = Text()
    for cell, (width, style) in zip(first, _COLUMNS, strict=True):
        row.append(f"{cell:<{width}} ", style)
    rest = Text.assemble(f"{store:<{_STORE_WIDTH}} ", (id_, "dim"))
    if room is not None and row.cell_len + rest.cell_len > room:
        rest = Text(store)
        rest.truncate(max(1, room - row.cell_len), overflow="ellipsis")
    return row.append_text(rest)


def event_in_full(event: BusEvent) -> Text:
    """The whole event, readable: characters as they are, control characters spelled out."""
    text = plain(json.dumps(event.tree, ensure_ascii=False, indent=2), keep="\n")
    return JSONHighlighter()(Text(text))
