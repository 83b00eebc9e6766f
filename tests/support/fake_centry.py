"""Centry's API on loopback: tokens, webhooks and the company, as its documentation has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.fake_oauth import FakeOAuth
from support.loopback import Answered, Asked, api_server

COMPANY = "59c000000000000000000001"
FLAGS = (
    "on_product_save",
    "on_product_delete",
    "on_order_save",
    "on_order_delete",
    "on_integration_config_save",
    "on_integration_config_delete",
)


@dataclass
class FakeCentry:
    """Answers as Centry does.

    Args:
        page_size: It gives no more at a time, whatever is asked for.
        readable: Whether the scopes allow to read webhooks.
        writable: Whether they allow to write them.
        company: None if the scopes do not allow to ask for it.
        instead: Answers by method and path that come instead of the real one.
    """

    oauth: FakeOAuth = field(default_factory=FakeOAuth)
    page_size: int = 100
    readable: bool = True
    writable: bool = True
    company: str | None = COMPANY
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    instead: dict[tuple[str, str], Answered] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def add_webhook(self, callback_url: str, **fields: Any) -> str:
        """A record; flags that are not given are false, None leaves a field out."""
        id_ = f"{len(self.webhooks) + 1:024x}"
        record: dict[str, Any] = {"_id": id_, "callback_url": callback_url, "company_id": COMPANY}
        record |= {**dict.fromkeys(FLAGS, False), **fields}
        self.webhooks[id_] = {name: value for name, value in record.items() if value is not None}
        return id_

    def answer(self, asked: Asked) -> Answered:
        self.asked.append(asked)
        if (asked.method, asked.path) in self.instead:
            return self.instead[asked.method, asked.path]
        if (asked.method, asked.path) == ("POST", "/oauth/token"):
            return self.oauth.token(asked)
        if not self.oauth.accepts(asked.headers.get("authorization", "").removeprefix("Bearer ")):
            return Answered.of({"error": "The access token expired"}, 401)
        if not self._allows(asked):
            return Answered.of({"error": "insufficient_scope"}, 403)
        return self._authorized(asked)

    def _allows(self, asked: Asked) -> bool:
        if "webhooks" not in asked.path:
            return self.company is not None
        return self.readable if asked.method == "GET" else self.writable

    def _authorized(self, asked: Asked) -> Answered:
        match asked.method, asked.path.removeprefix("/conexion/v1/").split("/"):
            case "GET", ["company_info.json"]:
                return Answered.of([{"_id": self.company, "name": "Shop"}])
            case "GET", ["webhooks.json"]:
                return Answered.of(self._page(asked))
            case "POST", ["webhooks.json"]:
                body = asked.json()
                return Answered.of(self.webhooks[self.add_webhook(**_known(body))], 201)
            case "GET" | "PUT", ["webhooks", name] if name.removesuffix(".json") in self.webhooks:
                record = self.webhooks[name.removesuffix(".json")]
                record |= _known(asked.json()) if asked.method == "PUT" else {}
                return Answered.of(record)
            case "DELETE", ["webhooks", name]:
                gone = self.webhooks.pop(name.removesuffix(".json"), None)
                return Answered(200, b"true") if gone else Answered.of({"error": "none"}, 404)
        return Answered.of({"error": "no such path"}, 404)

    def _page(self, asked: Asked) -> list[dict[str, Any]]:
        after = asked.query.get("after", "")
        size = min(self.page_size, int(asked.query["limit"]))
        return [self.webhooks[id_] for id_ in sorted(self.webhooks) if id_ > after][:size]


def _known(body: dict[str, Any]) -> dict[str, Any]:
    """What Centry takes of a record; the rest it does not hear."""
    return {name: value for name, value in body.items() if name in {"callback_url", *FLAGS}}


@contextmanager
def centry_server(centry: FakeCentry) -> Iterator[str]:
    with api_server(centry.answer) as url:
        yield url
