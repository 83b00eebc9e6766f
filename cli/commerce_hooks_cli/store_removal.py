"""A store taken out of a deployment, in steps that can be repeated after a failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_hooks.http.errors import NotFoundError, NotOfferedError, PlatformError
from commerce_hooks.subscriptions.ledger import LEDGER
from commerce_hooks.subscriptions.records import ROUNDS
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.key_ring_changes import entry_of
from commerce_hooks_cli.own_subscriptions import ours

if TYPE_CHECKING:
    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform_access import StoreAccess, Subscription
    from commerce_hooks.state.table import Row, StateTable
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.store_book import StoreBook

KINDS = (LEDGER, ROUNDS, "tokens")
"""Rows of the state table that are about one store, by its id or that and `#`."""
_MOST_TRIES = 3


@dataclass(frozen=True)
class Remains:
    """What there still is of a store."""

    configuration: bool
    credentials: bool
    rows: int
    enabled: bool

    @property
    def any(self) -> bool:
        return self.configuration or self.credentials or self.rows > 0


@dataclass(frozen=True)
class AtThePlatform:
    """Our subscriptions there.

    Args:
        access: None if the platform can't be asked.
        problem: Why they can't be told, None if they can.
    """

    access: StoreAccess | None = None
    subscriptions: tuple[Subscription, ...] = field(default=(), repr=False)
    problem: str | None = None


def remains_of(book: StoreBook, table: StateTable, ring: KeyRing, store: StoreId) -> Remains:
    return Remains(
        configuration=book.has(store),
        credentials=book.has_credentials(store),
        rows=sum(len(_rows(table, kind, store)) for kind in KINDS),
        enabled=not entry_of(ring, store).disabled,
    )


def subscriptions_of(
    access: StoreAccess, deployment: Deployment, ring: KeyRing, store: StoreId
) -> AtThePlatform:
    """Ours, whatever generation or key of the ring they were made with."""
    try:
        listed = access.subscriptions()
    except PlatformError as error:
        return AtThePlatform(access, problem=str(error))
    return AtThePlatform(access, tuple(ours(listed, ring, deployment.base_urls, store)))


def delete_subscriptions(
    store: StoreId, there: AtThePlatform, gone: list[str], left: list[str]
) -> None:
    """Delete a store's subscriptions of ours.

    Args:
        store: Whose.
        there: What is to be deleted.
        gone: Takes the ids of those that are.
        left: Takes the ids of those that only support can delete.

    Raises:
        CommandError: The platform failed; what is deleted is deleted.
    """
    for one in there.subscriptions:
        if there.access is None:  # pragma: no cover - there are none without an access
            break
        try:
            there.access.delete_subscription(one.id)
        except NotFoundError:
            gone.append(one.id)
        except NotOfferedError:
            left.append(one.id)
        except PlatformError as error:
            raise CommandError(
                f"A subscription of {store} could not be deleted: {error}.",
                "The store stays until it is. Repeat the command: it goes on from here.",
            ) from error
        else:
            gone.append(one.id)


def remove_rows(table: StateTable, store: StoreId) -> None:
    """Remove what the table has about a store.

    Raises:
        CommandError: Somebody else keeps writing it.
    """
    for _ in range(_MOST_TRIES):
        rows = [row for kind in KINDS for row in _rows(table, kind, store)]
        if all(table.remove(row) for row in rows):
            return
    raise CommandError(
        f"Somebody else writes about {store} in the state table.",
        "Repeat the command when that is over.",
    )


def _rows(table: StateTable, kind: str, store: StoreId) -> list[Row]:
    # Another store's name may begin with this one's.
    return [
        row
        for row in table.rows(kind, str(store))
        if row.id == str(store) or row.id.startswith(f"{store}#")
    ]
