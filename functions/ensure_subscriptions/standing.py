"""How the stores stand, by what their last rounds found: the numbers that alarms watch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from commerce_hooks.receiving import KeyRingSource
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreConfiguration
from commerce_hooks.subscriptions.records import Record, all_records
from commerce_hooks.subscriptions.shops import policy_of
from ensure_subscriptions.dispatching import Configured

PERIOD = timedelta(hours=1)
"""The schedule's, as the template has it."""
LATE = 2 * PERIOD
"""One round may fail, and the next one may wait for others: that wakes nobody."""
_WE_MEND = frozenset({"upsert", "sync"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What an operator has to know.

    Args:
        unhealed: Of these something has been wrong for long, and we do not get it right.
        unverified: Of these it has not been seen for long what the platform has.
    """

    unhealed: tuple[Record, ...]
    unverified: tuple[Record, ...]


class Observer(Protocol):
    """Where an operator reads it."""

    def row_unreadable(self, row: Row) -> None: ...


@dataclass(frozen=True, slots=True)
class Standings:
    """Takes the numbers."""

    table: StateTable
    key_rings: KeyRingSource
    now: Callable[[], datetime]
    observer: Observer

    def take(self, configured: Configured) -> Standing:
        """How these stores stand; those that are off or disabled are not looked at.

        Raises:
            UnavailableError: It can't be told.
        """
        late = self.now() - LATE
        watched = list(self._watched(configured))
        return Standing(
            unhealed=tuple(one for one, known in watched if _is_unhealed(one, known, late)),
            unverified=tuple(one for one, known in watched if _is_unverified(one, known, late)),
        )

    def _watched(self, configured: Configured) -> Iterator[tuple[Record, "_Known"]]:
        ring = self.key_rings.current()
        records = {
            record.store: record for record in all_records(self.table, self.observer.row_unreadable)
        }
        for store, known in configured.items():
            if known is None or policy_of(ring, store, known) != "off":
                yield records.get(store, Record(store)), known


_Known = StoreConfiguration | None


def _is_unhealed(record: Record, known: _Known, late: datetime) -> bool:
    is_wrong = record.wrong_since is not None and record.wrong_since <= late
    return is_wrong and known is not None and known.policy in _WE_MEND


def _is_unverified(record: Record, known: _Known, late: datetime) -> bool:
    """A configuration that cannot be read does not say that its store is new."""
    is_new = known is not None and datetime.fromisoformat(known.added_at) > late
    return not is_new and (record.listed_at is None or record.listed_at <= late)
