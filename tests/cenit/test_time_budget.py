"""However slow everything is at once, Cenit gets its answer before the function ends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from cenit.calls import Call
from cenit.responding import LOOKUP_SECONDS, Responder, Surroundings
from cenit.services import PLATFORM
from commerce_hooks.deadline import (
    ANSWER_SECONDS,
    BUCKET_SECONDS,
    BUS_SECONDS,
    FUNCTION_TIMEOUT_SECONDS,
    KEY_RING_SECONDS,
)
from commerce_hooks.delivery import Delivery
from commerce_hooks.events import EventBuilder
from commerce_hooks.outbox import Outbox
from commerce_hooks.outcomes import Outcome
from commerce_hooks.publishing import Publisher
from support.cenit import AnswerBucket, call_event, signature_headers
from support.receiving import FakeClock
from support.slow import HANGS, SlowBus, SlowKeyRings, SlowOutboxQueue

BODY = json.dumps({"order": {"name": "#1001", "note": "x" * 300_000}}).encode()


@dataclass
class SlowBucket(AnswerBucket):
    """Takes all the time it is given, to read and to keep."""

    clock: FakeClock = None  # type: ignore[assignment]

    def get(self, key: str, seconds: float = BUCKET_SECONDS) -> tuple[bytes, dict[str, str]] | None:
        self.clock.sleep(max(seconds, 0))
        return super().get(key, seconds)

    def put(
        self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float = BUCKET_SECONDS
    ) -> None:
        self.clock.sleep(max(seconds, 0))
        super().put(key, body, attributes, seconds)


def slow(clock: FakeClock, code: str | None, *, bucket_fails: bool) -> Surroundings:
    bucket = SlowBucket(clock=clock, failing=bucket_fails)
    publisher = Publisher(SlowBus(clock, code), clock.sleep)
    return Surroundings(
        key_rings=SlowKeyRings(clock=clock),
        publisher=Delivery(publisher, Outbox(SlowOutboxQueue(clock=clock, failing=True), bucket)),
        bucket=bucket,
        clock=clock,
        now=lambda: datetime(2026, 3, 9, 12, tzinfo=UTC),
        new_callback_id=lambda: "c",
        callback_id_of=lambda _: "c",
        max_inline_bytes=240_000,
    )


@pytest.mark.parametrize("code", [None, HANGS, "ThrottlingException"])
@pytest.mark.parametrize("bucket_fails", [False, True])
@pytest.mark.parametrize("body", [BODY, b'{"order": {"name": "#1001"}}'], ids=["large", "small"])
def test_the_slowest_of_everything_is_answered_in_time(
    body: bytes, code: str | None, *, bucket_fails: bool
) -> None:
    clock = FakeClock()
    headers = signature_headers("POST", "/cenit/acme/create_order", {}, body)
    call = Call.from_gateway(call_event("create_order", body, headers=headers))
    outside = slow(clock, code, bucket_fails=bucket_fails)

    answer = Responder(EventBuilder(PLATFORM, "test/unit"), outside).respond(call)

    safe = Outcome.DEFERRED if code and not bucket_fails else Outcome.ACCEPTED
    lost = code and bucket_fails
    assert answer.receipt.outcome is (Outcome.UNAVAILABLE if lost else safe)
    assert clock.seconds <= ANSWER_SECONDS < FUNCTION_TIMEOUT_SECONDS


def test_looking_for_an_earlier_answer_takes_no_time_from_publishing() -> None:
    needed = KEY_RING_SECONDS + LOOKUP_SECONDS + BUCKET_SECONDS + BUS_SECONDS

    assert needed <= ANSWER_SECONDS
