"""HTTP servers on this machine for tests: well-behaved, and not."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Heard:
    """A request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """Answers every POST with what it was last told, and remembers what it heard."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def http_server() -> Iterator[HttpServer]:
    with _listening() as server:
        told = HttpServer(f"http://127.0.0.1:{server.server_port}")
        server.RequestHandlerClass = _handler(told)
        yield told


@contextmanager
def _listening() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Asked:
    """A request to a fake API. Header names are lower case, of repeated parameters the last."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answered:
    """What a fake API says."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Self:
        told = {"content-type": "application/json", **(headers or {})}
        return cls(status, json.dumps(value).encode(), told)


@contextmanager
def api_server(answer: Callable[[Asked], Answered]) -> Iterator[str]:
    """An API on loopback that answers every request like this, many at a time; its base URL."""
    with _listening() as server:
        server.RequestHandlerClass = _api_handler(answer)
        yield f"http://127.0.0.1:{server.server_port}"


def _api_handler(answer: Callable[[Asked], Answered]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            answered = answer(
                Asked(
                    method=self.command,
                    path=parts.path,
                    query={name: values[-1] for name, values in parse_qs(parts.query).items()},
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(int(self.headers.get("Content-Length", "0"))),
                )
            )
            self.send_response(answered.status)
            for name, value in answered.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answered.body)))
            self.end_headers()
            self.wfile.write(answered.body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _handler(told: HttpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            told.heard.append(Heard(self.path, dict(self.headers), self.rfile.read(length)))
            self.send_response(told.status)
            for name, value in {**told.headers, "Content-Length": str(len(told.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def raw_server(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """One connection, treated as `behave` likes until the event is set."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_one, args=(listener, behave, over))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def hang(_: socket.socket, over: threading.Event) -> None:
    """For `raw_server`: no answer."""
    over.wait(30)


def drip(connection: socket.socket, over: threading.Event) -> None:
    """A byte at a time: each starts a timeout of the socket anew."""
    _send_until(connection, over, b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b" ", 0.02)


def drip_headers(connection: socket.socket, over: threading.Event) -> None:
    _send_until(connection, over, b"HTTP/1.1 200 OK\r\nx: ", b"x", 0.02)


def pour(connection: socket.socket, over: threading.Event) -> None:
    """As much as is taken."""
    _send_until(connection, over, b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536, 0)


def _send_until(
    connection: socket.socket, over: threading.Event, first: bytes, again: bytes, pause: float
) -> None:
    try:
        connection.sendall(first)
        while not over.wait(pause):
            connection.sendall(again)
    except OSError:
        return  # it went away, as it should


def _serve_one(
    listener: socket.socket,
    behave: Callable[[socket.socket, threading.Event], None],
    over: threading.Event,
) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        behave(connection, over)
