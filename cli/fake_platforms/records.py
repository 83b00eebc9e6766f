"""The webhooks that a fake platform keeps, of all its shops."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any


@dataclass(frozen=True)
class Record:
    """A webhook.

    Args:
        fields: As the platform's API shows it.
        active: One that is not is kept, but called no more.
    """

    id: str
    shop: str
    fields: Mapping[str, Any] = field(repr=False)
    active: bool = True

    @property
    def callback_url(self) -> str:
        return str(self.fields["callback_url"])


@dataclass
class Records:
    """All webhooks, in the order of their ids."""

    _by_id: dict[str, Record] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def all(self, shop: str | None = None) -> Sequence[Record]:
        """Those of one shop, if given."""
        with self._lock:
            found = [each for each in self._by_id.values() if shop in {None, each.shop}]
        # Ids of one platform are numbers, decimal or hexadecimal: the longer is the greater.
        return sorted(found, key=lambda each: (len(each.id), each.id))

    def get(self, id_: str, shop: str | None = None) -> Record | None:
        with self._lock:
            return self._own(id_, shop)

    def put(self, record: Record) -> None:
        with self._lock:
            self._by_id[record.id] = record

    def change(
        self, id_: str, changed: Callable[[Record], Record], shop: str | None = None
    ) -> Record | None:
        """Replace a record by what becomes of it; None if there is none."""
        with self._lock:
            record = self._own(id_, shop)
            if record is not None:
                record = self._by_id[id_] = changed(record)
            return record

    def remove(self, id_: str, shop: str | None = None) -> bool:
        """Whether there was one."""
        with self._lock:
            if self._own(id_, shop) is None:
                return False
            del self._by_id[id_]
            return True

    def _own(self, id_: str, shop: str | None) -> Record | None:
        record = self._by_id.get(id_)
        return record if record is not None and shop in {None, record.shop} else None
