"""What the verbs about stores begin with: the deployment, its book, its key ring."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from commerce_hooks.state.leases import LEASE_SECONDS, LeaseHeldError, Leases
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.platforms import unknown
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.store_access import open_store, opened, reached_from
from commerce_hooks_cli.store_book import StoreBook
from commerce_hooks_cli.store_settings import KnownPlatform, known_platforms

if TYPE_CHECKING:
    from commerce_hooks.platform_access import Credentials, StoreAccess, Surroundings
    from commerce_hooks.state.leases import Lease
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import World

_LEASE_TRIES, _LEASE_PAUSE_SECONDS = 20, 1.0


@dataclass(frozen=True)
class StoreDesk:
    """One deployment, as the verbs about stores see it.

    Args:
        stack: What was typed, for commands to type next.
    """

    world: World
    deployment: Deployment
    book: StoreBook
    stack: str | None

    @classmethod
    def at(cls, world: World, screen: Screen, stack: str | None) -> StoreDesk:
        deployment = world.deployment(stack, screen)
        return cls(world, deployment, StoreBook.of(deployment, world.clock), stack)

    @cached_property
    def known(self) -> dict[str, KnownPlatform]:
        return known_platforms(self.world)

    @cached_property
    def surroundings(self) -> Surroundings:
        return self.world.surroundings(self.deployment)

    def configuration(self, store: StoreId) -> StoreConfiguration | None:
        """Of a store that there is; None if it cannot be read.

        Raises:
            CommandError: There is none of that name.
        """
        stores = self.book.all()
        if store not in stores:
            raise self.no_such_store(store, [str(one) for one in stores])
        return stores[store]

    def no_such_store(self, store: StoreId, known: list[str]) -> CommandError:
        error = unknown("store of this deployment", str(store), known)
        if not known:
            return CommandError(error.message, f"Add it: `{self.command('add', store)}`.")
        return CommandError(error.message, error.hint)

    def lease(self, store: StoreId, owner: str) -> Lease:
        """What whoever writes or removes a store holds meanwhile: no two do it at once.

        A round of the function takes seconds, so it is waited for.

        Raises:
            CommandError: Somebody else holds it for longer.
        """
        around = self.surroundings
        leases = Leases(around.table, around.now)
        for _ in range(_LEASE_TRIES):
            with suppress(LeaseHeldError):
                return leases.acquire(store, owner, LEASE_SECONDS)
            around.pause(_LEASE_PAUSE_SECONDS)
        try:
            return leases.acquire(store, owner, LEASE_SECONDS)
        except LeaseHeldError as error:
            raise CommandError(f"{error}.", "Repeat this when that is over.") from error

    def open(self, store: StoreId) -> StoreAccess:
        """The way to a store's platform, with the credentials that the book has."""
        return open_store(
            self.deployment, self.book, store, self.world.accesses(), self.surroundings
        )

    def open_with(
        self, store: StoreId, configuration: StoreConfiguration, credentials: Credentials
    ) -> StoreAccess:
        """The same before the store is in the book."""
        access = reached_from(self.deployment, self.world.accesses()[store.platform])
        return opened(access, store, configuration, credentials, self.surroundings)

    def command(self, verb: str, store: StoreId) -> str:
        """What to type for another verb about this store."""
        stack = f" --stack {self.stack}" if self.stack else ""
        return f"{command_to_type()} stores {verb} {store.platform} {store.name}{stack}"
