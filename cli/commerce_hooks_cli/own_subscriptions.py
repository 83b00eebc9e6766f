"""Which of a store's subscriptions at its platform are ours. Everybody else's are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from commerce_hooks.keyring import CallbackTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform_access import Subscription
    from commerce_hooks.stores import StoreId

_WITHOUT_TOPIC, _WITH_TOPIC = 3, 4


def ours(
    subscriptions: Iterable[Subscription],
    ring: KeyRing,
    base_urls: Sequence[str],
    store: StoreId,
) -> list[Subscription]:
    """Those whose callback URL begins with one of ours, and has a token of ours for this store.

    Of whatever generation, and also if the store is disabled: it is ours for all that.
    """
    lenient = replace(ring, stores={})
    return [one for one in subscriptions if _is_ours(one.callback_url, lenient, base_urls, store)]


def _is_ours(url: str, ring: KeyRing, base_urls: Sequence[str], store: StoreId) -> bool:
    parts = (_path_behind(url.strip(), base_urls) or "").split("/")
    if len(parts) not in {_WITHOUT_TOPIC, _WITH_TOPIC} or parts[:2] != [*store]:
        return False
    topic = parts[2] if len(parts) == _WITH_TOPIC else None
    return ring.proves(CallbackTarget(store.platform, store.name, topic), parts[-1])


def _path_behind(url: str, base_urls: Sequence[str]) -> str | None:
    """What the gateway would see behind one of our base URLs: decoded, without the query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    for base in map(urlsplit, base_urls):
        same_place = (parts.scheme, parts.netloc.lower()) == (base.scheme, base.netloc.lower())
        if same_place and parts.path.startswith(f"{base.path}/"):
            return unquote(parts.path[len(base.path) + 1 :])
    return None
