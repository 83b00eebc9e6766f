"""Gathers what is known of a deployment's keys: the ring, the table, and the platforms' answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import KeyRing
from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks.state.seen import all_seen
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.console import plain
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.key_evidence import what_is_missing
from commerce_hooks_cli.key_records import KeyRecords
from commerce_hooks_cli.key_ring_changes import read_secret
from commerce_hooks_cli.key_rules import Facts
from commerce_hooks_cli.key_uses import Told, use_of
from commerce_hooks_cli.own_urls import UrlsInUse, urls_in_use
from commerce_hooks_cli.read_back import NotReadBackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from commerce_hooks.state.seen import Seen
    from commerce_hooks.state.table import Row
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_records import Confirmation
    from commerce_hooks_cli.read_back import ReadBack
    from commerce_hooks_cli.world import World

# Few, because stores of one client may share a platform's rate limit.
_ASKED_AT_ONCE = 4
_Answers = dict[StoreId, UrlsInUse | str]


def any_key_ring(deployment: Deployment) -> KeyRing:
    """The deployment's ring, malformed entries and all.

    Raises:
        CommandError: The secret holds none.
    """
    try:
        return KeyRing.parse(read_secret(deployment).text or "")
    except KeyRingInvalidError as error:
        raise CommandError(
            f"The key ring of {deployment.name} cannot be used: {error}.",
            "`keys import` brings back a ring from an export.",
        ) from error


@dataclass(frozen=True)
class Survey:
    """Where to look. UnavailableError is raised if table or stores can't be read."""

    deployment: Deployment
    world: World

    @property
    def records(self) -> KeyRecords:
        return KeyRecords(self.world.state_table(self.deployment))

    def facts(self, on_step: Callable[[str], None] = lambda _: None) -> Facts:
        """Everything, with the platforms asked."""
        ring, records = any_key_ring(self.deployment), self.records
        odd: list[Row] = []
        seen, confirmations = self.seen(odd.append), records.confirmations()
        configured = set(self._configured())
        answers = self._ask(ring, sorted(configured), on_step)
        known = sorted({*configured, *seen, *confirmations, *_in_ring(ring)})
        now = self.world.clock.now()
        return Facts(
            now=now,
            missing=_unread(odd) or what_is_missing(self.deployment, now),
            ring=ring,
            times=records.times(),
            uses=[
                use_of(_told(store, ring, answers, confirmations, seen))
                for store in known
                # Our own callbacks always come with the key that signs.
                if store.name != SYNTHETIC_STORE
            ],
        )

    def known_stores(self, ring: KeyRing) -> set[StoreId]:
        """All that are configured, in the ring, or were seen; without asking any platform."""
        return {*self._configured(), *self.seen(), *_in_ring(ring)}

    def seen(self, unreadable: Callable[[Row], None] = lambda _: None) -> dict[StoreId, list[Seen]]:
        """What came last of each store; `unreadable` is told of rows that say nothing."""
        found: dict[StoreId, list[Seen]] = {}
        for one in all_seen(self.world.state_table(self.deployment), unreadable=unreadable):
            found.setdefault(one.store, []).append(one)
        return found

    def asked(self, ring: KeyRing, store: StoreId) -> UrlsInUse | str | None:
        """What the store's platform tells, or why it doesn't; None if it can't be asked."""
        return read(self.world.read_back, self.deployment, ring, store)

    def _configured(self) -> Iterable[StoreId]:
        return self.world.stores(self.deployment).all()

    def _ask(
        self, ring: KeyRing, stores: Iterable[StoreId], on_step: Callable[[str], None]
    ) -> _Answers:
        on_step("Asking the platforms ...")
        asked = list(stores)
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as at_once:
            answers = at_once.map(lambda store: self.asked(ring, store), asked)
            told = dict(zip(asked, answers, strict=True))
        return {store: answer for store, answer in told.items() if answer is not None}


def read(
    read_back: ReadBack, deployment: Deployment, ring: KeyRing, store: StoreId
) -> UrlsInUse | str | None:
    """What is registered for a store, or why that is not known; None if nobody can be asked."""
    try:
        subscriptions = read_back(deployment, store)
    except NotReadBackError as error:
        return str(error) or "it did not say why."
    if subscriptions is None:
        return None
    urls = (subscription.callback_url for subscription in subscriptions)
    return urls_in_use(ring, deployment.base_urls, store, urls)


def _told(
    store: StoreId,
    ring: KeyRing,
    answers: _Answers,
    confirmations: Mapping[StoreId, Confirmation],
    seen: Mapping[StoreId, list[Seen]],
) -> Told:
    answer = answers.get(store)
    entry = ring.stores.get(str(store))
    return Told(
        store,
        # A malformed entry refuses too, but nobody meant it to, and it may be mended.
        disabled=entry is not None and entry.disabled and str(store) not in ring.malformed,
        read_back=answer if isinstance(answer, UrlsInUse) else None,
        failure=answer if isinstance(answer, str) else "",
        confirmation=confirmations.get(store),
        seen=seen.get(store, ()),
    )


def _unread(odd: list[Row]) -> str:
    """Of which rows it is not known what came, and with which key."""
    if not odd:
        return ""
    stores = ", ".join(sorted({plain(row.id.partition("#")[0]) for row in odd}))
    return f"What was seen last cannot be read of {stores}: remove these rows from the state table."


def _in_ring(ring: KeyRing) -> set[StoreId]:
    return {StoreId.parse(name) for name in ring.stores}
