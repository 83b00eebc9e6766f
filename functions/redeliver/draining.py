"""The outbox's objects in the bucket: what neither bus nor queue took when it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from commerce_hooks.deadline import BUCKET_SECONDS, BUS_SECONDS, QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import OUTBOX_PREFIX, Letter, LetterUnreadableError, dump, parse
from redeliver.fates import Fate, Observer, Verdict, tell
from redeliver.objects import Objects, bucket_seconds, listed
from redeliver.redelivery import Redelivery

MOST_LISTED = 5_000
"""So many objects are looked at in a run."""
AT_ONCE = 10
"""Objects whose letters share their calls. One object holds at most a callback's 50 events."""
AFTERWARDS_SECONDS = 2 * BUCKET_SECONDS
"""For what becomes of the objects, once their letters are delivered."""
CHUNK_SECONDS = BUCKET_SECONDS + BUS_SECONDS + QUEUE_SECONDS + AFTERWARDS_SECONDS
"""With less time than this no more objects are begun."""
MOST_FRUITLESS = 3
"""When the bus has taken nothing for so many times, the run is over."""

_Letters = Mapping[str, Sequence[Letter]]


@dataclass(slots=True)
class _Run:
    """How far a run is. `found` is None as long as there was nothing to do."""

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
            How many objects are left of those that were looked at; None if there were none, and
            none before that either, or if the bucket did not tell.
        """
        run = _Run()
        try:
            self._go(run, until)
        except UnavailableError as error:
            self.observer.ran("warning", outcome="unavailable", cause=str(error))
        return run.left

    def _go(self, run: _Run, until: Deadline) -> None:
        keys = self._listed(until)
        if not keys and not self.stuck:
            return
        run.found = len(keys)
        for chunk in self._chunks(keys):
            if run.fruitless == MOST_FRUITLESS or until.remaining() < CHUNK_SECONDS:
                return
            self._empty(chunk, run, until)

    def _listed(self, until: Deadline) -> list[str]:
        """The oldest first."""
        found = list(islice(listed(self.objects, f"{OUTBOX_PREFIX}/", until), MOST_LISTED))
        found.sort(key=lambda each: each.kept_at)
        return [each.key for each in found]

    def _chunks(self, keys: Sequence[str]) -> list[Sequence[str]]:
        """What was tried in vain comes last and alone: one may be all that is wrong with ten."""
        self.stuck.intersection_update(keys)
        fresh = [key for key in keys if key not in self.stuck]
        chunks = [fresh[start : start + AT_ONCE] for start in range(0, len(fresh), AT_ONCE)]
        return [*chunks, *([key] for key in keys if key in self.stuck)]

    def _empty(self, keys: Sequence[str], run: _Run, until: Deadline) -> None:
        self.stuck.update(keys)
        bodies = self.objects.read(keys, bucket_seconds(until))
        letters = self._parsed(bodies)
        fates = self._deliver(letters, until)
        rest = _rest(letters, fates)
        run.fruitless += _is_fruitless(fates)
        self._keep(letters, rest, until)
        run.gone += sum(key not in bodies or rest.get(key) == [] for key in keys)

    def _parsed(self, bodies: Mapping[str, bytes]) -> _Letters:
        letters: dict[str, Sequence[Letter]] = {}
        for key, body in bodies.items():
            try:
                letters[key] = parse(body)
            except LetterUnreadableError as error:
                # It stays for an operator.
                self.observer.ran("error", outcome="unreadable", letter=key, cause=str(error))
        return letters

    def _deliver(self, letters: _Letters, until: Deadline) -> list[Fate]:
        tries_end = until.within(until.remaining() - AFTERWARDS_SECONDS)
        all_ = [letter for ones in letters.values() for letter in ones]
        fates = self.redelivery.deliver(all_, tries_end)
        tell(self.observer, [key for key, ones in letters.items() for _ in ones], fates)
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
