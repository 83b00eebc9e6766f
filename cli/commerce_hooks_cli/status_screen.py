"""What people see of `status`: the deployment in a line, a row per store, and one store closely."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import plain
from commerce_hooks_cli.moments import ago, to_the_minute
from commerce_hooks_cli.remarks import Kind, remarks, severity
from commerce_hooks_cli.status_sources import MOST_QUARANTINED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from commerce_hooks.state.seen import Seen
    from commerce_hooks_cli.remarks import Remark
    from commerce_hooks_cli.status_sources import Surveyed
    from commerce_hooks_cli.store_facts import StoreFacts

_ROWS = 20
"""More would not fit one screen."""
# Of eighty columns, with one between each; remarks get the rest, and what others leave.
_STORE, _LABEL, _TOPIC, _KEY = 22, 10, 14, 5
_DEAD_LETTERS = "dead letters"
_NAMED = 5


@dataclass(frozen=True)
class Row:
    """A store on the overview."""

    facts: StoreFacts
    remarks: list[Remark]

    @property
    def problem(self) -> bool:
        return any(one.problem for one in self.remarks)


def rows_of(facts: Sequence[StoreFacts], now: datetime) -> list[Row]:
    """Problems first, the worst of them first; the others in the order of their names."""
    rows = [Row(one, remarks(one, now)) for one in facts]
    return sorted(rows, key=lambda row: (severity(row.remarks), row.facts.store))


# --- the whole deployment -----------------------------------------------------------------------


def deployment_line(surveyed: Surveyed, *, local: bool) -> Text:
    """The deployment as a whole, in a few words."""
    parts = [*_waiting(surveyed), _keys(surveyed)]
    if not local:
        parts.append(_alarms(surveyed))
    line = Text()
    for number, (text, style) in enumerate(parts):
        line.append(", " if number else "").append(plain(text), style)
    return line


def _waiting(surveyed: Surveyed) -> Iterator[tuple[str, str]]:
    found = surveyed.quarantined
    if found is None:
        yield "? quarantined", "red"
    else:
        more = " or more" if len(found) >= MOST_QUARANTINED else ""
        yield f"{len(found)}{more} quarantined", "yellow" if found else "green"
    if surveyed.outbox is None or any(place.count is None for place in surveyed.outbox):
        yield "? in the outbox", "red"
        return
    counts = {place.place: place.count or 0 for place in surveyed.outbox}
    dead = counts.pop(_DEAD_LETTERS, 0)
    waiting = sum(counts.values())
    yield f"{waiting} in the outbox", "yellow" if waiting else "green"
    yield f"{dead} dead letters", "bold red" if dead else "green"


def _keys(surveyed: Surveyed) -> tuple[str, str]:
    ring = surveyed.evidence.ring
    if ring is None:
        return "key ring unknown", "red"
    others = sorted(set(ring.keys) - {ring.sign})
    also = f" ({', '.join(others)} accepted)" if others else ""
    return f"{ring.sign} signs{also}", ""


def _alarms(surveyed: Surveyed) -> tuple[str, str]:
    if surveyed.alarms is None:
        return "alarms unknown", "red"
    names = ", ".join(alarm.name.removesuffix("Alarm") for alarm in surveyed.alarms)
    return (f"alarms ring: {names}", "bold red") if names else ("no alarm rings", "green")


# --- all stores ---------------------------------------------------------------------------------


def shown_rows(rows: Sequence[Row], *, everything: bool) -> Sequence[Row]:
    """All where they fit one screen, else those with problems, as far as they fit."""
    if everything or len(rows) <= _ROWS:
        return rows
    return [row for row in rows if row.problem][:_ROWS]


def overview(rows: Sequence[Row], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name, width in (("store", _STORE), ("label", _LABEL)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=width)
    table.add_column("last", no_wrap=True, justify="right")
    table.add_column("topic", no_wrap=True, overflow="ellipsis", max_width=_TOPIC)
    table.add_column("key", no_wrap=True, overflow="ellipsis", max_width=_KEY)
    table.add_column("open", no_wrap=True, justify="right")
    table.add_column("remarks")
    for row in rows:
        table.add_row(*_cells(row, now))
    return table


def _cells(row: Row, now: datetime) -> Iterator[Text]:
    facts, newest = row.facts, row.facts.newest
    untold = facts.seen is None
    yield Text(str(facts.store), "bold" if row.problem else "")
    yield Text(plain(facts.label), "dim")
    yield Text("?" if untold else ago(newest.received_at, now) if newest else "-")
    yield Text(plain((newest.topic or "-") if newest else "-"))
    yield _key_cell(facts)
    yield _count_cell(facts.quarantined)
    yield _remarks_cell(row.remarks)


def _key_cell(facts: StoreFacts) -> Text:
    """The keys of its last callbacks, with a mark on what does not sign any more."""
    cell = Text()
    for number, key in enumerate(facts.keys_in_use):
        older = key in facts.older_keys
        cell.append("," if number else "").append(f"{key}{'*' if older else ''}")
    cell.stylize("yellow" if facts.older_keys else "")
    return cell if facts.keys_in_use else Text("-")


def _count_cell(count: int | None) -> Text:
    return Text("?" if count is None else str(count), "yellow" if count else "dim")


def _remarks_cell(found: Sequence[Remark]) -> Text:
    cell = Text()
    for number, remark in enumerate(found):
        cell.append(", " if number else "")
        cell.append(plain(remark.short), "red" if remark.problem else "dim")
    return cell


def summary(rows: Sequence[Row], shown: Sequence[Row], now: datetime) -> Iterator[str]:
    """What there is to add to the table: what it leaves out, and what its marks mean."""
    problems = sum(row.problem for row in rows)
    if left := problems - sum(row.problem for row in shown):
        yield f"And {left} more with problems: --all shows them, --label CLIENT those of one."
    if quiet := [row.facts for row in rows if not row.problem and row not in shown]:
        newest = max((f.newest.received_at for f in quiet if f.newest), default=None)
        last = f"; the last callback of them came {ago(newest, now)} ago" if newest else ""
        noted = _noted(row for row in rows if not row.problem and row not in shown)
        yield f"{len(quiet)} stores without problems{noted}{last}. --all shows them."
    if any(row.facts.older_keys for row in shown):
        yield "* A key that does not sign any more: `keys status` says what has to change where."


def subscription_lines(rows: Sequence[Row], command: Callable[[str], str]) -> Iterator[str]:
    """A line for each store whose subscriptions somebody has to look at."""
    found = [
        f"{row.facts.store}: {one.short}. {command(one.command)}"
        for row in rows
        for one in row.remarks
        if one.kind is Kind.SUBSCRIPTIONS and one.command
    ]
    yield from found[:_NAMED]
    if len(found) > _NAMED:
        yield f"And {len(found) - _NAMED} more: {command('subscriptions status')}"


def _noted(rows: Iterable[Row]) -> str:
    """What is remarked of stores that are left out, and of how many: it may be a problem yet."""
    counts = Counter(remark.kind for row in rows for remark in row.remarks)
    told = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    return f" ({told})" if told else ""


# --- one store ----------------------------------------------------------------------------------


def store_lines(row: Row, now: datetime) -> Iterator[Text]:
    """What is known of one store."""
    facts = row.facts
    about = [("store", f"{facts.store}  {facts.label}".rstrip()), ("configuration", _about(facts))]
    about.append(("keys", _about_keys(facts)))
    if facts.quarantined is not None:
        about.append(("quarantined", str(facts.quarantined)))
    if facts.record is not None and facts.record.listed_at is not None:
        about.append(("subscriptions", f"looked at {ago(facts.record.listed_at, now)} ago"))
    about += [
        ("account", _named(one.account, one.received_at, now)) for one in facts.accounts_in_order
    ]
    for label, fact in about:
        yield Text.assemble((f"{label:<14}", "dim"), plain(fact))


def _named(name: str, moment: datetime, now: datetime) -> str:
    return f"{name}, last {to_the_minute(moment)} UTC ({ago(moment, now)} ago)"


def _about(facts: StoreFacts) -> str:
    configuration = facts.configuration
    if configuration is None:
        return facts.standing.value
    silence = configuration.silence_hours
    return ", ".join(
        (
            configuration.environment,
            f"policy {configuration.policy}",
            f"may be silent for {silence} h" if silence else "nobody is told of its silence",
            f"added {configuration.added_at[:10]}",
        )
    )


def _about_keys(facts: StoreFacts) -> str:
    if facts.keys is None:
        return "unknown"
    state = "unreadable" if facts.malformed else "disabled" if facts.keys.disabled else "enabled"
    return f"generation {facts.keys.generation}, {state}, {facts.sign} signs"


def topics_table(facts: StoreFacts, now: datetime) -> Table:
    """Per topic and key the last callback; what is expected and has not come, too."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("topic", "key", "last callback UTC", "ago"):
        table.add_column(name, no_wrap=True)
    seen = facts.seen or ()
    for one in sorted(seen, key=lambda one: (one.topic or "", one.key_id or "")):
        table.add_row(*_topic_cells(one, facts, now))
    heard = {one.topic for one in seen}
    for topic in facts.configuration.expected_topics if facts.configuration else ():
        if topic not in heard and facts.seen is not None:
            table.add_row(topic, "-", Text("expected, has not come", "yellow"), "")
    return table


def _topic_cells(one: Seen, facts: StoreFacts, now: datetime) -> Iterator[Text]:
    older = facts.sign and one.key_id and one.key_id != facts.sign
    yield Text(plain(one.topic or "-"))
    yield Text(f"{one.key_id or '-'}{' older' if older else ''}", "yellow" if older else "")
    yield Text(to_the_minute(one.received_at))
    yield Text(ago(one.received_at, now), "dim")


def advice(found: Sequence[Remark], command: Callable[[str], str]) -> Iterator[RenderableType]:
    """What to do about each remark; `command` makes a call of it that can be typed."""
    for one in found:
        yield Text(one.kind.value, "bold red" if one.problem else "bold")
        yield Padding(Text(f"{plain(one.detail)} {one.do}"), (0, 0, 0, 2))
        if one.command:
            yield Padding(Text(command(one.command), "cyan"), (0, 0, 0, 2))
