"""The signed variant: every part counts, a time counts for ten minutes, a repeat is a repeat."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cenit.signing import call_path, signed_text
from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.api_gateway import LambdaEvent
from support.cenit import (
    TIMESTAMP,
    Switchboard,
    assert_failed,
    assert_succeeded,
    call_event,
    call_sample,
    call_samples,
    secret_for,
    signature_headers,
)
from support.receiving import KEY_1, KEY_2, RECEIVED_AT, RING, Answered

SAMPLE = call_sample("update_order")
SIGNATURE = "X-Commerce-Hooks-Signature"
STAMP = "X-Commerce-Hooks-Timestamp"
QUERY = {"note": "a b", "tag": ["x", "x"]}


def signed_event(**changes: Any) -> LambdaEvent:
    """A signed call, and then what is changed of it."""
    call: dict[str, Any] = {"method": "PUT", "id_": SAMPLE.id, "query": QUERY, "store": "acme"}
    path = f"/cenit/acme/update_order/{SAMPLE.id}"
    headers = signature_headers("PUT", path, QUERY, SAMPLE.body)
    service, body = changes.pop("service", "update_order"), changes.pop("body", SAMPLE.body)
    more = changes.pop("headers", {})
    return call_event(service, body, headers={**headers, **more}, **{**call, **changes})


def assert_refused(board: Switchboard, answered: Answered) -> None:
    assert_failed(answered, 401, "unauthorized")
    assert board.touched_nothing


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_every_sample_may_be_signed(sample: Any, board: Switchboard) -> None:
    answered = board.signed(
        sample.service, sample.body, method=sample.method, id_=sample.id, query=sample.query
    )

    assert_succeeded(answered)


def test_the_key_ring_signs_what_the_function_accepts(board: Switchboard) -> None:
    """What the command uses to sign, from the secret to the text."""
    target = CallbackTarget("cenit", "acme")
    path = call_path("acme", "update_order", SAMPLE.id)
    text = signed_text("PUT", path, [("b", "2"), ("a", "1")], str(TIMESTAMP), SAMPLE.body)
    signature = KeyRing.parse(json.dumps(RING)).signature(target, text)
    headers = {STAMP: str(TIMESTAMP), SIGNATURE: signature}

    answered = board.handle(
        call_event(
            "update_order",
            SAMPLE.body,
            method="PUT",
            id_=SAMPLE.id,
            query={"a": "1", "b": "2"},
            headers=headers,
        )
    )

    assert_succeeded(answered)


def test_the_signed_text_is_as_the_interface_says() -> None:
    text = signed_text("POST", "/cenit/acme/x", [("é", "1"), ("a b", "ü&="), ("a", "~")], "5", b"")

    assert text == (
        "POST\n/cenit/acme/x\n%C3%A9=1&a=~&a%20b=%C3%BC%26%3D\n5\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@given(st.text(st.characters(codec="utf-8")))
def test_paths_are_spelt_as_rfc_3986_has_it(part: str) -> None:
    assert call_path("acme", "x", part) == f"/cenit/acme/x/{quote(part, safe='')}"


@given(st.lists(st.tuples(st.text(), st.text())), st.lists(st.tuples(st.text(), st.text())))
def test_two_queries_have_one_text_only_if_they_are_the_same(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    texts = [signed_text("GET", "/", query, "1", b"") for query in (one, other)]

    assert (texts[0] == texts[1]) == (sorted(one) == sorted(other))


CHANGES: dict[str, dict[str, Any]] = {
    "method": {"method": "POST"},
    "store": {"store": "other"},
    "service": {"service": "cancel_order"},
    "id": {"id_": "order-2"},
    "no id": {"id_": None},
    "query value": {"query": {**QUERY, "note": "a  b"}},
    "query name": {"query": {"Note": "a b", "tag": ["x", "x"]}},
    "query parameter more": {"query": {**QUERY, "more": ""}},
    "query parameter less": {"query": {"note": "a b"}},
    "query value repeated": {"query": {**QUERY, "tag": ["x", "x", "x"]}},
    "no query": {"query": {}},
    "body": {"body": SAMPLE.body.replace(b"USD", b"EUR")},
    "body with a space": {"body": SAMPLE.body + b" "},
    "no body": {"body": b""},
    "time": {"headers": {STAMP: str(TIMESTAMP + 1)}},
    "time in another spelling": {"headers": {STAMP: f"0{TIMESTAMP}"}},
    "time as a fraction": {"headers": {STAMP: f"{TIMESTAMP}.0"}},
    "time with a sign": {"headers": {STAMP: f"+{TIMESTAMP}"}},
    "time with a space": {"headers": {STAMP: f" {TIMESTAMP}"}},
    "time in arabic digits": {"headers": {STAMP: "\u0661\u0667\u0667\u0663"}},
    "time without end": {"headers": {STAMP: "9" * 5000}},
    "no time": {"headers": {STAMP: ""}},
    "two times": {"headers": {STAMP: [str(TIMESTAMP), str(TIMESTAMP)]}},
    "two signatures": {"headers": {SIGNATURE: ["k1.1." + "0" * 64, "k1.1." + "1" * 64]}},
    "no signature": {"headers": {SIGNATURE: ""}},
    "another signature": {"headers": {SIGNATURE: "k1.1." + "0" * 64}},
}


def test_the_call_that_is_changed_below_is_good(board: Switchboard) -> None:
    assert_succeeded(board.handle(signed_event()))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_part_can_be_changed(board: Switchboard, change: dict[str, Any]) -> None:
    assert_refused(board, board.handle(signed_event(**change)))


def test_the_order_of_the_query_and_the_spelling_of_headers_are_not_part(
    board: Switchboard,
) -> None:
    headers = signature_headers(
        "POST", "/cenit/acme/delete_product", {"a": "1", "item_id": "7"}, b""
    )
    lowered = {name.lower(): value for name, value in headers.items()}

    answered = board.handle(
        call_event("delete_product", query={"item_id": "7", "a": "1"}, headers=lowered)
    )

    assert_succeeded(answered)


WRONG_SECRETS: dict[str, Callable[[], dict[str, Any]]] = {
    "another store's": lambda: {"secret": secret_for("other")},
    "another key's": lambda: {"secret": secret_for(key=KEY_2)},
    "another generation's": lambda: {"secret": secret_for(generation=2)},
    "a later generation's, said to be": lambda: {"prefix": "k1.2"},
    "the key itself": lambda: {"secret": KEY_1},
    "a token's derivation": lambda: {"secret": secret_for(label="")},
    "the token": lambda: {"secret": Switchboard().token()},
    "the token's MAC": lambda: {"secret": Switchboard().token().rpartition(".")[2]},
    "an unknown key": lambda: {"prefix": "k9.1"},
}


@pytest.mark.parametrize("signing", WRONG_SECRETS.values(), ids=WRONG_SECRETS.keys())
def test_no_other_secret_signs(board: Switchboard, signing: Callable[[], dict[str, Any]]) -> None:
    assert_refused(board, board.signed("create_order", SAMPLE.body, signing=signing()))


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_a_time_within_five_minutes_is_good(board: Switchboard, seconds: int) -> None:
    signing = {"timestamp": TIMESTAMP + seconds}

    assert_succeeded(board.signed("cancel_order", b'{"ordersn": "1"}', signing=signing))


@pytest.mark.parametrize("seconds", [-100_000, -301, 301, 100_000])
def test_a_time_further_off_is_not(board: Switchboard, seconds: int) -> None:
    signing = {"timestamp": TIMESTAMP + seconds}

    assert_refused(board, board.signed("cancel_order", b'{"ordersn": "1"}', signing=signing))


def test_the_clock_that_counts_is_ours_to_the_fraction(board: Switchboard) -> None:
    board.now = RECEIVED_AT + timedelta(seconds=300, milliseconds=1)
    assert_refused(board, board.handle(signed_event()))

    board.now = RECEIVED_AT + timedelta(seconds=300)
    assert_succeeded(board.handle(signed_event()))


def test_where_only_signed_calls_are_taken_a_signature_opens(board: Switchboard) -> None:
    board.key_rings.ring = {**RING, "stores": {"cenit/acme": {"signed_only": True}}}

    assert_succeeded(board.handle(signed_event()))
    assert_failed(board.call("update_order", SAMPLE.body, id_=SAMPLE.id), 401, "unauthorized")


def test_beside_a_good_signature_a_token_counts_for_nothing(board: Switchboard) -> None:
    assert_succeeded(board.handle(signed_event(headers={"X-Api-Key": "k1.1.forged"})))


def test_a_signed_store_is_revoked_by_its_generation_or_as_a_whole(board: Switchboard) -> None:
    for entry in ({"generation": 2}, {"disabled": True}):
        board.key_rings.ring = {**RING, "stores": {"cenit/acme": entry}}
        assert_refused(board, board.handle(signed_event()))


def test_a_repeat_gets_the_same_answer_and_publishes_nothing(board: Switchboard) -> None:
    first = board.handle(signed_event())
    again = board.handle(signed_event())

    assert_succeeded(first)
    assert (again.status, again.body) == (200, first.body)
    assert len(board.event_bridge.calls) == 1


def test_a_repeat_after_the_window_is_refused_like_a_stranger(board: Switchboard) -> None:
    board.handle(signed_event())
    board.now = RECEIVED_AT + timedelta(seconds=301)
    board.bucket.reads.clear()

    assert_failed(board.handle(signed_event()), 401, "unauthorized")
    assert not board.bucket.reads


def test_an_answer_is_kept_under_the_store_and_the_signature_s_hash(board: Switchboard) -> None:
    answered = board.handle(signed_event())

    ((key, kept),) = board.bucket.objects.items()
    assert key.startswith("answers/cenit/acme/")
    assert len(key.rpartition("/")[2]) == 64
    assert signed_event()["headers"][SIGNATURE].rpartition(".")[2] not in key
    assert json.loads(kept) == answered.body


def test_a_call_with_a_token_neither_reads_nor_keeps_an_answer(board: Switchboard) -> None:
    board.call("update_order", SAMPLE.body, id_=SAMPLE.id)

    assert not board.bucket.reads
    assert not board.bucket.objects


def test_a_call_with_a_token_is_never_taken_for_a_repeat(board: Switchboard) -> None:
    board.call("update_order", SAMPLE.body, id_=SAMPLE.id)
    board.call("update_order", SAMPLE.body, id_=SAMPLE.id)

    one, other = (detail["metadata"]["event_id"] for detail in board.event_bridge.details)
    assert one != other


@pytest.mark.parametrize("broken", [b"", b"broken", b"[]", b"{}", b"null"])
def test_a_stored_answer_that_is_none_is_made_anew(board: Switchboard, broken: bytes) -> None:
    first = board.handle(signed_event())
    board.bucket.objects = dict.fromkeys(board.bucket.objects, broken)

    again = board.handle(signed_event())

    assert again.body == first.body
    assert len(board.event_bridge.calls) == 2


def test_where_no_answer_can_be_read_a_repeat_makes_the_same_event(board: Switchboard) -> None:
    board.bucket.blind = True
    first = board.handle(signed_event())
    again = board.handle(signed_event())

    assert_succeeded(again)
    assert again.body == first.body
    one, other = board.event_bridge.details
    assert one == other


def test_a_failing_bucket_refuses_no_genuine_call(
    board: Switchboard, output: pytest.CaptureFixture[str]
) -> None:
    board.bucket.failing = True

    assert_succeeded(board.handle(signed_event()))

    line = json.loads(output.readouterr().out.splitlines()[0])
    assert (line["outcome"], line["cause"]) == ("accepted", "bucket: SlowDown")


def test_a_failure_is_not_kept_so_the_same_call_may_be_tried_again(board: Switchboard) -> None:
    board.event_bridge.fail_next.append("AccessDeniedException")
    board.bucket.failing = board.outbox_queue.failing = True
    assert_failed(board.handle(signed_event()), 503, "unavailable")
    board.bucket.failing = False
    assert not board.bucket.objects

    assert_succeeded(board.handle(signed_event()))


def test_another_signature_of_the_same_call_is_another_call(board: Switchboard) -> None:
    one = board.signed("cancel_order", b'{"ordersn": "1"}')
    other = board.signed("cancel_order", b'{"ordersn": "1"}', signing={"timestamp": TIMESTAMP + 1})

    assert one.body["callback_id"] != other.body["callback_id"]
