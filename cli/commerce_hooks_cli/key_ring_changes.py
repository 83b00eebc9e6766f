"""Changes of a deployment's key ring. What a change is not about stays as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import KeyRing, StoreKeys
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment

_NO_VALUE = "ResourceNotFoundException"


@dataclass(frozen=True)
class Secret:
    """What the secret held when it was read; both are None if it has no value."""

    text: str | None = field(repr=False)
    version: str | None


def read_secret(deployment: Deployment) -> Secret:
    """The secret's value, whatever it is."""
    from botocore.exceptions import ClientError

    from commerce_hooks_cli.aws import error_code

    client = deployment.client("secretsmanager")
    try:
        found = client.get_secret_value(SecretId=deployment.key_ring_arn)
    except ClientError as error:
        if error_code(error) != _NO_VALUE:
            raise
        return Secret(None, None)
    return Secret(found.get("SecretString"), found["VersionId"])


def put_secret(deployment: Deployment, read: Secret, text: str) -> None:
    """Put a text into the place of what was read.

    Secrets Manager knows no conditional write, so somebody else's change at the same moment
    cannot be kept out, only noticed.

    Raises:
        CommandError: It took another change's place, or another took its own.
    """
    client, secret = deployment.client("secretsmanager"), deployment.key_ring_arn
    put = client.put_secret_value(SecretId=secret, SecretString=text)
    if client.get_secret_value(SecretId=secret)["VersionId"] != put["VersionId"]:
        raise CommandError(
            "Somebody else changed the key ring right after, and theirs took this one's place.",
            "See what it says now, and repeat this if it is still needed.",
        )
    if read.version is None:
        return
    replaced = client.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")
    if replaced["VersionId"] != read.version:
        raise CommandError(
            "Somebody else changed the key ring at the same moment, and this took its place.",
            f"Theirs is the secret's version {replaced['VersionId']} (AWSPREVIOUS): bring both "
            "together, or functions will refuse what was made with it.",
        )


def change_key_ring(deployment: Deployment, change: Callable[[str], str]) -> KeyRing:
    """Read the ring, change it, and put it back; `change`, of its text, may raise CommandError.

    Raises:
        CommandError: There is no key ring that can be parsed, before or after the change,
            and it was not made; or it took another change's place, or another its own.
    """
    read = read_secret(deployment)
    try:
        KeyRing.parse(read.text or "")
        text = change(read.text or "")
        ring = KeyRing.parse(text)
    except KeyRingInvalidError as error:
        raise CommandError(
            f"Nothing was changed: {error}.", "`keys import` brings back a ring from an export."
        ) from error
    put_secret(deployment, read, text)
    return ring


def with_key(text: str, key_id: str, key: str) -> str:
    """The ring's text with one more accepted key."""
    return json.dumps({**json.loads(text), key_id: key})


def signing_with(text: str, key_id: str) -> str:
    """The same with another of its keys signing."""
    return json.dumps({**json.loads(text), "sign": key_id})


def without_key(text: str, key_id: str) -> str:
    """The same without a key. One that signs leaves no ring behind, which nobody puts back."""
    return json.dumps({name: value for name, value in json.loads(text).items() if name != key_id})


def with_store(text: str, name: str, settings: Mapping[str, int | bool | str | None]) -> str:
    """The ring's text with these settings of a store, beside those that it has already.

    Args:
        text: The ring's.
        name: `<platform>/<store>`.
        settings: None takes a setting away.

    Raises:
        CommandError: Its entry cannot be read; those of others may be so.
    """
    refuse_malformed(KeyRing.parse(text), name)
    ring: dict[str, Any] = json.loads(text)
    stores = ring.get("stores", {})
    entry = {**stores.get(name, {}), **settings}
    kept = {setting: value for setting, value in entry.items() if value is not None}
    return json.dumps({**ring, "stores": {**stores, name: kept}})


def refuse_malformed(ring: KeyRing, name: str) -> None:
    """Nothing is made of an entry that is not understood.

    Raises:
        CommandError: The entry of `<platform>/<store>` cannot be read.
    """
    if name in ring.malformed:
        raise CommandError(
            f"The key ring's entry of {name} cannot be read by this version, so nothing is "
            "made of it. As it is, everything that comes for this store is refused.",
            "A newer version may read it. `keys import` takes the entry of an export.",
        )


def entry_of(ring: KeyRing, store: StoreId) -> StoreKeys:
    """What the ring says of a store; the default where it says nothing."""
    return ring.stores.get(str(store), StoreKeys())
