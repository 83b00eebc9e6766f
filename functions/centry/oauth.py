"""Centry's OAuth: a store's credentials, and the token endpoint they are good for.

Requests and answers are those of https://centrycl.github.io/centry-rest-api-docs
(Authentication); the grant `client_credentials` and the scopes are those of Centry's own
PrestaShop module (CentryCL/centry_ps_esclavo). What an error means is said by RFC 6749, 5.2.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.http.api import CALL_SECONDS, Api, json_of, refusal_of
from commerce_hooks.http.errors import (
    AuthorizationLostError,
    CredentialsRefusedError,
    MissingRightError,
    PlatformError,
    UnreadableAnswerError,
)
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.platform_access import Credentials
from commerce_hooks.state.tokens import Tokens

SCOPES = ("read_webhook", "write_webhook")
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""As a redirect URI: Centry shows the code instead of sending the browser somewhere."""
_UNSAID_SECONDS = 300
"""A token whose end is not told counts as good for so long: new tokens are never thrown away."""
_LONGEST_SECONDS = 30 * 24 * 3600


class CentryCredentials(Credentials):
    """An application registered at https://www.centry.cl/oauth/applications."""

    client_id: str = Field(description="Client id of the application", pattern=r"^[!-~]{1,200}$")
    client_secret: SecretStr = Field(description="Client secret of the application")
    grant: Literal["client_credentials", "authorization_code"] = Field(
        default="client_credentials",
        description="client_credentials, or authorization_code if the shop has to consent",
    )
    redirect_uri: str = Field(
        default=OUT_OF_BAND,
        description="Redirect URI, as registered with the application",
        pattern=r"^[!-~]{1,500}$",
    )

    @property
    def needs_consent(self) -> bool:
        return self.grant == "authorization_code"


def binding_of(base_url: str, credentials: CentryCredentials) -> str:
    """What tokens are granted to. A changed secret ends only those that come of it alone."""
    parts = [base_url, credentials.client_id, credentials.grant]
    if not credentials.needs_consent:
        parts.append(credentials.client_secret.get_secret_value())
    return sha256("\n".join(parts).encode()).hexdigest()


def authorize_url(base_url: str, credentials: CentryCredentials) -> str:
    """Where the shop consents."""
    asked = {
        "client_id": credentials.client_id,
        "redirect_uri": credentials.redirect_uri,
        "response_type": "code",
        "scope": " ".join(SCOPES),
    }
    return f"{base_url}/oauth/authorize?{urlencode(asked)}"


class TokenEndpoint:
    """The token endpoint, for one application."""

    def __init__(self, base_url: str, credentials: CentryCredentials, api: Api) -> None:
        self._url = f"{base_url}/oauth/token"
        self._credentials = credentials
        refusal = _refusal if credentials.needs_consent else _refusal_of_client
        self._api = Api(api.transport, api.pause, refusal)

    def renew(self, refresh_token: str | None, seconds: float) -> Tokens:
        if not self._credentials.needs_consent:
            grant = {"grant_type": "client_credentials", "scope": " ".join(SCOPES)}
        elif refresh_token is None:
            raise AuthorizationLostError
        else:
            grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._ask(grant, seconds)

    def exchange(self, code: str) -> Tokens:
        """What the shop's consent is good for."""
        return self._ask({"grant_type": "authorization_code", "code": code}, CALL_SECONDS)

    def _ask(self, grant: dict[str, str], seconds: float) -> Tokens:
        body = {
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret.get_secret_value(),
            "redirect_uri": self._credentials.redirect_uri,
            **grant,
        }
        headers = {"content-type": "application/json", "accept": "application/json"}
        request = ApiRequest("POST", self._url, headers, json.dumps(body).encode())
        return _tokens(json_of(self._api.once(request, seconds)))


def _refused_grant() -> PlatformError:
    return CredentialsRefusedError("Centry does not let this application use its grant")


_REFUSALS: dict[JsonValue, Callable[[], PlatformError]] = {
    "invalid_grant": AuthorizationLostError,
    "invalid_client": lambda: CredentialsRefusedError(
        "Centry does not know this client id and secret"
    ),
    "unauthorized_client": _refused_grant,
    "unsupported_grant_type": _refused_grant,
    "invalid_scope": lambda: MissingRightError(" ".join(SCOPES)),
}


def _refusal(response: ApiResponse) -> PlatformError | None:
    refused = refusal_of(response)
    if refused is None or response.status >= 500:  # noqa: PLR2004 - the server's fault
        return refused
    try:
        told = json_of(response)
    except UnreadableAnswerError:
        return refused
    code = told.get("error") if isinstance(told, dict) else None
    return _REFUSALS[code]() if isinstance(code, str) and code in _REFUSALS else refused


def _refusal_of_client(response: ApiResponse) -> PlatformError | None:
    """The same where no shop has consented, so that none can consent again."""
    refused = _refusal(response)
    return _refused_grant() if isinstance(refused, AuthorizationLostError) else refused


def _tokens(answer: JsonValue) -> Tokens:
    """Whatever can be used is: after this answer the tokens before may be good no more."""
    if not isinstance(answer, dict) or not _is_token(answer.get("access_token")):
        raise UnreadableAnswerError("no access token")
    refresh_token = answer.get("refresh_token")
    return Tokens(
        access_token=str(answer["access_token"]),
        seconds=_seconds(answer),
        refresh_token=str(refresh_token) if _is_token(refresh_token) else None,
        scopes=_scopes(answer),
    )


def _is_token(value: JsonValue) -> bool:
    """Whether it can stand in a header: RFC 6749, A.12 and A.17."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def _seconds(answer: JsonObject) -> int:
    told = answer.get("expires_in")
    if isinstance(told, bool) or not isinstance(told, int) or told <= 0:
        return _UNSAID_SECONDS
    return min(told, _LONGEST_SECONDS)


def _scopes(answer: JsonObject) -> tuple[str, ...] | None:
    told = answer.get("scope")
    return tuple(told.split()) if isinstance(told, str) else None
