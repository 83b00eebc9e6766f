"""Konimbo's API on loopback, as its documentation has it, and as it may be where that is silent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.loopback import Answered, Asked, api_server

TOKEN = "konimbo-token-canary"
_ALL = frozenset({"webhooks", "orders", "items"})
# Its methods, and whether the path names one.
_ON_WEBHOOKS = frozenset({("GET", False), ("GET", True), ("POST", False), ("PUT", True)})


@dataclass
class FakeKonimbo:
    """Answers as Konimbo does.

    Args:
        rights: By token, which resources it may read.
        per_page: None if it does not page, and gives everything on every page.
        says_total: Whether the headers of paging are there.
        wrap: What becomes of the list of records.
        wrap_one: What becomes of a record that is shown, created or updated.
        inactive: Ids of those that it does not list.
        maximum: So many calls, and then 401.
    """

    rights: dict[str, frozenset[str]] = field(default_factory=lambda: {TOKEN: _ALL})
    per_page: int | None = 20
    says_total: bool = True
    wrap: Callable[[list[Any]], Any] = lambda records: records
    wrap_one: Callable[[dict[str, Any]], Any] = lambda record: record
    inactive: set[int] = field(default_factory=set)
    maximum: int = 100
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    instead: Answered | None = None
    asked: list[Asked] = field(default_factory=list)

    def add_webhook(self, url: str, event: str) -> None:
        id_ = len(self.webhooks) + 1
        self.webhooks.append({"id": id_, "event": event, "callback_url": url})

    def answer(self, asked: Asked) -> Answered:
        self.asked.append(asked)
        limit = {
            "x-rate-limit-current": str(len(self.asked)),
            "x-rate-limit-maximum": str(self.maximum),
        }
        if len(self.asked) > self.maximum:
            return Answered(401, b"", limit)
        answered = self.instead or self._answer(asked)
        return Answered(answered.status, answered.body, {**limit, **answered.headers})

    def _answer(self, asked: Asked) -> Answered:
        resource, _, id_ = asked.path.removeprefix("/v1/").partition("/")
        on_webhooks = resource == "webhooks" and (asked.method, bool(id_)) in _ON_WEBHOOKS
        if not on_webhooks and (asked.method != "GET" or id_ or resource not in _ALL):
            return _refused(404, "not_found", "The endpoint you requested was not found")
        token = asked.query.get("token") if asked.method == "GET" else asked.json().get("token")
        rights = self.rights.get(token or "")
        if rights is None:
            return _refused(401, "unauthorized", "The token provided is not registered")
        if resource not in rights:
            text = "You are not authorized for any of these attributes"
            return _refused(401, "unauthorized", text)
        if resource != "webhooks":
            return _refused(404, "not_found", f"There are no {resource} for your query")
        return self._webhooks(asked, id_)

    def _webhooks(self, asked: Asked, id_: str) -> Answered:
        if asked.method == "POST":
            told = asked.json()["webhook"]
            self.add_webhook(told["callback_url"], told["event"])
            return Answered.of(self.wrap_one(self.webhooks[-1]))
        if id_:
            return self._one(id_, asked.json()["webhook"] if asked.method == "PUT" else {})
        return self._page(int(asked.query.get("page", "1")))

    def _one(self, id_: str, changed: dict[str, str]) -> Answered:
        record = next((one for one in self.webhooks if str(one["id"]) == id_), None)
        if record is None:
            told = {"status": "not_found", "model": "webhook", "id": id_, "message": "not found"}
            return Answered.of(told, 404)
        record |= changed
        return Answered.of(self.wrap_one(record))

    def _page(self, number: int) -> Answered:
        listed = [one for one in self.webhooks if one["id"] not in self.inactive]
        size = self.per_page or len(listed)
        start = (number - 1) * size if self.per_page else 0
        records = listed[start : start + size]
        if not records:
            return _refused(404, "not_found", "There are no webhooks for your query")
        told = {"x-pagination-total": str(len(listed))} if self.says_total else {}
        return Answered.of(self.wrap(records), headers=told)


def _refused(status: int, word: str, message: str) -> Answered:
    return Answered.of({"status": word, "message": message}, status)


@contextmanager
def konimbo_server(konimbo: FakeKonimbo) -> Iterator[str]:
    with api_server(konimbo.answer) as url:
        yield url
