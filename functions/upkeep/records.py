"""Which objects of the payload bucket are open: kept for somebody who has not come yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from commerce_hooks.listing import Listed
from commerce_hooks.outbox import OUTBOX_PREFIX
from commerce_hooks.parking import BULK_PREFIX, QUARANTINE_PREFIX, SENSITIVE_PREFIX

SOON = timedelta(days=2)
"""An open record that expires within this is told of: two daily gauges see it before it goes."""


class Sign(Enum):
    """How a prefix tells open records from others."""

    TAG = auto()
    """One tagged `state=done` was replayed or discarded."""
    MARKER = auto()
    """A bulk's body that has a `.done` beside it is published."""
    PRESENCE = auto()
    """What is delivered is deleted."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A folder of the payload bucket.

    Args:
        expires_after_days: After so many a lifecycle rule deletes what is in it, open or not;
            None where no rule deletes what is open.
    """

    name: str
    sign: Sign
    expires_after_days: int | None = None

    @property
    def folder(self) -> str:
        return f"{self.name}/"


def watched(sensitive_days: int) -> tuple[Prefix, ...]:
    """All prefixes that hold open records; first those of which a listing tells all."""
    return (
        Prefix(OUTBOX_PREFIX, Sign.PRESENCE),
        Prefix(BULK_PREFIX, Sign.MARKER, sensitive_days),
        Prefix(SENSITIVE_PREFIX, Sign.TAG, sensitive_days),
        Prefix(QUARANTINE_PREFIX, Sign.TAG),
    )


def expires_at(kept_at: datetime, days: int) -> datetime:
    """When a lifecycle rule of so many days deletes an object.

    S3 rounds up to midnight UTC (S3 user guide, "Lifecycle rules: Based on an object's age").
    """
    due = kept_at + timedelta(days=days)
    midnight = due.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == due else midnight + timedelta(days=1)


@dataclass(slots=True)
class Gauge:
    """What is open under a prefix at a moment.

    Args:
        open: So many records.
        at_least: Time ran out, so there may be more, and older ones.
    """

    prefix: Prefix
    moment: datetime
    open: int = 0
    at_least: bool = False
    _oldest: datetime | None = None
    _expiring: int = 0

    def add(self, record: Listed) -> None:
        self.open += 1
        self._oldest = min(record.kept_at, self._oldest or record.kept_at)
        days = self.prefix.expires_after_days
        if days is not None and expires_at(record.kept_at, days) - self.moment <= SOON:
            self._expiring += 1

    @property
    def oldest_seconds(self) -> float:
        """Age of the oldest; 0 where nothing is open."""
        age = self.moment - (self._oldest or self.moment)
        return max(age.total_seconds(), 0.0)

    @property
    def expiring(self) -> int | None:
        """So many a lifecycle rule will delete soon; None where no rule deletes what is open."""
        return None if self.prefix.expires_after_days is None else self._expiring
