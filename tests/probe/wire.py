"""Requests written to a socket byte for byte: an HTTP client would mend what is to be sent."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from support.probes.probe import Request

T = TypeVar("T")
MOST_CONNECTIONS = 8
_ANSWER_SECONDS = 20.0
_LARGEST_ANSWER = 1_000_000


class TimeUpError(Exception):
    """The probe took longer than it may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; `body` is None where it is no JSON."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Wire:
    """A stack's front door on this machine.

    Args:
        base_url: Loopback, or nothing is sent.
        until: When everything has to be over, on the monotonic clock.
    """

    base_url: str
    until: float

    @property
    def remaining(self) -> float:
        """Seconds left.

        Raises:
            TimeUpError: None.
        """
        seconds = self.until - monotonic()
        if seconds <= 0:
            raise TimeUpError
        return seconds

    def send_all(
        self, requests: Sequence[T], request_of: Callable[[T], Request]
    ) -> Iterator[tuple[T, Answer]]:
        """Send them over a few connections at a time; answers come in the order of requests."""
        with ThreadPoolExecutor(MOST_CONNECTIONS) as pool:
            try:
                answers = pool.map(lambda one: self.send(request_of(one)), requests)
                yield from zip(requests, answers, strict=True)
            finally:
                pool.shutdown(cancel_futures=True)

    def send(self, request: Request) -> Answer:
        """One request over a connection of its own."""
        address = urlsplit(self.base_url)
        seconds = min(_ANSWER_SECONDS, self.remaining)
        if address.hostname != "127.0.0.1":
            raise ValueError("probes go to this machine only")
        with socket.create_connection((address.hostname, address.port or 80), seconds) as wire:
            wire.sendall(_head(request, address.netloc) + request.body)
            response = http.client.HTTPResponse(wire, method=request.method)
            response.begin()
            return Answer(response.status, _parsed(response.read(_LARGEST_ANSWER)))


def _head(request: Request, host: str) -> bytes:
    target = request.path + (f"?{request.query}" if request.query else "")
    headers = (
        ("Host", host),
        ("Content-Length", str(len(request.body))),
        ("Connection", "close"),
        *request.headers,
    )
    lines = (f"{request.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers), "", "")
    return "\r\n".join(lines).encode("latin-1")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
