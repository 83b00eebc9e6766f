"""Centry's webhooks API: the records as they are, all of them or an error.

Paths, fields and filters: https://centrycl.github.io/centry-rest-api-docs (Webhooks). The path
to delete at is the plural one, whatever older copies of that page say.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.http.api import Api, in_path, json_of
from commerce_hooks.http.errors import CredentialsRefusedError, UnreadableAnswerError
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.platform_access import Subscription
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

    def delete(self, id_: str) -> None:
        answer = json_of(self._send("DELETE", f"/webhooks/{in_path(id_, _ID)}.json"))
        if answer is not True:
            raise UnreadableAnswerError("it does not say that the webhook is deleted")

    def company(self) -> str | None:
        """The shop's identity. The page on companies shows a list of one."""
        answer = json_of(self._send("GET", "/company_info.json"))
        record = answer[0] if isinstance(answer, list) and answer else answer
        return _optional_id(record.get("_id")) if isinstance(record, dict) else None

    def _send(self, method: str, path: str) -> ApiResponse:
        """With an access token; with another one, once, if Centry takes this one no more."""
        token = self._tokens.access_token()
        try:
            return self._send_with(token, method, path)
        except CredentialsRefusedError:
            pass  # nothing was done, so it may be done again
        return self._send_with(self._tokens.access_token(rejected=token), method, path)

    def _send_with(self, token: str, method: str, path: str) -> ApiResponse:
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        request = ApiRequest(method, self._base + path, headers)
        return self._api.read(request) if method == "GET" else self._api.once(request)


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
    flags: Mapping[str, JsonValue] = {
        name: value for name, value in record.items() if _FLAG.fullmatch(name)
    }
    if not all(value is None or isinstance(value, bool) for value in flags.values()):
        raise UnreadableAnswerError("a webhook's flag is neither true nor false")
    return [name for name, value in flags.items() if value]


def _optional_id(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
