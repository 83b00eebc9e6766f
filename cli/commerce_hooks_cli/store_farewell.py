"""One store's removal: what it will do, in words, and then doing it, in an order that holds.

Subscriptions go first, while there are credentials; then the URLs, so that what was not deleted
is refused; then what was kept, credentials last. Each step can be repeated.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from commerce_hooks.state.leases import LeaseHeldError, Leases
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.store_removal import (
    AtThePlatform,
    Remains,
    delete_subscriptions,
    remains_of,
    remove_rows,
    subscriptions_of,
)
from commerce_hooks_cli.store_writing import disable_urls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks.state.leases import Lease
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.store_desk import StoreDesk

_OWNER, _LEASE_SECONDS = "stores remove", 600.0
_SUPPORT = "Ask the platform's support to delete its webhooks with these ids: "


class Subscribed(NamedTuple):
    """Ids of subscriptions of ours that are gone, and of those that are left at the platform."""

    gone: list[str]
    left: list[str]


@dataclass(frozen=True)
class Farewell:
    """A removal that is planned."""

    desk: StoreDesk
    store: StoreId
    remains: Remains
    there: AtThePlatform
    keep_urls: bool

    @classmethod
    def of(cls, desk: StoreDesk, store: StoreId, *, keep_urls: bool) -> Farewell:
        """Look at what there is of a store.

        Raises:
            CommandError: There is nothing, and never was.
        """
        ring = desk.deployment.key_ring()
        remains = remains_of(desk.book, desk.surroundings.table, ring, store)
        if not remains.any and remains.enabled:
            raise desk.no_such_store(store, [str(one) for one in desk.book.all()])
        there = AtThePlatform()
        if remains.configuration and remains.credentials and store.platform in desk.known:
            there = _at_the_platform(desk, store)
        return cls(desk, store, remains, there, keep_urls)

    @property
    def already_over(self) -> bool:
        return not self.remains.any and (self.keep_urls or not self.remains.enabled)

    @property
    def deletable(self) -> int:
        """So many subscriptions are ours."""
        return len(self.there.subscriptions)

    def plan(self) -> list[str]:
        """What will be done, for people."""
        lines = [f"Removing {self.store}:"]
        if self.there.problem:
            lines.append(f"  its subscriptions cannot be told: {self.there.problem}")
        elif self.deletable:
            lines.append(f"  {self.deletable} subscriptions of ours at the platform")
        urls = "stay as they are" if self.keep_urls else "are refused from then on"
        lines.append(f"  its callback URLs {urls}")
        kept = {
            "settings": self.remains.configuration,
            "credentials": self.remains.credentials,
            "tokens and ledger": self.remains.rows > 0,
        }
        gone = [name for name, there in kept.items() if there]
        return [*lines, f"  {', '.join(gone)} are deleted"] if gone else lines

    def delete_subscriptions(self, *, delete: bool) -> Subscribed:
        """The first step; without `delete` it only tells what is left.

        Raises:
            CommandError: The platform failed. Nothing else was done then.
        """
        if delete:
            return Subscribed(*delete_subscriptions(self.there))
        return Subscribed([], [one.id for one in self.there.subscriptions])

    def forget(self) -> None:
        """The last step: everything that is kept of it but its entry in the key ring."""
        remove_rows(self.desk.surroundings.table, self.store)
        self.desk.book.remove(self.store)

    def as_json(self, done: Subscribed | None = None) -> dict[str, Any]:
        return {
            "platform": self.store.platform,
            "store": self.store.name,
            "urls_disabled": not self.keep_urls,
            "deleted_subscriptions": done.gone if done else [],
            "left_subscriptions": done.left if done else [],
            "subscriptions_unknown": self.there.problem is not None,
        }

    def left_to_do(self, done: Subscribed) -> list[str]:
        """For the operator, at the platform."""
        lines = []
        if done.left:
            lines.append(f"{_SUPPORT}{', '.join(done.left)}.")
        if self.there.problem:
            lines.append("Look at the platform whether it has webhooks of ours, and delete them.")
        return lines


def carry_out(
    farewells: Sequence[Farewell],
    *,
    delete: bool,
) -> list[Subscribed]:
    """Do all of them, of one deployment; the key ring is written once.

    Raises:
        CommandError: A step failed. What is done is done, and repeating it does the rest.
    """
    with ExitStack() as leases:
        for farewell in farewells:
            # Nobody makes new subscriptions of a store while it goes.
            leases.enter_context(_lease(farewell.desk, farewell.store))
        done = [farewell.delete_subscriptions(delete=delete) for farewell in farewells]
        for_good = [farewell for farewell in farewells if not farewell.keep_urls]
        if for_good:
            disable_urls(for_good[0].desk.deployment, [one.store for one in for_good])
        for farewell in farewells:
            farewell.forget()
    return done


def _lease(desk: StoreDesk, store: StoreId) -> Lease:
    around = desk.surroundings
    try:
        return Leases(around.table, around.now).acquire(store, _OWNER, _LEASE_SECONDS)
    except LeaseHeldError as error:
        raise CommandError(f"{error}.", "Nothing was done. Repeat it when that is over.") from error


def _at_the_platform(desk: StoreDesk, store: StoreId) -> AtThePlatform:
    if desk.known[store.platform].access is None:
        return AtThePlatform()
    try:
        access = desk.open(store)
    except CommandError as error:
        return AtThePlatform(problem=f"{error.message} {error.hint}".strip())
    return subscriptions_of(access, desk.deployment, desk.deployment.key_ring(), store)
