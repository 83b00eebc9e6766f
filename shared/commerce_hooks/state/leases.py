"""A lease per store: who changes something at its platform holds it, so nobody else does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from commerce_hooks.callback import iso_utc
from commerce_hooks.errors import CommerceHooksError, UnavailableError
from commerce_hooks.state.readable import optional_moment_in, readable
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.stores import StoreId

LEASES = "leases"
"""The kind of row; its ids are stores."""
LEASE_SECONDS = 600.0
"""For whoever changes something at a platform: longer than the command or the function takes."""
_FORGOTTEN_AFTER = timedelta(days=7)


class LeaseHeldError(CommerceHooksError):
    """Somebody else holds the store's lease, as far as can be told until then."""

    def __init__(self, store: StoreId, owner: str, until: datetime | None) -> None:
        when = "" if until is None else f" until {iso_utc(until)}"
        super().__init__(f"{store} is being worked on by {owner}{when}")
        self.owner = owner
        self.until = until


class LeaseLostError(CommerceHooksError):
    """The lease ended, and somebody else took it: change nothing any more."""


class Leases:
    """The leases of all stores."""

    def __init__(self, table: StateTable, now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def acquire(self, store: StoreId, owner: str, seconds: float) -> "Lease":
        """Take the store's lease.

        Args:
            store: Whose.
            owner: In a word, for whoever finds it held.
            seconds: So long it lasts unless it is renewed. Clocks of owners may differ by some
                seconds, so let it be minutes.

        Raises:
            LeaseHeldError: Somebody else has it.
            UnavailableError: The table does not answer.
        """
        row = self._table.read(LEASES, str(store))
        until = _until(row)
        if until is not None and until > self._now():
            raise LeaseHeldError(store, str(row.data.get("owner")), until)
        written = self._write(row, owner, self._end(seconds))
        if written is None:
            raise LeaseHeldError(store, "another run", None)
        return Lease(self, written, owner)

    def renewed(self, row: Row, owner: str, seconds: float) -> Row:
        written = self._write(row, owner, self._end(seconds))
        if written is None:
            raise LeaseLostError("the lease of the store was taken by another run")
        return written

    def released(self, row: Row, owner: str) -> None:
        # Not removed, so that for a week it can be seen who had it last.
        self._write(row, owner, None)

    def _end(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)

    def _write(self, row: Row, owner: str, until: datetime | None) -> Row | None:
        data = {"owner": owner, "until": None if until is None else iso_utc(until)}
        return self._table.write(row, data, expires_at=self._now() + _FORGOTTEN_AFTER)


@dataclass(slots=True)
class Lease:
    """One that is held. As a context manager it is released at the end."""

    leases: Leases
    row: Row
    owner: str

    def renew(self, seconds: float) -> None:
        """Let it last so many seconds from now.

        Raises:
            LeaseLostError: It had ended, and somebody else has taken it.
            UnavailableError: It is not known to.
        """
        self.row = self.leases.renewed(self.row, self.owner, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.leases.released(self.row, self.owner)
        except UnavailableError:
            return  # it ends by itself


def _until(row: Row) -> datetime | None:
    """None of one that has ended, and of a row that nobody can read: it would never end."""
    return next(readable([row] if row.exists else [], _end_in, lambda _: None), None)


def _end_in(row: Row) -> datetime | None:
    return optional_moment_in(row, "until")
