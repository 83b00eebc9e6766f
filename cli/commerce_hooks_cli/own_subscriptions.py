"""Which of a store's subscriptions at its platform are ours. Everybody else's are left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from commerce_hooks_cli.own_urls import target_and_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform_access import Subscription
    from commerce_hooks.stores import StoreId


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
    found = target_and_token(url.strip(), base_urls, store)
    return found is not None and ring.proves(*found)
