"""The event `callback.shape_changed`."""

from datetime import UTC, datetime
from typing import Any

from commerce_hooks.events import Event
from commerce_hooks.publishing import entry_size
from shapes.notices import MAX_TOLD, change_of, notice_of
from shapes.shapes import MAX_PAIRS, NOTHING, KnownShape
from support.shapes import RECEIVED_AT, sighting


def notice(data: Any, known: KnownShape = NOTHING, **metadata: Any) -> Event:
    change = change_of(known, sighting(data, **metadata))
    assert change is not None
    return notice_of(change, "commerce-hooks/prod")


def test_the_first_body_of_a_topic_is_a_change() -> None:
    event = notice({"id": 7})

    assert event.data["first"] is True
    assert event.data["added"] == [
        {"path": "", "type": "object"},
        {"path": "id", "type": "integer"},
    ]


def test_a_later_change_tells_only_what_is_new() -> None:
    first = change_of(NOTHING, sighting({"id": 7}))
    assert first is not None

    event = notice({"id": None, "name": "Dana"}, first.after)

    assert event.data == {
        "platform": "konimbo",
        "topic": "order_created",
        "fingerprint": event.data["fingerprint"],
        "added": [{"path": "id", "type": "null"}, {"path": "name", "type": "string"}],
        "first": False,
    }


def test_a_body_that_shows_nothing_new_is_no_change() -> None:
    first = change_of(NOTHING, sighting({"id": 7}))
    assert first is not None

    assert change_of(first.after, sighting({"id": 8})) is None


def test_it_comes_from_us_and_names_the_callback() -> None:
    event = notice({}, backed_by="konimbo/main")

    assert (event.source, event.detail_type) == (
        "commerce-hooks.system",
        "callback.shape_changed",
    )
    assert event.time == datetime(2026, 3, 9, 12, tzinfo=UTC)
    metadata = event.metadata
    assert metadata.deployment == "commerce-hooks/prod"
    assert (metadata.platform, metadata.store, metadata.topic) == (
        "konimbo",
        "acme",
        "order_created",
    )
    assert (metadata.callback_id, metadata.event_id) == ("c1", "c1.0.s")
    assert (metadata.received_at, metadata.action) == (RECEIVED_AT, "shape_changed")
    assert metadata.content_sha256 == "0" * 64
    assert metadata.backed_by == "konimbo/main"
    assert (metadata.resource, metadata.dedup_key, metadata.occurred_at) == (None, None, None)


def test_two_parts_of_a_bulk_tell_what_they_show_under_their_own_ids() -> None:
    one, other = notice({"a": 1}), notice({"b": 1}, event_id="c1.1")

    assert (one.event_id, other.event_id) == ("c1.0.s", "c1.1.s")


def test_a_body_of_an_unknown_topic_is_told_under_that_name_with_its_word_beside() -> None:
    event = notice({}, detail_type="callback.unrecognized", topic="order_shipped")

    assert event.data["topic"] == "unrecognized"
    assert event.metadata.topic == "order_shipped"


def test_however_much_is_new_the_event_stays_small_and_says_that_it_is_cut() -> None:
    body: Any = {f"{'x' * 30}_{number:010}": 1 for number in range(MAX_PAIRS * 2)}
    for _ in range(6):
        body = {"y" * 41: body}

    event = notice(body)

    added = event.data["added"]
    assert isinstance(added, list)
    assert len(added) == MAX_TOLD + 1
    assert {"path": "", "type": "cut"} in added
    assert entry_size(event) < 240_000


def test_no_value_is_in_it() -> None:
    event = notice({"name": "canary", "canary@example.com": {"id": "canary"}, "n": 4711})

    assert "canary" not in event.detail
    assert "4711" not in event.detail
