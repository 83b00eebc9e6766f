"""The HTTP client of `send` and `tail --forward-to`, against real servers on this machine."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from commerce_hooks_cli.answer import NoAnswerError
from commerce_hooks_cli.posting import post
from support.loopback import http_server, raw_server

Behaviour = Callable[[socket.socket, threading.Event], None]
JSON = {"Content-Type": "application/json"}
SECRET = "/konimbo/acme/order_created/k1.1.the-token-of-the-url"


def hang(_: socket.socket, over: threading.Event) -> None:
    over.wait()


def drip(connection: socket.socket, over: threading.Event) -> None:
    """One byte at a time, so that no timeout of a socket ever fires."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not over.wait(0.02):
            connection.sendall(b".")


def talk_garbage(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"220 mail.example.com ESMTP\r\n\r\n")


def hang_up(_: socket.socket, __: threading.Event) -> None:
    pass


@pytest.mark.parametrize("status", [200, 401, 503])
def test_any_status_is_an_answer(status: int) -> None:
    with http_server() as server:
        server.status, server.body = status, b'{"error": "whatever"}'

        answer = post(server.url + SECRET, b"body", JSON)

    assert (answer.status, answer.body) == (status, b'{"error": "whatever"}')
    assert answer.successful == (status == 200)
    assert 0 < answer.seconds < 5


def test_path_query_body_and_content_type_arrive_as_given() -> None:
    with http_server() as server:
        post(f"{server.url}{SECRET}?a=1&b=%20", b"\x00\xff", {"Content-Type": "application/x-test"})

    heard = server.heard[0]
    assert (heard.path, heard.body) == (f"{SECRET}?a=1&b=%20", b"\x00\xff")
    assert heard.headers["Content-Type"] == "application/x-test"


def test_redirects_are_not_followed() -> None:
    with http_server() as elsewhere, http_server() as server:
        server.status, server.headers = 307, {"Location": elsewhere.url}

        answer = post(server.url + SECRET, b"body", JSON)

    assert (answer.status, answer.redirects, elsewhere.heard) == (307, True, [])


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server() as proxy, http_server() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)

        post(server.url + SECRET, b"body", JSON)

    assert (len(server.heard), len(proxy.heard)) == (1, 0)


def test_no_more_than_a_megabyte_of_an_answer_is_read() -> None:
    with http_server() as server:
        server.body = b"." * 1_500_000

        assert len(post(server.url, b"", JSON).body) == 1_000_000


@pytest.mark.parametrize("behave", [hang, drip])
def test_a_slow_answer_is_not_waited_for_beyond_the_time(
    behave: Behaviour,
) -> None:
    with raw_server(behave) as url:
        started = time.monotonic()
        with pytest.raises(NoAnswerError, match=r"no answer within 0\.3 seconds"):
            post(url + SECRET, b"", JSON, seconds=0.3)

    assert time.monotonic() - started < 2


@pytest.mark.parametrize("behave", [talk_garbage, hang_up])
def test_what_is_no_http_is_no_answer(behave: Behaviour) -> None:
    with raw_server(behave) as url, pytest.raises(NoAnswerError) as caught:
        post(url + SECRET, b"", JSON)

    assert caught.value.args[0]


def test_nobody_there_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NoAnswerError, match="connection refused"):
        post(f"http://127.0.0.1:{port}{SECRET}", b"", JSON)


def test_a_server_without_tls_is_said_in_words() -> None:
    with http_server() as server, pytest.raises(NoAnswerError, match="TLS failed"):
        post(server.url.replace("http:", "https:") + SECRET, b"", JSON)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:port", "http://127.0.0.1:1/with space", "http://127.0.0.1:1/\u05d0"]
)
def test_an_address_that_is_none_is_no_answer(url: str) -> None:
    with pytest.raises(NoAnswerError):
        post(url, b"", JSON)


@pytest.mark.parametrize("behave", [hang, talk_garbage, hang_up])
def test_neither_the_failure_nor_what_caused_it_names_the_url(behave: Behaviour) -> None:
    with raw_server(behave) as url, pytest.raises(NoAnswerError) as caught:
        post(url + SECRET, b"", JSON, seconds=0.3)

    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
