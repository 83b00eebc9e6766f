"""Which of a store's subscriptions at its platform are ours. Everybody else's are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_hooks.subscriptions.addresses import Addresses

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
    addresses = Addresses(ring, base_urls, store)
    found = ((one, addresses.read(one.callback_url)) for one in subscriptions)
    return [one for one, address in found if address is not None and address.proved]
