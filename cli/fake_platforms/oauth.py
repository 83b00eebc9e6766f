"""Centry's OAuth: applications, consent, and tokens that end and rotate.

Requests and answers are those of https://centrycl.github.io/centry-rest-api-docs
(Authentication); the grant `client_credentials` and the scopes are those of Centry's PrestaShop
module (CentryCL/centry_ps_esclavo). Errors are those of RFC 6749, 5.2. How often an old refresh
token can still be used is documented nowhere, so both ways are here.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from fake_platforms.messages import Answered, Asked, RefusalError

SCOPES = (
    "public",
    "read_orders",
    "write_orders",
    "read_products",
    "write_products",
    "read_integration_config",
    "write_integration_config",
    "read_user",
    "write_user",
    "read_webhook",
    "write_webhook",
    "read_warehouses",
    "write_warehouses",
)
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""As a redirect URI: the code is shown instead of sending the browser somewhere."""
LIFETIME = 7_200
"""Seconds that an access token is good for."""
_REDIRECT_URI = re.compile(rf"{OUT_OF_BAND}|https?://[!-~]{{1,1000}}", re.ASCII)
_CODE_SECONDS = 600
"""RFC 6749, 4.1.2: at most ten minutes."""


@dataclass(frozen=True)
class Application:
    """One that is registered with Centry, and the company it belongs to.

    Args:
        client_secret: None if any will do.
        scopes: Which it may have.
        company: Made of the client id if not given, so that it is the same in every run.
        redirect_uri: None if any will do.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: Sequence[str] = SCOPES
    company: str = ""
    redirect_uri: str | None = None

    def __post_init__(self) -> None:
        if not self.company:
            object.__setattr__(self, "company", company_of(self.client_id))


def company_of(client_id: str) -> str:
    """The company that an application belongs to, unless it says another."""
    return sha256(b"company\n" + client_id.encode()).hexdigest()[:24]


@dataclass
class Grant:
    """What was granted: an access token, perhaps a refresh token, and what came of them.

    Args:
        consent: All tokens that come of one consent have the same.
        spent: The refresh token is good no more.
        revoked: Neither is.
    """

    application: Application
    scopes: Sequence[str]
    consent: str = field(repr=False)
    ends_at: float
    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    previous: "Grant | None" = field(default=None, repr=False)
    spent: bool = False
    revoked: bool = False


@dataclass(frozen=True)
class _Consent:
    client_id: str
    scopes: Sequence[str]
    redirect_uri: str
    ends_at: float


@dataclass
class OAuth:
    """The endpoints under `/oauth`.

    Args:
        applications: None if any client id and secret will do, each for a company of its own.
        lifetime: Seconds.
        strict_refresh: A refresh token is good for once, and a second use revokes all that came
            of the same consent (RFC 9700, 4.14.2). If not, as Doorkeeper does with
            `previous_refresh_token`: it is good until the new access token is first used.
    """

    clock: Callable[[], float]
    applications: Sequence[Application] | None = None
    lifetime: float = LIFETIME
    strict_refresh: bool = True
    _codes: dict[str, _Consent] = field(default_factory=dict, repr=False)
    _grants: dict[str, Grant] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def application(self, client_id: str) -> Application | None:
        if not client_id:
            return None
        if self.applications is None:
            return Application(client_id)
        found = (each for each in self.applications if each.client_id == client_id)
        return next(found, None)

    def bearer(self, access_token: str) -> Grant | None:
        """What a token that is good was granted for. It counts as used."""
        with self._lock:
            grant = self._grants.get(access_token)
            if grant is None or grant.revoked or grant.ends_at <= self.clock():
                return None
            if grant.previous is not None:
                grant.previous.spent = True
            return grant

    def company(self, access_token: str) -> str:
        """Whose token it is, even if it has ended; empty if nobody's."""
        with self._lock:
            grant = self._grants.get(access_token)
        return "" if grant is None else grant.application.company

    def revoke(self, client_id: str) -> None:
        """The application's tokens are good no more: somebody of the shop withdrew consent."""
        with self._lock:
            for grant in self._grants.values():
                if grant.application.client_id == client_id:
                    grant.revoked = True

    def consent(
        self, client_id: str, scopes: Sequence[str] = SCOPES, redirect_uri: str = OUT_OF_BAND
    ) -> str:
        """Somebody of the shop consents; the code, which is good for once."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            ends_at = self.clock() + _CODE_SECONDS
            self._codes[code] = _Consent(client_id, tuple(scopes), redirect_uri, ends_at)
        return code

    def authorize(self, asked: Asked) -> Answered:
        """Who opens the page has consented: a code, shown or taken along by a redirect.

        Raises:
            RefusalError: The application is unknown, or asks for what it may not have.
        """
        application = self.application(asked.query.get("client_id", ""))
        uri = asked.query.get("redirect_uri", "")
        if application is None or application.redirect_uri not in {None, uri}:
            raise _refused("invalid_client", 401)
        if not _REDIRECT_URI.fullmatch(uri):
            raise _refused("invalid_request")
        if asked.query.get("response_type") != "code":
            raise _refused("unsupported_response_type")
        scopes = _granted(application, asked.query.get("scope"))
        code = self.consent(application.client_id, scopes, uri)
        if uri == OUT_OF_BAND:
            return Answered(200, code.encode(), {"content-type": "text/plain"})
        joined = "&" if "?" in uri else "?"
        return Answered(302, headers={"location": f"{uri}{joined}{urlencode({'code': code})}"})

    def token(self, asked: Asked) -> Answered:
        """Tokens, for a JSON body or a form.

        Raises:
            RefusalError: With an error of RFC 6749, 5.2.
        """
        told = asked.fields()
        application = self._authenticated(told)
        if not told.get("redirect_uri"):  # the documentation has it in every body
            raise _refused("invalid_request")
        with self._lock:
            match told.get("grant_type"):
                case "client_credentials":
                    scopes = _granted(application, told.get("scope"))
                    grant = self._issued(application, scopes)
                case "authorization_code":
                    grant = self._exchanged(application, told)
                case "refresh_token":
                    grant = self._refreshed(application, told.get("refresh_token"))
                case None:
                    raise _refused("invalid_request")
                case _:
                    raise _refused("unsupported_grant_type")
        return self._told(grant, told.get("scope"))

    def _authenticated(self, told: Mapping[str, Any]) -> Application:
        application = self.application(_text(told.get("client_id")))
        secret = _text(told.get("client_secret"))
        if application is None or not secret:
            raise _refused("invalid_client", 401)
        expected = application.client_secret
        if expected is not None and not compare_digest(secret.encode(), expected.encode()):
            raise _refused("invalid_client", 401)
        return application

    def _exchanged(self, application: Application, told: Mapping[str, Any]) -> Grant:
        consent = self._codes.pop(_text(told.get("code")), None)
        if consent is None or consent.ends_at <= self.clock():
            raise _refused("invalid_grant")
        # RFC 6749, 4.1.3: the code is for that application and that URI only.
        expected = (application.client_id, told["redirect_uri"])
        if (consent.client_id, consent.redirect_uri) != expected:
            raise _refused("invalid_grant")
        return self._issued(application, consent.scopes, consent=secrets.token_hex(8))

    def _refreshed(self, application: Application, refresh_token: Any) -> Grant:
        tokens = self._grants.values()
        old = next((each for each in tokens if each.refresh_token == refresh_token), None)
        if refresh_token is None or old is None or old.application != application:
            raise _refused("invalid_grant")
        if old.spent and self.strict_refresh:
            for each in self._grants.values():
                each.revoked = each.revoked or each.consent == old.consent
        if old.spent or old.revoked:
            raise _refused("invalid_grant")
        old.spent = self.strict_refresh
        return self._issued(application, old.scopes, consent=old.consent, previous=old)

    def _issued(
        self,
        application: Application,
        scopes: Sequence[str],
        consent: str = "",
        previous: Grant | None = None,
    ) -> Grant:
        """Without a consent there is no refresh token (RFC 6749, 4.4.3)."""
        grant = Grant(
            application=application,
            scopes=scopes,
            consent=consent or secrets.token_hex(8),
            ends_at=self.clock() + self.lifetime,
            access_token=secrets.token_hex(32),
            refresh_token=secrets.token_hex(32) if consent else None,
            previous=previous,
        )
        self._grants[grant.access_token] = grant
        return grant

    def _told(self, grant: Grant, asked: Any) -> Answered:
        told = {
            "access_token": grant.access_token,
            "token_type": "bearer",
            "expires_in": int(self.lifetime),
            "created_at": int(self.clock()),
        }
        if grant.refresh_token is not None:
            told["refresh_token"] = grant.refresh_token
        if asked is not None and set(_text(asked).split()) != set(grant.scopes):
            told["scope"] = " ".join(
                grant.scopes
            )  # RFC 6749, 5.1: only what differs has to be said
        return Answered.of(told, headers={"cache-control": "no-store"})


def _granted(application: Application, asked: Any) -> Sequence[str]:
    """What it asked for and may have (RFC 6749, 3.3: a server may grant less)."""
    if asked is None:
        return application.scopes
    granted = [scope for scope in _text(asked).split() if scope in application.scopes]
    if not granted:
        raise _refused("invalid_scope")
    return granted


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _refused(error: str, status: int = 400) -> RefusalError:
    told = {"error": error, "error_description": "as RFC 6749 has it"}
    return RefusalError(Answered.of(told, status))
