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
        certain: They use no other key than these.
        refused: So many URLs that are registered for it are refused already.
        why: What kept the platform from telling.
        confirmed_at: When the operator gave their word.
        last: When the newest callback with each key came.
    """

    store: StoreId
    source: Source
    keys: frozenset[str] = frozenset()
    certain: bool = False
    refused: int = 0
    why: str = ""
    confirmed_at: datetime | None = None
    last: Mapping[str, datetime] | None = None

    def may_use(self, key_id: str) -> bool:
        """Whether it would break something for this store if the key were retired."""
        if self.source is Source.DISABLED:
            return False
        return not self.certain or key_id in self.keys


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
    """
    last = _last_by_key(told.seen)
    if told.disabled:
        return StoreUse(told.store, Source.DISABLED, last=last)
    if told.failure:
        return StoreUse(told.store, Source.NO_ANSWER, _known(last), why=told.failure, last=last)
    if told.read_back is not None:
        found = told.read_back
        return StoreUse(
            told.store, Source.PLATFORM, found.keys, certain=True, refused=found.refused, last=last
        )
    if told.confirmation is not None:
        word = told.confirmation
        later = {s.key_id for s in told.seen if s.received_at > word.confirmed_at}
        return StoreUse(
            told.store,
            Source.OPERATOR,
            frozenset({word.key_id, *filter(None, later)}),
            certain=None not in later,
            confirmed_at=word.confirmed_at,
            last=last,
        )
    source = Source.CALLBACKS if told.seen else Source.NOBODY
    return StoreUse(told.store, source, _known(last), last=last)


def _last_by_key(seen: Iterable[Seen]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for one in seen:
        key = one.key_id or UNKNOWN_KEY
        last[key] = max(one.received_at, last.get(key, one.received_at))
    return last


def _known(last: Mapping[str, datetime]) -> frozenset[str]:
    return frozenset(filter(None, last))
