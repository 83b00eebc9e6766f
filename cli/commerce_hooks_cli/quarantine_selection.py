"""Which records of the quarantine are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_hooks_cli.quarantine import Place, Record


@dataclass(frozen=True)
class Selection:
    """What is given has to be so.

    Args:
        since: Received then or later.
        until: Received before.
        done: Also those that were replayed or discarded.
    """

    platform: str | None = None
    store: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    done: bool = False

    @property
    def narrow(self) -> bool:
        """Whether it leaves out more than what is done."""
        return any((self.platform, self.store, self.reason, self.since, self.until))

    @property
    def folder(self) -> str:
        """Below a prefix of the bucket: where all its records lie, as far as it tells."""
        platform = f"{self.platform}/" if self.platform else ""
        return f"{platform}{self.store}/" if platform and self.store else platform

    def may_take(self, place: Place) -> bool:
        """Whether the key leaves it possible: what it tells costs no call of its own."""
        return (
            self.platform in {None, place.platform}
            and self.store in {None, place.store}
            and (self.since is None or _day(self.since) <= place.day)
            and (self.until is None or place.day <= _day(self.until))
        )

    def takes(self, record: Record) -> bool:
        return (
            self.reason in {None, record.reason}
            and (self.since is None or self.since <= record.received_at)
            and (self.until is None or record.received_at < self.until)
            and (self.done or not record.done)
        )


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
