"""Taking away: a key that nothing uses any more, or a store's URLs so far."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import FIRST_GENERATION, KeyRing
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.key_ring_changes import (
    change_key_ring,
    entry_of,
    refuse_malformed,
    with_store,
    without_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_hooks.keyring import StoreKeys
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.key_records import KeyRecords
    from commerce_hooks_cli.world import Clock

    Settings = dict[str, int | bool | str | None]

_NOTE_TRIES, _NOTE_AGAIN_SECONDS = 3, 1.0


def checked_old_key(ring: KeyRing, key_id: str) -> str:
    """The id itself, if it is that of an accepted key that doesn't sign.

    Raises:
        BadUsageError: It isn't.
    """
    if key_id not in ring.keys:
        raise BadUsageError(
            f"The key ring has no key {key_id}.",
            f"There are: {', '.join(sorted(ring.keys))}. A store is called PLATFORM/STORE.",
        )
    if key_id == ring.sign:
        raise BadUsageError(
            f"{key_id} signs: every URL that is made now needs it.",
            "`keys rotate` lets a new key sign; then this one can go.",
        )
    return key_id


def noted_as_retired(records: KeyRecords, clock: Clock, key_id: str) -> bool:
    """Whether it could be noted, after a few tries. No import takes the key for a lost one then."""
    for _ in range(_NOTE_TRIES):
        with suppress(UnavailableError, CommandError):
            records.note(key_id, {"retired_at": clock.now()})
            return True
        clock.sleep(_NOTE_AGAIN_SECONDS)
    return False


def retire(deployment: Deployment, key_id: str) -> None:
    """Take a key out of the ring, whatever uses it."""

    def change(text: str) -> str:
        checked_old_key(KeyRing.parse(text), key_id)
        return without_key(text, key_id)

    change_key_ring(deployment, change)


def revoke_urls(deployment: Deployment, store: StoreId) -> StoreKeys:
    """Refuse every URL of the store so far; what the ring says of it from now on."""
    return _change_store(deployment, store, _next_generation)


def disable(deployment: Deployment, store: StoreId) -> None:
    """Refuse everything that comes for a store."""
    _change_store(deployment, store, lambda _: {"disabled": True})


def enable(deployment: Deployment, store: StoreId) -> StoreKeys:
    """Take what was accepted before it was disabled, but for URLs of keys retired since.

    A disabled store keeps no key from being retired.
    """
    return _change_store(deployment, store, lambda _: {"disabled": None})


def _next_generation(entry: dict[str, Any]) -> Settings:
    return {"generation": entry.get("generation", FIRST_GENERATION) + 1}


def _change_store(
    deployment: Deployment, store: StoreId, settings: Callable[[dict[str, Any]], Settings]
) -> StoreKeys:
    """Change one store's entry; malformed ones of others stay as they are."""
    name = str(store)

    def change(text: str) -> str:
        refuse_malformed(KeyRing.parse(text), name)
        entry = json.loads(text).get("stores", {}).get(name, {})
        return with_store(text, name, settings(entry))

    return entry_of(change_key_ring(deployment, change), store)
