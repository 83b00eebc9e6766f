"""What is known of keys beside the ring, in the state table: their times, and operators' word.

The ring itself stays as short as it is. Losing this loses no URL: what is not known here counts
as unsafe, and is noted anew from then on.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from commerce_hooks.callback import iso_utc
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks.decoding import JsonValue
    from commerce_hooks.state.table import StateTable

KEYS, CONFIRMATIONS = "keys", "confirmations"
"""The kinds of row, written by `write` alone."""
_TRIES = 5
Moment = Literal["accepted_at", "signs_at", "retired_at", "imported_at"]


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """When a key was accepted first, began to sign, was retired; None is unknown, or never.

    Args:
        imported_at: When it was taken from another deployment, where it may have signed.
    """

    accepted_at: datetime | None = None
    signs_at: datetime | None = None
    retired_at: datetime | None = None
    imported_at: datetime | None = None


NOTHING_KNOWN = KeyTimes()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An operator's word: since then a shop calls URLs of this key and no others."""

    store: StoreId
    key_id: str
    confirmed_at: datetime


class KeyRecords:
    """The rows. All methods raise UnavailableError if the table can't be reached."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    def times(self) -> dict[str, KeyTimes]:
        """Of every key that ever was, by its id."""
        return {row.id: _times(row) for row in self._table.rows(KEYS)}

    def claim(self, key_id: str) -> bool:
        """Take an id for a new key; False if it was taken before."""
        return self._table.write(Row(KEYS, key_id), {}) is not None

    def note(self, key_id: str, news: Mapping[Moment, datetime | None]) -> None:
        """Note moments of a key; what is known beside them stays."""
        told: dict[str, JsonValue] = {}
        for name, at in news.items():
            told[name] = None if at is None else iso_utc(at)
        self._write(KEYS, key_id, told)

    def confirmations(self) -> dict[StoreId, Confirmation]:
        """The last word on each store. A row that can't be read is none."""
        found = map(_confirmation, self._table.rows(CONFIRMATIONS))
        return {one.store: one for one in found if one is not None}

    def confirm(self, word: Confirmation) -> None:
        told = {"key_id": word.key_id, "confirmed_at": iso_utc(word.confirmed_at)}
        self._write(CONFIRMATIONS, str(word.store), told)

    def _write(self, kind: str, id_: str, news: Mapping[str, JsonValue]) -> None:
        for _ in range(_TRIES):
            row = self._table.read(kind, id_)
            if self._table.write(row, {**row.data, **news}) is not None:
                return
        raise CommandError("Somebody else keeps changing the same records.", "Try again.")


def _times(row: Row) -> KeyTimes:
    return KeyTimes(
        _moment(row.data.get("accepted_at")),
        _moment(row.data.get("signs_at")),
        _moment(row.data.get("retired_at")),
        _moment(row.data.get("imported_at")),
    )


def _confirmation(row: Row) -> Confirmation | None:
    key_id, confirmed_at = row.data.get("key_id"), _moment(row.data.get("confirmed_at"))
    with suppress(ValueError):
        store = StoreId.parse(row.id)
        if isinstance(key_id, str) and confirmed_at is not None:
            return Confirmation(store, key_id, confirmed_at)
    return None


def _moment(value: JsonValue | None) -> datetime | None:
    """None too if it is malformed or says no offset: then it can't be told when that was."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo is not None else None
    return None
