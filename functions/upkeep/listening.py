"""Listens for stores that have fallen silent, and for those that are heard again.

An event goes out first and is then noted: after a crash in between it goes out again, with the
same id. In the other order it would be noted and never have been told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeAlias

from commerce_hooks.deadline import BUS_SECONDS, TABLE_SECONDS, Deadline
from commerce_hooks.errors import CommerceHooksError, UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.publishing import Publishing
from commerce_hooks.receiving import KeyRingSource
from commerce_hooks.state.seen import Seen, all_seen
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreConfiguration, StoreId, Stores
from upkeep.episodes import Episode, episodes_in, heard_event, keep, silent_event
from upkeep.silence import Silence, silence_of


class Observer(Protocol):
    """Where an operator reads who is silent."""

    def listened(self, silences: Sequence[Silence], unreadable: Sequence[StoreId]) -> None: ...
    def row_unreadable(self, row: Row) -> None: ...
    def told(self, event: Event) -> None: ...
    def not_told(self, store: StoreId, error: UnavailableError) -> None: ...


class NotToldError(CommerceHooksError):
    """Of some stores it is not told. Lambda tries an asynchronous call twice more."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Compares what was seen last with what the stores' operators expect."""

    stores: Stores
    key_rings: KeyRingSource
    table: StateTable
    publisher: Publishing
    deployment: str
    now: Callable[[], datetime]
    observer: Observer

    def listen(self, until: Deadline) -> Sequence[Silence]:
        """Find all silent stores, and tell what has changed since the last time.

        Raises:
            UnavailableError: It is not known who is silent.
            NotToldError: Some changes are not told, or not noted; the others are.
        """
        configured = self.stores.all()
        seen = _by_store(all_seen(self.table, unreadable=self.observer.row_unreadable))
        silences = self._silences(configured, seen)
        unreadable = [store for store, known in configured.items() if known is None]
        self.observer.listened(list(silences.values()), unreadable)
        episodes = episodes_in(self.table, self._forget)
        # Of a store whose configuration cannot be read nothing is known, so nothing ends either.
        ended = episodes.keys() - silences.keys() - {*unreadable}
        self._take(
            [
                *((s, partial(self._goes_on, silences[s], episodes.get(s))) for s in silences),
                *((s, partial(self._is_over, episodes[s], seen.get(s, ()))) for s in sorted(ended)),
            ],
            until,
        )
        return list(silences.values())

    def _silences(
        self,
        configured: Mapping[StoreId, StoreConfiguration | None],
        seen: Mapping[StoreId, Sequence[Seen]],
    ) -> Mapping[StoreId, Silence]:
        now, ring = self.now(), self.key_rings.current()
        found = (
            silence_of(store, configuration, seen.get(store, ()), now)
            for store, configuration in configured.items()
            # What is refused cannot be heard. An entry of the ring that is malformed disables, too;
            # that is told where the ring is read.
            if configuration and not ring.store(CallbackTarget(*store)).disabled
        )
        return {silence.store: silence for silence in found if silence}

    def _take(self, steps: Iterable["_Step"], until: Deadline) -> None:
        """One store's failure is no other's."""
        failed: list[StoreId] = []
        for store, step in steps:
            try:
                step(_a_turn(until))
            except UnavailableError as error:
                self.observer.not_told(store, error)
                failed.append(store)
        if failed:
            raise NotToldError(", ".join(map(str, failed)))

    def _forget(self, row: Row) -> None:
        """A row that cannot be read would hide that its store was told, hour after hour."""
        self.observer.row_unreadable(row)
        self.table.remove(row)

    def _goes_on(self, silence: Silence, episode: Episode | None, bus: Deadline) -> None:
        if episode is None or silence.worse_than(episode.silence):
            self._tell(silent_event(silence, self.deployment, self.now()), bus)
            keep(self.table, silence, silence.id, episode)
        elif silence.data != episode.silence.data:
            keep(self.table, silence, episode.told_as, episode)

    def _is_over(self, episode: Episode, seen: Iterable[Seen], bus: Deadline) -> None:
        """Else the store, or what was expected of it, is no longer configured, or disabled."""
        if episode.silence.broken_by(seen):
            self._tell(heard_event(episode, self.deployment, self.now()), bus)
        self.table.remove(episode.row)

    def _tell(self, event: Event, bus: Deadline) -> None:
        published = self.publisher.publish([event], bus)
        if published.refused:
            raise UnavailableError("bus", ", ".join(published.refused.values()), may_pass=False)
        self.observer.told(event)


_Step: TypeAlias = tuple[StoreId, Callable[[Deadline], None]]


def _a_turn(until: Deadline) -> Deadline:
    """The bus's part of a step; what is begun gets its full time."""
    if until.remaining() < BUS_SECONDS + TABLE_SECONDS:
        raise UnavailableError("table", "deadline")
    return until.within(BUS_SECONDS)


def _by_store(seen: Iterable[Seen]) -> Mapping[StoreId, Sequence[Seen]]:
    found: dict[StoreId, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.store, []).append(one)
    return found
