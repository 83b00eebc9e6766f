"""The key ring, and what it proves: a URL's token, and the token or signature of a Cenit call.

None of the platforms signs its callbacks or sends a header of ours, so the proof travels in
the URL: a token that only a holder of the key ring can make, bound to platform, store, topic
and generation. What it proves is "knows this URL"; the body stays a hint.

Cenit's calls carry such a token in a header, or better a signature: Cenit does not verify TLS
certificates, and who listens in between learns a token but not the secret behind a signature.
"""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from commerce_hooks.errors import KeyRingInvalidError

_TOKEN = re.compile(
    r"(?P<key_id>[a-z0-9]{1,16})\.(?P<generation>[1-9][0-9]{0,8})\.(?P<mac>[A-Za-z0-9_-]{43})"
)
_SIGNATURE = re.compile(
    r"(?P<key_id>[a-z0-9]{1,16})\.(?P<generation>[1-9][0-9]{0,8})\.(?P<mac>[0-9a-f]{64})"
)
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
PLATFORM_AND_STORE = re.compile(r"[a-z0-9_]+/[a-z0-9][a-z0-9-]{0,62}")
"""A store wherever one is named, here as elsewhere: `<platform>/<store>`."""
_NOT_KEYS = frozenset({"sign", "stores"})
_CENIT = "cenit/"
_MIN_KEY_LENGTH = 32
FIRST_GENERATION = 1


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """What a token vouches for. `topic` is None where the URL does not carry one."""

    platform: str
    store: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """What the ring says of one store: tokens below `generation` are refused.

    Of a Cenit store also whether only signed calls are taken, and which other store it stands
    for, as `<platform>/<store>`.
    """

    generation: int = FIRST_GENERATION
    disabled: bool = False
    signed_only: bool = False
    backed_by: str | None = None


_DISABLED = StoreKeys(disabled=True)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All accepted keys, the one that signs, and the stores that deviate from the default.

    Args:
        malformed: The stores, sorted, whose entries cannot be read. They count as disabled.
    """

    sign: str
    keys: Mapping[str, str] = field(repr=False)
    stores: Mapping[str, StoreKeys]
    malformed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the secret's flat JSON: `{"sign":"k1","k1":"<random>","stores":{...}}`.

        A store's entry that cannot be read disables that store and no other: it may be of a
        newer version, and shall not take down all platforms of an older one.

        Raises:
            KeyRingInvalidError: It is anything else, or a key is shorter than 32 characters.
        """
        try:
            ring = json.loads(text)
        except (ValueError, RecursionError):
            # The decoder's message would carry the secret's text along.
            raise KeyRingInvalidError("the key ring is not JSON") from None
        if not isinstance(ring, dict):
            raise KeyRingInvalidError("the key ring is not a JSON object")
        keys = {name: value for name, value in ring.items() if name not in _NOT_KEYS}
        if not all(_is_key(name, value) for name, value in keys.items()):
            raise KeyRingInvalidError("a key of the key ring is malformed or too short")
        sign = ring.get("sign")
        if not isinstance(sign, str) or sign not in keys:
            raise KeyRingInvalidError("the key ring names no signing key that it holds")
        entries = _parse_stores(ring.get("stores", {}))
        return cls(
            sign=sign,
            keys=keys,
            stores={name: entry or _DISABLED for name, entry in entries.items()},
            malformed=tuple(sorted(name for name, entry in entries.items() if not entry)),
        )

    def mint(self, target: CallbackTarget) -> str:
        """Make the token for a callback URL with the signing key and the store's generation."""
        generation = self.store(target).generation
        return f"{self.sign}.{generation}.{self._mac(self.sign, target, generation)}"

    def proves(self, target: CallbackTarget, token: str) -> bool:
        """Whether the token was made for this target and is still accepted."""
        parts = _TOKEN.fullmatch(token)
        if parts is None or parts["key_id"] not in self.keys:
            return False
        generation = int(parts["generation"])
        expected = self._mac(parts["key_id"], target, generation)
        # Compared as text: several spellings decode to the same MAC, only one is ours.
        genuine = hmac.compare_digest(expected, parts["mac"])
        return genuine and self._accepts(target, generation)

    def signing_secret(self, target: CallbackTarget) -> str:
        """The secret with which a store's calls are signed: 43 ASCII characters.

        It belongs to the signing key and the store's generation, as a token does, and tells
        nothing of the key. `signature` says what is made with it.
        """
        return self._secret(self.sign, target, self.store(target).generation)

    def signature(self, target: CallbackTarget, message: str) -> str:
        """The message's signature as it is sent: `<key id>.<generation>.<hex HMAC-SHA256>`."""
        generation = self.store(target).generation
        return f"{self.sign}.{generation}.{_signed(self.signing_secret(target), message)}"

    def proves_signature(self, target: CallbackTarget, message: str, signature: str) -> bool:
        """Whether the message was signed with a secret of this store that is still accepted."""
        parts = _SIGNATURE.fullmatch(signature)
        if parts is None or parts["key_id"] not in self.keys:
            return False
        generation = int(parts["generation"])
        expected = _signed(self._secret(parts["key_id"], target, generation), message)
        genuine = hmac.compare_digest(expected, parts["mac"])
        return genuine and self._accepts(target, generation)

    def store(self, target: CallbackTarget) -> StoreKeys:
        """What the ring says of the target's store; the default where it says nothing."""
        return self.stores.get(f"{target.platform}/{target.store}", StoreKeys())

    def _accepts(self, target: CallbackTarget, generation: int) -> bool:
        store = self.store(target)
        return not store.disabled and generation >= store.generation

    def _mac(self, key_id: str, target: CallbackTarget, generation: int) -> str:
        topic = target.topic or ""
        return self._derived(
            key_id,
            f"commerce-hooks/v1\n{target.platform}\n{target.store}\n{topic}\n{generation}",
        )

    def _secret(self, key_id: str, target: CallbackTarget, generation: int) -> str:
        # A label of its own: what signs calls must never be a token, nor the reverse.
        return self._derived(
            key_id,
            f"commerce-hooks/v1/signed-requests\n{target.platform}\n{target.store}\n{generation}",
        )

    def _derived(self, key_id: str, message: str) -> str:
        digest = hmac.new(self.keys[key_id].encode(), message.encode(), sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def key_id_of(proof: str) -> str:
    """Which key a token or a signature that proved genuine was made with."""
    return proof.partition(".")[0]


def generation_of(proof: str) -> int:
    """The store's generation when such a token or signature was made."""
    return int(proof.split(".")[1])


def _signed(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), sha256).hexdigest()


def _is_key(name: str, value: object) -> bool:
    return (
        _KEY_ID.fullmatch(name) is not None
        and isinstance(value, str)
        and len(value) >= _MIN_KEY_LENGTH
    )


def _parse_stores(stores: object) -> dict[str, StoreKeys | None]:
    if not isinstance(stores, dict):
        raise KeyRingInvalidError("`stores` of the key ring is not an object")
    return {name: _parse_store(name, entry) for name, entry in stores.items()}


def _parse_store(name: str, entry: object) -> StoreKeys | None:
    """What the entry says; None if it is malformed."""
    # An entry under a store's bare name would revoke nothing, and nobody would notice.
    if not PLATFORM_AND_STORE.fullmatch(name):
        raise KeyRingInvalidError(f"the key ring's entry {name} is not a platform/store")
    settings = readable_settings(name, entry)
    return StoreKeys(**settings) if settings == entry else None


def readable_settings(name: str, entry: object) -> dict[str, Any]:
    """Of a store's entry, malformed or not, what can be read."""
    allowed = _OF_CENIT_STORES if name.startswith(_CENIT) else _OF_EVERY_STORE
    if not isinstance(entry, dict):
        return {}
    return {
        setting: value
        for setting, value in entry.items()
        if setting in allowed and allowed[setting](value)
    }


def _is_generation(value: object) -> bool:
    return type(value) is int and value >= FIRST_GENERATION


def _is_flag(value: object) -> bool:
    return type(value) is bool


def _may_back(value: object) -> bool:
    """Whether a Cenit store can stand for this one: any store but another Cenit store."""
    return (
        isinstance(value, str)
        and PLATFORM_AND_STORE.fullmatch(value) is not None
        and not value.startswith(_CENIT)
    )


_OF_EVERY_STORE: Mapping[str, Callable[[object], bool]] = {
    "generation": _is_generation,
    "disabled": _is_flag,
}
_OF_CENIT_STORES = {**_OF_EVERY_STORE, "signed_only": _is_flag, "backed_by": _may_back}
