"""What a replay is going to do: said before it starts, and for programs afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from commerce_hooks.callback import iso_utc
from commerce_hooks_cli.archives import LATE, ReplayOrder, in_words
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.errors import BadUsageError, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from commerce_hooks_cli.archives import Archive, Progress, Rule, Window
    from commerce_hooks_cli.deployment import Deployment

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class ReplayPlan:
    """What of which archives goes to which rules; `chosen` ones, or all that are enabled.

    Args:
        names: Those of the replays, one for each archive.
    """

    deployment: Deployment
    archives: Sequence[Archive]
    names: Sequence[str]
    window: Window
    rules: Sequence[Rule]
    chosen: bool
    requests: bool

    def orders(self) -> list[ReplayOrder]:
        bus = self.deployment.event_bus_arn
        rule_arns = tuple(rule.arn for rule in self.rules) if self.chosen else ()
        return [
            ReplayOrder(name, archive.arn, bus, self.window, "replay", rule_arns)
            for name, archive in zip(self.names, self.archives, strict=True)
        ]

    def may_miss(self, now: datetime) -> datetime | None:
        """From when on events may not be in the archive yet. The emulator's has them at once."""
        fresh = now - LATE
        return fresh if self.window.end > fresh and not self.deployment.local else None

    def table(self) -> Table:
        """What is about to happen, a line each."""
        window = self.window
        names = ", ".join(rule.name for rule in self.rules)
        which = (
            names if self.chosen else f"all of the bus {self.deployment.event_bus_name}: {names}"
        )
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        table.add_row("from", f"{in_words(window.begin)} UTC")
        length = in_units(window.end - window.begin)
        table.add_row("to", f"{in_words(window.end)} UTC, {length} later")
        table.add_row(
            "what", "all events, requests too" if self.requests else "events, no requests"
        )
        table.add_row("rules", plain(which))
        table.add_row("called", ", ".join(self.names))
        return table

    def question(self) -> str:
        whose = "of these rules " if self.chosen else ""
        again = f"Consumers {whose}will see these events again."
        asked = " What requests ask for, they will do again." if self.requests else ""
        return f"{again}{asked} Replay?"

    def as_json(self, standing: Mapping[str, Progress], now: datetime) -> dict[str, Any]:
        """What became of it; `standing` is how far each replay has come, by its name."""
        missing = self.may_miss(now)
        return {
            "from": iso_utc(self.window.begin),
            "to": iso_utc(self.window.end),
            "requests": self.requests,
            "rules": [rule.name for rule in self.rules],
            "may_miss_since": iso_utc(missing) if missing else None,
            "replays": [
                _replay_as_json(name, archive, standing[name])
                for name, archive in zip(self.names, self.archives, strict=True)
            ],
        }


def _replay_as_json(name: str, archive: Archive, progress: Progress) -> dict[str, Any]:
    return {
        "name": name,
        "archive": archive.name,
        "state": progress.state.value,
        "last_event_at": iso_utc(progress.reached) if progress.reached else None,
    }


def chosen_rules(bus: str, rules: Iterable[Rule], wanted: Sequence[str]) -> list[Rule]:
    """The rules with these names or ARNs; where none is wanted, all that let events through.

    Raises:
        BadUsageError: There is no such rule, or it is disabled.
        CommandError: Nobody would get anything.
    """
    known = [rule for rule in rules if not rule.managed]
    if wanted:
        return list(dict.fromkeys(_called(text, bus, known) for text in wanted))
    if enabled := [rule for rule in known if rule.enabled]:
        return enabled
    raise CommandError(
        f"The bus {bus} has no enabled rule: nobody would get what is replayed.",
        "Make a rule for whoever is to get it.",
    )


def in_units(span: timedelta) -> str:
    """A length of time in its two largest units, `2 hours 5 minutes`."""
    left, told = int(span.total_seconds()), []
    for name, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            told.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(told[:2]) or "less than a second"


def _called(text: str, bus: str, known: Sequence[Rule]) -> Rule:
    for rule in known:
        if text in {rule.name, rule.arn}:
            if rule.enabled:
                return rule
            raise BadUsageError(
                f"The rule {rule.name} is disabled: nothing would go through it.",
                "Enable it first.",
            )
    names = ", ".join(rule.name for rule in known) or "none"
    raise BadUsageError(f"The bus {bus} has no rule {text!r}.", f"Its rules: {names}.")
