"""Which keys a store's registered callback URLs use. The URLs are secrets; key ids are not.

Two rules, for two errors that cost: what is to be deleted must be ours beyond doubt, so it begins
as our URLs do; but a key is needed by every URL that it proves, wherever it points. A custom
domain, the gateway's own address beside it, a port, a proxy: all can lead here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks.keyring import key_id_of
from commerce_hooks.subscriptions.addresses import anywhere, target_and_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.stores import StoreId


@dataclass(frozen=True, slots=True)
class UrlsInUse:
    """What was found registered for a store.

    Args:
        keys: The ids of the keys that its URLs use.
        refused: So many URLs are ours, and are refused: of a key or generation that is no more.
        topics: Of the URLs that are taken; None is that of a URL for all topics.
    """

    keys: frozenset[str] = frozenset()
    refused: int = 0
    topics: frozenset[str | None] = frozenset()

    def lists(self, topic: str | None) -> bool:
        """Whether a callback of this topic can have come to one of the URLs."""
        return None in self.topics or topic in self.topics


def urls_in_use(
    ring: KeyRing, base_urls: Sequence[str], store: StoreId, urls: Iterable[str]
) -> UrlsInUse:
    """Those of the URLs that the ring proves, and how many of ours it doesn't."""
    keys, topics, refused = set(), set(), 0
    for url in urls:
        proved = [one for one in anywhere(url, store) if ring.proves(*one)]
        keys |= {key_id_of(token) for _, token in proved}
        topics |= {target.topic for target, _ in proved}
        if not proved and target_and_token(url, base_urls, store):
            refused += 1
    return UrlsInUse(frozenset(keys), refused, frozenset(topics))
