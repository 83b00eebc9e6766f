"""What was seen last: of each store, topic and key the newest event, and the shop's identities."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.state.readable import moment_in, readable
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId

SEEN, ACCOUNTS = "seen", "accounts"
"""The kinds of row. Both are written by `write_newest` alone."""
KEPT_FOR = timedelta(days=400)
"""What has not been seen for so long is forgotten."""
ACCOUNT_KEPT_FOR = timedelta(days=30)
"""The same of an identity: it is any text of a body, so whoever has one URL can make many up."""
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest event of a store, topic and key.

    Args:
        topic: The platform's word, None if it was unusable.
        key_id: The key that proved it; None of an event from before that was noted.
        received_at: When its callback came in.
        account: The platform's own identity of the shop, where the body told it.
    """

    store: StoreId
    topic: str | None
    key_id: str | None
    received_at: datetime
    detail_type: str
    event_id: str
    account: str | None = None

    @property
    def id(self) -> str:
        """Of its row: the same for all events of this store, topic and key."""
        return f"{self.store}#{self.topic or _NONE}#{self.key_id or _NONE}"


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """An identity that bodies of a store gave of their shop, and when last."""

    store: StoreId
    account: str
    received_at: datetime

    @property
    def id(self) -> str:
        return f"{self.store}#{self.account}"


def note_seen(table: StateTable, seen: Seen) -> bool:
    """Keep it, if it is the newest; whether it is.

    Raises:
        UnavailableError: It is not known to be kept.
    """
    moment = seen.received_at
    return table.write_newest(SEEN, seen.id, _data(seen), moment, expires_at=moment + KEPT_FOR)


def note_account(table: StateTable, seen: AccountSeen) -> bool:
    """The same of an identity."""
    moment, data = seen.received_at, {"received_at": iso_utc(seen.received_at)}
    expires_at = moment + ACCOUNT_KEPT_FOR
    return table.write_newest(ACCOUNTS, seen.id, data, moment, expires_at=expires_at)


def _pass_over(_: Row) -> None:
    """For who needs not know which rows say nothing."""


def all_seen(
    table: StateTable,
    store: StoreId | None = None,
    unreadable: Callable[[Row], None] = _pass_over,
) -> Iterator[Seen]:
    """What was seen of one store, or of all, in the order of stores, topics and keys.

    `unreadable` is told of each row that cannot be read: by hand, or by a newer version.

    Raises:
        UnavailableError: It can't all be told.
    """
    return readable(table.rows(SEEN, _prefix(store)), _seen, unreadable)


def all_accounts(
    table: StateTable,
    store: StoreId | None = None,
    unreadable: Callable[[Row], None] = _pass_over,
) -> Iterator[AccountSeen]:
    """The same of identities."""
    return readable(table.rows(ACCOUNTS, _prefix(store)), _account, unreadable)


def _prefix(store: StoreId | None) -> str:
    return f"{store}#" if store else ""


def _data(seen: Seen) -> JsonObject:
    return {
        "received_at": iso_utc(seen.received_at),
        "detail_type": seen.detail_type,
        "event_id": seen.event_id,
        "account": seen.account,
    }


def _seen(row: Row) -> Seen:
    store, topic, key_id = row.id.split("#")
    return Seen(
        store=StoreId.parse(store),
        topic=None if topic == _NONE else topic,
        key_id=None if key_id == _NONE else key_id,
        received_at=moment_in(row, "received_at"),
        detail_type=str(row.data["detail_type"]),
        event_id=str(row.data["event_id"]),
        account=None if row.data["account"] is None else str(row.data["account"]),
    )


def _account(row: Row) -> AccountSeen:
    store, _, account = row.id.partition("#")
    return AccountSeen(StoreId.parse(store), account, moment_in(row, "received_at"))
