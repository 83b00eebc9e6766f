"""Last-seen kept: of a batch only the newest of each row is written, and only if it is news."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from activity.sightings import Note, Sighting
from commerce_hooks.deadline import TABLE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.seen import AccountSeen, Seen, note_account, note_seen
from commerce_hooks.state.table import StateTable
from commerce_hooks.stores import StoreId

MOST_ACCOUNTS = 10
"""So many identities of one store are noted of a batch: two are one too many already, and whoever
has one URL can make up a shop for each callback."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A sighting that has to come again, and why."""

    sighting: Sighting
    cause: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """Keeps what sightings show. Whether it is news, the table decides as it writes."""

    table: StateTable

    def keep(self, sightings: Iterable[Sighting], until: Deadline) -> list[Unsettled]:
        """Write each row once; returns the sightings that could not be kept in time.

        Of a row that could not be written only its newest comes again: the others would add
        nothing to it.
        """
        left = {one.sighting.message_id: one for one in self._write(sightings, until)}
        return list(left.values())

    def _write(self, sightings: Iterable[Sighting], until: Deadline) -> Iterator[Unsettled]:
        for sighting, note in _newest(sightings):
            try:
                self._note(note, until)
            except UnavailableError as error:
                yield Unsettled(sighting, str(error))

    def _note(self, note: Note, until: Deadline) -> None:
        # A call gets its full time, or is not begun.
        if until.remaining() < TABLE_SECONDS:
            raise UnavailableError("table", "deadline")
        if isinstance(note, Seen):
            note_seen(self.table, note)
        else:
            note_account(self.table, note)


def _newest(sightings: Iterable[Sighting]) -> Iterable[tuple[Sighting, Note]]:
    """For each row the note that was received last, and the sighting that it is of."""
    newest: dict[tuple[type[Note], str], tuple[Sighting, Note]] = {}
    accounts = Counter[StoreId]()
    for sighting in sightings:
        for note in sighting.notes:
            row = type(note), note.id
            if row not in newest and isinstance(note, AccountSeen):
                accounts[note.store] += 1
                if accounts[note.store] > MOST_ACCOUNTS:
                    continue
            if row not in newest or note.received_at > newest[row][1].received_at:
                newest[row] = sighting, note
    return newest.values()
