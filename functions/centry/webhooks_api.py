"""Centry's webhooks API: the records as they are, all of them or an error.

Paths, fields and filters: https://centrycl.github.io/centry-rest-api-docs (Webhooks). The path
to delete at is the plural one, whatever older copies of that page say. An early draft of it had
a text `events`, an `app_id` and a parameter `force`: they are obsolete, and nothing here sends
them. A record has a flag for each topic instead.
"""

import json
import re
from collections.abc import Sequence
from urllib.parse import urlencode

from centry.oauth import SCOPES
from centry.webhook import PLATFORM
from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.http.api import Api, in_path, json_of
from commerce_hooks.http.errors import (
    CredentialsRefusedError,
    MissingRightError,
    UnreadableAnswerError,
)
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.platform_access import Desired, Subscription
from commerce_hooks.state.tokens import StoreTokens

PAGE_SIZE = 100
MAX_PAGES = 50
_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_FLAG = re.compile(r"on_[a-z_]{1,60}", re.ASCII)


class CentryApi:
    """The API in one store's name. Its methods raise PlatformError."""

    def __init__(self, base_url: str, api: Api, tokens: StoreTokens) -> None:
        self._base = f"{base_url}/conexion/v1"
        self._api = api
        self._tokens = tokens

    def page(self, limit: int, after: str | None = None) -> list[Subscription]:
        """Records in the order of their ids, at most so many, those after that id."""
        asked = {"limit": str(limit), **({"after": after} if after else {})}
        answer = json_of(self._send("GET", f"/webhooks.json?{urlencode(asked)}"))
        if not isinstance(answer, list):
            raise UnreadableAnswerError("webhooks are not a list")
        return [_subscription(record) for record in answer]

    def subscriptions(self) -> Sequence[Subscription]:
        """All of them.

        Only an empty page ends the list: Centry may give fewer than were asked for.
        """
        found: dict[str, Subscription] = {}
        for _ in range(MAX_PAGES):
            page = self.page(PAGE_SIZE, next(reversed(found), None))
            if not page:
                return tuple(found.values())
            for record in page:
                if record.id in found:
                    raise UnreadableAnswerError("a webhook is listed twice")
                found[record.id] = record
        raise UnreadableAnswerError(f"more than {MAX_PAGES} pages of webhooks")

    def subscription(self, id_: str) -> Subscription:
        """One.

        Raises:
            NotFoundError: There is none of that id.
        """
        found = _subscription(json_of(self._send("GET", _webhook(id_))))
        if found.id != id_:
            raise UnreadableAnswerError("another webhook than was asked for")
        return found

    def create(self, desired: Desired) -> str | None:
        """Create a webhook; its id, None if the answer, though a success, does not tell it.

        Raises:
            ValueError: Centry has no such topic.
        """
        return _created_id(self._send("POST", "/webhooks.json", _fields(desired)))

    def update(self, id_: str, desired: Desired) -> None:
        """Let a webhook have this URL, these topics and no others.

        Raises:
            NotFoundError: There is none of that id.
            ValueError: Centry has no such topic.
        """
        self._send("PUT", _webhook(id_), _fields(desired))

    def delete(self, id_: str) -> None:
        answer = json_of(self._send("DELETE", _webhook(id_)))
        if answer is not True:
            raise UnreadableAnswerError("it does not say that the webhook is deleted")

    def company(self) -> str | None:
        """The shop's identity. The page on companies shows a list of one.

        None if it does not tell, or may not be asked: that takes other scopes than ours.
        """
        try:
            answer = json_of(self._send("GET", "/company_info.json"))
        except MissingRightError:
            return None
        record = answer[0] if isinstance(answer, list) and answer else answer
        return _optional_id(record.get("_id")) if isinstance(record, dict) else None

    def missing_scopes(self) -> Sequence[str]:
        """Those that Centry did not grant, as far as it said what it did."""
        granted = self._tokens.scopes()
        return [] if granted is None else [scope for scope in SCOPES if scope not in granted]

    def _send(self, method: str, path: str, body: JsonObject | None = None) -> ApiResponse:
        """With an access token; with another one, once, if Centry takes this one no more."""
        token = self._tokens.access_token()
        try:
            return self._send_with(token, method, path, body)
        except CredentialsRefusedError:
            pass  # nothing was done, so it may be done again
        return self._send_with(self._tokens.access_token(rejected=token), method, path, body)

    def _send_with(
        self, token: str, method: str, path: str, body: JsonObject | None
    ) -> ApiResponse:
        """Only what changes nothing is asked again where no answer came.

        Raises:
            MissingRightError: It names the scopes.
        """
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        sent = b""
        if body is not None:
            headers["content-type"] = "application/json"
            sent = json.dumps(body).encode()
        request = ApiRequest(method, self._base + path, headers, sent)
        try:
            return self._api.read(request) if method == "GET" else self._api.once(request)
        except MissingRightError as error:
            needed = "read_webhook" if method == "GET" else "write_webhook"
            raise MissingRightError(" ".join(self.missing_scopes() or [needed])) from error


def _webhook(id_: str) -> str:
    """A webhook's path."""
    return f"/webhooks/{in_path(id_, _ID)}.json"


def _fields(desired: Desired) -> JsonObject:
    """A record's, with every flag: one that is left out would stay as it is."""
    if not desired.topics <= PLATFORM.topics.keys():
        raise ValueError("Centry has no such topic")
    flags: JsonObject = {name: name in desired.topics for name in PLATFORM.topics}
    return {"callback_url": desired.callback_url, **flags}


def _created_id(response: ApiResponse) -> str | None:
    try:
        record = json_of(response)
    except UnreadableAnswerError:
        return None
    return _optional_id(record.get("_id")) if isinstance(record, dict) else None


def _subscription(record: JsonValue) -> Subscription:
    if not isinstance(record, dict):
        raise UnreadableAnswerError("a webhook is not an object")
    id_, url = record.get("_id"), record.get("callback_url")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        raise UnreadableAnswerError("a webhook without an id")
    # One that says it calls nobody is not ours, and spoils no other. One that does not say may be.
    if "callback_url" not in record or not isinstance(url, str | None):
        raise UnreadableAnswerError("a webhook without a callback URL")
    return Subscription(
        id=id_,
        topics=frozenset(_topics(record)),
        # Centry's own module once created webhooks with a space too many.
        callback_url=(url or "").strip(),
        account=_optional_id(record.get("company_id")),
    )


def _topics(record: JsonObject) -> Sequence[str]:
    """The flags that are set. One that older records lack is not."""
    flags = {name: value for name, value in record.items() if _FLAG.fullmatch(name)}
    known = (flags[name] for name in PLATFORM.topics if name in flags)
    if not all(value is None or isinstance(value, bool) for value in known):
        raise UnreadableAnswerError("a webhook's flag is neither true nor false")
    # What Centry adds may look like a flag, and be something else.
    return [name for name, value in flags.items() if value is True]


def _optional_id(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
