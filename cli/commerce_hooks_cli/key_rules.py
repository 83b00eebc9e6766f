"""What is still to be done before a key may go, and whether it may: decided of facts alone.

Whatever is not known counts against retiring a key: a platform that did not answer, a shop that
nobody vouched for, a time that was lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from commerce_hooks_cli.key_records import NOTHING_KNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.state.seen import Seen
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.key_records import Confirmation, KeyTimes
    from commerce_hooks_cli.own_urls import UrlsInUse

REPEATS_FOR = timedelta(hours=48)
"""Centry repeats a callback for so long, to the URL that it had at first (its documentation)."""
_OURS = re.compile(r"k([0-9]{1,15})")


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


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a deployment's keys at a moment."""

    now: datetime
    ring: KeyRing
    times: Mapping[str, KeyTimes]
    uses: Sequence[StoreUse]

    @property
    def pending(self) -> str | None:
        return pending_key(self.ring, self.times)

    @property
    def old_keys(self) -> list[str]:
        """Accepted keys that no longer sign."""
        return sorted(self.ring.keys.keys() - {self.ring.sign, self.pending})

    @property
    def left(self) -> list[StoreUse]:
        """The stores about which something has still to be done."""
        return [use for use in self.uses if self._is_left(use)]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.ring.keys) == 1 and not self.left and not self.ring.malformed

    def _is_left(self, use: StoreUse) -> bool:
        if use.source is Source.DISABLED:
            return False
        if use.source is Source.NO_ANSWER or use.refused:
            return True
        if use.source in {Source.CALLBACKS, Source.NOBODY}:
            return bool(self.old_keys)
        return not use.certain or bool(use.keys - {self.ring.sign, self.pending})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a key can't be retired yet.

    Args:
        why: In plain words.
        store: Whose URLs are in the way.
        until: When it passes by itself.
    """

    why: str
    store: StoreId | None = None
    until: datetime | None = None


def obstacles(facts: Facts, key_id: str) -> list[Obstacle]:
    """What is in the way of retiring an accepted key; empty if nothing is."""
    if key_id == facts.ring.sign:
        return [Obstacle(f"{key_id} signs.")]
    return [
        *(Obstacle(_why(use, key_id), use.store) for use in facts.uses if use.may_use(key_id)),
        *_recent_callbacks(facts, key_id),
        *_young_signer(facts),
    ]


def pending_key(ring: KeyRing, times: Mapping[str, KeyTimes]) -> str | None:
    """The key that a rotation has added and that does not sign yet; None if there is none.

    Keys are numbered as they are made, so it is one of a higher number than the one that signs,
    unless it is known to have signed: then somebody went back by hand, and had a reason.
    """
    signer = _number(ring.sign)
    waiting = []
    for key_id in ring.keys:
        known = times.get(key_id, NOTHING_KNOWN)
        # Of a signer without a number only our own note tells older keys from newer ones.
        added = signer > 0 or known.accepted_at is not None
        new = known.signs_at is None and known.imported_at is None
        if added and new and _number(key_id) > signer:
            waiting.append(key_id)
    return max(waiting, key=_number, default=None)


def unfinished_key(ring: KeyRing, times: Mapping[str, KeyTimes]) -> str | None:
    """The key of a rotation that was interrupted; None if there is none.

    It may sign already, where what was missed is only to note that.
    """
    signer = times.get(ring.sign)
    unnoted = signer is not None and signer.signs_at is None and signer.imported_at is None
    return pending_key(ring, times) or (ring.sign if unnoted else None)


def next_key_id(known: Iterable[str]) -> str:
    """An id that none of these keys has or had."""
    return f"k{max(map(_number, known), default=0) + 1}"


def contradicting_topics(seen: Collection[Seen], key_id: str, now: datetime) -> list[str]:
    """Topics that another key's URL was called about after this key's, and lately.

    Both URLs were in use then. Lately means within 48 hours: so long no key may be retired after
    its last callback, so an operator loses nothing by waiting.
    """
    newest = {s.topic: s.received_at for s in seen if s.key_id == key_id}
    return sorted(
        {
            one.topic or "?"
            for one in seen
            if one.key_id != key_id
            and one.topic in newest
            and one.received_at > newest[one.topic]
            and now - one.received_at < REPEATS_FOR
        }
    )


def _why(use: StoreUse, key_id: str) -> str:
    if use.source is Source.NO_ANSWER:
        return f"{use.store}: its platform did not tell: {use.why}"
    if key_id not in use.keys:
        return f"{use.store}: nobody vouches for it that its URLs have been replaced."
    if use.source is Source.CALLBACKS:
        return f"{use.store}: callbacks came with {key_id}."
    return f"{use.store}: its URLs use {key_id}."


def _recent_callbacks(facts: Facts, key_id: str) -> list[Obstacle]:
    """Also callbacks of which no key was noted: it could be this one."""
    last = [
        moment
        for use in facts.uses
        for key, moment in (use.last or {}).items()
        if key in {key_id, _UNKNOWN} and facts.now - moment < REPEATS_FOR
    ]
    if not last:
        return []
    until = max(last) + REPEATS_FOR
    return [Obstacle(f"A callback with {key_id} came in the last 48 hours.", until=until)]


def _young_signer(facts: Facts) -> list[Obstacle]:
    signer = facts.ring.sign
    signs_at = facts.times.get(signer, NOTHING_KNOWN).signs_at
    if signs_at is None:
        return [Obstacle(f"It is not known since when {signer} signs.")]
    until = signs_at + REPEATS_FOR
    if facts.now < until:
        return [Obstacle(f"{signer} has signed for less than 48 hours.", until=until)]
    return []


_UNKNOWN = ""


def _last_by_key(seen: Iterable[Seen]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for one in seen:
        key = one.key_id or _UNKNOWN
        last[key] = max(one.received_at, last.get(key, one.received_at))
    return last


def _known(last: Mapping[str, datetime]) -> frozenset[str]:
    return frozenset(filter(None, last))


def _number(key_id: str) -> int:
    """Which key it is, counted from 1; 0 of one that was made by hand and called otherwise."""
    found = _OURS.fullmatch(key_id)
    return int(found[1]) if found else 0
