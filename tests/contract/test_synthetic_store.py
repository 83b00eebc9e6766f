"""A store that no shop has: whatever is called for it, no consumer takes it for something real."""

import json

from support.receiving import KEY_1, KEY_2, Reception

STORE = "synthetic"


def for_nobody(reception: Reception, body: bytes | None = None) -> Reception:
    """After a genuine callback for the synthetic store."""
    target = reception.target(STORE)
    answered = reception.call(body, token=reception.mint(target), parameters={"store": STORE})
    assert answered.status == 200
    return reception


def test_its_callbacks_are_taken_as_any_and_called_synthetic(reception: Reception) -> None:
    ours, real = for_nobody(reception), Reception(reception.platform)
    real.call()

    (synthetic,), (genuine,) = ours.event_bridge.details, real.event_bridge.details
    assert ours.event_bridge.detail_types == ["callback.synthetic"]
    assert synthetic["data"] == genuine["data"]
    assert synthetic["metadata"]["action"] == "synthetic"
    about = ("platform", "topic", "resource", "account", "content_sha256")
    assert {name: synthetic["metadata"][name] for name in about} == {
        name: genuine["metadata"][name] for name in about
    }


def test_so_are_those_that_nobody_understands(reception: Reception) -> None:
    body = {reception.platform.topic_field or "unrelated": "on_something_new"}
    target = reception.target(STORE, "on_something_new")

    reception.call(
        json.dumps(body).encode(),
        topic="on_something_new",
        token=reception.mint(target),
        parameters={"store": STORE},
    )

    assert reception.event_bridge.detail_types == ["callback.synthetic"]


def test_so_are_pointers_to_those_in_quarantine(reception: Reception) -> None:
    for_nobody(reception, b"{broken")

    assert reception.event_bridge.detail_types == ["callback.synthetic"]
    assert len(reception.bucket.objects) == 1


def test_only_this_very_name_is_synthetic(reception: Reception) -> None:
    for name in ("synthetic-2", "synthetics"):
        target = reception.target(name)
        reception.call(token=reception.mint(target), parameters={"store": name})

    assert "callback.synthetic" not in reception.event_bridge.detail_types


def test_an_event_names_the_key_that_proved_its_callback(reception: Reception) -> None:
    ring = {"sign": "k2", "k1": KEY_1, "k2": KEY_2}
    reception.key_rings.ring = ring
    for signing in ("k1", "k2"):
        token = reception.mint(ring={**ring, "sign": signing})
        reception.call(token=token)

    assert [d["metadata"]["key_id"] for d in reception.event_bridge.details] == ["k1", "k2"]
