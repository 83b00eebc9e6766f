"""The shape watch: what is new in a batch is told first, and then belongs to what is known.

In this order a crash in between tells something twice, which consumers know how to take, for
the event has the same id. In the other order it would be known and never have been told.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from commerce_hooks.deadline import BUCKET_SECONDS, BUS_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.publishing import Publisher
from shapes.notices import Change, change_of, notice_of
from shapes.shapes import NOTHING, KnownShape, Pair
from shapes.sightings import Sighting, WatchedTopic

MAX_TRIES = 5
"""So often a set is read and written again where somebody else wrote it in between."""


class Stored(NamedTuple):
    """A set as it was found; `version` is None where there was none."""

    known: KnownShape
    version: str | None


class ShapeStore(Protocol):
    """Where the sets are kept."""

    def read(self, topic: WatchedTopic, seconds: float) -> Stored:
        """The topic's set.

        Raises:
            UnavailableError: It can't be told within `seconds`.
        """
        ...

    def write(
        self, topic: WatchedTopic, known: KnownShape, version: str | None, seconds: float
    ) -> bool:
        """Keep the set, if it is still in the version that was read; else False.

        Raises:
            UnavailableError: It is not known to be kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A sighting that has to come again, and why."""

    sighting: Sighting
    cause: str


@dataclass(frozen=True, slots=True)
class ShapeWatch:
    """Learns shapes. `on_change` is told of each change once its event is on the bus."""

    store: ShapeStore
    publisher: Publisher
    deployment: str
    on_change: Callable[[Change], None]
    # What this container knows: most batches show nothing new, and cost no call.
    _known: dict[WatchedTopic, KnownShape] = field(default_factory=dict)
    # Told but not yet kept: while the bucket fails, not every callback is to tell it again.
    _told: dict[WatchedTopic, set[Pair]] = field(default_factory=dict)

    def learn(self, sightings: Iterable[Sighting], until: Deadline) -> list[Unsettled]:
        """Learn what these show; returns those that could not be dealt with in time."""
        by_topic: dict[WatchedTopic, list[Sighting]] = {}
        for sighting in sightings:
            by_topic.setdefault(sighting.topic, []).append(sighting)
        return [left for each in by_topic.items() for left in self._of_topic(*each, until)]

    def _of_topic(
        self, topic: WatchedTopic, sightings: Sequence[Sighting], until: Deadline
    ) -> list[Unsettled]:
        """One topic's failure is no other's. Only what showed something new has to come again."""
        changes = _changes(self._known.get(topic, NOTHING), sightings)
        try:
            if changes:
                self._keep(topic, changes, until)
        except UnavailableError as error:
            return [Unsettled(change.sighting, str(error)) for change in changes]
        return []

    def _keep(self, topic: WatchedTopic, changes: Sequence[Change], until: Deadline) -> None:
        for _ in range(MAX_TRIES):
            stored = self.store.read(topic, _bucket_seconds(until))
            self._known[topic] = stored.known
            changes = _changes(stored.known, [change.sighting for change in changes])
            if not changes or self._tell_and_write(topic, changes, stored.version, until):
                return
        raise UnavailableError("bucket", "Conflict")

    def _tell_and_write(
        self, topic: WatchedTopic, changes: Sequence[Change], version: str | None, until: Deadline
    ) -> bool:
        self._tell(changes, self._told.setdefault(topic, set()), until)
        known = changes[-1].after
        if not self.store.write(topic, known, version, _bucket_seconds(until)):
            return False
        self._known[topic] = known
        del self._told[topic]
        return True

    def _tell(self, changes: Sequence[Change], told: set[Pair], until: Deadline) -> None:
        untold = [change for change in changes if not told.issuperset(change.news)]
        events = [notice_of(change, self.deployment) for change in untold]
        published = self.publisher.publish(events, until.within(BUS_SECONDS))
        if published.refused:
            raise UnavailableError("bus", ", ".join(published.refused.values()), may_pass=False)
        for change in untold:
            told.update(change.news)
            self.on_change(change)


def _changes(known: KnownShape, sightings: Iterable[Sighting]) -> list[Change]:
    """What each sighting adds to those before it."""
    changes: list[Change] = []
    for sighting in sightings:
        change = change_of(known, sighting)
        if change:
            changes.append(change)
            known = change.after
    return changes


def _bucket_seconds(until: Deadline) -> float:
    seconds = until.within(BUCKET_SECONDS).remaining()
    if seconds <= 0:
        raise UnavailableError("bucket", "deadline")
    return seconds
