"""The probe's table: a row for each sample, and one for each group of hostile requests."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.tables import Mark

_COLUMNS = ("platform", "what", "sent as", "status", "outcome", "events")
_STYLES = {"accepted": "green", "unrecognized": "yellow", "quarantined": "yellow"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `flaws` says in words what is wrong; `count` how many were sent."""

    platform: str
    what: str
    sent_as: str
    status: str
    outcome: str
    events: str
    flaws: Sequence[str] = ()
    count: int = 1


def table_of(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in _COLUMNS:
        table.add_column(title, overflow="fold")
    table.add_column("verdict", overflow="fold")
    for row in rows:
        style = _STYLES.get(row.outcome.partition(":")[0], "")
        cells = (row.platform, row.what, row.sent_as, row.status)
        verdict = Text("; ".join(row.flaws), "bold red") if row.flaws else Mark(good=True)
        table.add_row(*cells, Text(row.outcome, style), row.events, verdict)
    return table


def summary(rows: Sequence[Row], seconds: float) -> str:
    sent = sum(row.count for row in rows)
    wrong = sum(bool(row.flaws) for row in rows)
    verdict = "all as they must be" if not wrong else f"{wrong} NOT as they must be"
    return f"{sent} requests in {seconds:.0f} seconds: {verdict}."


def counted(values: Iterable[object]) -> str:
    """`accepted`, or where they differ `3 accepted, 1 quarantined`."""
    found = Counter(map(str, values)).most_common()
    if len(found) == 1:
        return found[0][0]
    return ", ".join(f"{times} {value}" for value, times in found)
