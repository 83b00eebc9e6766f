"""A bus's archives and rules, what of an archive is replayed, and how far a replay has come."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.moments import moment

LATE = timedelta(minutes=10)
"""So long an event may take into the archive (EventBridge user guide, "Archiving events")."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Archive:
    """An archive; `retention_days` is 0 where it keeps events for good."""

    arn: str
    retention_days: int
    created_at: datetime

    @property
    def name(self) -> str:
        return self.arn.partition("/")[2]


@dataclass(frozen=True)
class Rule:
    """A rule of the bus. A managed one belongs to a service of AWS, such as an archive."""

    name: str
    arn: str
    enabled: bool = True
    managed: bool = False


@dataclass(frozen=True)
class Window:
    """From a moment until before another, in whole seconds: EventBridge knows no others."""

    begin: datetime
    end: datetime

    @classmethod
    def parse(cls, begin: str, end: str, now: datetime) -> Self:
        """The window between two moments as people type them.

        Raises:
            BadUsageError: They are none, or there is nothing between them yet.
        """
        now = _whole(now)
        first, last = _whole(moment(begin, now)), moment(end, now)
        if last > now:
            raise BadUsageError("--to lies in the future.", "`--to 0m` means now.")
        last = _whole(last + _SECOND - timedelta.resolution)
        if first >= last:
            hint = "Exchange them." if first > last else "Leave a second or more between them."
            raise BadUsageError("--from is not before --to.", hint)
        return cls(first, last)

    @classmethod
    def around(cls, moment: datetime, span: timedelta, now: datetime) -> Self:
        """So much before and after, but nothing that is still to come."""
        return cls(_whole(moment - span), min(_whole(moment + span), _whole(now)))

    def check(self, archive: Archive, now: datetime) -> None:
        """Refuse what the archive can't have, at least in part.

        Raises:
            BadUsageError: It doesn't keep events for so long.
            CommandError: It was not there yet.
        """
        days = archive.retention_days
        since = _whole(now - timedelta(days=days))
        if days and self.begin < since:
            raise BadUsageError(
                f"The archive keeps events for {days} days: "
                f"it has nothing from before {in_words(since)} UTC.",
                f"Begin with --from {days}d or later.",
            )
        if self.end <= archive.created_at:
            raise CommandError(
                f"The archive {archive.name} was made at {in_words(archive.created_at)} UTC: "
                "it has nothing from before.",
            )

    def part(self, reached: datetime) -> float:
        """How much of it lies before a moment, from 0 to 1."""
        part: float = (reached - self.begin) / (self.end - self.begin)
        return min(1.0, max(0.0, part))


@dataclass(frozen=True)
class ReplayOrder:
    """A replay to be started; for all rules of the bus where none is named."""

    name: str
    archive_arn: str
    bus_arn: str
    window: Window
    verb: str
    rule_arns: tuple[str, ...] = ()


class ReplayState(StrEnum):
    """As EventBridge calls it (Replay, API reference)."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"

    @property
    def final(self) -> bool:
        return self in {ReplayState.COMPLETED, ReplayState.CANCELLED, ReplayState.FAILED}


@dataclass(frozen=True)
class Progress:
    """How far a replay has come: `reached` is the time of the last event that went out."""

    state: ReplayState
    reached: datetime | None = None
    reason: str = ""


def replay_name(verb: str, now: datetime) -> str:
    """A new name, which tells consumers what it was and when. AWS remembers names for 90 days."""
    return f"commerce-hooks-{verb}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def in_words(moment: datetime) -> str:
    """To the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
