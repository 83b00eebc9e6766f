"""Centry's webhooks API: a record with a flag for each topic.

Paths, fields, filters and answers: https://centrycl.github.io/centry-rest-api-docs (Webhooks).
How many a page has at most, and the status of a creation, are documented nowhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from operator import eq, ge, gt, le, lt
from typing import Any

from fake_platforms.messages import Answered, RefusalError
from fake_platforms.records import Record, Records

SUBJECTS = {
    "on_product_save": "product_id",
    "on_product_delete": "product_id",
    "on_order_save": "order_id",
    "on_order_delete": "order_id",
    "on_integration_config_save": "integration_config_id",
    "on_integration_config_delete": "integration_config_id",
}
"""Topics, which are the names of flags, and under which name a notification has its id."""
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_COMPARISONS: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "": eq,
    "_gte": ge,
    "_lte": le,
    "_gt": gt,
    "_lt": lt,
}


@dataclass
class CentryWebhooks:
    """The records of all companies.

    Args:
        page_size: It gives no more at a time, whatever is asked for.
        created_status: Of an answer to a creation.
    """

    clock: Callable[[], float]
    records: Records
    page_size: int = 100
    created_status: int = 201
    _numbers: "count[int]" = field(default_factory=lambda: count(1), repr=False)

    def listed(
        self, company: str, query: Mapping[str, str], visible: int | None = None
    ) -> list[Mapping[str, Any]]:
        """A page, in the order of ids. `offset` is deprecated, but works.

        Raises:
            RefusalError: A filter cannot be read.
        """
        records = self.records.all(company)[:visible]
        found = [each for each in records if each.id > query.get("after", "")]
        for passes in _filters(query):
            found = [each for each in found if passes(each)]
        start = _number(query, "offset", 0)
        size = min(_number(query, "limit", self.page_size), self.page_size)
        return [each.fields for each in found[start : start + size]]

    def create(self, company: str, told: Mapping[str, Any]) -> Record:
        """The body is flat; flags that it omits are false, fields that it invents are ignored.

        Raises:
            RefusalError: It has no callback URL, or a flag that is none.
        """
        if not told.get("callback_url"):
            raise bad_request("callback_url is missing")
        now = self._moment()
        record: dict[str, Any] = {
            "_id": self._new_id(),
            "callback_url": None,
            "company_id": company,
            "created_at": now,
            "updated_at": now,
            **dict.fromkeys(SUBJECTS, False),
        }
        made = Record(record["_id"], company, record | _changes(told))
        self.records.put(made)
        return made

    def update(
        self, id_: str, told: Mapping[str, Any], company: str | None = None
    ) -> Record | None:
        """What the body does not name stays as it is.

        Raises:
            RefusalError: It has an empty callback URL, or a flag that is none.
        """
        changes = {**_changes(told), "updated_at": self._moment()}

        def changed(record: Record) -> Record:
            return replace(record, fields={**record.fields, **changes})

        return self.records.change(id_, changed, company)

    def _new_id(self) -> str:
        """As MongoDB makes them: seconds first, so that they are in the order of creation."""
        return f"{int(self.clock()):08x}{next(self._numbers):016x}"

    def _moment(self) -> str:
        moment = datetime.fromtimestamp(self.clock(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bad_request(problem: str) -> RefusalError:
    return RefusalError(Answered.of({"error": problem}, 400))


def _changes(told: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: told[name] for name in ("callback_url", *SUBJECTS) if name in told}
    url = changes.get("callback_url", "-")
    if not isinstance(url, str) or not url:
        raise bad_request("callback_url is no text")
    if not all(isinstance(changes[flag], bool) for flag in SUBJECTS if flag in changes):
        raise bad_request("a flag is neither true nor false")
    return changes


def _filters(query: Mapping[str, str]) -> Iterator[Callable[[Record], bool]]:
    for name in ("created_at", "updated_at"):
        for suffix, compare in _COMPARISONS.items():
            if name + suffix in query:
                yield _filter(name, compare, _read(query[name + suffix]))


def _filter(
    name: str, compare: Callable[[datetime, datetime], bool], moment: datetime
) -> Callable[[Record], bool]:
    return lambda record: compare(_read(record.fields[name]), moment)


def _read(moment: str) -> datetime:
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        raise bad_request("not a time of ISO 8601") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    told = query.get(name)
    if told is None:
        return default
    if not _NUMBER.fullmatch(told):
        raise bad_request(f"{name} is no number")
    return int(told)


def flags_of(fields: Mapping[str, Any]) -> Sequence[str]:
    """The topics that a record is for. A flag that an old record lacks is not set."""
    return [topic for topic in SUBJECTS if fields.get(topic)]
