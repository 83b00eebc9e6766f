"""What a message shows: every event of a callback, whatever became of it, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity.sightings import MAX_ACCOUNT_BYTES, StrangeMessageError, sighting_in
from commerce_hooks.platform import QUARANTINED, SYNTHETIC, UNRECOGNIZED
from commerce_hooks.state.seen import AccountSeen, Seen
from commerce_hooks.stores import StoreId
from support.activity import event, sighting
from support.shapes import record

ACME = StoreId("konimbo", "acme")
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
STORED = {"stored": {"bucket": "payloads", "key": "oversize/x", "size": 9, "sha256": "0" * 64}}


def test_an_event_shows_when_what_came_by_which_key() -> None:
    found = sighting("m7")

    assert found.message_id == "m7"
    assert found.seen == Seen(ACME, "order_created", "k1", NOON, "order.created", "c1.0")
    assert list(found.notes) == [found.seen]


def test_an_identity_in_the_body_is_noted_beside_it() -> None:
    found = sighting(account="4711")

    assert list(found.notes) == [found.seen, AccountSeen(ACME, "4711", NOON)]
    assert found.seen.account == "4711"


@pytest.mark.parametrize(
    ("account", "noted"),
    [
        ("", False),
        ("x" * MAX_ACCOUNT_BYTES, True),
        ("x" * (MAX_ACCOUNT_BYTES + 1), False),
        ("\N{SNOWMAN}" * (MAX_ACCOUNT_BYTES // 3 + 1), False),
    ],
)
def test_an_identity_that_would_make_no_row_s_id_is_not_noted(account: str, *, noted: bool) -> None:
    assert (len(list(sighting(account=account).notes)) == 2) == noted


@pytest.mark.parametrize(
    "more",
    [
        {"detail_type": QUARANTINED, "payload": STORED},
        {"detail_type": UNRECOGNIZED, "topic": None},
        {"detail_type": SYNTHETIC, "store": "synthetic"},
        {"detail_type": "order.created", "payload": STORED},
        {"platform": "cenit", "detail_type": "request.create_order"},
        {"key_id": None},
        {"of_a_newer_version": {"x": 1}},
    ],
    ids=str,
)
def test_whatever_became_of_a_callback_it_came(more: dict[str, Any]) -> None:
    found = sighting(**more).seen

    assert found.detail_type == more.get("detail_type", "order.created")
    assert found.topic == more.get("topic", "order_created")
    assert found.key_id == more.get("key_id", "k1")


def test_an_event_from_before_keys_were_noted_shows_none() -> None:
    old = event()
    del old["detail"]["metadata"]["key_id"]

    assert sighting_in(record(old)).seen.key_id is None


@pytest.mark.parametrize(
    "strange",
    [
        "",
        "canary",
        "[]",
        {"source": "aws.s3", "detail-type": "Object Created", "detail": {}},
        event(event={"source": "commerce-hooks.system"}),
        event(event={"source": "commerce-hooks.centry"}),
        event(store="Acme"),
        event(store="acme#x"),
        event(topic="order#created"),
        event(topic="order created\n"),
        event(key_id="k#1"),
        event(platform="konimbo/acme"),
        {**event(), "detail": {"metadata": {**event()["detail"]["metadata"], "received_at": "x"}}},
        {**event(), "detail": {"metadata": {**event()["detail"]["metadata"], "received_at": 5}}},
    ],
)
def test_a_message_that_is_no_event_of_ours_is_refused_without_quoting_it(strange: Any) -> None:
    with pytest.raises(StrangeMessageError) as raised:
        sighting_in(record(strange))

    assert not str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@given(st.text())
def test_any_text_is_an_event_or_refused(text: str) -> None:
    with pytest.raises(StrangeMessageError):
        sighting_in(record(text))
