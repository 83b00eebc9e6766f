"""One store's removal: what it will do, in words, and then doing it, in an order that holds.

Subscriptions go first, while there are credentials; then the URLs, so that what was not deleted
is refused; then what was kept, credentials last. Each step can be repeated.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_hooks.state.leases import LEASE_SECONDS, LeaseLostError
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

_OWNER = "stores remove"
_SUPPORT = "Ask the platform's support to delete its webhooks with these ids: "


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
        return cls(desk, store, remains, _at_the_platform(desk, store), keep_urls)

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

    def check_told(self, there: AtThePlatform) -> None:
        """Without its credentials nobody could delete its subscriptions any more.

        Raises:
            CommandError: Its subscriptions could not be told.
        """
        if there.problem:
            raise CommandError(
                f"Subscriptions of {self.store} cannot be told: {there.problem}",
                "The store stays until they can. Or remove it, and leave them: "
                f"`{self.desk.command('remove', self.store)} --keep-subscriptions`.",
            )


@dataclass
class Removal:
    """What becomes of a farewell.

    Args:
        gone: Ids of subscriptions that are deleted.
        left: Ids of those that are left at the platform.
        unknown: Nobody could tell which there are.
        over: All is done.
        failure: Why it stopped; repeating it does the rest.
    """

    farewell: Farewell
    gone: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unknown: bool = False
    over: bool = False
    failure: CommandError | None = None

    def as_json(self) -> dict[str, Any]:
        store = self.farewell.store
        return {
            "platform": store.platform,
            "store": store.name,
            "urls_disabled": not self.farewell.keep_urls,
            "deleted_subscriptions": self.gone,
            "left_subscriptions": self.left,
            "subscriptions_unknown": self.unknown,
        }

    def left_to_do(self) -> list[str]:
        """For the operator, at the platform."""
        lines = []
        if self.left:
            lines.append(f"{_SUPPORT}{', '.join(self.left)}.")
        if self.unknown:
            lines.append("Look at the platform whether it has webhooks of ours, and delete them.")
        return lines


def carry_out(removals: Sequence[Removal], *, delete: bool) -> None:
    """Do all of them, of one deployment; each tells what became of it.

    One that fails keeps no other from being done. The key ring is written once, however many
    there are: Secrets Manager takes some hundred versions a day, and a rotation needs some too.

    Raises:
        CommandError: The key ring could not be written. No store has gone then.
    """
    with ExitStack() as leases:
        begun = [(one, lease) for one in removals if (lease := _begin(one, leases, delete=delete))]
        for_good = [one.farewell for one, _ in begun if not one.farewell.keep_urls]
        if for_good:
            disable_urls(for_good[0].desk.deployment, [one.store for one in for_good])
        for one, lease in begun:
            _finish(one, lease)


def _begin(removal: Removal, leases: ExitStack, *, delete: bool) -> Lease | None:
    """Its subscriptions, those there are by now; None if that failed."""
    farewell = removal.farewell
    try:
        # Nobody writes the store, or makes new subscriptions of it, while it goes.
        lease = leases.enter_context(farewell.desk.lease(farewell.store, _OWNER))
        there = _at_the_platform(farewell.desk, farewell.store)
        if delete:
            farewell.check_told(there)
            delete_subscriptions(farewell.store, there, removal.gone, removal.left)
    except CommandError as error:
        removal.failure = error
        return None
    if not delete:
        removal.left = [one.id for one in there.subscriptions]
        removal.unknown = there.problem is not None
    return lease


def _finish(removal: Removal, lease: Lease) -> None:
    """Everything that is kept of it but its entry in the key ring."""
    desk, store = removal.farewell.desk, removal.farewell.store
    try:
        lease.renew(LEASE_SECONDS)  # others before it may have taken long
        remove_rows(desk.surroundings.table, store)
        desk.book.remove(store)
    except CommandError as error:
        removal.failure = error
    except LeaseLostError as error:
        removal.failure = CommandError(f"{store}: {error}.", "Repeat this when that is over.")
    else:
        removal.over = True


def _at_the_platform(desk: StoreDesk, store: StoreId) -> AtThePlatform:
    known = desk.known.get(store.platform)
    if known is None or known.access is None:
        return AtThePlatform()
    if not (desk.book.has(store) and desk.book.has_credentials(store)):
        return AtThePlatform()
    try:
        access = desk.open(store)
    except CommandError as error:
        return AtThePlatform(problem=f"{error.message} {error.hint}".strip())
    return subscriptions_of(access, desk.deployment, desk.deployment.key_ring(), store)
