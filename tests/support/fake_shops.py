"""Shops of the fake platforms, each with the way to its API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fake_platforms import FakeCentry, FakeKonimbo, serving
from support.platform_calls import Caller, Reply

CLIENT = "client-of-the-tests"
TOKEN = "token-of-the-tests"
WEBHOOKS = "/conexion/v1/webhooks.json"
REDIRECT = "urn:ietf:wg:oauth:2.0:oob"


@dataclass
class Clock:
    """Seconds that pass when told."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class CentryShop:
    """A company at Centry."""

    centry: FakeCentry
    url: str
    client_id: str = CLIENT

    @property
    def company(self) -> str:
        return self.centry.company_of(self.client_id)

    def token(self, grant_type: str = "client_credentials", **fields: Any) -> Reply:
        told = {
            "client_id": self.client_id,
            "client_secret": "secret-canary",
            "redirect_uri": REDIRECT,
            "grant_type": grant_type,
        }
        return Caller(self.url).post("/oauth/token", told | fields)

    def api(self, scope: str = "read_webhook write_webhook") -> Caller:
        token = self.token(scope=scope).json["access_token"]
        return Caller(self.url, {"authorization": f"Bearer {token}"})


@contextmanager
def centry_shop(centry: FakeCentry) -> Iterator[CentryShop]:
    with serving(centry) as url:
        yield CentryShop(centry, url)


@dataclass
class KonimboShop:
    """A shop at Konimbo."""

    konimbo: FakeKonimbo
    url: str
    token: str = TOKEN

    @property
    def number(self) -> int:
        return self.konimbo.shop_of_token(self.token)

    def get(self, path: str = "/v1/webhooks", **query: Any) -> Reply:
        return Caller(self.url).get(path, token=self.token, **query)

    def create(self, url: str, event: str = "order_created") -> Reply:
        return self.send("POST", "/v1/webhooks", {"callback_url": url, "event": event})

    def send(self, method: str, path: str, webhook: Any) -> Reply:
        return Caller(self.url).call(method, path, {"token": self.token, "webhook": webhook})


@contextmanager
def konimbo_shop(konimbo: FakeKonimbo) -> Iterator[KonimboShop]:
    with serving(konimbo) as url:
        yield KonimboShop(konimbo, url)
