"""The state table in memory: it keeps to the same conditions, and two threads cannot both win."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from threading import Lock
from typing import Any

import boto3

from commerce_hooks.aws import Patience
from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonValue
from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.state.table import Row
from template.reading import as_written


@dataclass
class FakeStateTable:
    """Rows by kind and id. `before_call` hears of each call, and may raise what the table would.

    Args:
        writes: Kind and id of each write that took effect, in their order.
        expiring: When rows may go by themselves.
    """

    before_call: Callable[[str], None] = lambda _: None
    writes: list[tuple[str, str]] = field(default_factory=list)
    expiring: dict[tuple[str, str], datetime | None] = field(default_factory=dict)
    _rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    _moments: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _numbers: Iterator[int] = field(default_factory=count)

    def read(self, kind: str, id_: str) -> Row:
        self.before_call("read")
        with self._lock:
            return self._rows.get((kind, id_), Row(kind, id_))

    def rows(self, kind: str, prefix: str = "") -> Iterator[Row]:
        self.before_call("rows")
        with self._lock:
            found = [
                row for (k, id_), row in self._rows.items() if k == kind and id_.startswith(prefix)
            ]
        return iter(sorted(found, key=lambda row: row.id))

    def write(
        self, row: Row, data: Mapping[str, JsonValue], expires_at: datetime | None = None
    ) -> Row | None:
        self.before_call("write")
        key = row.kind, row.id
        with self._lock:
            if self._rows.get(key, Row(*key)).version != row.version:
                return None
            return self._put(row.kind, row.id, data, expires_at)

    def write_newest(
        self,
        kind: str,
        id_: str,
        data: Mapping[str, JsonValue],
        moment: datetime,
        expires_at: datetime | None = None,
    ) -> bool:
        self.before_call("write_newest")
        when = iso_utc(moment)
        with self._lock:
            if self._moments.get((kind, id_), "") >= when:
                return False
            self._moments[kind, id_] = when
            self._put(kind, id_, data, expires_at)
        return True

    def remove(self, row: Row) -> bool:
        self.before_call("remove")
        key = row.kind, row.id
        with self._lock:
            if self._rows.get(key, row).version != row.version:
                return False
            self._rows.pop(key, None)
        return True

    def _put(
        self, kind: str, id_: str, data: Mapping[str, JsonValue], expires_at: datetime | None
    ) -> Row:
        key = kind, id_
        self._rows[key] = Row(kind, id_, dict(data), f"version-{next(self._numbers)}")
        self.expiring[key] = expires_at
        self.writes.append(key)
        return self._rows[key]


def failing(_: str) -> None:
    """As `before_call`: the table cannot be reached."""
    raise UnavailableError("table", "Timeout")


def create_state_table(name: str = "state", *, encrypted: bool = False) -> None:
    """The table on moto, with the template's keys.

    Encrypted only where that is looked at: moto makes a key for it, which takes a while, even if
    it is told not to encrypt.
    """
    properties = as_written().properties("StateTable")
    encryption: Any = {"SSESpecification": {"Enabled": True}} if encrypted else {}
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode=properties["BillingMode"],
        AttributeDefinitions=properties["AttributeDefinitions"],
        KeySchema=properties["KeySchema"],
        **encryption,
    )


def dynamo_table(**changed: Any) -> DynamoStateTable:
    """The adapter on it, with time that stands still."""
    numbers = count()
    known: dict[str, Any] = {
        "name": "state",
        "make_client": partial(boto3.client, "dynamodb"),
        "patience": Patience(lambda: 0.0, lambda _: None),
        "new_version": lambda: f"version-{next(numbers)}",
    }
    return DynamoStateTable(**{**known, **changed})
