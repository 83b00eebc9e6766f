"""What the last round found and did, by store: rows for people and for alarms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.state.readable import optional_moment_in, readable
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.planning import Action, Change

ROUNDS = "rounds"
"""The kind of row; its ids are stores."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record that is ours, or should be there, as it was left.

    Args:
        action: What the plan says of it: `keep` if it is as desired.
        slot: The topic in its URL; None where one is for all.
        id: The platform's.
        key_id: The key in its URL.
    """

    action: str
    reason: str
    slot: str | None
    id: str | None
    topics: tuple[str, ...]
    key_id: str | None
    base_url: str | None

    @classmethod
    def of(cls, change: Change) -> "Line":
        address = change.existing
        return cls(
            action=change.action.value,
            reason=change.reason.value,
            slot=change.slot,
            id=change.id,
            topics=tuple(sorted(change.topics)),
            key_id=(address.key_id or None) if address else None,
            base_url=address.base if address else None,
        )

    @property
    def is_right(self) -> bool:
        return self.action == Action.KEEP.value


@dataclass(frozen=True, slots=True)
class Record:
    """A store's last round.

    Args:
        account: The platform's identity of the shop, pinned when it was first told.
        outcome: Of the last round.
        cause: Why it failed, None if it did not.
        ran_at: When it began.
        listed_at: When the platform last told all its records.
        changed_at: When we last changed something there.
        wrong_since: Since when something is not as desired that we would put right.
        lines: Of the last listing.
        unreadable: There is a row, and it says nothing: not even whose shop this was.
        row: As it was read.
    """

    store: StoreId
    account: str | None = None
    outcome: str = ""
    cause: str | None = None
    ran_at: datetime | None = None
    listed_at: datetime | None = None
    changed_at: datetime | None = None
    wrong_since: datetime | None = None
    lines: tuple[Line, ...] = ()
    unreadable: bool = False
    row: Row = field(default=Row(ROUNDS, ""), repr=False, compare=False)


def record_of(table: StateTable, store: StoreId) -> Record:
    """A store's, an empty one if there is none, or none that can be read: see `unreadable`.

    Raises:
        UnavailableError: The table does not answer.
    """
    row = table.read(ROUNDS, str(store))
    found = list(readable([row], _record, lambda _: None)) if row.exists else []
    return found[0] if found else Record(store, unreadable=row.exists, row=row)


def all_records(table: StateTable, unreadable: Callable[[Row], None]) -> Iterator[Record]:
    """Of all stores; `unreadable` is told of each row that cannot be read.

    Raises:
        UnavailableError: They can't all be told.
    """
    return readable(table.rows(ROUNDS), _record, unreadable)


def keep_record(table: StateTable, record: Record) -> None:
    """Put it in the place of what was read. Who holds the store's lease writes alone.

    Raises:
        UnavailableError: It is not known to be kept.
    """
    table.write(record.row, _data(record))


def _data(record: Record) -> JsonObject:
    return {
        "account": record.account,
        "outcome": record.outcome,
        "cause": record.cause,
        "ran_at": _told(record.ran_at),
        "listed_at": _told(record.listed_at),
        "changed_at": _told(record.changed_at),
        "wrong_since": _told(record.wrong_since),
        "lines": [_line_data(line) for line in record.lines],
    }


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else iso_utc(moment)


def _line_data(line: Line) -> JsonValue:
    return {
        "action": line.action,
        "reason": line.reason,
        "slot": line.slot,
        "id": line.id,
        "topics": [*line.topics],
        "key_id": line.key_id,
        "base_url": line.base_url,
    }


def _record(row: Row) -> Record:
    data, lines = row.data, row.data["lines"]
    if not isinstance(lines, list):
        raise TypeError("lines are not a list")
    return Record(
        store=StoreId.parse(row.id),
        account=_optional(data["account"]),
        outcome=str(data["outcome"]),
        cause=_optional(data["cause"]),
        ran_at=optional_moment_in(row, "ran_at"),
        listed_at=optional_moment_in(row, "listed_at"),
        changed_at=optional_moment_in(row, "changed_at"),
        wrong_since=optional_moment_in(row, "wrong_since"),
        lines=tuple(map(_line, lines)),
        row=row,
    )


def _line(data: JsonValue) -> Line:
    if not isinstance(data, dict) or not isinstance(data["topics"], list):
        raise TypeError("not a line as we write it")
    return Line(
        action=str(data["action"]),
        reason=str(data["reason"]),
        slot=_optional(data["slot"]),
        id=_optional(data["id"]),
        topics=tuple(map(str, data["topics"])),
        key_id=_optional(data["key_id"]),
        base_url=_optional(data["base_url"]),
    )


def _optional(value: JsonValue) -> str | None:
    return None if value is None else str(value)
