"""What the fake platforms' server takes, and from whom."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from fake_platforms import FakeCentry
from fake_platforms.server import LARGEST_BODY
from support.fake_shops import WEBHOOKS, CentryShop, centry_shop
from support.platform_calls import Caller

URL = "https://hooks.example/"


@pytest.fixture
def shop() -> Iterator[CentryShop]:
    with centry_shop(FakeCentry()) as shop:
        yield shop


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "page.example"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:1"},
        {"host": "127.0.0.1.page.example"},
        {"origin": "https://page.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", [WEBHOOKS, "/oauth/authorize", "/_fake/webhooks"])
def test_a_web_page_does_not_get_through(
    shop: CentryShop, headers: dict[str, str], path: str
) -> None:
    shop.centry.admin_secret = "secret"
    api = shop.api()
    known = {**api.headers, "x-fake-admin": "secret"}

    reply = api.call("POST", path, {"callback_url": URL}, headers={**known, **headers})

    assert reply.status == 403
    assert shop.centry.records.all() == []
    assert shop.centry.requests.count("POST", path) == 0


@pytest.mark.parametrize("name", ["127.0.0.1", "LOCALHOST"])
def test_a_program_does(shop: CentryShop, name: str) -> None:
    port = urlsplit(shop.url).port
    headers = {"host": f"{name}:{port}", "sec-fetch-site": "none"}

    assert shop.api().call("GET", WEBHOOKS, headers=headers).status == 200


def raw(shop: CentryShop, text: str) -> bytes:
    port = urlsplit(shop.url).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as connection:
        connection.sendall(text.replace("HOST", f"127.0.0.1:{port}").encode())
        return connection.recv(1000)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("POST / HTTP/1.1\r\nhost: HOST\r\ncontent-length: x\r\n\r\n", 411),
        ("POST / HTTP/1.1\r\nhost: HOST\r\ncontent-length: -1\r\n\r\n", 411),
        (f"POST / HTTP/1.1\r\nhost: HOST\r\ncontent-length: {'9' * 5000}\r\n\r\n", 411),
        ("POST / HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (f"POST / HTTP/1.1\r\nhost: HOST\r\ncontent-length: {LARGEST_BODY + 1}\r\n\r\n", 413),
        ("GET / HTTP/1.1\r\nhost: HOST\r\nhost: HOST\r\n\r\n", 403),
        ("GET / HTTP/1.1\r\n\r\n", 403),
        ("GET //[ HTTP/1.1\r\nhost: HOST\r\n\r\n", 404),
        ("BREW / HTTP/1.1\r\nhost: HOST\r\n\r\n", 501),
    ],
)
def test_a_request_that_is_none_is_refused(shop: CentryShop, request_: str, status: int) -> None:
    assert raw(shop, request_).split(b" ")[1] == str(status).encode()


def test_many_are_answered_at_once(shop: CentryShop) -> None:
    shop.centry.webhooks.page_size = 1000
    api = shop.api()

    def create(_: int) -> int:
        return api.post(WEBHOOKS, {"callback_url": URL}).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(create, range(80)))

    assert statuses == [201] * 80
    assert len({each["_id"] for each in api.get(WEBHOOKS).json}) == 80
    assert shop.centry.requests.count("POST", WEBHOOKS, shop.company, 201) == 80


def test_it_listens_on_this_machine_only(shop: CentryShop) -> None:
    assert urlsplit(shop.url).hostname == "127.0.0.1"
    assert Caller(shop.url).get("/").headers["server"] == "fake-platform"


def test_nothing_is_written_anywhere(shop: CentryShop, capfd: pytest.CaptureFixture[str]) -> None:
    shop.api().get(WEBHOOKS)
    raw(shop, "BREW /secret-canary HTTP/1.1\r\nhost: HOST\r\n\r\n")

    assert capfd.readouterr() == ("", "")
