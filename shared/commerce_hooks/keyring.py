"""The key ring, and the tokens that prove a callback came to a URL of ours.

None of the platforms signs its callbacks or sends a header of ours, so the proof travels in
the URL: a token that only a holder of the key ring can make, bound to platform, store, topic
and generation. What it proves is "knows this URL"; the body stays a hint.
"""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from commerce_hooks.errors import KeyRingInvalidError

_TOKEN = re.compile(
    r"(?P<key_id>[a-z0-9]{1,16})\.(?P<generation>[1-9][0-9]{0,8})\.(?P<mac>[A-Za-z0-9_-]{43})"
)
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_PLATFORM_AND_STORE = re.compile(r"[a-z0-9_]+/[a-z0-9][a-z0-9-]{0,62}")
_NOT_KEYS = frozenset({"sign", "stores"})
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
    """What the ring says of one store: tokens below `generation` are refused."""

    generation: int = FIRST_GENERATION
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All accepted keys, the one that signs, and the stores that deviate from the default."""

    sign: str
    keys: Mapping[str, str] = field(repr=False)
    stores: Mapping[str, StoreKeys]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the secret's flat JSON: `{"sign":"k1","k1":"<random>","stores":{...}}`.

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
        return cls(sign=sign, keys=keys, stores=_parse_stores(ring.get("stores", {})))

    def mint(self, target: CallbackTarget) -> str:
        """Make the token for a callback URL with the signing key and the store's generation."""
        generation = self._store(target).generation
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
        store = self._store(target)
        return genuine and not store.disabled and generation >= store.generation

    def _store(self, target: CallbackTarget) -> StoreKeys:
        return self.stores.get(f"{target.platform}/{target.store}", StoreKeys())

    def _mac(self, key_id: str, target: CallbackTarget, generation: int) -> str:
        message = (
            f"commerce-hooks/v1\n{target.platform}\n{target.store}\n"
            f"{target.topic or ''}\n{generation}"
        )
        digest = hmac.new(self.keys[key_id].encode(), message.encode(), sha256).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _is_key(name: str, value: object) -> bool:
    return (
        _KEY_ID.fullmatch(name) is not None
        and isinstance(value, str)
        and len(value) >= _MIN_KEY_LENGTH
    )


def _parse_stores(stores: object) -> dict[str, StoreKeys]:
    if not isinstance(stores, dict):
        raise KeyRingInvalidError("`stores` of the key ring is not an object")
    return {name: _parse_store(name, entry) for name, entry in stores.items()}


def _parse_store(name: str, entry: object) -> StoreKeys:
    # An entry under a store's bare name would revoke nothing, and nobody would notice.
    if not _PLATFORM_AND_STORE.fullmatch(name):
        raise KeyRingInvalidError(f"the key ring's entry {name} is not a platform/store")
    if not isinstance(entry, dict) or not entry.keys() <= {"generation", "disabled"}:
        raise KeyRingInvalidError(f"the key ring's entry for {name} is malformed")
    generation = entry.get("generation", FIRST_GENERATION)
    disabled = entry.get("disabled", False)
    if type(generation) is not int or generation < FIRST_GENERATION or type(disabled) is not bool:
        raise KeyRingInvalidError(f"the key ring's entry for {name} is malformed")
    return StoreKeys(generation=generation, disabled=disabled)
