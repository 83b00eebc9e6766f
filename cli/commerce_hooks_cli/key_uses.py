"""Which keys a store's URLs use, and how that is known: decided of facts alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from commerce_hooks.state.seen import Seen
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.key_records import Confirmation
    from commerce_hooks_cli.own_urls import UrlsInUse

UNKNOWN_KEY = ""
"""In the place of a key's id, for callbacks of which none was noted."""


class Source(StrEnum):
    """How it is known which keys a store's URLs use."""

    PLATFORM = "platform"
    OPERATOR = "operator"
    CALLBACKS = "callbacks"
    NOBODY = "nobody"
    NO_ANSWER = "no_answer"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class StoreUse:
    """Which keys a store's URLs use, as far as that is known.

    Args:
        certain: They use no other key than these, and those of `unlisted`.
        refused: So many URLs that are registered for it are refused already.
        unlisted: Keys of callbacks that came to no URL that the platform lists.
        why: What kept the platform from telling.
        confirmed_at: When the operator gave their word.
        last: When the newest callback with each key came.
    """

    store: StoreId
    source: Source
    keys: frozenset[str] = frozenset()
    certain: bool = False
    refused: int = 0
    unlisted: frozenset[str] = frozenset()
    why: str = ""
    confirmed_at: datetime | None = None
    last: Mapping[str, datetime] | None = None

    def may_use(self, key_id: str) -> bool:
        """Whether it would break something for this store if the key were retired."""
        if self.source is Source.DISABLED:
            return False
        return not self.certain or key_id in self.keys or self.may_be_unlisted(key_id)

    def may_be_unlisted(self, key_id: str) -> bool:
        """Whether a URL of the key was called that the platform does not list."""
        return not self.unlisted.isdisjoint({key_id, UNKNOWN_KEY})


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to know of one store.

    Args:
        read_back: What is registered at its platform; None if that can't be asked.
        failure: Why the platform did not tell, though it can be asked.
    """

    store: StoreId
    disabled: bool = False
    read_back: UrlsInUse | None = None
    failure: str = ""
    confirmation: Confirmation | None = None
    seen: Sequence[Seen] = ()


def use_of(told: Told) -> StoreUse:
    """What follows from it.

    The platform's answer counts; where it can't be asked, the operator's word, until callbacks
    with another key come after it. Callbacks alone prove nothing: some topics come once a year.
    But one to a URL that the platform does not list proves that its answer is not all (Konimbo
    lists no webhook that is inactive): of those, too, the operator's word is needed.
    """
    last = _last_by_key(told.seen)
    if told.disabled:
        return StoreUse(told.store, Source.DISABLED, last=last)
    if told.failure:
        return StoreUse(told.store, Source.NO_ANSWER, _known(last), why=told.failure, last=last)
    if told.read_back is not None:
        found = told.read_back
        odd = unlisted(found, told.seen)
        return StoreUse(
            told.store,
            Source.PLATFORM,
            found.keys,
            certain=True,
            refused=found.refused,
            unlisted=_keys_of(odd, told.confirmation) if odd else frozenset(),
            last=last,
        )
    if told.confirmation is not None:
        keys = _keys_of(told.seen, told.confirmation)
        return StoreUse(
            told.store,
            Source.OPERATOR,
            keys - {UNKNOWN_KEY},
            certain=UNKNOWN_KEY not in keys,
            confirmed_at=told.confirmation.confirmed_at,
            last=last,
        )
    source = Source.CALLBACKS if told.seen else Source.NOBODY
    return StoreUse(told.store, source, _known(last), last=last)


def unlisted(found: UrlsInUse, seen: Iterable[Seen]) -> list[Seen]:
    """The callbacks that came to none of the URLs that the platform lists."""
    return [one for one in seen if not found.lists(one.topic)]


def _keys_of(seen: Sequence[Seen], word: Confirmation | None) -> frozenset[str]:
    """The keys that callbacks came with, or the operator vouched for and that came since."""
    if word is None:
        return frozenset(one.key_id or UNKNOWN_KEY for one in seen)
    later = (one.key_id or UNKNOWN_KEY for one in seen if one.received_at > word.confirmed_at)
    return frozenset({word.key_id, *later})


def _last_by_key(seen: Iterable[Seen]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for one in seen:
        key = one.key_id or UNKNOWN_KEY
        last[key] = max(one.received_at, last.get(key, one.received_at))
    return last


def _known(last: Mapping[str, datetime]) -> frozenset[str]:
    return frozenset(filter(None, last))
