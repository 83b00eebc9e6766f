"""A fake platform over real HTTP, on loopback only."""

import os
import re
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl

from fake_platforms.admin import ADMIN_PATH, Admin
from fake_platforms.guard import is_stranger
from fake_platforms.messages import Answered, Asked, Ending
from fake_platforms.platform import FakePlatform

LARGEST_BODY = 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,9}", re.ASCII)
_IDLE_SECONDS = 30.0
_LOOK_SECONDS = 0.02
_AT_ONCE = struct.pack("ii", 1, 0)


@contextmanager
def serving(
    platform: FakePlatform, pause: Callable[[float], object] | None = None
) -> Iterator[str]:
    """Its base URL, while it runs. The port is a free one.

    `pause` waits so many seconds before an answer that is slow; the real time if it is not given.
    """
    server = _Server(platform, pause)
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # whoever keeps a connection open does not keep the server
    request_queue_size = 128

    def __init__(self, platform: FakePlatform, pause: Callable[[float], object] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.platform = platform
        self.admin = Admin(platform)
        self.over = threading.Event()
        self.pause = pause or self.over.wait

    def answer(self, asked: Asked) -> Answered:
        if asked.path.startswith(ADMIN_PATH):
            return self.admin.answer(asked)
        return self.platform.answer(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    @property
    def _server(self) -> _Server:
        return cast("_Server", self.server)

    def _handle(self) -> None:
        with suppress(ConnectionError, TimeoutError):  # the client went away
            self._send(self._answered())
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the library's names

    def _answered(self) -> Answered:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not _LENGTH.fullmatch(length):
            return Answered.of({"error": "the length of the body is not told"}, 411)
        if int(length) > LARGEST_BODY:
            return Answered.of({"error": "the body is too large"}, 413)
        body = self.rfile.read(int(length))
        if is_stranger(self._server.server_port, lambda name: self.headers.get_all(name, [])):
            return Answered.of({"error": "this request comes from elsewhere"}, 403)
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = dict(parse_qsl(query, keep_blank_values=True))
        return self._server.answer(Asked(self.command, path, told, headers, body))

    def _send(self, answered: Answered) -> None:
        if answered.seconds:
            self._server.pause(answered.seconds)
        match answered.ending:
            case Ending.SILENT:
                self._keep_silent()
            case Ending.RESET:
                self._reset()
            case Ending.CUT:
                self._write(answered, answered.body[: len(answered.body) // 2])
            case Ending.WHOLE:
                self._write(answered, answered.body)

    def _write(self, answered: Answered, body: bytes) -> None:
        """`body`: what of the answer arrives."""
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answered.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """A socket that is closed without lingering tears the connection (RST)."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        os.close(self.connection.detach())

    def _keep_silent(self) -> None:
        """Until the client goes away, or the server ends."""
        while not self._server.over.is_set():
            readable, _, _ = select.select([self.connection], [], [], _LOOK_SECONDS)
            if readable:
                return

    def version_string(self) -> str:
        return "fake-platform"

    def log_message(self, *_: object) -> None:
        """Nothing: tokens may be in the URL."""
