"""No stranger gets in: tokens in headers, whatever else is sent."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.api_gateway import Fields
from support.cenit import (
    Switchboard,
    assert_failed,
    assert_succeeded,
    call_event,
    call_sample,
    signature_headers,
)
from support.receiving import KEY_2, RING, Answered

BODY = call_sample("create_order").body


def call(board: Switchboard, headers: Fields, **how: Any) -> Answered:
    return board.handle(call_event("create_order", BODY, headers=headers, **how))


def assert_refused(board: Switchboard, answered: Answered) -> None:
    assert_failed(answered, 401, "unauthorized")
    assert set(answered.body) == {"error"}
    assert board.touched_nothing


def token_for(platform: str, store: str = "acme", topic: str | None = None) -> str:
    return KeyRing.parse(json.dumps(RING)).mint(CallbackTarget(platform, store, topic))


TOKEN = token_for("cenit")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer {TOKEN}"},
        {"AUTHORIZATION": f"BEARER   {TOKEN}"},
        {"X-Api-Key": TOKEN},
        {"x-api-key": TOKEN},
        {"X-API-KEY": TOKEN},
        {"Authorization": f"Bearer {TOKEN}", "X-Api-Key": TOKEN},
    ],
    ids=str,
)
def test_the_store_s_token_opens_by_either_header(board: Switchboard, headers: Fields) -> None:
    assert_succeeded(call(board, headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Api-Key": ""},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Token {TOKEN}"},
        {"Authorization": f"Bearer\t{TOKEN}"},
        {"Authorization": f"Bearer {TOKEN} "},
        {"Authorization": f"Bearer {TOKEN}, Bearer {TOKEN}"},
        {"Authorization": f'Bearer "{TOKEN}"'},
        {"Authorization": f"Bearer {TOKEN}\nX-Forged: 1"},
        {"X-Api-Key": f" {TOKEN}"},
        {"X-Api-Key": f"{TOKEN}\n"},
        {"X-Api-Key": f"{TOKEN},{TOKEN}"},
        {"X-Api-Key": [TOKEN, TOKEN]},
        {"X-Api-Key": TOKEN, "x-api-key": TOKEN},
        {"Authorization": [f"Bearer {TOKEN}", f"Bearer {TOKEN}"]},
        {"Authorization": f"Bearer {TOKEN}", "X-Api-Key": token_for("cenit", "other")},
        {"Authorization": "Basic eDp5", "X-Api-Key": TOKEN},
        {"X-Api-Key": token_for("cenit", "other")},
        {"X-Api-Key": token_for("cenit", "acme", "create_order")},
        {"X-Api-Key": token_for("konimbo")},
        {"X-Api-Key": token_for("konimbo", "acme", "order_created")},
        {"X-Api-Key": token_for("centry")},
        {"X-Api-Key": TOKEN[:-1]},
        {"X-Api-Key": TOKEN.replace("k1.", "k2.")},
        {"X-Api-Key": TOKEN.replace(".1.", ".2.")},
        {"X-Api-Key": "k1.1." + "A" * 43},
        {"X-Api-Key": TOKEN * 1000},
        {"X-Api-Key": "é" * 48},
        {"Cookie": f"X-Api-Key={TOKEN}"},
        {"Proxy-Authorization": f"Bearer {TOKEN}"},
        {"X-Auth-Token": TOKEN},
    ],
    ids=lambda headers: ascii(headers)[:80],
)
def test_anything_else_is_refused_and_touches_nothing(board: Switchboard, headers: Fields) -> None:
    assert_refused(board, call(board, headers))


@pytest.mark.parametrize("number", range(8))
def test_of_two_tokens_that_differ_neither_opens(board: Switchboard, number: int) -> None:
    other = token_for("cenit", f"other-{number}")

    for one, two in ((TOKEN, other), (other, TOKEN)):
        assert_refused(board, call(board, {"Authorization": f"Bearer {one}", "X-Api-Key": two}))


@pytest.mark.parametrize("query", [{"token": TOKEN}, {"x-api-key": TOKEN}, {"apikey": TOKEN}])
def test_a_token_in_the_query_opens_nothing(board: Switchboard, query: Fields) -> None:
    """Queries are written into logs all over the world."""
    assert_refused(board, call(board, {}, query=query))


def test_a_stranger_gets_the_same_answer_for_every_service_and_method(board: Switchboard) -> None:
    for service in ("create_order", "get_orders"):
        for method in ("POST", "OPTIONS"):
            event = call_event(service, b"broken", method=method, headers={})

            assert_refused(board, board.handle(event))


def test_a_second_key_is_accepted_and_a_retired_one_is_not(board: Switchboard) -> None:
    board.key_rings.ring = {**RING, "k2": KEY_2, "sign": "k2"}
    assert_succeeded(call(board, {"X-Api-Key": TOKEN}))

    board.key_rings.ring = {"k2": KEY_2, "sign": "k2"}
    assert_failed(call(board, {"X-Api-Key": TOKEN}), 401, "unauthorized")


@pytest.mark.parametrize(
    ("entry", "opens"),
    [
        ({"generation": 1}, True),
        ({"generation": 2}, False),
        ({"disabled": True}, False),
        ({"signed_only": False}, True),
        ({"signed_only": True}, False),
        ({"signed_only": True, "backed_by": "konimbo/acme"}, False),
    ],
    ids=str,
)
def test_what_the_ring_says_of_the_store_decides(
    board: Switchboard, entry: Mapping[str, Any], *, opens: bool
) -> None:
    board.key_rings.ring = {**RING, "stores": {"cenit/acme": entry}}

    answered = call(board, {"X-Api-Key": TOKEN})

    if opens:
        assert_succeeded(answered)
    else:
        assert_refused(board, answered)


def test_of_a_namesake_on_a_platform_the_ring_says_nothing_here(board: Switchboard) -> None:
    board.key_rings.ring = {**RING, "stores": {"konimbo/acme": {"disabled": True}}}

    assert_succeeded(call(board, {"X-Api-Key": TOKEN}))


@pytest.mark.parametrize("missing", ["X-Commerce-Hooks-Timestamp", "X-Commerce-Hooks-Signature"])
def test_half_a_signature_is_not_made_good_by_a_token(board: Switchboard, missing: str) -> None:
    headers = signature_headers("POST", "/cenit/acme/create_order", {}, BODY)
    half = {name: value for name, value in headers.items() if name != missing}

    assert_refused(board, call(board, {**half, "X-Api-Key": TOKEN}))


def test_without_a_key_ring_nobody_is_refused_and_nobody_gets_in(board: Switchboard) -> None:
    board.key_rings.ring = None

    for headers in ({"X-Api-Key": TOKEN}, {}):
        assert_failed(call(board, headers), 503, "unavailable")
    assert board.touched_nothing
