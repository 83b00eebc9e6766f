"""Callback URLs as addresses: what a URL of ours says, without the secret in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, unquote, urlsplit

from commerce_hooks.callback_urls import callback_path
from commerce_hooks.keyring import CallbackTarget, KeyRing, generation_of, key_id_of
from commerce_hooks.stores import StoreId

_WITHOUT_TOPIC, _WITH_TOPIC = 3, 4
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LEADS_NOWHERE = re.compile(r"%2f|[\x00-\x20]", re.IGNORECASE)
"""Within a URL these make another path of it, or none."""
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Address:
    """What a callback URL of a store says. Two genuine URLs are the same if their addresses are.

    Args:
        base: The base URL that it begins with.
        slot: The topic in it; None where one URL is for all topics.
        key_id: The key that made it; empty if it proves nothing.
        generation: The store's, when it was made; 0 if it proves nothing.
    """

    base: str
    slot: str | None
    key_id: str = ""
    generation: int = 0

    @property
    def proved(self) -> bool:
        """Whether the URL has a token that we made, be it of a generation that is over."""
        return self.key_id != ""


class Addresses:
    """The callback URLs of one store.

    Args:
        base_urls: Ours; new URLs begin with the first.
    """

    def __init__(self, ring: KeyRing, base_urls: Sequence[str], store: StoreId) -> None:
        self._ring = ring
        # Of whatever generation, and also if the store is disabled: made by us it was.
        self._lenient = replace(ring, stores={})
        self._base_urls = base_urls
        self._store = store

    def url(self, slot: str | None) -> str:
        """What the URL should be now. It is a secret."""
        target = self._target(slot)
        return self._base_urls[0] + callback_path(target, self._ring.mint(target))

    def current(self, slot: str | None) -> Address:
        """What it should say now."""
        generation = self._ring.store(self._target(slot)).generation
        return Address(self._base_urls[0], slot, self._ring.sign, generation)

    def read(self, url: str) -> Address | None:
        """What a registered URL says; None of one that is not of this store, and of a stranger."""
        found = target_and_token(url, self._base_urls, self._store)
        if found is None:
            return None
        base, target, token = found
        if self._lenient.proves(target, token):
            return Address(base, target.topic, key_id_of(token), generation_of(token))
        slot = target.topic
        # Anybody may have written it, and it is going to be shown.
        return Address(base, slot if slot is None or _WORD.fullmatch(slot) else "?")

    def proves_elsewhere(self, url: str) -> bool:
        """Whether a URL has a token of ours for this store, wherever it leads."""
        return any(self._lenient.proves(*one) for one in anywhere(url, self._store))

    def _target(self, slot: str | None) -> CallbackTarget:
        return CallbackTarget(self._store.platform, self._store.name, slot)


def target_and_token(
    url: str, base_urls: Sequence[str], store: StoreId
) -> tuple[str, CallbackTarget, str] | None:
    """The base URL, target and token of a URL; None if it is not of this store, or not ours."""
    for base, path in _paths_behind(url, base_urls):
        parts = path.split("/")
        if len(parts) in {_WITHOUT_TOPIC, _WITH_TOPIC} and parts[:2] == [*store]:
            topic = parts[2] if len(parts) == _WITH_TOPIC else None
            return base, CallbackTarget(store.platform, store.name, topic), parts[-1]
    return None


def anywhere(url: str, store: StoreId) -> Iterator[tuple[CallbackTarget, str]]:
    """What looks like the end of a callback URL of the store, at whatever base URL."""
    for found in re.finditer(rf"/{store}/(?:([^/]+)/)?([^/?#&\s]+)", unquote(url)):
        yield CallbackTarget(store.platform, store.name, found[1]), found[2]


def _paths_behind(url: str, base_urls: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the gateway would see behind each base URL of ours: decoded, without the query."""
    if _LEADS_NOWHERE.search(url.strip()):
        return
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return
    for base_url in base_urls:
        base = urlsplit(base_url)
        same_place = (parts.scheme, _place(parts)) == (base.scheme, _place(base))
        if same_place and parts.path.startswith(f"{base.path}/"):
            yield base_url, unquote(parts.path[len(base.path) + 1 :])


def _place(url: SplitResult) -> str:
    """Host and port, written in one way."""
    host, _, port = url.netloc.lower().partition(":")
    default = port == _DEFAULT_PORTS.get(url.scheme, "")
    return host.rstrip(".") if default or not port else f"{host.rstrip('.')}:{port}"
