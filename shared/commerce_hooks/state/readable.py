"""Rows that somebody else may have written: what can be read of them is, and no one spoils all."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from commerce_hooks.parking import moment
from commerce_hooks.state.table import Row

T = TypeVar("T")


def readable(
    rows: Iterable[Row], meaning: Callable[[Row], T], unreadable: Callable[[Row], None]
) -> Iterator[T]:
    """What rows mean, in their order; `unreadable` is told of each that means nothing."""
    for row in rows:
        try:
            yield meaning(row)
        except (KeyError, OverflowError, TypeError, ValueError):
            unreadable(row)


def moment_in(row: Row, name: str) -> datetime:
    """A time that a row holds.

    Raises:
        KeyError, OverflowError, ValueError: It holds none, or none that UTC has.
    """
    return moment(str(row.data[name])).astimezone(UTC)


def optional_moment_in(row: Row, name: str) -> datetime | None:
    """The same, None where it holds null."""
    return None if row.data[name] is None else moment_in(row, name)
