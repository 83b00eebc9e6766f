"""The SDK against servers on loopback that hang or drip: the limit outside it holds."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.callback import Callback
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget
from support.platforms import platforms
from support.samples import sample
from support.strict_eventbridge import BUS_ARN

(AN_EVENT,) = (
    EventBuilder(platforms()["centry"], "test/unit")
    .events(
        Callback(
            target=CallbackTarget("centry", "acme"),
            callback_id="c",
            received_at=datetime(2026, 3, 9, 12, tzinfo=UTC),
            content_type="",
            body=sample("centry", "on_order_save").body,
        )
    )
    .events
)
Serve = Callable[[socket.socket, threading.Event], None]


def hang(connection: socket.socket, stop: threading.Event) -> None:
    connection.recv(65536)
    stop.wait(30)


def drip(connection: socket.socket, stop: threading.Event) -> None:
    """A byte at a time: every one of them starts the SDK's read timeout anew."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    while not stop.wait(0.05):
        connection.sendall(b" ")


def close(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65536)


@pytest.fixture
def serve() -> Iterator[Callable[[Serve], str]]:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def run(behaviour: Serve) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                behaviour(connection, stop)
            except OSError:
                return  # the client went away, as it should

    def start(behaviour: Serve) -> str:
        thread = threading.Thread(target=run, args=(behaviour,), daemon=True)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    stop.set()
    for thread in threads:
        thread.join(2)
    listener.close()


@pytest.mark.parametrize("behaviour", [hang, drip], ids=["hangs", "drips"])
def test_a_bus_that_never_finishes_is_left_at_the_limit(
    serve: Callable[[Serve], str], behaviour: Serve
) -> None:
    client = boto3.client(
        "events",
        endpoint_url=serve(behaviour),
        config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1}),
    )

    # The SDK's own timeout would have another name, and against a drip it never comes.
    with pytest.raises(UnavailableError, match="bus: Timeout"):
        EventBridgeBus(client, BUS_ARN).put([AN_EVENT], 0.3)


def test_a_bus_that_hangs_up_is_an_unavailable_bus(serve: Callable[[Serve], str]) -> None:
    client = boto3.client(
        "events", endpoint_url=serve(close), config=Config(retries={"total_max_attempts": 1})
    )

    with pytest.raises(UnavailableError, match="ConnectionClosedError"):
        EventBridgeBus(client, BUS_ARN).put([AN_EVENT], 2)
