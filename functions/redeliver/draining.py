"""The outbox's objects in the bucket: what neither bus nor queue took when it came."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from commerce_hooks.deadline import BUCKET_SECONDS, BUS_SECONDS, QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import Listed, listed
from commerce_hooks.outbox import OUTBOX_PREFIX, Letter, dump, parse
from commerce_hooks.publishing import MAX_ENTRIES, batches
from redeliver.fates import Fate, Observer, Told, Verdict, tell
from redeliver.objects import Objects, bucket_seconds
from redeliver.redelivery import Redelivery, guarded

MOST_LISTED = 5_000
"""So many objects are looked at in a run: the first in the order of their keys, and so first of
one platform. Where there are more, the others wait until those are gone."""
AT_ONCE = MAX_ENTRIES
"""Objects whose letters share their calls."""
MOST_BYTES = 16_000_000
"""Bytes that are read at once, unless one object alone has more: it may hold all events of a bulk,
and memory is needed for several times as much."""
AFTERWARDS_SECONDS = 2 * BUCKET_SECONDS
"""For what becomes of the objects, once their letters are delivered."""
CHUNK_SECONDS = BUCKET_SECONDS + BUS_SECONDS + QUEUE_SECONDS + AFTERWARDS_SECONDS
"""With less time than this no more objects are begun."""
MOST_FRUITLESS = 3
"""When nothing could be read, or the bus has taken nothing, for so many times, the run is over."""

_Letters = Mapping[str, Sequence[Letter]]


@dataclass(slots=True)
class _Run:
    """How far a run is. `found` is None until the bucket has told.

    An object is gone only if its letters all are: one that can't be read may be gone or not.
    """

    found: int | None = None
    gone: int = 0
    fruitless: int = 0

    @property
    def left(self) -> int | None:
        return None if self.found is None else self.found - self.gone


@dataclass(frozen=True, slots=True)
class Drain:
    """Empties the prefix: an object shrinks as its letters are delivered, and is then deleted.

    A run may end anywhere. What it had published and not yet deleted is published again by the
    next, with the same ids.
    """

    objects: Objects
    redelivery: Redelivery
    observer: Observer
    # Keys that were tried and may still be there, as far as this container knows.
    stuck: set[str] = field(default_factory=set)

    def run(self, until: Deadline) -> int | None:
        """Deliver as much as time allows.

        Returns:
            How many objects are left of those that were looked at; None if the bucket did not
            tell.
        """
        run = _Run()
        try:
            self._go(run, until)
        except UnavailableError as error:
            self.observer.ran("warning", outcome="unavailable", cause=str(error))
        return run.left

    def _go(self, run: _Run, until: Deadline) -> None:
        found = self._listed(until)
        run.found = len(found)
        for chunk in self._chunks(found):
            if run.fruitless == MOST_FRUITLESS or until.remaining() < CHUNK_SECONDS:
                return
            self._empty(chunk, run, until)

    def _listed(self, until: Deadline) -> list[Listed]:
        """Of those that are looked at, the oldest first."""
        all_ = listed(self.objects, f"{OUTBOX_PREFIX}/", partial(bucket_seconds, until))
        return sorted(islice(all_, MOST_LISTED), key=lambda each: each.kept_at)

    def _chunks(self, found: Sequence[Listed]) -> list[list[str]]:
        """What was tried in vain comes last and alone: one may be all that is wrong with ten.

        In any order, so that a few that never go out keep no others back.
        """
        self.stuck.intersection_update(each.key for each in found)
        fresh = [each for each in found if each.key not in self.stuck]
        together = batches(fresh, lambda each: each.size, MOST_BYTES)
        alone = [[each.key] for each in found if each.key in self.stuck]
        random.shuffle(alone)
        return [*([each.key for each in chunk] for chunk in together), *alone]

    def _empty(self, keys: Sequence[str], run: _Run, until: Deadline) -> None:
        self.stuck.update(keys)
        bodies = self.objects.read(keys, bucket_seconds(until))
        self._tell_of_unread([key for key in keys if key not in bodies])
        letters = self._parsed(bodies)
        fates = self._deliver(letters, until)
        rest = _rest(letters, fates)
        run.fruitless += not bodies or _is_fruitless(fates)
        self._keep(letters, rest, until)
        run.gone += sum(not ones for ones in rest.values())

    def _tell_of_unread(self, keys: Sequence[str]) -> None:
        if keys:
            self.observer.ran("error", outcome="unread", objects=list(keys))

    def _parsed(self, bodies: Mapping[str, bytes]) -> _Letters:
        """The letters of those objects that have any; the others stay for an operator."""
        letters: dict[str, Sequence[Letter]] = {}
        for key, body in bodies.items():
            parsed = guarded(partial(parse, body))
            if isinstance(parsed, Fate):
                self.observer.ran("error", outcome="unreadable", letter=key, cause=parsed.cause)
            else:
                letters[key] = parsed
        return letters

    def _deliver(self, letters: _Letters, until: Deadline) -> list[Fate]:
        tries_end = until.within(until.remaining() - AFTERWARDS_SECONDS)
        all_ = [(key, letter) for key, ones in letters.items() for letter in ones]
        fates = self.redelivery.deliver([letter for _, letter in all_], tries_end)
        told = [Told(one, key, fate) for (key, one), fate in zip(all_, fates, strict=True)]
        tell(self.observer, told)
        return fates

    def _keep(self, letters: _Letters, rest: _Letters, until: Deadline) -> None:
        """Of each object what is left of it."""
        empty = [key for key, ones in rest.items() if not ones]
        if empty:
            self.objects.delete(empty, bucket_seconds(until))
        for key, ones in rest.items():
            if 0 < len(ones) < len(letters[key]):
                self.objects.put(key, dump(ones), {}, bucket_seconds(until))


def _rest(letters: _Letters, fates: Sequence[Fate]) -> dict[str, list[Letter]]:
    """The letters that have to come again."""
    each = iter(fates)
    return {key: [one for one in ones if not next(each).done] for key, ones in letters.items()}


def _is_fruitless(fates: Sequence[Fate]) -> bool:
    verdicts = {fate.verdict for fate in fates}
    return Verdict.UNAVAILABLE in verdicts and Verdict.DELIVERED not in verdicts
