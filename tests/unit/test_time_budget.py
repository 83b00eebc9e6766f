"""However slow everything is at once, a platform gets its answer in time."""

import json
from datetime import UTC, datetime

import pytest

from commerce_hooks.accepting import Acceptance, Services
from commerce_hooks.callback import CallbackRequest
from commerce_hooks.deadline import (
    ANSWER_SECONDS,
    BUS_SECONDS,
    FUNCTION_TIMEOUT_SECONDS,
    KEY_RING_SECONDS,
    Deadline,
)
from commerce_hooks.delivery import Delivery
from commerce_hooks.events import MAX_EVENTS, EventBuilder
from commerce_hooks.outbox import Outbox
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.platform import Platform
from commerce_hooks.publishing import Publisher
from commerce_hooks.receiving import Receiver, Surroundings
from support.api_gateway import http_api_event
from support.platforms import platforms
from support.receiving import RING, FakeClock, Reception
from support.slow import (
    HANGS,
    SlowBucket,
    SlowBus,
    SlowKeyRings,
    SlowOutboxQueue,
    SlowQueue,
)

PLATFORM_WAITS_SECONDS = 15


class SlowWorld:
    """A receiver for which nothing is quick; what is in `failing` fails after all its time."""

    def __init__(self, platform: Platform, code: str | None, *failing: str) -> None:
        self.platform = platform
        self.clock = FakeClock()
        self.bucket = SlowBucket(clock=self.clock, failing="bucket" in failing)
        queue = SlowOutboxQueue(clock=self.clock, failing="queue" in failing)
        outbox = Outbox(queue, self.bucket)
        publisher = Publisher(SlowBus(self.clock, code), self.clock.sleep)
        services = Services(
            delivery=Delivery(publisher, outbox),
            bucket=self.bucket,
            bulk_queue=SlowQueue(clock=self.clock, failing="queue" in failing),
            max_inline_bytes=240_000,
        )
        ring = None if "key_ring" in failing else RING
        outside = Surroundings(
            key_rings=SlowKeyRings(clock=self.clock, ring=ring),
            clock=self.clock,
            now=lambda: datetime(2026, 3, 9, 12, tzinfo=UTC),
            new_callback_id=lambda: "c",
            personal_topics=(),
        )
        acceptance = Acceptance(EventBuilder(platform, "test/unit"), services)
        self._receiver = Receiver(acceptance, outside)

    def receive(self, body: bytes, topic: str | None = None) -> Receipt:
        reception = Reception(self.platform)
        target = reception.target(topic=topic)
        parameters = reception.parameters(reception.mint(target), target)
        event = http_api_event("POST", reception.route, parameters, body)
        return self._receiver.receive(CallbackRequest.from_gateway(event))


def orders(count: int, note: str = "") -> bytes:
    return json.dumps({"orders": [{"id": n, "note": note} for n in range(count)]}).encode()


FAILING = [(), ("queue",), ("bucket",), ("queue", "bucket"), ("key_ring",)]


@pytest.mark.parametrize("code", [None, HANGS, "ThrottlingException", "MalformedDetail"])
@pytest.mark.parametrize(
    "body",
    [orders(1), b"{broken", orders(4, "x" * 300_000), orders(2 * MAX_EVENTS)],
    ids=["valid", "broken", "oversize", "bulk"],
)
@pytest.mark.parametrize("failing", FAILING, ids="-".join)
def test_the_slowest_of_everything_is_answered_in_time(
    code: str | None, body: bytes, failing: tuple[str, ...]
) -> None:
    world = SlowWorld(platforms()["konimbo"], code, *failing)

    world.receive(body, topic="order_created_bulk")

    assert 0 < world.clock.seconds <= ANSWER_SECONDS


@pytest.mark.parametrize("code", [None, HANGS, "ThrottlingException", "MalformedDetail"])
@pytest.mark.parametrize("failing", FAILING, ids="-".join)
@pytest.mark.parametrize("platform", platforms().values(), ids=platforms())
def test_a_platform_s_sample_is_answered_in_time_however_slow_all_is(
    platform: Platform, code: str | None, failing: tuple[str, ...]
) -> None:
    world = SlowWorld(platform, code, *failing)

    world.receive(Reception(platform).a_body)

    assert 0 < world.clock.seconds <= ANSWER_SECONDS


def test_what_stands_in_last_has_time_though_all_before_it_took_theirs() -> None:
    """A slow key ring, a slow bucket for the large data, a bus and a queue that hang."""
    world = SlowWorld(platforms()["konimbo"], HANGS, "queue")

    receipt = world.receive(orders(1, "x" * 300_000), topic="order_created_bulk")

    assert receipt.outcome is Outcome.DEFERRED
    assert world.bucket.given[-1] >= 1


def test_half_of_what_is_left_is_spared_for_what_stands_in() -> None:
    clock = FakeClock()
    until = Deadline(clock, 10)

    assert until.sparing(4).remaining() == 4
    assert until.sparing(8).remaining() == 5
    clock.sleep(10)
    assert until.sparing(4).remaining() == 0


def test_the_parts_fit_the_whole_and_the_whole_fits_the_function() -> None:
    assert KEY_RING_SECONDS + BUS_SECONDS <= ANSWER_SECONDS
    assert ANSWER_SECONDS < FUNCTION_TIMEOUT_SECONDS < PLATFORM_WAITS_SECONDS
