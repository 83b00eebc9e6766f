"""Requests for ever: the platforms take turns, and each body is about something new."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count, cycle, groupby
from operator import attrgetter

from load.orders import Outgoing

# Eight digits, as Konimbo's ids have: of nine and more, some look like national ids or cards.
_FIRST_ID = 10_000_000
_platform = attrgetter("platform")


def interleaved(requests: Iterable[Outgoing]) -> Iterator[Outgoing]:
    """The requests for ever, the platforms taking turns."""
    turns = groupby(sorted(requests, key=_platform), key=_platform)
    return (next(own) for own in cycle([cycle(list(group)) for _, group in turns]))


@dataclass
class Renewal:
    """Makes bodies that are about what none has been about before."""

    numbers: Iterator[int] = field(default_factory=lambda: count(_FIRST_ID))

    def of(self, body: bytes, ids: Sequence[str]) -> tuple[bytes, tuple[str, ...]]:
        """The body with other ids, each as long as a platform would make it; and these ids."""
        if not ids:
            return body, ()
        fresh = {old: _like(old, next(self.numbers)) for old in ids}
        renewed = _places(tuple(ids)).sub(lambda old: fresh[old[0].decode()].encode(), body)
        return renewed, tuple(fresh.values())


def _like(old: str, number: int) -> str:
    return str(number) if old.isdigit() else f"{number:0{len(old)}x}"


@cache
def _places(ids: tuple[str, ...]) -> re.Pattern[bytes]:
    """Where they stand as whole words."""
    any_of_them = "|".join(map(re.escape, ids))
    return re.compile(rf"(?<![0-9A-Za-z])(?:{any_of_them})(?![0-9A-Za-z])".encode())
