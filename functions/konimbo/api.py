"""Konimbo's API: what its answers mean, and its webhooks, all of them or an error.

Documented are calls, paging, rate limit and token (https://github.com/konimbo/API-Documentation,
README and v1/webhooks.md), but not what answers about webhooks look like. So they are read in
every form that Konimbo's other answers have, and what a webhook cannot do without is insisted on.
The token is in the URL of every GET, and in the body of every POST and PUT.
"""

import json
import re
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from urllib.parse import urlencode

from commerce_hooks.deadline import Pause
from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.http import api as http_api
from commerce_hooks.http.errors import (
    CallRefusedError,
    CredentialsRefusedError,
    MissingRightError,
    NotFoundError,
    PlatformError,
    UnreadableAnswerError,
)
from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport
from commerce_hooks.platform_access import Desired, Subscription
from konimbo.sparing import rate_limit_of

MAX_PAGES = 20
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_NOTHING_FOUND = re.compile(r"\bno (?:results|webhooks|\w{1,40} for your query)", re.IGNORECASE)
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


class NothingFoundError(NotFoundError):
    """A listing has nothing in it: Konimbo answers 404 then."""


class IncompleteWebhookError(UnreadableAnswerError):
    """A webhook lacks what it cannot do without: perhaps the token may not see it."""

    def __init__(self, attribute: str) -> None:
        super().__init__(f"a webhook without {attribute}")


def refusal_of(response: ApiResponse) -> PlatformError | None:
    """What an answer means that is no success."""
    limited = rate_limit_of(response)
    if limited is not None:
        return limited
    if response.status == 401:  # noqa: PLR2004 - unauthorized
        return _unauthorized(response)
    if response.status == 404:  # noqa: PLR2004 - not found
        return _not_found(_told(response))
    return http_api.refusal_of(response)


def _unauthorized(response: ApiResponse) -> PlatformError:
    if "not authorized" in str(_told(response).get("message")).lower():
        return MissingRightError()
    return CredentialsRefusedError("Konimbo does not know the token, or it is not active")


def _not_found(told: Mapping[str, JsonValue]) -> PlatformError:
    message = str(told.get("message"))
    # An error page of whatever stands before Konimbo does not say that something is gone.
    if not told or "endpoint" in message.lower():
        return CallRefusedError(404)
    if told.get("model") == "webhook" or _NOTHING_FOUND.search(message):
        return NothingFoundError()
    return NotFoundError()


def _told(response: ApiResponse) -> Mapping[str, JsonValue]:
    try:
        told = http_api.json_of(response)
    except UnreadableAnswerError:
        return {}
    return told if isinstance(told, dict) else {}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing. `total`: how many records there are on all pages, if it says."""

    records: Sequence[JsonValue]
    total: int | None = None


class KonimboApi:
    """The API with one token. Its methods raise PlatformError.

    Args:
        transport: One that spares the token's rate limit.
    """

    def __init__(self, base_url: str, token: str, transport: Transport, pause: Pause) -> None:
        self._base = f"{base_url}/v1"
        self._token = token
        self._api = http_api.Api(transport, pause, refusal_of)

    def page(self, resource: str, **asked: str) -> Page:
        """A page of what there is of a resource, such as `webhooks`; empty if there is nothing."""
        try:
            response = self._read(resource, asked)
        except NothingFoundError:
            return Page(())
        return Page(
            _records(http_api.json_of(response), resource),
            _number(response.headers, "x-pagination-total"),
        )

    def subscriptions(self) -> Sequence[Subscription]:
        """All active webhooks. Inactive ones are not listed (v1/webhooks.md)."""
        found: dict[str, Subscription] = {}
        total: int | None = None
        for number in range(1, MAX_PAGES + 1):
            page = self.page("webhooks", page=str(number))
            new = _by_id(page.records)
            if None not in {total, page.total} and total != page.total:
                raise UnreadableAnswerError("webhooks change while they are listed")
            total = total if page.total is None else page.total
            if total is None and number == 2 and new.keys() == found.keys():  # noqa: PLR2004
                return tuple(found.values())  # not paged: every page is the whole
            if new.keys() & found.keys():
                raise UnreadableAnswerError("a webhook is listed twice")
            found |= new
            if _is_complete(found, new, total):
                return tuple(found.values())
        raise UnreadableAnswerError(f"more than {MAX_PAGES} pages of webhooks")

    def subscription(self, id_: str) -> Subscription:
        """One webhook, also if it is not active.

        Raises:
            NotFoundError: There is none of that id.
        """
        answer = http_api.json_of(self._read(_webhook(id_)))
        found = _subscription(_one(answer))
        if found.id != id_:
            raise UnreadableAnswerError("another webhook than was asked for")
        return found

    def create(self, desired: Desired) -> str | None:
        """Create a webhook; its id, None if the answer, though a success, does not tell it.

        Raises:
            ValueError: It is not for exactly one event.
        """
        return _created_id(self._write("POST", "webhooks", desired))

    def update(self, id_: str, desired: Desired) -> None:
        """Let a webhook have this URL and event.

        Raises:
            NotFoundError: There is none of that id.
            ValueError: It is not for exactly one event.
        """
        self._write("PUT", _webhook(id_), desired)

    def _read(self, path: str, asked: Mapping[str, str] | None = None) -> ApiResponse:
        query = urlencode({"token": self._token, **(asked or {})})
        url = f"{self._base}/{path}?{query}"
        return self._api.read(ApiRequest("GET", url, {"accept": "application/json"}))

    def _write(self, method: str, path: str, desired: Desired) -> ApiResponse:
        """Once: whether a call that got no answer was heard is not known."""
        (event,) = desired.topics
        webhook = {"callback_url": desired.callback_url, "event": event}
        body = json.dumps({"token": self._token, "webhook": webhook}).encode()
        headers = {"content-type": "application/json", "accept": "application/json"}
        return self._api.once(ApiRequest(method, f"{self._base}/{path}", headers, body))


def _webhook(id_: str) -> str:
    """A webhook's path."""
    return f"webhooks/{http_api.in_path(id_, _ID)}"


def _is_complete(found: Sized, new: Sized, total: int | None) -> bool:
    if total is None:
        return not new
    if len(found) > total or (len(found) < total and not new):
        raise UnreadableAnswerError("not as many webhooks as it says there are")
    return len(found) == total


def _by_id(records: Sequence[JsonValue]) -> dict[str, Subscription]:
    found = {one.id: one for one in map(_subscription, records)}
    if len(found) != len(records):
        raise UnreadableAnswerError("a webhook is listed twice")
    return found


def _records(answer: JsonValue, resource: str) -> Sequence[JsonValue]:
    """An array, or one within an object under the resource's name."""
    records = answer.get(resource) if isinstance(answer, dict) else answer
    if not isinstance(records, list):
        raise UnreadableAnswerError(f"{resource} are not a list")
    return records


def _one(answer: JsonValue) -> JsonValue:
    """What an answer about one record is about: it may be in a list of its own."""
    return answer[0] if isinstance(answer, list) and len(answer) == 1 else answer


def _created_id(response: ApiResponse) -> str | None:
    try:
        return _id_of(_unwrapped(_one(http_api.json_of(response))))
    except UnreadableAnswerError:
        return None


def _unwrapped(record: JsonValue) -> JsonObject:
    """A webhook, which may be within an object under its model's name."""
    wrapped = record.get("webhook", record) if isinstance(record, dict) else record
    if not isinstance(wrapped, dict):
        raise UnreadableAnswerError("a webhook is not an object")
    return wrapped


def _id_of(webhook: JsonObject) -> str:
    id_ = webhook.get("id")
    if isinstance(id_, bool) or not isinstance(id_, int | str) or not _ID.fullmatch(str(id_)):
        raise IncompleteWebhookError("id")
    return str(id_)


def _subscription(record: JsonValue) -> Subscription:
    webhook = _unwrapped(record)
    id_, event, url = _id_of(webhook), webhook.get("event"), webhook.get("callback_url")
    if not isinstance(event, str) or not event:
        raise IncompleteWebhookError("event")
    # An empty one calls nobody, so it is not ours, and spoils no other. Null may well be what a
    # token sees that may not see the URL.
    if not isinstance(url, str):
        raise IncompleteWebhookError("callback_url")
    return Subscription(id=id_, topics=frozenset({event}), callback_url=url.strip())


def _number(headers: Mapping[str, str], name: str) -> int | None:
    """Of a header; None if it is not there."""
    told = headers.get(name)
    if told is None:
        return None
    if not _NUMBER.fullmatch(told):
        raise UnreadableAnswerError(f"{name} is no number")
    return int(told)
