"""Changes of a deployment's key ring. What a change is not about stays as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import StoreKeys
from commerce_hooks_cli.deployment import read_key_ring
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment


def change_key_ring(deployment: Deployment, change: Callable[[str], str]) -> KeyRing:
    """Read the ring, change it, and put it back.

    Secrets Manager knows no conditional write, so somebody else's change at the same moment
    cannot be kept out, only noticed.

    Raises:
        CommandError: There is no key ring that can be read whole, before or after the change,
            and it was not made; or it took another change's place, or another its own.
    """
    client, secret = deployment.client("secretsmanager"), deployment.key_ring_arn
    read = client.get_secret_value(SecretId=secret)
    try:
        read_key_ring(read["SecretString"])
        text = change(read["SecretString"])
        ring = read_key_ring(text)
    except KeyRingInvalidError as error:
        raise CommandError(f"Nothing was changed: {error}.") from error
    put = client.put_secret_value(SecretId=secret, SecretString=text)
    if client.get_secret_value(SecretId=secret)["VersionId"] != put["VersionId"]:
        raise CommandError(
            "Somebody else changed the key ring right after, and theirs took this one's place.",
            "See what it says now, and repeat this if it is still needed.",
        )
    replaced = client.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")
    if replaced["VersionId"] != read["VersionId"]:
        raise CommandError(
            "Somebody else changed the key ring at the same moment, and this took its place.",
            f"Theirs is the secret's version {replaced['VersionId']} (AWSPREVIOUS): bring both "
            "together, or functions will refuse what was made with it.",
        )
    return ring


def with_cenit_store(text: str, store: str, settings: Mapping[str, bool | str | None]) -> str:
    """The ring's text with these settings of a Cenit store."""
    return with_store(text, f"cenit/{store}", settings)


def with_store(text: str, name: str, settings: Mapping[str, bool | int | str | None]) -> str:
    """The ring's text with these settings of a `<platform>/<store>`, beside those it has already.

    None takes a setting away.
    """
    ring: dict[str, Any] = json.loads(text)
    stores = ring.get("stores", {})
    entry = {**stores.get(name, {}), **settings}
    kept = {setting: value for setting, value in entry.items() if value is not None}
    return json.dumps({**ring, "stores": {**stores, name: kept}})


def entry_of(ring: KeyRing, store: StoreId) -> StoreKeys:
    """What the ring says of a store; the default where it says nothing."""
    return ring.stores.get(str(store), StoreKeys())
