"""The looks that several verbs share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.highlighter import JSONHighlighter
from rich.text import Text

from commerce_hooks_cli.console import plain

if TYPE_CHECKING:
    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.callbacks import Sent

_OUTCOME_STYLES = {"accepted": "green", "unrecognized": "yellow", "quarantined": "yellow"}


def answer_cells(sent: Sent) -> tuple[Text, Text, Text]:
    """Status, outcome and milliseconds of one answer."""
    style = _OUTCOME_STYLES.get(sent.outcome, "red")
    outcome = sent.outcome if sent.problem is None else f"{sent.outcome}: {sent.problem}"
    status = "-" if sent.status is None else str(sent.status)
    milliseconds = "-" if sent.status is None else f"{sent.milliseconds:.0f}"
    return Text(status, style), Text(plain(outcome), style), Text(milliseconds, "dim")


def event_row(event: BusEvent) -> Text:
    """One event in one line, in columns where they fit."""
    columns = (
        (event.time[11:19] or "-", 8, "dim"),
        (event.source, 22, "cyan"),
        (event.detail_type, 26, "bold"),
        (event.store, 8, ""),
        (event.resource_id, 10, ""),
        (event.event_id, 0, "dim"),
    )
    row = Text()
    for text, width, style in columns:
        row.append(f"{plain(text):<{width}}  ", style)
    return row


def event_in_full(event: BusEvent) -> Text:
    """The whole event, readable: characters as they are, control characters spelled out."""
    text = plain(json.dumps(event.tree, ensure_ascii=False, indent=2), keep="\n")
    return JSONHighlighter()(Text(text))
