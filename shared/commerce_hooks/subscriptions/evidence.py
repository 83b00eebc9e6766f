"""What the ledger knows of our records that the platform does not list.

A listing may hide what is inactive, and may lack what was created a moment ago. So a record of
the ledger is gone only if the platform, asked for it by its id, says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from commerce_hooks.http.errors import NotFoundError
from commerce_hooks.platform_access import StoreAccess, Subscription
from commerce_hooks.subscriptions.addresses import Addresses
from commerce_hooks.subscriptions.ledger import Entry
from commerce_hooks.subscriptions.planning import Evidence

PENDING_FOR = timedelta(minutes=10)
"""So long a record may still come to be that was asked for without an answer. A call takes
seconds; this is for clocks that differ, and for platforms that are slow to list."""


class Fate(Enum):
    """What became of an entry's record."""

    LISTED = auto()
    HIDDEN = auto()
    ELSEWHERE = auto()
    UNLISTED = auto()
    PENDING = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class Fates:
    """Of all entries of a store."""

    known: tuple[tuple[Entry, Fate], ...] = ()

    @property
    def gone(self) -> tuple[Entry, ...]:
        return self._of(Fate.GONE)

    def evidence(self) -> Evidence:
        """What a plan needs to know of them."""
        hidden = ((entry.address.slot, entry.subscription_id or "") for entry in self._hidden)
        return Evidence(
            hidden=tuple(hidden),
            elsewhere=tuple(
                (entry.address.slot, entry.subscription_id or "")
                for entry in self._of(Fate.ELSEWHERE)
            ),
            unlisted=self._slots(Fate.UNLISTED),
            pending=self._slots(Fate.PENDING),
        )

    @property
    def _hidden(self) -> tuple[Entry, ...]:
        return self._of(Fate.HIDDEN)

    def _slots(self, fate: Fate) -> frozenset[str | None]:
        return frozenset(entry.address.slot for entry in self._of(fate))

    def _of(self, fate: Fate) -> tuple[Entry, ...]:
        return tuple(entry for entry, known in self.known if known is fate)


def fates(
    entries: Sequence[Entry],
    existing: Sequence[Subscription],
    access: StoreAccess,
    addresses: Addresses,
    now: datetime,
) -> Fates:
    """Look after each entry; the platform is asked only for those that it does not list.

    Raises:
        PlatformError: It did not say of one of them: then nothing may be created.
    """
    return _Search(entries, existing, access, addresses, now).fates(entries)


class _Search:
    def __init__(
        self,
        entries: Sequence[Entry],
        existing: Sequence[Subscription],
        access: StoreAccess,
        addresses: Addresses,
        now: datetime,
    ) -> None:
        self._access = access
        self._addresses = addresses
        self._now = now
        self._listed = {one.id: one for one in existing}
        known = {entry.subscription_id for entry in entries}
        self._new_slots = [
            address.slot
            for one in existing
            if (address := addresses.read(one.callback_url))
            and address.proved
            and one.id not in known
        ]
        """Of records of ours that no entry names: they may be those of entries without an id."""

    def fates(self, entries: Sequence[Entry]) -> Fates:
        return Fates(tuple((entry, self._fate(entry)) for entry in entries))

    def _fate(self, entry: Entry) -> Fate:
        if entry.subscription_id is not None:
            return self._fate_of(entry, entry.subscription_id)
        if entry.address.slot in self._new_slots:
            self._new_slots.remove(entry.address.slot)
            return Fate.LISTED
        if entry.answered:
            return Fate.UNLISTED
        return self._not_found(entry)

    def _fate_of(self, entry: Entry, id_: str) -> Fate:
        listed = self._listed.get(id_)
        try:
            found = listed or self._access.subscription(id_)
        except NotFoundError:
            return self._not_found(entry)
        if self._is_ours(found):
            return Fate.LISTED if listed else Fate.HIDDEN
        if self._addresses.proves_elsewhere(found.callback_url):
            return Fate.ELSEWHERE
        # Somebody made it theirs; or the platform keeps URLs in a way in which we can't read them.
        return Fate.GONE if entry.seen else Fate.UNLISTED

    def _not_found(self, entry: Entry) -> Fate:
        is_young = self._now - entry.intended_at < PENDING_FOR
        return Fate.PENDING if is_young and not entry.seen else Fate.GONE

    def _is_ours(self, one: Subscription) -> bool:
        address = self._addresses.read(one.callback_url)
        return address is not None and address.proved
