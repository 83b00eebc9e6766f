"""However slow everything is at once, a platform gets its answer in time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from commerce_hooks.callback import CallbackRequest
from commerce_hooks.deadline import (
    ANSWER_SECONDS,
    BUCKET_SECONDS,
    BUS_SECONDS,
    FUNCTION_TIMEOUT_SECONDS,
    KEY_RING_SECONDS,
)
from commerce_hooks.events import MAX_EVENTS, Event, EventBuilder
from commerce_hooks.publishing import Publisher
from commerce_hooks.receiving import Receiver, Surroundings
from support.api_gateway import http_api_event
from support.platforms import platforms
from support.receiving import FakeClock, MemoryBucket, MemoryQueue, Reception
from support.slow import SlowKeyRings


@dataclass
class SlowBucket(MemoryBucket):
    clock: FakeClock = None  # type: ignore[assignment]

    def put(
        self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float = BUCKET_SECONDS
    ) -> None:
        self.clock.sleep(max(seconds, 0))
        super().put(key, body, attributes, seconds)


@dataclass
class SlowQueue(MemoryQueue):
    clock: FakeClock = None  # type: ignore[assignment]

    def put(self, key: str, seconds: float) -> None:
        self.clock.sleep(max(seconds, 0))
        super().put(key, seconds)


@dataclass
class SlowBus:
    """Takes all the time it is given, and then says the same."""

    clock: FakeClock
    code: str | None

    def put(self, events: Sequence[Event], seconds: float) -> Sequence[str | None]:
        self.clock.sleep(seconds)
        return [self.code] * len(events)


def orders(count: int, note: str = "") -> bytes:
    return json.dumps({"orders": [{"id": n, "note": note} for n in range(count)]}).encode()


@pytest.mark.parametrize("code", [None, "ThrottlingException", "MalformedDetail"])
@pytest.mark.parametrize(
    "body",
    [orders(1), b"{broken", orders(4, "x" * 300_000), orders(2 * MAX_EVENTS)],
    ids=["valid", "broken", "oversize", "bulk"],
)
@pytest.mark.parametrize("bucket_fails", [False, True])
@pytest.mark.parametrize("queue_fails", [False, True])
def test_the_slowest_of_everything_is_answered_in_time(
    code: str | None, body: bytes, *, bucket_fails: bool, queue_fails: bool
) -> None:
    clock = FakeClock()
    konimbo = platforms()["konimbo"]
    outside = Surroundings(
        key_rings=SlowKeyRings(clock=clock),
        publisher=Publisher(SlowBus(clock, code), clock.sleep),
        bucket=SlowBucket(clock=clock, failing=bucket_fails),
        bulk_queue=SlowQueue(clock=clock, failing=queue_fails),
        clock=clock,
        now=lambda: datetime(2026, 3, 9, 12, tzinfo=UTC),
        new_callback_id=lambda: "c",
        max_inline_bytes=240_000,
        personal_topics=(),
    )
    reception = Reception(konimbo)
    target = reception.target(topic="order_created_bulk")
    parameters = reception.parameters(reception.mint(target), target)
    event = http_api_event("POST", reception.route, parameters, body)

    Receiver(EventBuilder(konimbo, "test/unit"), outside).receive(
        CallbackRequest.from_gateway(event)
    )

    assert 0 < clock.seconds <= ANSWER_SECONDS


def test_the_parts_fit_the_whole_and_the_whole_fits_the_function() -> None:
    assert KEY_RING_SECONDS + BUS_SECONDS + BUCKET_SECONDS <= ANSWER_SECONDS
    assert ANSWER_SECONDS < FUNCTION_TIMEOUT_SECONDS < 15
