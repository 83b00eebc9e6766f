"""What people see of `find`: a timeline per callback, and what can be done next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from commerce_hooks_cli.archives import in_words
from commerce_hooks_cli.callback_history import Fate
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.moments import ago

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from commerce_hooks_cli.callback_history import History

_STYLES = {
    Fate.ON_BUS: "green",
    Fate.REPLAYED: "green",
    Fate.IGNORED: "dim",
    Fate.DISCARDED: "dim",
    Fate.REFUSED: "bold red",
    Fate.DEAD: "bold red",
    Fate.EXPIRED: "bold red",
}
_EVENTS_SHOWN = 5
_A_MINUTE = timedelta(minutes=1)
_A_DAY = timedelta(days=1)
_NO_COMMAND = {
    Fate.EXPIRED: "Have the platform send it again: what was kept of it is deleted.",
    Fate.IGNORED: "The parameter PersonalTopics turns its topic on, for what comes from then on.",
    Fate.REFUSED: "Centry repeats for 48 hours what was not answered with 200; of Konimbo and iSET "
    "no repeat is documented. docs/runbook.md#unavailable-callbacks",
}


@dataclass(frozen=True)
class Next:
    """What can be done about a callback, and the call of this command that does it."""

    say: str
    command: str | None = None


def next_step(history: History, retention_days: int | None, now: datetime) -> Next:
    """What to do next. `retention_days` of its archive: 0 is for good, None is unknown."""
    id_ = history.callback_id
    match history.fate:
        case Fate.ON_BUS | Fate.REPLAYED:
            return _resend(history, retention_days, now)
        case Fate.WAITING | Fate.IN_WORK:
            return Next("It goes on by itself; this shows how much waits:", "outbox status")
        case Fate.DEAD:
            return Next("It needs you; this shows why:", "outbox status")
        case Fate.QUARANTINED:
            return Next("It is not an event yet; this shows why:", f"quarantine show {id_}")
        case Fate.DISCARDED:
            return Next("If it is wanted after all:", f"quarantine replay {id_} --force")
    return Next(_NO_COMMAND[history.fate])


def _resend(history: History, retention_days: int | None, now: datetime) -> Next:
    if not history.event_ids and not history.queued:
        return Next("It was answered before; the events are those of the first call.")
    kept_until = history.came_at + timedelta(days=retention_days or 0)
    if retention_days and kept_until < now:
        return Next(f"The archive had its events until {in_words(kept_until)} UTC: they are gone.")
    until = f" until {in_words(kept_until)} UTC" if retention_days else ""
    options = " --requests" if history.is_request else ""
    if now - history.came_at > _A_DAY - _A_MINUTE:
        begin, end = (history.came_at + span for span in (-_A_MINUTE, _A_MINUTE))
        options += f" --from {_typed(begin)} --to {_typed(end)}"
    return Next(f"It can be sent again{until}:", f"resend {history.callback_id}{options}")


def _typed(moment: datetime) -> str:
    return in_words(moment).replace(" ", "T")


def history_lines(
    history: History, after: Next, now: datetime, command: Callable[[str], str]
) -> Iterator[Text]:
    """One callback: what it is, what happened when, where it is now, and what to do."""
    topic = f" {history.topic}" if history.topic else ""
    resource = f"  {history.resource}" if history.resource else ""
    about = f"{history.platform}/{history.store}{topic}{resource}"
    yield Text.assemble((plain(about), "bold"), f"  {ago(history.came_at, now)} ago")
    style = _STYLES.get(history.fate, "yellow")
    yield Text.assemble("  ", (history.fate.value, style), f"  {history.callback_id or ''}")
    for step in history.steps:
        yield Text.assemble(("  " + in_words(step.at), "dim"), f"  {plain(step.what)}")
    yield from _event_lines(history)
    yield Text(f"  {after.say}")
    if after.command:
        yield Text(f"  {command(after.command)}", "cyan")


def _event_lines(history: History) -> Iterator[Text]:
    for id_ in history.event_ids[:_EVENTS_SHOWN]:
        yield Text.assemble(("  event  ", "dim"), plain(id_))
    more = len(history.event_ids) - _EVENTS_SHOWN
    if more > 0:
        yield Text(f"  and {more} more events", "dim")
