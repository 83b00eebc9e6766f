"""What the verbs about subscriptions begin with: the stores that are meant, as rounds see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from commerce_hooks.deadline import Deadline
from commerce_hooks.http.bounded import Bounded
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.subscriptions.planning import MAX_DELETIONS
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS
from commerce_hooks.subscriptions.shops import Deployed, shop_of
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import unknown
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.store_access import access_called, open_store
from commerce_hooks_cli.store_desk import StoreDesk
from commerce_hooks_cli.store_settings import checked_store_id, known_platforms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform_access import PlatformAccess
    from commerce_hooks.stores import Policy, StoreConfiguration, StoreId
    from commerce_hooks.subscriptions.looking import Shop
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.world import World

Chosen = dict["StoreId", "StoreConfiguration | None"]
"""Stores with their configurations; None for one that cannot be read."""


@dataclass(frozen=True)
class Terms:
    """What holds for one call of a verb.

    Args:
        policy: In place of the stores' own, but for those that are off.
        adopt: Take over what looks like ours and proves nothing.
        max_deletions: With more of them in one store, nothing is deleted.
        new_account: Take a shop for the right one, whatever was pinned.
    """

    policy: Policy | None = None
    adopt: bool = False
    max_deletions: int = MAX_DELETIONS
    new_account: bool = False


def terms_of(
    policy: str | None,
    *,
    adopt: bool,
    max_deletions: int | None,
    new_account: bool = False,
) -> Terms:
    """As they were typed; the policy has been checked."""
    most = MAX_DELETIONS if max_deletions is None else max_deletions
    return Terms(cast("Policy | None", policy), adopt, most, new_account)


@dataclass(frozen=True)
class Meant:
    """The stores that were typed: one, a platform's, or all."""

    platform: str | None
    store: StoreId | None

    @classmethod
    def of(cls, world: World, platform: str | None, store: str | None) -> Meant:
        """Checked as far as that takes no deployment.

        Raises:
            CommandError: There is no such platform, or none of whose API we know.
        """
        if platform is None:
            return cls(None, None)
        known = known_platforms(world)
        if platform not in known:
            raise unknown("platform", platform, known)
        access_called(world.accesses(), platform)
        if store is None:
            return cls(platform, None)
        return cls(platform, checked_store_id(known, platform, store))


@dataclass(frozen=True)
class SubscriptionDesk:
    """One deployment, as the verbs about subscriptions see it."""

    stores: StoreDesk
    terms: Terms

    @classmethod
    def at(
        cls, world: World, screen: Screen, stack: str | None, terms: Terms | None = None
    ) -> SubscriptionDesk:
        return cls(StoreDesk.at(world, screen, stack), terms or Terms())

    @cached_property
    def ring(self) -> KeyRing:
        """As it was at first: for looking. `shop_anew` is for changing something."""
        return self.stores.deployment.key_ring()

    @cached_property
    def accesses(self) -> Mapping[str, PlatformAccess]:
        return self.stores.world.accesses()

    def chosen(self, meant: Meant) -> Chosen:
        """Those that are meant, of platforms that can be called.

        Raises:
            CommandError: There is none of that name.
        """
        if meant.store is not None:
            return {meant.store: self.stores.configuration(meant.store)}
        platforms = set(self.accesses) if meant.platform is None else {meant.platform}
        found = self.stores.book.all()
        return {store: one for store, one in found.items() if store.platform in platforms}

    def why_off(self, store: StoreId, configuration: StoreConfiguration) -> str | None:
        """Why nobody looks at a store's subscriptions; None if they are looked at."""
        if str(store) in self.ring.malformed:
            return "its entry in the key ring cannot be read"
        if self.ring.store(CallbackTarget(*store)).disabled:
            return "its URLs are disabled"
        return "policy off" if configuration.policy == "off" else None

    def deletes(self, store: StoreId) -> bool:
        """Whether its platform's API can delete subscriptions."""
        return self.accesses[store.platform].deletes

    def deadline(self) -> Deadline:
        """By when a round that begins now has to be over."""
        return Deadline(self.stores.surroundings.clock, ROUND_SECONDS)

    def shop(self, store: StoreId, configuration: StoreConfiguration, until: Deadline) -> Shop:
        """The store as a round sees it, by the terms of this call.

        Raises:
            CommandError: The book has not what it takes to call its platform.
        """
        return self._shop(self.ring, store, configuration, until)

    def shop_anew(self, store: StoreId, until: Deadline) -> Shop:
        """The same by what book and key ring say now, for whoever holds the store's lease.

        While somebody was asked, another may have changed or removed the store, or revoked its
        URLs: by the ring of then, its subscriptions would be given URLs that are refused.

        Raises:
            CommandError: It is gone, or cannot be called.
        """
        configuration = self.stores.book.configuration(store)
        if configuration is None:
            raise self.unreadable(store)
        return self._shop(self.stores.deployment.key_ring(), store, configuration, until)

    def _shop(
        self, ring: KeyRing, store: StoreId, configuration: StoreConfiguration, until: Deadline
    ) -> Shop:
        desk, terms = self.stores, self.terms
        around = desk.surroundings
        access = open_store(
            desk.deployment,
            desk.book,
            store,
            self.accesses,
            replace(around, transport=Bounded(around.transport, until)),
        )
        deployed = Deployed(ring, desk.deployment.base_urls, desk.deployment.personal_topics)
        platform = desk.known[store.platform].platform
        known = self.accesses[store.platform]
        shop = shop_of(deployed, store, configuration, platform, known, access)
        policy = shop.rules.policy if shop.rules.policy == "off" else terms.policy
        rules = replace(
            shop.rules,
            policy=policy or shop.rules.policy,
            adopt=terms.adopt,
            max_deletions=terms.max_deletions,
        )
        return replace(shop, rules=rules)

    def one_shop(self, meant: Meant, until: Deadline) -> Shop:
        """Of the store that is meant.

        Raises:
            CommandError: There is none of that name, or it cannot be called.
        """
        if meant.store is None:  # pragma: no cover - these verbs have to be given one
            raise BadUsageError("Which store?", "Give PLATFORM and STORE.")
        configuration = self.stores.configuration(meant.store)
        if configuration is None:
            raise self.unreadable(meant.store)
        return self.shop(meant.store, configuration, until)

    def unreadable(self, store: StoreId) -> CommandError:
        return CommandError(
            f"The configuration of {store} cannot be read.",
            f"Add the store anew: `{self.stores.command('add', store)}`.",
        )

    def command(self, verb: str, store: StoreId, *more: str) -> str:
        """What to type for another verb about this store's subscriptions."""
        return subscriptions_command(f"{verb} {store.platform} {store.name}", self.stack, *more)

    @property
    def stack(self) -> str | None:
        return self.stores.stack


def subscriptions_command(words: str, stack: str | None, *more: str) -> str:
    """A call of `subscriptions` as it can be typed."""
    named = f"--stack {stack}" if stack else ""
    parts = (command_to_type(), "subscriptions", words, *more, named)
    return " ".join(part for part in parts if part)
