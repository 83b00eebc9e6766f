"""`make load` in small: what was answered is what is on the bus; and the process that sends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from commerce_hooks_cli.console import Screen
from load.__main__ import loaded, order_for
from load.accounts import Ledger
from load.orders import Order, Outgoing
from load.sending import NotSentError, Sending
from local.stacks import PROC, needs_proc, processes_naming
from support.loopback import http_server
from support.platforms import senders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_hooks_cli.local.state import LocalState
    from load.answers import Answer

pytestmark = pytest.mark.emulator

TESTS = Path(__file__).parents[1]
TOKEN = "a-token-of-the-load"
REQUEST = Outgoing(
    platform="centry",
    sample="on_order_save.json",
    method="POST",
    target=f"/centry/acme/{TOKEN}",
    headers={"Content-Type": "application/json"},
    body=b'{"order_id":"66e01c4f1746bf5a700000a1"}',
    ids=("66e01c4f1746bf5a700000a1",),
)
WITHIN = 50.0


def order_to(base_url: str, seconds: float = 0.2, connections: int = 2) -> Order:
    return Order(base_url=base_url, seconds=seconds, connections=connections, requests=(REQUEST,))


def answers_of(sending: Sending) -> list[Answer]:
    wait_until(lambda: sending.over)
    return list(sending.answers())


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Connections:
    """A server that counts the connections it has at a time, and in all."""

    def __init__(self) -> None:
        self.most = self.all = self._now = 0
        self._lock = threading.Lock()

    def change(self, by: int) -> None:
        with self._lock:
            self._now += by
            self.all += by > 0
            self.most = max(self.most, self._now)

    @contextmanager
    def serve(self) -> Iterator[str]:
        counted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                counted.change(1)
                super().setup()

            def finish(self) -> None:
                super().finish()
                counted.change(-1)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


def test_answers_and_events_agree_and_would_not_without_one_of_either(
    local_stack: LocalState, tmp_path: Path
) -> None:
    # However slow the machine is: platforms take turns, and who has begun is waited for.
    order = order_for(local_stack, seconds=2, connections=len(senders()))
    ledger = loaded(local_stack, order, tmp_path, Screen())

    assert ledger.account().flaws == []
    assert ledger.platforms == list(senders())
    dropped, *rest = ledger.arrivals
    assert Ledger(ledger.answers, rest).account().missing == [
        f"{dropped.platform} {dropped.event_id} was promised once and came never"
    ]
    silent = next(one for one in ledger.answers if one.event_ids)
    others = [one for one in ledger.answers if one is not silent]
    unexpected = Ledger(others, ledger.arrivals).account().unexpected
    assert len(unexpected) == len(silent.event_ids)


def test_each_request_is_sent_once_and_is_about_something_new(tmp_path: Path) -> None:
    with http_server() as server:
        server.body = b'{"status":"accepted","callback_id":"c","event_ids":["c.0"]}'
        with Sending.of(order_to(server.url), tmp_path) as sending:
            answers = answers_of(sending)

    sent = [f'{{"order_id":"{answer.ids[0]}"}}'.encode() for answer in answers]
    assert len(set(sent)) > 1
    assert sorted(sent) == sorted(heard.body for heard in server.heard)
    assert {heard.path for heard in server.heard} == {REQUEST.target}
    assert {heard.headers["Content-Type"] for heard in server.heard} == {"application/json"}
    assert {answer.flaw for answer in answers} == {""}


def test_it_keeps_to_its_connections(tmp_path: Path) -> None:
    connections = Connections()
    with (
        connections.serve() as url,
        Sending.of(order_to(url, connections=8), tmp_path) as sending,
    ):
        answers = answers_of(sending)

    assert connections.most == connections.all == 8
    assert len(answers) >= 8


def test_a_wrong_answer_is_told_as_it_is_and_no_redirect_is_followed(tmp_path: Path) -> None:
    with http_server() as server, http_server() as elsewhere:
        server.status, server.headers = 302, {"Location": f"{elsewhere.url}/{TOKEN}"}
        with Sending.of(order_to(server.url), tmp_path) as sending:
            answers = answers_of(sending)

    assert {answer.said for answer in answers} == {"302 unreadable"}
    assert elsewhere.heard == []


def test_no_answer_is_told_as_well(tmp_path: Path) -> None:
    with http_server() as server:
        gone = server.url
    with Sending.of(order_to(gone), tmp_path) as sending:
        answers = answers_of(sending)

    assert {(answer.status, answer.said) for answer in answers} == {(0, "no answer")}


def test_a_process_that_fails_says_why_without_its_tokens(tmp_path: Path) -> None:
    impossible = Order.model_construct(
        **{**dict(order_to("http://127.0.0.1:1")), "connections": 99}
    )

    with Sending.of(impossible, tmp_path) as sending, pytest.raises(NotSentError) as raised:
        answers_of(sending)

    assert "connections" in str(raised.value)
    assert TOKEN not in str(raised.value)


@needs_proc
def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    with (
        http_server() as server,
        Sending.of(order_to(server.url, seconds=60), tmp_path) as sending,
    ):
        wait_until(lambda: bool(server.heard))
        assert not sending.over
        assert processes_naming(tmp_path) != []

    assert processes_naming(tmp_path) == []


def start_load(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "load", "--seconds", "60"],
        env={**os.environ, "PYTHONPATH": str(TESTS), "TMPDIR": str(folder)},
        cwd=TESTS.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def is_sending(folder: Path) -> bool:
    lines = ((PROC / str(pid) / "cmdline").read_bytes() for pid in processes_naming(folder))
    return any(b"load.swarm" in line for line in lines)


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_a_load_that_is_interrupted(
    tmp_path: Path, number: signal.Signals
) -> None:
    with start_load(tmp_path) as load:
        try:
            wait_until(lambda: is_sending(tmp_path) or load.poll() is not None)
            load.send_signal(number)
            said, _ = load.communicate(timeout=WITHIN)
        finally:
            load.kill()

    assert load.returncode == 128 + number, said
    assert "Traceback" not in said
    assert "agree" not in said
    assert processes_naming(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
