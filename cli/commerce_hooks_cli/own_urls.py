"""Which keys a store's registered callback URLs use. The URLs are secrets; key ids are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from commerce_hooks.keyring import CallbackTarget, key_id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreId

_WITHOUT_TOPIC, _WITH_TOPIC = 3, 4


@dataclass(frozen=True, slots=True)
class UrlsInUse:
    """What was found registered for a store.

    Args:
        keys: The ids of the keys that its URLs use.
        refused: So many URLs are ours, and are refused: of a key or generation that is no more.
    """

    keys: frozenset[str] = frozenset()
    refused: int = 0


def urls_in_use(
    ring: KeyRing, base_urls: Sequence[str], store: StoreId, urls: Iterable[str]
) -> UrlsInUse:
    """Those of ours among the URLs: they begin as ours do, and name the store."""
    keys, refused = set(), 0
    for url in urls:
        ours = target_and_token(url, base_urls, store)
        if ours is None:
            continue
        target, token = ours
        if ring.proves(target, token):
            keys.add(key_id_of(token))
        else:
            refused += 1
    return UrlsInUse(frozenset(keys), refused)


def target_and_token(
    url: str, base_urls: Sequence[str], store: StoreId
) -> tuple[CallbackTarget, str] | None:
    """None of a URL that is not ours, or another store's."""
    path = _path_behind(url, base_urls)
    parts = path.split("/") if path else []
    if len(parts) not in {_WITHOUT_TOPIC, _WITH_TOPIC} or parts[:2] != [*store]:
        return None
    topic = parts[2] if len(parts) == _WITH_TOPIC else None
    return CallbackTarget(store.platform, store.name, topic), parts[-1]


def _path_behind(url: str, base_urls: Sequence[str]) -> str | None:
    """What the gateway would see behind one of our base URLs: decoded, without the query."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    for base in map(urlsplit, base_urls):
        same_place = (parts.scheme, parts.netloc.lower()) == (base.scheme, base.netloc.lower())
        if same_place and parts.path.startswith(f"{base.path}/"):
            return unquote(parts.path[len(base.path) + 1 :])
    return None
