"""What a message of the queue shows, and which messages are none of ours."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapes.shapes import BODY
from shapes.sightings import Sighting, StrangeMessageError, WatchedTopic, sighting_in
from support.shapes import ORDERS, bus_event, record

STORED = {"stored": {"bucket": "payloads", "key": "oversize/x", "size": 9, "sha256": "0" * 64}}


def seen(body: Any) -> Sighting | None:
    return sighting_in(record(body, "m7"))


def test_an_event_shows_its_topic_its_shape_and_the_callback_behind_it() -> None:
    found = seen(bus_event({"order": {"id": 7}}, backed_by="konimbo/main"))

    assert found is not None
    assert (found.message_id, found.topic) == ("m7", ORDERS)
    assert found.shape == {BODY, ("order", "object"), ("order.id", "integer")}
    assert found.metadata.callback_id == "c1"
    assert found.metadata.backed_by == "konimbo/main"


@pytest.mark.parametrize("topic", [None, "order_shipped"])
def test_a_body_of_an_unknown_topic_is_noted_under_one_name(topic: str | None) -> None:
    found = seen(bus_event({}, detail_type="callback.unrecognized", topic=topic))

    assert found is not None
    assert found.topic == WatchedTopic("konimbo", "unrecognized")


def test_an_event_without_a_topic_is_noted_under_the_same_name() -> None:
    found = seen(bus_event({}, topic=None))

    assert found is not None
    assert found.topic.name == "unrecognized"


def test_a_set_lies_under_its_platform_and_topic() -> None:
    assert WatchedTopic("iset", "stock-changed").key == "shapes/iset/stock-changed.json"


def test_an_event_whose_data_is_in_the_bucket_shows_nothing() -> None:
    assert seen(bus_event({}, payload=STORED)) is None


def test_fields_that_we_do_not_know_are_no_reason_to_drop_an_event() -> None:
    assert seen(bus_event({}, added_later={"a": 1}, event={"replay-name": "again"})) is not None


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '"text"', "{}", '{"Records":[]}', "[" * 9999, '{"a":' * 9999],
    ids=lambda text: text[:9],
)
def test_what_is_no_event_is_strange(text: str) -> None:
    with pytest.raises(StrangeMessageError):
        seen(text)


NO_CALLBACK: dict[str, dict[str, Any]] = {
    "data that is a list": bus_event(["a", "list"]),
    "no data": bus_event(None),
    "no detail": bus_event({}, event={"detail": None}),
    "AWS's": bus_event({}, event={"source": "aws.s3"}),
    "our own": bus_event({}, event={"source": "commerce-hooks.system"}),
    "another platform's": bus_event({}, event={"source": "commerce-hooks.centry"}),
    "another application's": bus_event({}, event={"source": "x.konimbo"}),
    "platform with dots": bus_event({}, platform="../quarantine"),
    "platform with capitals": bus_event({}, platform="Konimbo"),
    "platform with a line break": bus_event({}, platform="konimbo\n"),
    "topic with dots": bus_event({}, topic="../x"),
    "topic with a slash": bus_event({}, topic="a/b"),
    "topic with a line break": bus_event({}, topic="order_created\n"),
    "topic that is a number": bus_event({}, topic=7),
    "store with a line break": bus_event({}, store="acme\n"),
    "no time": bus_event({}, received_at="yesterday"),
    "time without an offset": bus_event({}, received_at="2026-03-09T12:00:00"),
    "odd payload": bus_event({}, payload="elsewhere"),
    "no callback": bus_event({}, callback_id=None),
}


@pytest.mark.parametrize("name", NO_CALLBACK)
def test_what_is_no_event_of_a_callback_is_strange(name: str) -> None:
    with pytest.raises(StrangeMessageError):
        seen(NO_CALLBACK[name])


def test_what_was_wrong_is_not_carried_along() -> None:
    with pytest.raises(StrangeMessageError) as refused:
        seen('{"detail": "canary"}')

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert "canary" not in repr(refused.value)


@given(st.text() | st.recursive(st.none() | st.text(), st.lists, max_leaves=5).map(json.dumps))
def test_whatever_stands_in_a_message_it_is_read_or_strange(text: str) -> None:
    with pytest.raises(StrangeMessageError):
        seen(text)
