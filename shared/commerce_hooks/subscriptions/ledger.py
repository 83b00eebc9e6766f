"""What we created at platforms: written down before it is asked for, so nothing is made twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.state.readable import moment_in
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.addresses import Address

LEDGER = "ledger"
"""The kind of row. Its ids are `<platform>/<store>#<local id>`."""


class LedgerError(CommerceHooksError):
    """The ledger cannot be read, or somebody else changed it: nothing may be created now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A subscription that we made or took over, or were about to make.

    Args:
        local_id: Ours.
        address: Of its callback URL as we left it. The URL is a secret and therefore not kept.
        topics: As we left them.
        subscription_id: The platform's; None while it is not known.
        answered: The platform said that it had created it.
        seen: It was listed as ours. Of one that never was, it is not known how the platform keeps
            its URL.
        row: As it was read.
    """

    store: StoreId
    local_id: str
    address: Address
    topics: frozenset[str]
    intended_at: datetime
    subscription_id: str | None = None
    answered: bool = False
    seen: bool = False
    row: Row = field(default=Row(LEDGER, ""), repr=False, compare=False)


class Ledger:
    """One store's entries.

    Its methods raise UnavailableError if the table does not answer, and LedgerError if an entry
    cannot be read, or somebody else changed it.
    """

    def __init__(
        self,
        table: StateTable,
        store: StoreId,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._table = table
        self._store = store
        self._now = now
        self._new_id = new_id

    def entries(self) -> tuple[Entry, ...]:
        """All of them, in the order in which they were intended."""
        found = _entries(self._table.rows(LEDGER, f"{self._store}#"))
        return tuple(sorted(found, key=lambda entry: (entry.intended_at, entry.local_id)))

    def intend(
        self, address: Address, topics: frozenset[str], subscription_id: str | None = None
    ) -> Entry:
        """Write down what is about to be created. Only then may the platform be asked to.

        With an id: what is there already, and is ours.
        """
        local_id = self._new_id()
        entry = Entry(
            store=self._store,
            local_id=local_id,
            address=address,
            topics=topics,
            intended_at=self._now(),
            subscription_id=subscription_id,
            answered=subscription_id is not None,
            seen=subscription_id is not None,
            row=Row(LEDGER, f"{self._store}#{local_id}"),
        )
        return self._written(entry)

    def confirm(self, entry: Entry, subscription_id: str | None) -> Entry:
        """The platform has created it; its id, if that is known."""
        return self._written(replace(entry, subscription_id=subscription_id, answered=True))

    def change(self, entry: Entry, address: Address, topics: frozenset[str]) -> Entry:
        """It is listed as ours, like this, and so we leave it."""
        return self._written(replace(entry, address=address, topics=topics, seen=True))

    def forget(self, entry: Entry) -> None:
        """It is gone from the platform, or never came to be."""
        if not self._table.remove(entry.row):
            raise LedgerError("somebody else changed this entry of the ledger")

    def _written(self, entry: Entry) -> Entry:
        written = self._table.write(entry.row, _data(entry))
        if written is None:
            raise LedgerError("somebody else changed this entry of the ledger")
        return replace(entry, row=written)


def _data(entry: Entry) -> JsonObject:
    address = entry.address
    return {
        "base": address.base,
        "slot": address.slot,
        "key_id": address.key_id,
        "generation": address.generation,
        "topics": [*sorted(entry.topics)],
        "intended_at": iso_utc(entry.intended_at),
        "subscription_id": entry.subscription_id,
        "answered": entry.answered,
        "seen": entry.seen,
    }


def _entries(rows: Iterator[Row]) -> Iterator[Entry]:
    for row in rows:
        try:
            yield _entry(row)
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise LedgerError("an entry of the ledger cannot be read") from error


def _entry(row: Row) -> Entry:
    store, _, local_id = row.id.partition("#")
    data, topics, generation = row.data, row.data["topics"], row.data["generation"]
    if not isinstance(topics, list) or not isinstance(generation, int):
        raise TypeError("not as we write it")
    return Entry(
        store=StoreId.parse(store),
        local_id=local_id,
        address=Address(
            str(data["base"]), _optional(data["slot"]), str(data["key_id"]), generation
        ),
        topics=frozenset(map(str, topics)),
        intended_at=moment_in(row, "intended_at"),
        subscription_id=_optional(data["subscription_id"]),
        answered=data["answered"] is True,
        seen=data["seen"] is True,
        row=row,
    )


def _optional(value: object) -> str | None:
    return None if value is None else str(value)
