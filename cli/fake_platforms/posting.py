"""One callback over HTTP: bounded in time and size, to where it was registered and no further."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
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
        with _connected(parts, self.seconds) as connection:
            if monotonic() - began >= self.seconds:
                return _LATE  # what watches the connection found nothing to shut yet
            connection.request("POST", target, body, {"Content-Type": content_type})
            response: HTTPResponse = connection.getresponse()
            text = response.read(_READ_BYTES).decode("utf-8", "replace")[:_KEPT_CHARACTERS]
        return Posted(response.status, text)


class _UndeliverableError(Exception):
    """No callback can go to that URL."""


@contextmanager
def _connected(parts: SplitResult, seconds: float) -> Iterator[HTTPConnection]:
    """A connection that is shut after so many seconds, however the other end dawdles."""
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port, timeout=seconds)
    )
    watch = Timer(seconds, _shut, [connection])
    watch.daemon = True
    watch.start()
    try:
        connection.connect()
        yield connection
    finally:
        watch.cancel()
        connection.close()


def _shut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):  # it may be over already
            connection.sock.shutdown(SHUT_RDWR)
