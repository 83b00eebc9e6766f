"""One callback over HTTP: bounded in time and size, to where it was registered and no further."""

import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_URL = re.compile(r"[!-~]+", re.ASCII)
_READ_BYTES = 16_384
_KEPT_CHARACTERS = 1_000


@dataclass(frozen=True)
class Posted:
    """What came of it.

    Args:
        status: None if no answer came in time; `problem` says why.
        response: The beginning of the answer.
    """

    status: int | None
    response: str = field(default="", repr=False)
    problem: str | None = None


_LATE = Posted(None, problem="TimeoutError")


@dataclass(frozen=True)
class Poster:
    """Posts callbacks. No redirect is followed, nothing is tried again.

    Args:
        seconds: What an answer may take. Centry waits for 15 s (its page on webhooks).
        anywhere: Not only to this machine: a fake that strangers' URLs are registered at calls
            nobody whom its user did not mean.
    """

    seconds: float = 15.0
    anywhere: bool = False

    def post(self, url: str, content_type: str, body: bytes) -> Posted:
        began = monotonic()
        try:
            posted = self._post(self._checked(url), content_type, body, began)
        except _UndeliverableError as error:
            return Posted(None, problem=str(error))
        except (OSError, HTTPException, ValueError) as error:
            posted = Posted(None, problem=type(error).__name__)
        return _LATE if monotonic() - began >= self.seconds else posted

    def _checked(self, url: str) -> SplitResult:
        # A platform calls the URL as it was registered, spaces and all.
        parts = urlsplit(url)
        if not _URL.fullmatch(url) or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise _UndeliverableError("not an http(s) URL")
        if not self.anywhere and parts.hostname not in _LOOPBACK:
            raise _UndeliverableError("not on this machine")
        return parts

    def _post(self, parts: SplitResult, content_type: str, body: bytes, began: float) -> Posted:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with closing(_connection(parts, self.seconds)) as connection:
            connection.connect()
            with _shut_after(connection.sock, self.seconds - (monotonic() - began)):
                connection.request("POST", target, body, {"Content-Type": content_type})
                response: HTTPResponse = connection.getresponse()
                text = response.read(_READ_BYTES).decode("utf-8", "replace")[:_KEPT_CHARACTERS]
        return Posted(response.status, text)


class _UndeliverableError(Exception):
    """No callback can go to that URL."""


def _connection(parts: SplitResult, seconds: float) -> HTTPConnection:
    """Each single wait takes so many seconds at most."""
    host = parts.hostname or ""
    if parts.scheme == "https":
        tls = ssl.create_default_context()
        return HTTPSConnection(host, parts.port, timeout=seconds, context=tls)
    return HTTPConnection(host, parts.port, timeout=seconds)


@contextmanager
def _shut_after(connected: socket, seconds: float) -> Iterator[None]:
    """All waits together, too: however the other end dawdles, the connection is shut then."""
    watch = Timer(max(seconds, 0), _shut, [connected])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _shut(connected: socket) -> None:
    with suppress(OSError):  # it may be over already
        connected.shutdown(SHUT_RDWR)
