"""The network towards platforms, against servers on loopback that do not behave."""

import gzip
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from commerce_hooks.http.errors import NoResponseError
from commerce_hooks.http.transport import ApiRequest
from commerce_hooks.http.wire import MAX_ANSWER_BYTES, Wire
from support.certificates import tls_server, write_certificate
from support.loopback import (
    Answered,
    Asked,
    api_server,
    drip,
    drip_headers,
    hang,
    pour,
    raw_server,
)

CANARY = "canary-in-the-url"
LIMIT = 0.3
Serve = Callable[[socket.socket, threading.Event], None]


def wire() -> Wire:
    return Wire(http_on_loopback=True)


def get(url: str) -> ApiRequest:
    return ApiRequest("GET", f"{url}/v1?token={CANARY}", {"x-secret": CANARY})


def cause_of(url: str, seconds: float = 5) -> str:
    with pytest.raises(NoResponseError) as caught:
        wire().exchange(get(url), seconds)
    return caught.value.cause


def test_a_request_arrives_as_it_was_made_and_the_answer_comes_back_whatever_its_status() -> None:
    heard: list[Asked] = []

    def answer(asked: Asked) -> Answered:
        heard.append(asked)
        return Answered(418, b"tea", {"X-Kind": "pot"})

    with api_server(answer) as url:
        request = ApiRequest("POST", f"{url}/a%2Fb?x=1", {"authorization": "Bearer t"}, b"body")
        response = wire().exchange(request, 5)

    (asked,) = heard
    assert (asked.method, asked.path, asked.query) == ("POST", "/a%2Fb", {"x": "1"})
    assert (asked.headers["authorization"], asked.body) == ("Bearer t", b"body")
    assert asked.headers["accept-encoding"] == "identity"
    assert (response.status, response.body, response.headers["x-kind"]) == (418, b"tea", "pot")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_nobody_follows_it(status: int) -> None:
    strangers: list[Asked] = []

    def stranger(asked: Asked) -> Answered:
        strangers.append(asked)
        return Answered()

    with (
        api_server(stranger) as elsewhere,
        api_server(lambda _: Answered(status, b"", {"Location": elsewhere})) as url,
    ):
        assert wire().exchange(get(url), 5).status == status

    assert not strangers


def test_nothing_is_tried_again() -> None:
    heard: list[Asked] = []

    def answer(asked: Asked) -> Answered:
        heard.append(asked)
        return Answered(503, b"", {"Retry-After": "0"})

    with api_server(answer) as url:
        assert wire().exchange(get(url), 5).status == 503

    assert len(heard) == 1


@pytest.mark.parametrize("behave", [hang, drip, drip_headers])
def test_an_answer_that_never_ends_is_left_at_the_limit(behave: Serve) -> None:
    with raw_server(behave) as url:
        began = time.monotonic()
        cause = cause_of(url, LIMIT)

        assert time.monotonic() - began < LIMIT + 1
        assert cause in {"Timeout", "ReadTimeoutError"}


def test_an_endless_answer_is_left_at_a_size_and_its_connection_is_closed() -> None:
    went_away = threading.Event()

    def behave(connection: socket.socket, over: threading.Event) -> None:
        pour(connection, over)
        if not over.is_set():
            went_away.set()

    with raw_server(behave) as url:
        assert cause_of(url) == "TooLarge"
        assert went_away.wait(5)


def test_the_largest_answer_is_taken_whole() -> None:
    with api_server(lambda _: Answered(body=b"x" * MAX_ANSWER_BYTES)) as url:
        assert len(wire().exchange(get(url), 5).body) == MAX_ANSWER_BYTES


def test_a_compressed_answer_stays_as_it_is() -> None:
    """A few kilobytes may be gigabytes, and we asked for none."""
    packed = gzip.compress(b"x" * 1_000_000)
    with api_server(lambda _: Answered(200, packed, {"Content-Encoding": "gzip"})) as url:
        assert wire().exchange(get(url), 5).body == packed


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00\xff\xfegarbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncut off",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
def test_garbage_is_no_answer(sent: bytes) -> None:
    with raw_server(lambda connection, _: connection.sendall(sent)) as url:
        assert "Timeout" not in cause_of(url)


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    assert cause_of(url) == "NewConnectionError"


def test_without_time_nothing_is_sent() -> None:
    heard: list[Asked] = []

    def answer(asked: Asked) -> Answered:
        heard.append(asked)
        return Answered()

    with api_server(answer) as url:
        assert cause_of(url, 0) == "Timeout"

    assert not heard


@pytest.mark.parametrize("url", ["http://platform.example/", "ftp://127.0.0.1/", "file:///etc"])
def test_only_https_is_spoken(url: str) -> None:
    with pytest.raises(ValueError, match="https only"):
        wire().exchange(ApiRequest("GET", url), 5)


def test_http_on_loopback_is_for_tests() -> None:
    with pytest.raises(ValueError, match="https only"):
        Wire().exchange(ApiRequest("GET", "http://127.0.0.1:1/"), 5)


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(tmp_path: Path) -> None:
    with tls_server(write_certificate(tmp_path)) as url:
        assert cause_of(url) == "SSLError"


def test_a_server_of_another_name_is_not_spoken_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path, "127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with tls_server(certificate) as url:
        assert cause_of(url) == "SSLError"


def test_a_server_that_the_machine_trusts_is_spoken_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with tls_server(certificate) as url:
        assert Wire().exchange(get(url), 5).body == b"ok"


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"garbage",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
        None,
    ],
)
def test_no_url_or_header_is_told_whatever_goes_wrong(
    sent: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.connection"):
        caplog.set_level(logging.DEBUG, name)

    def behave(connection: socket.socket, over: threading.Event) -> None:
        hang(connection, over) if sent is None else connection.sendall(sent)

    with raw_server(behave) as url:
        try:
            said.append(repr(wire().exchange(get(url), LIMIT)))
        except NoResponseError as error:
            said.append("".join(traceback.format_exception(error)))
            assert error.__context__ is None

    assert said
    assert CANARY not in "".join(said) + caplog.text


def test_a_header_that_cannot_be_sent_is_not_told() -> None:
    with api_server(lambda _: Answered()) as url, pytest.raises(NoResponseError) as caught:
        wire().exchange(ApiRequest("GET", url, {"x": f"{CANARY}\n"}), 5)

    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_what_is_asked_and_answered_is_not_shown() -> None:
    assert CANARY not in repr(get("https://x.example"))
