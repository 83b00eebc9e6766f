"""An OAuth server with refresh tokens that rotate, as strict as servers are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from support.loopback import Answered, Asked

CLIENT_ID = "client-of-the-tests"
CLIENT_SECRET = "client-secret-canary"


@dataclass
class Grant:
    """An access token, its refresh token, and what came of them."""

    access_token: str
    refresh_token: str | None
    family: int
    ends_at: float
    previous: "Grant | None" = None
    revoked: bool = False


@dataclass
class FakeOAuth:
    """The token endpoint.

    Args:
        now: Seconds.
        strict: A refresh token is good for once, and a second use revokes all that came of the
            same consent (RFC 9700). If not, like Doorkeeper with `previous_refresh_token`: the
            old one is revoked when the new access token is first used.
        scope: Which it grants, whatever is asked for.
        codes: Which it takes, each once.
        calls: What was asked, by grant.
    """

    now: Callable[[], float] = lambda: 0.0
    strict: bool = True
    lifetime: int = 7200
    scope: str | None = None
    codes: set[str] = field(default_factory=lambda: {"good-code"})
    calls: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    revoked_families: set[int] = field(default_factory=set)
    before_answer: Callable[[], None] = lambda: None
    _numbers: Any = field(default_factory=count)
    _lock: Lock = field(default_factory=Lock)

    def token(self, asked: Asked) -> Answered:
        body = asked.json()
        with self._lock:
            self.calls.append(body["grant_type"])
            if (body["client_id"], body["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
                return _refused("invalid_client", 401)
            grant = self._granted(body)
        self.before_answer()
        return _refused("invalid_grant") if grant is None else self._answer(grant)

    def consent(self) -> Grant:
        """Tokens as if the shop had consented and the code had been exchanged."""
        with self._lock:
            return self._issue(next(self._numbers))

    def accepts(self, access_token: str) -> bool:
        """Whether it is good. It counts as used."""
        with self._lock:
            grant = next((one for one in self.grants if one.access_token == access_token), None)
            if grant is None or not self._is_good(grant) or grant.ends_at <= self.now():
                return False
            if grant.previous is not None:
                grant.previous.revoked = True
            return True

    def _granted(self, body: dict[str, str]) -> Grant | None:
        if body["grant_type"] == "client_credentials":
            return self._issue(next(self._numbers), refresh_token=False)
        if body["grant_type"] == "authorization_code":
            if body["code"] not in self.codes:
                return None
            self.codes.remove(body["code"])
            return self._issue(next(self._numbers))
        return self._rotated(body["refresh_token"])

    def _rotated(self, refresh_token: str) -> Grant | None:
        old = next((one for one in self.grants if one.refresh_token == refresh_token), None)
        if old is None or not self._is_good(old):
            if old is not None and self.strict:
                self.revoked_families.add(old.family)
            return None
        old.revoked = self.strict
        return self._issue(old.family, previous=old)

    def _is_good(self, grant: Grant) -> bool:
        return not grant.revoked and grant.family not in self.revoked_families

    def _issue(
        self, family: int, previous: Grant | None = None, *, refresh_token: bool = True
    ) -> Grant:
        number = next(self._numbers)
        grant = Grant(
            access_token=f"access-canary-{number}",
            refresh_token=f"refresh-canary-{number}" if refresh_token else None,
            family=family,
            ends_at=self.now() + self.lifetime,
            previous=previous,
        )
        self.grants.append(grant)
        return grant

    def _answer(self, grant: Grant) -> Answered:
        told = {
            "access_token": grant.access_token,
            "token_type": "bearer",
            "expires_in": self.lifetime,
            "created_at": int(self.now()),
            **({"refresh_token": grant.refresh_token} if grant.refresh_token else {}),
            **({"scope": self.scope} if self.scope is not None else {}),
        }
        return Answered.of(told)


def _refused(error: str, status: int = 400) -> Answered:
    return Answered.of({"error": error, "error_description": "why"}, status)
