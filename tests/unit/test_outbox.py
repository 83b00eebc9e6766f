"""The outbox: what waits comes out as it went in, and where it waits when a place fails."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.callback import Callback
from commerce_hooks.deadline import Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.outbox import (
    MAX_QUEUED_BYTES,
    Letter,
    LetterUnreadableError,
    Outbox,
    WaitingEvent,
    dump,
    letter_of_callback,
    letter_of_event,
    opened,
    parse,
)
from commerce_hooks.publishing import Publisher
from commerce_hooks.schemas.envelope import Metadata
from support.receiving import FakeClock, MemoryBucket, MemoryOutboxQueue
from support.slow import HANGS, SlowBus, SlowOutboxQueue

AT = datetime(2026, 3, 9, 12, 30, 15, 123_000, tzinfo=UTC)
CALLBACK = Callback(
    target=CallbackTarget("centry", "acme"),
    callback_id="00000000-0000-4000-8000-000000000001",
    received_at=AT,
    content_type="application/json",
    body=b"{broken",
)


def event(number: int = 0, note: str = "") -> Event:
    metadata = Metadata(
        deployment="test/unit",
        platform="centry",
        store="acme",
        topic="on_order_save",
        action="saved",
        callback_id="c",
        event_id=f"c.{number}",
        received_at="2026-03-09T12:30:15.123Z",
        content_sha256="0" * 64,
    )
    return Event("commerce-hooks.centry", "order.saved", AT, metadata, {"note": note})


def sqs_takes(text: str) -> bool:
    """The characters of SendMessage, API reference: all of XML 1.0's."""
    return bool(text) and all(
        c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
        for c in text
    )


@given(st.text(st.characters(exclude_categories=())))
def test_an_event_comes_out_with_its_detail_verbatim(note: str) -> None:
    letter = letter_of_event(event(note=note))

    assert opened(letter) == WaitingEvent(
        "c.0", "commerce-hooks.centry", "order.saved", AT, event(note=note).detail
    )
    assert all(map(sqs_takes, [letter.text, *letter.attributes.values()]))


@given(st.binary(), st.text())
def test_a_callback_comes_out_as_it_came_in(body: bytes, content_type: str) -> None:
    letter = letter_of_callback(replace(CALLBACK, body=body, content_type=content_type))
    again = opened(letter)

    assert again == replace(CALLBACK, body=body, content_type=again.content_type)  # type: ignore[union-attr]
    assert all(map(sqs_takes, [letter.text, *letter.attributes.values()]))
    assert len(letter.attributes) <= 10


def test_letters_in_the_bucket_are_those_of_the_queue() -> None:
    letters = [letter_of_event(event()), letter_of_callback(CALLBACK)]

    assert parse(dump(letters)) == letters


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"letters": [1]}',
        b'{"letters": 1}',
        b'{"letters": [{"text": 1, "attributes": {}}]}',
        b'{"letters": [{"text": "x", "attributes": null}]}',
        b'{"letters": [{"text": "x", "attributes": [1]}]}',
        b'{"letters": [{"text": "x", "attributes": {"kind": 1}}]}',
    ],
)
def test_an_object_of_another_make_is_unreadable(body: bytes) -> None:
    with pytest.raises(LetterUnreadableError):
        parse(body)


@pytest.mark.parametrize(
    "letter",
    [
        Letter("{}", {}),
        Letter("{}", {"kind": "event"}),
        replace(letter_of_event(event()), attributes={"kind": "event", "event-id": "c.0"}),
        Letter("{}", {**letter_of_event(event()).attributes, "time": "yesterday"}),
        Letter("{}", {**letter_of_event(event()).attributes, "time": "2026-03-09T12:00:00"}),
        Letter("{}", {**letter_of_event(event()).attributes, "time": 1}),  # type: ignore[dict-item]
        replace(letter_of_callback(CALLBACK), text="e2Jyb2tlbg=="),
        replace(letter_of_callback(CALLBACK), text="base64,*"),
        replace(letter_of_callback(CALLBACK), attributes={"kind": "callback"}),
    ],
)
def test_a_letter_of_another_make_is_unreadable_and_quoted_nowhere(letter: Letter) -> None:
    with pytest.raises(LetterUnreadableError) as caught:
        opened(letter)

    assert "yesterday" not in str(caught.value)


@dataclass
class Places:
    """An outbox in memory."""

    clock: FakeClock = field(default_factory=FakeClock)
    queue: MemoryOutboxQueue = field(default_factory=MemoryOutboxQueue)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)

    def put(self, events: Sequence[Event], seconds: float = 6.0) -> None:
        Outbox(self.queue, self.bucket).put(events, Deadline(self.clock, seconds))

    @property
    def in_bucket(self) -> list[str]:
        return [
            letter.attributes["event-id"]
            for body in self.bucket.objects.values()
            for letter in parse(body)
        ]


@pytest.fixture
def places() -> Places:
    return Places()


def test_events_wait_in_the_queue_in_calls_of_ten(places: Places) -> None:
    places.put([event(n) for n in range(25)])

    assert places.queue.event_ids == [f"c.{n}" for n in range(25)]
    assert not places.bucket.objects


def test_calls_stay_below_the_queue_s_limit_in_bytes(places: Places) -> None:
    places.put([event(n, "x" * 400_000) for n in range(5)])

    assert len(places.queue.letters) == 5


def test_what_is_too_large_for_the_queue_waits_in_the_bucket(places: Places) -> None:
    places.put([event(0), event(1, "x" * MAX_QUEUED_BYTES), event(2)])

    assert places.queue.event_ids == ["c.0", "c.2"]
    assert places.in_bucket == ["c.1"]


def test_what_the_queue_refuses_waits_in_the_bucket_as_one_object(places: Places) -> None:
    places.queue.code = "InternalError"
    places.put([event(0), event(1)])

    assert list(places.bucket.objects) == ["outbox/centry/2026-03-09/c.0.json"]
    assert places.in_bucket == ["c.0", "c.1"]


def test_while_the_queue_fails_all_wait_in_the_bucket(places: Places) -> None:
    places.queue.failing = True
    places.put([event(n) for n in range(12)])

    assert places.in_bucket == [f"c.{n}" for n in range(12)]


def test_two_deferrals_of_a_callback_do_not_overwrite_each_other(places: Places) -> None:
    places.queue.failing = True
    places.put([event(0)])
    places.put([event(1)])

    assert places.in_bucket == ["c.0", "c.1"]


def test_what_there_is_no_time_left_to_queue_waits_in_the_bucket(places: Places) -> None:
    places.queue = SlowOutboxQueue(clock=places.clock)
    places.put([event(n) for n in range(25)])

    assert len(places.queue.letters) == 10
    assert places.in_bucket == [f"c.{n}" for n in range(10, 25)]


def test_an_outbox_that_fails_says_so(places: Places) -> None:
    places.queue.failing = places.bucket.failing = True

    with pytest.raises(UnavailableError, match="bucket: SlowDown"):
        places.put([event()])


def test_a_callback_that_the_queue_refuses_is_not_kept(places: Places) -> None:
    places.queue.code = "InternalError"

    with pytest.raises(UnavailableError, match="queue: InternalError"):
        Outbox(places.queue, places.bucket).keep(CALLBACK, Deadline(places.clock, 6))


def test_without_an_outbox_what_fails_is_left_to_the_caller(places: Places) -> None:
    bus = SlowBus(places.clock, HANGS)
    delivery = Delivery(Publisher(bus, places.clock.sleep))

    with pytest.raises(UnavailableError, match="bus: Timeout"):
        delivery.publish([event()], Deadline(places.clock, 6))
    with pytest.raises(UnavailableError, match="queue: NoOutbox"):
        delivery.keep(CALLBACK, Deadline(places.clock, 6))
