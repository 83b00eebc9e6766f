"""What people see of the quarantine: lists, one record with its body, what became of some."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

from commerce_hooks.events import problems_as_json
from commerce_hooks_cli.body_lines import Line, marked_lines, place
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.quarantine import how_done
from commerce_hooks_cli.quarantine_discard import Outcome as DiscardOutcome
from commerce_hooks_cli.quarantine_replay import Outcome, Replayed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from commerce_hooks.errors import Problem, Reason
    from commerce_hooks_cli.examination import Examination
    from commerce_hooks_cli.excerpt import Excerpt
    from commerce_hooks_cli.quarantine import Record
    from commerce_hooks_cli.quarantine_discard import Discarded

_SHORT_ID = 13
_LABEL_WIDTH = 12
_PROBLEMS_TOLD = 10
_WHY_PROBLEMS = 2
_STYLES = {Outcome.REPLAYED: "green", Outcome.REPLAYABLE: "green", Outcome.PARTLY: "yellow"}
_DISCARD_STYLES = {
    DiscardOutcome.DISCARDED: "green",
    DiscardOutcome.DONE_ALREADY: "dim",
    DiscardOutcome.FAILED: "red",
}


# --- list ---------------------------------------------------------------------------------------


def records_table(records: Sequence[Record], *, short: bool = False) -> Table:
    """A row for each; `short` cuts the ids to beginnings that the other verbs take as well.

    When records expire is told where any does: none does on one machine, and of what waits only
    what may hold card data.
    """
    expiring = any(record.expires_at for record in records)
    table = _table("time UTC", "platform", "store", "topic", "reason")
    table.add_column("size", justify="right")
    table.add_column("callback id", no_wrap=True)
    table.add_column("state")
    if expiring:
        table.add_column("expires")
    for record in records:
        about = (record.place.platform, record.place.store, record.topic or "-", record.reason)
        id_ = record.callback_id[: _SHORT_ID if short else None]
        table.add_row(
            Text(_time(record.received_at), "dim"),
            *(Text(plain(cell)) for cell in about),
            f"{record.place.size:,}",
            Text(plain(id_)),
            Text(record.fate, "dim" if record.done else "yellow"),
            *([_expiry(record)] if expiring else []),
        )
    return table


def _expiry(record: Record) -> Text:
    """The day, at whose beginning (UTC) it goes; of what waits it is the last chance."""
    if record.expires_at is None:
        return Text("-", "dim")
    return Text(record.expires_at.date().isoformat(), "dim" if record.done else "bold red")


# --- show ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A record, what today's code makes of it, and a piece of it where it can't be read."""

    record: Record
    examined: Examination
    excerpt: Excerpt | None
    replay_command: str

    def as_json(self) -> dict[str, Any]:
        refusal = self.examined.refusal
        return {
            **self.record.as_json(),
            "accepted_today": self.examined.accepted,
            "refused_today": refusal.reason.value if refusal else None,
            "hindrance": self.examined.hindrance or None,
            "errors": problems_as_json(self.examined.problems),
            "line": self.excerpt.line if self.excerpt else None,
            "column": self.excerpt.column if self.excerpt else None,
            "events": [
                {"event_id": event.event_id, "detail_type": event.detail_type}
                for event in self.examined.events
            ],
            "body": self.examined.tree,
        }

    def lines(self) -> Iterator[Text]:
        yield from _about(self.record)
        yield Text()
        if self.record.done:
            yield Text(plain(_done(self.record)))
            yield Text()
        yield from self._body()
        yield Text()
        yield from self._today()

    def _body(self) -> Iterator[Text]:
        if self.examined.tree is not None:
            for line in marked_lines(self.examined.tree, self.examined.problems):
                yield _marked(line)
            left_out = "Card data and national ids are left out."
        elif self.excerpt is None:
            left_out = "What is personal in a body that can't be read can't be told."
        else:
            yield from _pieces(self.excerpt, self.examined.problems)
            left_out = "This is a piece of the body. Every digit in it is shown as #."
        yield Text()
        yield Text(f"{left_out} --output writes it as it came.", "dim")

    def _today(self) -> Iterator[Text]:
        refusal, hindrance = self.examined.refusal, self.examined.hindrance
        # Of what was replayed, this would only be about the body that a repaired one may have
        # replaced.
        if refusal and not self.record.replayed_at:
            yield Text(f"Today it would be refused too: {_reason(refusal.reason)}.", "yellow")
            yield from _told_problems(refusal.problems)
            if self.examined.events:
                yield Text(f"Its other parts make {_events(self.examined)}.")
        if hindrance:
            yield Text(f"It can't be replayed here: {plain(hindrance)}.", "yellow")
        elif self.examined.accepted:
            yield Text(f"Today it would be accepted, as {_events(self.examined)}.", "green")
            yield Text.assemble("Replay it: ", (self.replay_command, "bold"))


def _about(record: Record) -> Iterator[Text]:
    where = (record.place.platform, record.place.store, record.topic or "-")
    state = f"{record.state}, {how_done(record)}" if record.done else record.state
    expires = [("expires", f"{_time(record.expires_at)} UTC")] if record.expires_at else []
    for label, fact in (
        ("callback", record.callback_id),
        ("received", f"{_time(record.received_at)} UTC"),
        ("from", " / ".join(where)),
        ("reason", record.reason),
        ("body", f"{record.place.size:,} bytes, {record.content_type or 'no Content-Type'}"),
        ("state", state),
        *expires,
        ("key", record.place.key),
    ):
        yield Text.assemble((f"{label:<{_LABEL_WIDTH}}", "dim"), plain(fact))


def _done(record: Record) -> str:
    if record.replayed_at:
        return f"It was {how_done(record)}, possibly with a repaired body; below is the kept one."
    if record.discarded_at:
        return f"It was {how_done(record)}, and nothing was published."
    return "Somebody has tagged it as done."


def _marked(line: Line) -> Text:
    text = JSONHighlighter()(Text(line.text, "dim" if line.gap else ""))
    return text.append(f"  <-- {line.mark}", "bold red") if line.mark else text


def _pieces(excerpt: Excerpt, problems: Sequence[Problem]) -> Iterator[Text]:
    if excerpt.line is not None:
        kinds = ", ".join(plain(problem.type) for problem in problems)
        where = f"line {excerpt.line}, column {excerpt.column}"
        yield Text(excerpt.before)
        yield Text(f"<-- {kinds}: {where}", "bold red")
    yield Text(excerpt.after)


def _told_problems(problems: Sequence[Problem]) -> Iterator[Text]:
    for problem in problems[:_PROBLEMS_TOLD]:
        yield Text(f"  {_problem(problem)}")
    if len(problems) > _PROBLEMS_TOLD:
        yield Text(f"  and {len(problems) - _PROBLEMS_TOLD} more")


def _events(examined: Examination) -> str:
    kinds = Counter(event.detail_type for event in examined.events)
    return ", ".join(
        kind if number == 1 else f"{number} times {kind}" for kind, number in kinds.items()
    )


# --- replay and discard -------------------------------------------------------------------------


def replayed_table(replayed: Sequence[Replayed]) -> Table:
    table = _outcomes()
    table.add_column("events", justify="right")
    table.add_column("why")
    for one in replayed:
        outcome = Text(one.outcome.value, _STYLES.get(one.outcome, "red"))
        table.add_row(*_named(one.record), outcome, str(len(one.event_ids)), Text(_why(one)))
    return table


def discarded_table(discarded: Sequence[Discarded]) -> Table:
    table = _outcomes()
    table.add_column("why")
    for one in discarded:
        outcome = Text(one.outcome.value, _DISCARD_STYLES[one.outcome])
        table.add_row(*_named(one.record), outcome, Text(plain(one.why)))
    return table


def _outcomes() -> Table:
    table = _table("callback id", "platform", "store", "topic", "outcome")
    table.columns[0].no_wrap = True
    return table


def _named(record: Record) -> Iterator[Text]:
    """Which record a row is about."""
    where = (record.place.platform, record.place.store, record.topic or "-")
    return (Text(plain(cell)) for cell in (record.callback_id, *where))


def _why(replayed: Replayed) -> str:
    told = [_problem(problem) for problem in replayed.problems[:_WHY_PROBLEMS]]
    if more := len(replayed.problems) - len(told):
        told.append(f"{more} more")
    return plain(replayed.why) + (f" ({', '.join(told)})" if told else "")


# --- all ----------------------------------------------------------------------------------------


def _table(*titles: str) -> Table:
    return Table(*titles, box=None, pad_edge=False, header_style="bold")


def _problem(problem: Problem) -> str:
    where = place(problem.loc)
    return f"{where}: {plain(problem.type)}" if where else plain(problem.type)


def _reason(reason: Reason) -> str:
    return reason.value.replace("_", " ")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
