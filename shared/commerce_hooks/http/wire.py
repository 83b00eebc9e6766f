"""The network towards platforms, by the urllib3 that boto3 brings.

An answer is bounded in time and size; a redirect is an answer, never followed, since clients
that follow take tokens and bodies along to another host; nothing is tried again; and no URL is
in any error or log line, since on some platforms the token is in it.
"""

import logging
import ssl
from collections.abc import Callable
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from commerce_hooks.aws import Within
from commerce_hooks.deadline import call_within
from commerce_hooks.decoding import MAX_PARSED_BYTES
from commerce_hooks.http.errors import NoResponseError
from commerce_hooks.http.transport import ApiRequest, ApiResponse

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse  # urllib3 1.26, which a runtime may have, lacks it

MAX_ANSWER_BYTES = MAX_PARSED_BYTES
_CHUNK_BYTES = 4096
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_HEADERS = {"accept-encoding": "identity", "user-agent": "commerce-hooks"}
# They log URLs, at DEBUG and as warnings.
_LOGGERS = ("connection", "connectionpool", "poolmanager", "response", "util.retry")


class Wire:
    """HTTPS with the machine's trusted certificates.

    Each exchange has a connection of its own: one that was kept, and that the platform closes
    meanwhile, would look like an answer that got lost.
    """

    def __init__(self, *, http_on_loopback: bool = False, within: Within = call_within) -> None:
        """`http_on_loopback`: for fake platforms on this machine."""
        self._http_on_loopback = http_on_loopback
        self._within = within
        _silence()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        """See the port.

        Raises:
            ValueError: The URL is not https.
        """
        self._check(request.url)
        given_up = Event()
        try:
            if seconds > 0:
                answer: ApiResponse = self._within(
                    seconds, lambda: self._exchange(request, seconds, given_up)
                )
                return answer
            cause = "Timeout"
        except TimeoutError:
            cause = "Timeout"
        except (HTTPError, OSError, ValueError) as error:
            cause = type(error).__name__
        finally:
            given_up.set()
        # Out here, so that the original error, which quotes the URL, is not even its context.
        raise NoResponseError(cause)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        fake = self._http_on_loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not fake:
            raise ValueError("platforms are called over https only")

    def _exchange(self, request: ApiRequest, seconds: float, given_up: Event) -> ApiResponse:
        tls = self._tls if request.url.startswith("https:") else None
        with PoolManager(num_pools=1, ssl_context=tls, timeout=Timeout(seconds)) as pool:
            response = pool.urlopen(
                request.method,
                request.url,
                body=request.body or None,
                headers={**_HEADERS, **request.headers},
                redirect=False,
                retries=False,
                preload_content=False,
                enforce_content_length=True,
            )
            try:
                body = _bounded(response, given_up.is_set)
            finally:
                response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return ApiResponse(response.status, headers, body)


def _bounded(response: "BaseHTTPResponse", given_up: Callable[[], bool]) -> bytes:
    """The bytes as they were sent: nothing is decompressed."""
    body = bytearray()
    while chunk := response.read(_CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES or given_up():
            raise NoResponseError("TooLarge")
    return bytes(body)


def _silence() -> None:
    for name in _LOGGERS:
        logging.getLogger(f"urllib3.{name}").addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
