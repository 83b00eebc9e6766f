"""How often what was asked of a fake platform, and by which shop."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from fake_platforms.messages import Answered, Ending


class Handled(NamedTuple):
    """Requests that are alike.

    Args:
        route: The path, with `<id>` for an id; `other` for one that does not exist.
        shop: Empty if the request does not tell.
        status: 0 if no answer was given.
    """

    method: str
    route: str
    shop: str
    status: int


@dataclass
class Requests:
    """Counts what a platform handled."""

    _counted: Counter[Handled] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, method: str, route: str, shop: str, answered: Answered) -> None:
        told = answered.ending in {Ending.WHOLE, Ending.CUT}
        handled = Handled(method, route, shop, answered.status if told else 0)
        with self._lock:
            self._counted[handled] += 1

    def count(
        self,
        method: str | None = None,
        route: str | None = None,
        shop: str | None = None,
        status: int | None = None,
    ) -> int:
        """How many there were; of what is given, only those."""
        wanted = (method, route, shop, status)
        return sum(
            times
            for handled, times in self.rows()
            if all(one in {None, other} for one, other in zip(wanted, handled, strict=True))
        )

    def rows(self) -> Sequence[tuple[Handled, int]]:
        with self._lock:
            return sorted(self._counted.items())

    def forget(self) -> None:
        with self._lock:
            self._counted.clear()
