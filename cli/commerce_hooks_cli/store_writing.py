"""Stores made as a plan says: the key ring first and at once, then one store after the other."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from commerce_hooks.stores import StoreId
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.key_ring_changes import (
    change_key_ring,
    entry_of,
    refuse_malformed,
    with_store,
)
from commerce_hooks_cli.store_plan import Action, Change, Desired, Existing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreConfiguration
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.store_book import StoreBook
    from commerce_hooks_cli.store_desk import StoreDesk

_OWNER = "stores add or apply"


def existing_stores(book: StoreBook, ring: KeyRing) -> dict[StoreId, Existing]:
    """All that there are, as plans compare them."""
    credentials = book.all_credentials()
    return {
        store: Existing(configuration, credentials.get(store), cenit_settings(ring, store))
        for store, configuration in book.all().items()
    }


def existing_store(book: StoreBook, ring: KeyRing, store: StoreId) -> Existing | None:
    """One of them, None if there is none of that name."""
    if not book.has(store):
        return None
    credentials = None
    with suppress(CommandError):  # what cannot be read can still be replaced
        credentials = book.credentials(store)
    return Existing(book.configuration(store), credentials, cenit_settings(ring, store))


def cenit_settings(ring: KeyRing, store: StoreId) -> dict[str, bool | str | None]:
    """What the key ring says of a Cenit store's calls; nothing of any other store."""
    if store.platform != "cenit":
        return {}
    keys = entry_of(ring, store)
    return {"backed_by": keys.backed_by, "signed_only": keys.signed_only}


def given_up(ring: KeyRing) -> frozenset[StoreId]:
    """The stores whose URLs are disabled: by somebody, not by an entry that cannot be read."""
    return frozenset(
        StoreId.parse(name)
        for name, keys in ring.stores.items()
        if keys.disabled and name not in ring.malformed
    )


def make_so(
    desk: StoreDesk,
    changes: Sequence[Change],
    on_made: Callable[[Change], None] = lambda _: None,
) -> None:
    """Carry out what is to be created and changed; what it did is there if it is stopped.

    The ring comes first: who repeats this after a failure finds the rest still to be done.

    Raises:
        CommandError: Somebody else works on one of the stores, or has added or removed it; or a
            store's entry in the ring cannot be read, and then all others are done.
    """
    wanted = [one for one in changes if one.action in {Action.CREATE, Action.CHANGE}]
    ring = desk.deployment.key_ring()
    possible = [one for one in wanted if str(one.store) not in ring.malformed]
    _change_ring(desk.deployment, ring, possible)
    for change in possible:
        if change.desired is not None:
            configuration = _with_its_age(change.desired, change.existing)
            with desk.lease(change.store, _OWNER):
                _check_still(desk.book, change)
                desk.book.write(change.store, configuration, change.desired.credentials)
        on_made(change)
    for change in wanted:
        refuse_malformed(ring, str(change.store))


def _check_still(book: StoreBook, change: Change) -> None:
    if book.has(change.store) != (change.existing is not None):
        raise CommandError(
            f"Somebody added or removed {change.store} meanwhile.",
            "Repeat this: it looks anew what there is.",
        )


def disable_urls(deployment: Deployment, stores: Iterable[StoreId]) -> None:
    """Have the functions refuse what comes for these stores; nothing if they do."""
    ring = deployment.key_ring()
    settings = {store: {"disabled": True} for store in stores if not entry_of(ring, store).disabled}
    _write(deployment, settings)


def _change_ring(deployment: Deployment, ring: KeyRing, changes: Sequence[Change]) -> None:
    settings: dict[StoreId, dict[str, Any]] = {}
    for change in changes:
        said: dict[str, Any] = {}
        if change.enable:
            # What was given up may be known to anybody by now: old URLs stay refused.
            generation = entry_of(ring, change.store).generation
            said = {"disabled": None, "generation": generation + 1}
        cenit = change.desired.cenit if change.desired else {}
        known = cenit_settings(ring, change.store)
        said |= {name: value for name, value in cenit.items() if known[name] != value}
        if said:
            settings[change.store] = said
    _write(deployment, settings)


def _write(deployment: Deployment, settings: dict[StoreId, dict[str, Any]]) -> None:
    if not settings:
        return

    def change(text: str) -> str:
        for store, said in settings.items():
            text = with_store(text, str(store), said)
        return text

    change_key_ring(deployment, change)


def _with_its_age(desired: Desired, existing: Existing | None) -> StoreConfiguration:
    known = existing.configuration if existing else None
    if known is None:
        return desired.configuration
    return desired.configuration.model_copy(update={"added_at": known.added_at})
