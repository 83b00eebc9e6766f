"""The state table as its users see it: rows by kind and id, written only over what was read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from commerce_hooks.decoding import JsonValue


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read.

    Args:
        data: What it holds; it may be secret, so it is not shown.
        version: Names the write that it is of, and no other: a row that was removed and made
            anew never equals the old one. Empty if there is no such row.
    """

    kind: str
    id: str
    data: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    version: str = ""

    @property
    def exists(self) -> bool:
        return self.version != ""


class StateTable(Protocol):
    """The table. Reads are consistent: they see every write that has been answered.

    All methods raise UnavailableError if they can't be done within the table's time.
    """

    def read(self, kind: str, id_: str) -> Row:
        """The row, without a version if there is none."""
        ...

    def rows(self, kind: str, prefix: str = "") -> Iterator[Row]:
        """All rows of a kind whose ids begin so, in the order of their ids."""
        ...

    def write(
        self, row: Row, data: Mapping[str, JsonValue], expires_at: datetime | None = None
    ) -> Row | None:
        """Put this data in the place of what was read; None if somebody else wrote meanwhile.

        From `expires_at` on the row may go by itself at any time, within days.
        """
        ...

    def write_newest(
        self,
        kind: str,
        id_: str,
        data: Mapping[str, JsonValue],
        moment: datetime,
        expires_at: datetime | None = None,
    ) -> bool:
        """Put this data there unless what is there is as new or newer; whether it was put.

        A kind is written either like this or by `write`, never by both.
        """
        ...

    def remove(self, row: Row) -> bool:
        """Remove what was read; False if somebody else wrote meanwhile."""
        ...
