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
        company: None if the scopes do not allow to ask for it.
        instead: Answers by method and path that come instead of the real one.
    """

    oauth: FakeOAuth = field(default_factory=FakeOAuth)
    page_size: int = 100
    readable: bool = True
    company: str | None = COMPANY
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    instead: dict[tuple[str, str], Answered] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def add_webhook(self, url: str, **fields: Any) -> str:
        """A record; flags that are not given are false, None leaves a field out."""
        id_ = f"{len(self.webhooks) + 1:024x}"
        record: dict[str, Any] = {"_id": id_, "callback_url": url, "company_id": COMPANY}
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
        return self._authorized(asked)

    def _authorized(self, asked: Asked) -> Answered:
        match asked.method, asked.path.removeprefix("/conexion/v1/").split("/"):
            case "GET", ["company_info.json"]:
                found = [{"_id": self.company, "name": "Shop"}]
                return Answered.of(found) if self.company else Answered.of({}, 403)
            case "GET", ["webhooks.json"]:
                return Answered.of(self._page(asked)) if self.readable else Answered.of({}, 403)
            case "DELETE", ["webhooks", name]:
                gone = self.webhooks.pop(name.removesuffix(".json"), None)
                return Answered(200, b"true") if gone else Answered.of({"error": "none"}, 404)
        return Answered.of({"error": "no such path"}, 404)

    def _page(self, asked: Asked) -> list[dict[str, Any]]:
        after = asked.query.get("after", "")
        size = min(self.page_size, int(asked.query["limit"]))
        return [self.webhooks[id_] for id_ in sorted(self.webhooks) if id_ > after][:size]


@contextmanager
def centry_server(centry: FakeCentry) -> Iterator[str]:
    with api_server(centry.answer) as url:
        yield url
