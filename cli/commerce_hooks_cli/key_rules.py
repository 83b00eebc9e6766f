"""What is still to be done before a key may go, and whether it may: decided of facts alone.

Whatever is not known counts against retiring a key: a platform that did not answer, a shop that
nobody vouched for, a time that was lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from commerce_hooks_cli.key_records import NOTHING_KNOWN
from commerce_hooks_cli.key_uses import UNKNOWN_KEY, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.state.seen import Seen
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.key_records import KeyTimes
    from commerce_hooks_cli.key_uses import StoreUse

REPEATS_FOR = timedelta(hours=48)
"""Centry repeats a callback for so long, to the URL that it had at first (its documentation)."""
_OURS = re.compile(r"k([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a deployment's keys at a moment.

    Args:
        missing: Why callbacks may have come of which nothing is known; empty if nothing says so.
    """

    now: datetime
    ring: KeyRing
    times: Mapping[str, KeyTimes]
    uses: Sequence[StoreUse]
    missing: str = ""

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
        if any(use.may_be_unlisted(key_id) for key_id in self.old_keys):
            return True
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
        *([Obstacle(facts.missing)] if facts.missing else []),
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
    if key_id not in use.keys and use.may_be_unlisted(key_id):
        return (
            f"{use.store}: callbacks came with {key_id} to a URL that its platform does not list."
        )
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
        if key in {key_id, UNKNOWN_KEY} and facts.now - moment < REPEATS_FOR
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


def _number(key_id: str) -> int:
    """Which key it is, counted from 1; 0 of one that was made by hand and called otherwise."""
    found = _OURS.fullmatch(key_id)
    return int(found[1]) if found else 0
