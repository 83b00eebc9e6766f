"""A Konimbo: webhooks by token, one event each, and callbacks as JSON or as forms.

Rules are those of https://github.com/konimbo/API-Documentation (README and v1/webhooks.md);
texts of errors are those that its users' code quotes (RcBuilder/Scripts). What a listing, a
creation or an update shows is documented nowhere: records look as those of its other resources
do, and `shape` and `tells_created` say otherwise.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from itertools import count
from typing import Any

from fake_platforms.deliveries import Deliveries, Delivery, Notice
from fake_platforms.messages import Answered, Asked, RefusalError, UnfitError
from fake_platforms.platform import FakePlatform
from fake_platforms.posting import Poster
from fake_platforms.rails_forms import FORM, form_of
from fake_platforms.records import Record
from fake_platforms.windows import Used, Windows

EVENTS = frozenset(
    {
        "order_created",
        "order_created_future",
        "order_after_payment",
        "order_created_bulk",
        "order_after_payment_api",
        "order_after_payment_paypal",
        "order_status_created",
        "credit_guard_xml_created",
        "item_inventory_updated",
        "customer_created",
        "customer_logged_in",
        "ticket_created",
    }
)
RESOURCES = frozenset({"webhooks", "orders", "items", "customers"})
RATE_LIMIT = 100
"""Calls that a token may make in ten minutes, unless Konimbo says otherwise."""
_RATE_SECONDS = 600
_LIST, _ONE = "/v1/webhooks", "/v1/webhooks/<id>"
_ONE_PATH = re.compile(r"/v1/webhooks/([0-9A-Za-z_-]{1,64})", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
# There is no DELETE of a webhook: nothing documents one.
_ROUTES = {("GET", _LIST), ("POST", _LIST), ("GET", _ONE), ("PUT", _ONE)} | {
    ("GET", f"/v1/{resource}") for resource in RESOURCES
}


class Shape(StrEnum):
    """How records are shown."""

    PLAIN = "plain"
    """Objects, a listing is an array of them."""
    WRAPPED = "wrapped"
    """Each within `webhook`, a listing within `webhooks`."""


@dataclass(frozen=True)
class ApiUser:
    """Whom a token stands for.

    Args:
        shop: The number of the shop.
        rights: Resources that it may use.
        active: One that is not is unknown.
        rate_limit: Calls in ten minutes.
    """

    shop: int
    rights: frozenset[str] = RESOURCES
    active: bool = True
    rate_limit: int = RATE_LIMIT


def shop_of_token(token: str) -> int:
    """The shop that a token is for, unless something else is said: the same in every run."""
    return int(sha256(b"shop\n" + token.encode()).hexdigest()[:7], 16)


class FakeKonimbo(FakePlatform):
    """Answers as Konimbo does. Its settings may be changed while it runs.

    Args:
        api_users: By token.
        strict: Only those tokens are known. If not, any other is for a shop of its own.
        rights: Of tokens that are not among `api_users`.
        rate_limit: Of those as well.
        per_page: How many records a page has.
        shape: How records are shown.
        tells_created: A creation or update shows the record, and not only that all went well.
        forms: Shops whose callbacks are forms.
    """

    listing_route = _LIST

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        api_users: Mapping[str, ApiUser] | None = None,
        strict: bool = False,
        rights: frozenset[str] = RESOURCES,
        rate_limit: int = RATE_LIMIT,
        per_page: int = 20,
        shape: Shape = Shape.PLAIN,
        tells_created: bool = True,
        forms: Iterable[int] = (),
        admin_secret: str | None = None,
        poster: Poster | None = None,
    ) -> None:
        # Neither what contents it nor that it tries again is documented.
        deliveries = Deliveries(clock, poster or Poster(), range(200, 300).__contains__)
        super().__init__(clock, deliveries, admin_secret)
        self.api_users = dict(api_users or {})
        self.strict = strict
        self.rights = rights
        self.rate_limit = rate_limit
        self.per_page = per_page
        self.shape = shape
        self.tells_created = tells_created
        self.forms = set(forms)
        self._numbers = count(1001)
        self._windows = Windows(clock, _RATE_SECONDS)

    def shop_of_token(self, token: str) -> int:
        user = self.api_users.get(token)
        return shop_of_token(token) if user is None else user.shop

    def add_webhook(self, shop: int, url: str, event: str, *, active: bool = True) -> int:
        """A record of whomever; its id."""
        fields = {"callback_url": url, "event": event, "active": active}
        return int(self.register(str(shop), fields).id)

    def deliver(
        self,
        event: str,
        body: Mapping[str, Any],
        shop: int | None = None,
        *,
        form: bool | None = None,
    ) -> Sequence[Delivery]:
        """Something happens: call that shop's active webhooks, or those of all shops, once.

        The body is a form, or is not; with None that is up to the shop (`forms`).

        Raises:
            ValueError: There is no such event.
        """
        if event not in EVENTS:
            raise UnfitError("there is no such event")
        return [
            self.deliveries.make(self._notice(record, event, body, form))
            for record in self.records.all(None if shop is None else str(shop))
            if record.active and record.fields["event"] == event
        ]

    def _notice(
        self, record: Record, event: str, body: Mapping[str, Any], form: bool | None
    ) -> Notice:
        if form or (form is None and int(record.shop) in self.forms):
            return Notice.to(record, event, body, FORM, form_of(body))
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return Notice.to(record, event, body, "application/json", text.encode())

    def route_of(self, asked: Asked) -> str:
        route = _ONE if _ONE_PATH.fullmatch(asked.path) else asked.path
        return route if any(route == known for _, known in _ROUTES) else "other"

    def shop_of(self, asked: Asked) -> str:
        token = _token(asked)
        return "" if self._user(token) is None else str(self.shop_of_token(token))

    def carry_out(self, asked: Asked, visible: int | None) -> Answered:
        route = self.route_of(asked)
        if (asked.method, route) not in _ROUTES:
            raise _refusal(404, "not_found", "The endpoint you requested was not found", model=None)
        token = _token(asked)
        user = self._user(token)
        if user is None:
            raise _refusal(401, "unauthorized", "The token provided is not registered")
        used = self._windows.call(token, user.rate_limit)
        try:
            answered = self._limited(asked, user, used, visible)
        except RefusalError as error:
            answered = error.answered
        return replace(answered, headers={**answered.headers, **_told(used, user.rate_limit)})

    def _user(self, token: str) -> ApiUser | None:
        user = self.api_users.get(token)
        if user is None and token and not self.strict:
            return ApiUser(shop_of_token(token), self.rights, rate_limit=self.rate_limit)
        return user if user is not None and user.active else None

    def _limited(self, asked: Asked, user: ApiUser, used: Used, visible: int | None) -> Answered:
        if used.blocked:  # 401, not 429: README of the documentation
            raise _refusal(401, "unauthorized", "The rate limit of the token is reached")
        resource = asked.path.removeprefix("/v1/").partition("/")[0]
        if resource not in user.rights:
            text = "You are not authorized for any of these attributes"
            raise _refusal(401, "unauthorized", text, resource.removesuffix("s"))
        if resource != "webhooks":
            text = f"There are no {resource} for your query"
            raise _refusal(404, "not_found", text, resource.removesuffix("s"))
        shop = str(user.shop)
        one = _ONE_PATH.fullmatch(asked.path)
        match asked.method:
            case "GET":
                return self._shown(one.group(1), shop) if one else self._page(asked, shop, visible)
            case "PUT" if one:
                return self._changed(asked, one.group(1), shop)
        return self._done(self._made(shop, *_webhook(asked)))

    def _page(self, asked: Asked, shop: str, visible: int | None) -> Answered:
        """Of the active ones; README of the documentation, on pagination."""
        active = [each for each in self.records.all(shop) if each.active][:visible]
        number = asked.query.get("page", "1")
        if not _NUMBER.fullmatch(number):
            raise _refusal(400, "bad_request", "The page is no number")
        start = (int(number) - 1) * self.per_page
        shown = [self._form(each) for each in active[start : start + self.per_page]]
        if not shown:
            raise _refusal(404, "not_found", "There are no webhooks for your query")
        headers = {
            "x-pagination-per-page": str(self.per_page),
            "x-pagination-total": str(len(active)),
            "x-pagination-links": self._links(asked, int(number), len(active)),
        }
        listed = {"webhooks": shown} if self.shape is Shape.WRAPPED else shown
        return Answered.of(listed, headers=headers)

    def _links(self, asked: Asked, number: int, total: int) -> str:
        last = -(-total // self.per_page)
        pages = {"first": 1, "prev": number - 1, "next": number + 1, "last": last}
        base = f"http://{asked.headers.get('host', '')}{asked.path}"
        return ", ".join(
            f'<{base}?page={page}>; rel="{name}"'
            for name, page in pages.items()
            if 1 <= page <= last
        )

    def _shown(self, id_: str, shop: str) -> Answered:
        """One that is not active is shown all the same."""
        record = self.records.get(id_, shop)
        if record is None:
            raise _none(id_)
        return Answered.of(self._form(record))

    def _changed(self, asked: Asked, id_: str, shop: str) -> Answered:
        """The documentation has a whole record in the body, so nothing less is taken."""
        url, event = _webhook(asked)

        def changed(record: Record) -> Record:
            return replace(record, fields={**record.fields, "callback_url": url, "event": event})

        record = self.records.change(id_, changed, shop)
        if record is None:
            raise _none(id_)
        return self._done(record)

    def _made(self, shop: str, url: str, event: str, *, active: bool = True) -> Record:
        number = next(self._numbers)
        fields = {"id": number, "callback_url": url, "event": event}
        record = Record(str(number), shop, fields, active)
        self.records.put(record)
        return record

    def _done(self, record: Record) -> Answered:
        """README of the documentation: 200, also for what was created."""
        if self.tells_created:
            return Answered.of(self._form(record))
        return Answered.of({"status": "ok", "message": "The webhook was saved"})

    def _form(self, record: Record) -> Mapping[str, Any]:
        return {"webhook": record.fields} if self.shape is Shape.WRAPPED else record.fields

    def shop_named(self, fields: Mapping[str, Any]) -> str | None:
        if isinstance(fields.get("token"), str):
            return str(self.shop_of_token(fields["token"]))
        shop = str(fields.get("shop"))
        return str(int(shop)) if _NUMBER.fullmatch(shop) else None

    def register(self, shop: str, fields: Mapping[str, Any]) -> Record:
        return self._made(shop, *_parts(fields), active=_active(fields, default=True))

    def edit(self, id_: str, fields: Mapping[str, Any]) -> Record | None:
        def changed(record: Record) -> Record:
            url, event = _parts({**record.fields, **fields})
            shown = {**record.fields, "callback_url": url, "event": event}
            return replace(record, fields=shown, active=_active(fields, default=record.active))

        return self.records.change(id_, changed)

    def fire(self, fields: Mapping[str, Any]) -> Sequence[Delivery]:
        event, body, form = (fields.get(name) for name in ("topic", "body", "form"))
        if not isinstance(event, str) or not isinstance(body, dict):
            raise UnfitError("an event has a topic and a body")
        if not isinstance(form, bool | None):
            raise UnfitError("form is true, false or not there")
        shop = self.shop_named(fields)
        return self.deliver(event, body, None if shop is None else int(shop), form=form)


def _token(asked: Asked) -> str:
    """In the query of GET and DELETE, in the body of POST and PUT (README, Authentication)."""
    within_body = asked.method in {"POST", "PUT"}
    token = asked.json().get("token") if within_body else asked.query.get("token")
    return token if isinstance(token, str) else ""


def _told(used: Used, maximum: int) -> Mapping[str, str]:
    """README of the documentation, on rate limits; times are ISO 8601."""
    ends = datetime.fromtimestamp(used.ends_at, UTC).isoformat(timespec="seconds")
    return {
        "x-rate-limit-current": str(used.calls),
        "x-rate-limit-maximum": str(maximum),
        "x-rate-limit-reset": ends,
    }


def _webhook(asked: Asked) -> tuple[str, str]:
    told = asked.json().get("webhook")
    try:
        return _parts(told if isinstance(told, dict) else {})
    except ValueError as error:
        raise _refusal(422, "unprocessable_entity", str(error)) from None


def _parts(fields: Mapping[str, Any]) -> tuple[str, str]:
    url, event = fields.get("callback_url"), fields.get("event")
    if not isinstance(url, str) or not url:
        raise UnfitError("callback_url can't be blank")
    if not isinstance(event, str) or event not in EVENTS:
        raise UnfitError("event is not included in the list")
    return url, event


def _active(fields: Mapping[str, Any], *, default: bool) -> bool:
    active = fields.get("active", default)
    if not isinstance(active, bool):
        raise UnfitError("active is true or false")
    return active


def _none(id_: str) -> RefusalError:
    text = "The webhook you requested was not found"
    told = {"status": "not_found", "model": "webhook", "id": id_, "message": text}
    return RefusalError(Answered.of(told, 404))


def _refusal(status: int, word: str, message: str, model: str | None = "webhook") -> RefusalError:
    named = {} if model is None else {"model": model}
    return RefusalError(Answered.of({"status": word, **named, "message": message}, status))
