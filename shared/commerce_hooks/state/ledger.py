"""What we created at platforms: written down before it is asked for, so nothing is made twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId

LEDGER = "ledger"
"""The kind of row. Its ids are `<platform>/<store>#<local id>`."""


class LedgerError(CommerceHooksError):
    """The ledger cannot be read, or somebody else changed it: nothing may be created now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A subscription that we made, or were about to.

    Args:
        local_id: Ours.
        host: Of its callback URL, which is a secret and therefore not kept.
        url_hash: Finds that URL among a platform's records, see `hash_of`.
        key_id: The key of the key ring that made the URL.
        subscription_id: The platform's; None while it is not known to have been created.
        row: As it was read.
    """

    store: StoreId
    local_id: str
    host: str
    url_hash: str
    key_id: str
    topics: frozenset[str]
    intended_at: datetime
    subscription_id: str | None = None
    row: Row = field(default=Row(LEDGER, ""), repr=False, compare=False)


class Ledger:
    """The ledger. Its methods raise UnavailableError if the table does not answer."""

    def __init__(
        self, table: StateTable, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._table = table
        self._now = now
        self._new_id = new_id

    def intend(
        self, store: StoreId, callback_url: str, key_id: str, topics: frozenset[str]
    ) -> Entry:
        """Write down what is about to be created. Only then may the platform be asked to."""
        local_id = self._new_id()
        entry = Entry(
            store=store,
            local_id=local_id,
            host=urlsplit(callback_url).netloc,
            url_hash=hash_of(callback_url),
            key_id=key_id,
            topics=topics,
            intended_at=self._now(),
            row=Row(LEDGER, f"{store}#{local_id}"),
        )
        return self._written(entry)

    def confirm(self, entry: Entry, subscription_id: str) -> Entry:
        """The platform has created it.

        Raises:
            LedgerError: Somebody else changed the entry.
        """
        return self._written(replace(entry, subscription_id=subscription_id))

    def forget(self, entry: Entry) -> None:
        """It is gone from the platform, or never came to be.

        Raises:
            LedgerError: Somebody else changed the entry.
        """
        if not self._table.remove(entry.row):
            raise LedgerError("somebody else changed this entry of the ledger")

    def entries(self, store: StoreId) -> tuple[Entry, ...]:
        """All of a store.

        Raises:
            LedgerError: One of them cannot be read.
        """
        return tuple(_entries(self._table.rows(LEDGER, f"{store}#")))

    def _written(self, entry: Entry) -> Entry:
        written = self._table.write(entry.row, _data(entry))
        if written is None:
            raise LedgerError("somebody else changed this entry of the ledger")
        return replace(entry, row=written)


def hash_of(callback_url: str) -> str:
    """The same of the same URL; it tells nothing of the token in it, which is a MAC."""
    return sha256(callback_url.encode()).hexdigest()


def _data(entry: Entry) -> JsonObject:
    return {
        "host": entry.host,
        "url_hash": entry.url_hash,
        "key_id": entry.key_id,
        "topics": [*sorted(entry.topics)],
        "intended_at": iso_utc(entry.intended_at),
        "subscription_id": entry.subscription_id,
    }


def _entries(rows: Iterator[Row]) -> Iterator[Entry]:
    for row in rows:
        try:
            yield _entry(row)
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerError("an entry of the ledger cannot be read") from error


def _entry(row: Row) -> Entry:
    store, _, local_id = row.id.partition("#")
    data, topics, subscription_id = row.data, row.data["topics"], row.data["subscription_id"]
    if not isinstance(topics, list):
        raise TypeError("topics are not a list")
    return Entry(
        store=StoreId.parse(store),
        local_id=local_id,
        host=str(data["host"]),
        url_hash=str(data["url_hash"]),
        key_id=str(data["key_id"]),
        topics=frozenset(map(str, topics)),
        intended_at=datetime.fromisoformat(str(data["intended_at"])),
        subscription_id=None if subscription_id is None else str(subscription_id),
        row=row,
    )
