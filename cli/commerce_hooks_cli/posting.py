"""One POST over real HTTP: no redirects, no proxy, bounded in time and size."""

from __future__ import annotations

import ssl
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from commerce_hooks_cli.answer import Answer, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping

POST_SECONDS = 20.0
_MAX_ANSWER_BYTES = 1_000_000


def post(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float = POST_SECONDS
) -> Answer:
    """Send `body` and wait for the answer at most `seconds`, however it drips in.

    Raises:
        NoAnswerError: Without the error it came from, which may name the address.
    """
    started = monotonic()
    try:
        status, answer = _within(seconds, _Request(url, body, headers))
    except TimeoutError:
        raise NoAnswerError(f"no answer within {seconds:g} seconds") from None
    except ssl.SSLError as error:
        raise NoAnswerError(f"TLS failed: {_words(error.reason)}") from None
    except OSError as error:
        raise NoAnswerError(_words(error.strerror) or type(error).__name__) from None
    except HTTPException as error:
        raise NoAnswerError(f"not an HTTP answer ({type(error).__name__})") from None
    except ValueError:
        raise NoAnswerError("the address is malformed") from None
    return Answer(status, answer, monotonic() - started)


def _words(reason: str | None) -> str:
    return (reason or "").replace("_", " ").lower()


@dataclass(frozen=True)
class _Request:
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def connection(self, seconds: float) -> HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(parts.netloc, timeout=seconds, context=context)
        return HTTPConnection(parts.netloc, timeout=seconds)

    def over(self, connection: HTTPConnection) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "commerce-hooks", **self.headers}
        connection.request("POST", target, self.body, headers)
        response = connection.getresponse()
        return response.status, response.read(_MAX_ANSWER_BYTES)


def _within(seconds: float, request: _Request) -> tuple[int, bytes]:
    """Run the request in a thread: a socket's timeout begins anew with every byte received."""
    connection = request.connection(seconds)
    outcome: Future[tuple[int, bytes]] = Future()
    Thread(target=_run, args=(outcome, connection, request), daemon=True).start()
    try:
        return outcome.result(timeout=seconds)
    finally:
        _close(connection)


def _run(outcome: Future[tuple[int, bytes]], connection: HTTPConnection, request: _Request) -> None:
    try:
        outcome.set_result(request.over(connection))
    except (OSError, HTTPException, ValueError) as error:
        outcome.set_exception(error)


def _close(connection: HTTPConnection) -> None:
    """Close for good: a thread that still reads is woken by the shutdown only."""
    if connection.sock is not None:
        with suppress(OSError):  # the other side was faster
            connection.sock.shutdown(SHUT_RDWR)
    connection.close()
