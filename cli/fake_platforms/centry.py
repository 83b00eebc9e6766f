"""A Centry: OAuth, webhooks of many companies, and notifications that it insists on.

Rules are those of https://centrycl.github.io/centry-rest-api-docs (Webhooks, Authentication,
Errors). Left open there, and settings here: how many records a page has at most, what status a
creation has, how many calls are too many, and which scope the company's page needs.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_platforms.centry_webhooks import SUBJECTS, CentryWebhooks, bad_request, flags_of
from fake_platforms.deliveries import Deliveries, Delivery, Notice
from fake_platforms.messages import Answered, Asked, RefusalError, UnfitError
from fake_platforms.oauth import Application, Grant, OAuth, company_of
from fake_platforms.platform import FakePlatform
from fake_platforms.posting import Poster
from fake_platforms.records import Record
from fake_platforms.windows import Windows

_API = "/conexion/v1"
_LIST, _COMPANY = f"{_API}/webhooks.json", f"{_API}/company_info.json"
_ONE = f"{_API}/webhooks/<id>.json"
_TOKEN, _AUTHORIZE = "/oauth/token", "/oauth/authorize"
# Only the plural path exists; older copies of the documentation have a singular one for DELETE.
_ONE_PATH = re.compile(rf"{_API}/webhooks/([0-9A-Za-z]{{1,64}})\.json", re.ASCII)
_METHODS = {
    _LIST: {"GET", "POST"},
    _ONE: {"GET", "PUT", "PATCH", "DELETE"},
    _COMPANY: {"GET"},
    _TOKEN: {"POST"},
    _AUTHORIZE: {"GET"},
}
INTENTS = 576
"""A notification is insisted on for 48 hours, every five minutes."""
INTENT_SECONDS = 300.0
_OK = 200


class FakeCentry(FakePlatform):
    """Answers as Centry does.

    Args:
        applications: None if any client id and secret will do, each for a company of its own.
        limit_per_minute: Calls of a company that are not answered 429; None if all.
        company_scope: What a token has to have to see the company; None if nothing.

    Other settings are those of its parts, and may be changed while it runs: `oauth.lifetime`,
    `webhooks.page_size` and so on.
    """

    listing_route = _LIST

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        applications: Sequence[Application] | None = None,
        limit_per_minute: int | None = None,
        company_scope: str | None = None,
        admin_secret: str | None = None,
        poster: Poster | None = None,
    ) -> None:
        # Exactly 200 counts (Webhooks): after 201 or 204 it insists.
        deliveries = Deliveries(
            clock, poster or Poster(), _OK.__eq__, intents=INTENTS, pause=INTENT_SECONDS
        )
        super().__init__(clock, deliveries, admin_secret)
        self.limit_per_minute = limit_per_minute
        self.company_scope = company_scope
        self.oauth = OAuth(clock, applications)
        self.webhooks = CentryWebhooks(clock, self.records)
        self._windows = Windows(clock, 60)

    def company_of(self, client_id: str) -> str:
        """The company that an application belongs to."""
        application = self.oauth.application(client_id)
        return company_of(client_id) if application is None else application.company

    def add_webhook(self, company: str, url: str, **fields: Any) -> str:
        """A record of whomever; its id. A flag of None is left out, as old records lack some."""
        return self.register(company, {"callback_url": url, **fields}).id

    def deliver(self, topic: str, id_: str, company: str | None = None) -> Sequence[Delivery]:
        """Something happens to that product, order or configuration: tell all that want to know.

        A company's webhooks are called, or those of all companies. What is not answered with
        exactly 200 in time is insisted on, whatever becomes of the webhook meanwhile; whether
        Centry does so too is documented nowhere.

        Raises:
            ValueError: There is no such topic.
        """
        if topic not in SUBJECTS:
            raise UnfitError("there is no such topic")
        data = {"topic": topic, SUBJECTS[topic]: id_}
        body = json.dumps(data, separators=(",", ":")).encode()
        return [
            self.deliveries.make(Notice.to(record, topic, data, "application/json", body))
            for record in self.records.all(company)
            if topic in flags_of(record.fields)
        ]

    def route_of(self, asked: Asked) -> str:
        if _ONE_PATH.fullmatch(asked.path):
            return _ONE
        return asked.path if asked.path in _METHODS else "other"

    def shop_of(self, asked: Asked) -> str:
        if asked.path != _TOKEN:
            return self.oauth.company(_bearer(asked))
        client_id = asked.fields().get("client_id")
        return self.company_of(client_id) if isinstance(client_id, str) and client_id else ""

    def carry_out(self, asked: Asked, visible: int | None) -> Answered:
        route = self.route_of(asked)
        if route == "other":
            raise _refusal(404, "there is no such path")
        if asked.method not in _METHODS[route]:
            raise _refusal(405, "this path does not take the method")
        if route == _TOKEN:
            return self.oauth.token(asked)
        if route == _AUTHORIZE:
            return self.oauth.authorize(asked)
        return self._authorized(asked, route, visible)

    def _authorized(self, asked: Asked, route: str, visible: int | None) -> Answered:
        grant = self.oauth.bearer(_bearer(asked))
        if grant is None:
            raise _refusal(401, "the access token is unknown, revoked or has ended")
        company = grant.application.company
        limit = self.limit_per_minute
        if limit is not None and self._windows.call(company, limit).blocked:
            raise _refusal(429, "too many requests")
        if route == _COMPANY:
            _demand(grant, self.company_scope)
            # The page on companies shows a list of one.
            return Answered.of([{"_id": company, "name": "A shop of the fake Centry"}])
        _demand(grant, "read_webhook" if asked.method == "GET" else "write_webhook")
        if route == _ONE:
            return self._one(asked, company)
        if asked.method == "GET":
            return Answered.of(self.webhooks.listed(company, asked.query, visible))
        made = self.webhooks.create(company, _object(asked))
        return Answered.of(made.fields, self.webhooks.created_status)

    def _one(self, asked: Asked, company: str) -> Answered:
        found = _ONE_PATH.fullmatch(asked.path)
        id_ = found.group(1) if found else ""
        if asked.method == "DELETE":
            if not self.records.remove(id_, company):
                raise _refusal(404, "there is no such webhook")
            return Answered.of(True)
        record = (
            self.records.get(id_, company)
            if asked.method == "GET"
            else self.webhooks.update(id_, _object(asked), company)
        )
        if record is None:
            raise _refusal(404, "there is no such webhook")
        return Answered.of(record.fields)

    def shop_named(self, fields: Mapping[str, Any]) -> str | None:
        if isinstance(fields.get("client_id"), str):
            return self.company_of(fields["client_id"])
        shop = fields.get("shop")
        return shop if isinstance(shop, str) else None

    def register(self, shop: str, fields: Mapping[str, Any]) -> Record:
        lacking = {name for name, value in fields.items() if value is None}
        told = {name: value for name, value in fields.items() if name not in lacking}
        try:
            record = self.webhooks.create(shop, told)
        except RefusalError:
            raise UnfitError("a webhook has a callback_url, and flags") from None
        left = {name: value for name, value in record.fields.items() if name not in lacking}
        record = replace(record, fields=left)
        self.records.put(record)
        return record

    def edit(self, id_: str, fields: Mapping[str, Any]) -> Record | None:
        try:
            return self.webhooks.update(id_, fields)
        except RefusalError:
            raise UnfitError("a webhook has a callback_url, and flags") from None

    def fire(self, fields: Mapping[str, Any]) -> Sequence[Delivery]:
        topic, id_ = fields.get("topic"), fields.get("id")
        if not isinstance(topic, str) or not isinstance(id_, str):
            raise UnfitError("an event has a topic and the id of what it is about")
        return self.deliver(topic, id_, self.shop_named(fields))


def _bearer(asked: Asked) -> str:
    kind, _, token = asked.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _object(asked: Asked) -> Mapping[str, Any]:
    told = asked.json()
    if not told:
        raise bad_request("the body is no JSON object, or an empty one")
    return told


def _demand(grant: Grant, scope: str | None) -> None:
    if scope is not None and scope not in grant.scopes:
        raise _refusal(403, f"the scope {scope} is missing")


def _refusal(status: int, problem: str) -> RefusalError:
    return RefusalError(Answered.of({"error": problem}, status))
