"""The SDK against servers on loopback that hang or drip: the limit outside it holds."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config

from commerce_hooks.aws import (
    EventBridgeBus,
    Patience,
    S3PayloadBucket,
    SecretsManagerKeyRing,
    SqsBulkQueue,
    SqsOutboxQueue,
)
from commerce_hooks.callback import Callback
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.outbox import letter_of_event
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
LIMIT = 0.3
PATIENCE = Patience(time.monotonic, time.sleep)
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


CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


def bus(url: str) -> None:
    client = boto3.client("events", endpoint_url=url, config=CONFIG)
    EventBridgeBus(client, BUS_ARN).put([AN_EVENT], LIMIT)


def outbox_queue(url: str) -> None:
    client = boto3.client("sqs", endpoint_url=url, config=CONFIG)
    letters = [letter_of_event(AN_EVENT)]
    SqsOutboxQueue(f"{url}/1/outbox", lambda: client, PATIENCE).put(letters, LIMIT)


def bulk_queue(url: str) -> None:
    client = boto3.client("sqs", endpoint_url=url, config=CONFIG)
    SqsBulkQueue(f"{url}/1/bulk", lambda: client, PATIENCE).put("key", LIMIT)


def bucket(url: str) -> None:
    client = boto3.client("s3", endpoint_url=url, config=CONFIG)
    S3PayloadBucket("payloads", lambda: client, PATIENCE).put("key", b"body", {}, LIMIT)


def key_ring(url: str) -> None:
    client = boto3.client("secretsmanager", endpoint_url=url, config=CONFIG)
    SecretsManagerKeyRing(client, "arn", PATIENCE, lambda _: None, 60).current()


@pytest.mark.parametrize("behaviour", [hang, drip], ids=["hangs", "drips"])
@pytest.mark.parametrize("call", [bus, outbox_queue, bulk_queue, bucket, key_ring])
def test_a_service_that_never_finishes_is_left_at_the_limit(
    serve: Callable[[Serve], str], behaviour: Serve, call: Callable[[str], None]
) -> None:
    # The SDK's own timeout would have another name, and against a drip it never comes.
    with pytest.raises(UnavailableError, match=": Timeout"):
        call(serve(behaviour))


def test_a_bus_that_hangs_up_is_an_unavailable_bus(serve: Callable[[Serve], str]) -> None:
    client = boto3.client("events", endpoint_url=serve(close), config=CONFIG)

    with pytest.raises(UnavailableError, match="ConnectionClosedError"):
        EventBridgeBus(client, BUS_ARN).put([AN_EVENT], 2)
