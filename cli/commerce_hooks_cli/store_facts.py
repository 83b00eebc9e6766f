"""What is known of a store, from wherever it comes; what could not be told is None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from commerce_hooks.keyring import CallbackTarget, StoreKeys
from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks.state.seen import AccountSeen, Seen

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks.subscriptions.records import Record

_Noted = TypeVar("_Noted", Seen, AccountSeen)
ACCOUNTS_WITHIN = timedelta(days=14)
"""Two identities of a shop within so long are two shops; a shop may well have moved before."""


class Standing(StrEnum):
    """What SSM says of a store."""

    CONFIGURED = "configured"
    UNREADABLE = "unreadable"
    ABSENT = "not configured"
    UNTOLD = "unknown"


@dataclass(frozen=True)
class StoreFacts:
    """One store.

    Args:
        malformed: The key ring's entry for it cannot be read, so nothing of it is taken.
        sign: The key that signs now.
        seen: The newest event of each topic and key.
        quarantined: How many of its callbacks wait in quarantine.
        record: What the last look at its subscriptions found; None if nobody looked.
    """

    store: StoreId
    standing: Standing = Standing.UNTOLD
    configuration: StoreConfiguration | None = None
    keys: StoreKeys | None = None
    malformed: bool = False
    sign: str | None = None
    seen: tuple[Seen, ...] | None = None
    accounts: tuple[AccountSeen, ...] | None = None
    quarantined: int | None = None
    record: Record | None = None

    @property
    def label(self) -> str:
        return self.configuration.label if self.configuration else ""

    @property
    def newest(self) -> Seen | None:
        """The last event of all."""
        return max(self.seen or (), key=lambda one: one.received_at, default=None)

    @property
    def newest_by_topic(self) -> dict[str | None, Seen]:
        """The last event of each topic."""
        found: dict[str | None, Seen] = {}
        for one in sorted(self.seen or (), key=lambda one: one.received_at):
            found[one.topic] = one
        return found

    @property
    def keys_in_use(self) -> tuple[str, ...]:
        """Those that the last callback of each topic was proved with, the newest first."""
        newest = sorted(self.newest_by_topic.values(), key=lambda one: one.received_at)
        return tuple(dict.fromkeys(one.key_id for one in reversed(newest) if one.key_id))

    @property
    def older_keys(self) -> tuple[str, ...]:
        """Those in use that do not sign any more."""
        return tuple(key for key in self.keys_in_use if self.sign and key != self.sign)

    @property
    def accounts_in_order(self) -> list[AccountSeen]:
        """The identities that its shop gave, the last first."""
        return sorted(self.accounts or (), key=lambda one: one.received_at, reverse=True)

    def lately(self, now: datetime) -> list[AccountSeen]:
        """Those that it gave lately."""
        return [one for one in self.accounts_in_order if now - one.received_at <= ACCOUNTS_WITHIN]


@dataclass(frozen=True)
class Evidence:
    """What the sources told; None where one did not."""

    configurations: Mapping[StoreId, StoreConfiguration | None] | None = None
    ring: KeyRing | None = None
    seen: Sequence[Seen] | None = None
    accounts: Sequence[AccountSeen] | None = None
    quarantined: Counter[StoreId] | None = None
    records: Sequence[Record] | None = None

    @property
    def stores(self) -> list[StoreId]:
        """All stores that anything is known of, but the one that no shop has."""
        named = {one.store for one in self.seen or ()} | {one.store for one in self.accounts or ()}
        named |= {*(self.configurations or ()), *(self.quarantined or ())}
        return sorted(store for store in named if store.name != SYNTHETIC_STORE)

    def all(self) -> list[StoreFacts]:
        """The facts of all stores, sorted."""
        seen, accounts = _by_store(self.seen), _by_store(self.accounts)
        return [self._of(store, seen, accounts) for store in self.stores]

    def of(self, store: StoreId) -> StoreFacts:
        """The facts of one."""
        return self._of(store, _by_store(self.seen), _by_store(self.accounts))

    def _of(
        self,
        store: StoreId,
        seen: Mapping[StoreId, tuple[Seen, ...]] | None,
        accounts: Mapping[StoreId, tuple[AccountSeen, ...]] | None,
    ) -> StoreFacts:
        ring = self.ring
        return StoreFacts(
            store,
            standing=self._standing(store),
            configuration=(self.configurations or {}).get(store),
            keys=ring.store(CallbackTarget(*store)) if ring else None,
            malformed=bool(ring and str(store) in ring.malformed),
            sign=ring.sign if ring else None,
            seen=None if seen is None else seen.get(store, ()),
            accounts=None if accounts is None else accounts.get(store, ()),
            quarantined=None if self.quarantined is None else self.quarantined[store],
            record=next((one for one in self.records or () if one.store == store), None),
        )

    def _standing(self, store: StoreId) -> Standing:
        if self.configurations is None:
            return Standing.UNTOLD
        if store not in self.configurations:
            return Standing.ABSENT
        return Standing.CONFIGURED if self.configurations[store] else Standing.UNREADABLE


def _by_store(found: Iterable[_Noted] | None) -> Mapping[StoreId, tuple[_Noted, ...]] | None:
    if found is None:
        return None
    by_store: dict[StoreId, list[_Noted]] = {}
    for one in found:
        by_store.setdefault(one.store, []).append(one)
    return {store: tuple(ones) for store, ones in by_store.items()}
