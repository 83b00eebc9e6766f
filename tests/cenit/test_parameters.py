"""Path, query and body give one set of parameters."""

import json
from typing import Any

import pytest

from commerce_hooks.events import MAX_PROBLEMS
from support.api_gateway import Fields
from support.cenit import Switchboard, assert_failed, assert_succeeded
from support.receiving import Answered


def delete(board: Switchboard, body: bytes = b"", **how: Any) -> Answered:
    return board.call("delete_product", body, **how)


def assert_invalid(answered: Answered, *problems: tuple[list[str | int], str]) -> None:
    assert_failed(answered, 400, "invalid")
    assert answered.body == {
        "error": "invalid",
        "errors": [{"loc": loc, "type": kind} for loc, kind in problems],
    }


def test_the_three_are_merged(board: Switchboard) -> None:
    answered = delete(board, b'{"reason": "sold", "n": 1}', id_="7", query={"by": "me"})

    assert_succeeded(answered)
    assert board.data == {"item_id": "7", "by": "me", "reason": "sold", "n": 1}


@pytest.mark.parametrize(
    ("body", "query", "kept"),
    [
        (b'{"item_id": "7"}', {"item_id": "7"}, "7"),
        (b'{"item_id": 7}', {"item_id": "7"}, 7),
        (b'{"item_id": 7}', {"item_id": ["7", "7"]}, 7),
        (b"", {"item_id": ["7", "7", "7"]}, "7"),
    ],
)
def test_a_value_may_be_given_repeatedly_if_it_is_the_same(
    board: Switchboard, body: bytes, query: Fields, kept: str | int
) -> None:
    assert_succeeded(delete(board, body, query=query, id_="7"))
    assert board.data["item_id"] == kept


@pytest.mark.parametrize(
    ("body", "query", "id_"),
    [
        (b'{"item_id": "8"}', {}, "7"),
        (b'{"item_id": 8}', {}, "7"),
        (b'{"item_id": "07"}', {}, "7"),
        (b'{"item_id": 7.0}', {}, "7"),
        (b'{"item_id": null}', {}, "7"),
        (b'{"item_id": ["7"]}', {}, "7"),
        (b'{"item_id": true}', {"item_id": "true"}, None),
        (b'{"item_id": true}', {"item_id": "True"}, None),
        (b'{"item_id": 7.0}', {"item_id": "7.0"}, None),
        (b'{"item_id": "7"}', {"item_id": ["7", "8"]}, None),
        (b"", {"item_id": ["7", "8"]}, None),
        (b"", {"item_id": "8"}, "7"),
    ],
)
def test_values_that_differ_are_refused(
    board: Switchboard, body: bytes, query: Fields, id_: str | None
) -> None:
    answered = delete(board, body, query=query, id_=id_)

    assert_failed(answered, 400, "invalid")
    assert {problem["type"] for problem in answered.body["errors"]} == {"conflict"}
    assert all(problem["loc"] == ["item_id"] for problem in answered.body["errors"])
    assert board.published_nothing


def test_the_name_of_a_parameter_that_we_do_not_know_is_not_repeated(board: Switchboard) -> None:
    answered = delete(board, b'{"private": 1}', query={"private": "2"}, id_="7")

    assert_invalid(answered, (["*"], "conflict"))


def test_so_many_problems_are_told_and_no_more(board: Switchboard) -> None:
    query = {f"q{number}": ["1", "2"] for number in range(MAX_PROBLEMS + 50)}

    assert len(delete(board, id_="7", query=query).body["errors"]) == MAX_PROBLEMS


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t "])
def test_a_body_may_be_empty(board: Switchboard, body: bytes) -> None:
    assert_succeeded(delete(board, body, id_="7"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "text/xml; charset=utf-16"},
        {"Content-Type": ["text/plain", "application/json"]},
        {"Content-Type": "\x00"},
        {"Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_a_body_is_json_whatever_the_headers_say(board: Switchboard, headers: Fields) -> None:
    assert_succeeded(delete(board, b'{"item_id": 7}', headers=headers))


@pytest.mark.parametrize(
    ("service", "body", "problems"),
    [
        ("create_order", {}, [(["order"], "missing")]),
        ("create_order", {"order": {}}, [(["order"], "order_number_missing")]),
        ("create_order", {"order": {"name": True}}, [(["order", "name"], "identifier")]),
        ("create_order", {"order": {"name": ""}}, [(["order", "name"], "identifier")]),
        ("create_order", {"order": {"id": 5, "name": []}}, [(["order", "name"], "identifier")]),
        ("create_order", {"order": []}, [(["order"], "model_type")]),
        (
            "create_order",
            {"order": {"name": "1"}, "order_id": "mine"},
            [(["order_id"], "conflict")],
        ),
        ("update_order", {"order": {}}, [(["order_id"], "missing")]),
        ("update_order", {"order_id": "x"}, [(["order"], "missing")]),
        ("cancel_order", {}, [(["ordersn"], "missing")]),
        ("cancel_order", {"ordersn": 1.5}, [(["ordersn"], "identifier")]),
        ("cancel_order", {"ordersn": "1", "item_id": -1}, [(["item_id"], "identifier")]),
        ("cancel_order", {"ordersn": "1", "variation_id": {}}, [(["variation_id"], "identifier")]),
        ("delete_product", {}, [(["item_id"], "missing")]),
        ("delete_product", {"item_id": None}, [(["item_id"], "identifier")]),
        ("upload_image", {}, [(["payload"], "missing")]),
        ("upload_image", {"payload": 1}, [(["payload"], "string_type")]),
        ("upload_image", {"payload": ""}, [(["payload"], "string_too_short")]),
    ],
    ids=str,
)
def test_an_invalid_call_is_told_where_and_how_and_published_nowhere(
    service: str,
    body: dict[str, Any],
    problems: list[tuple[list[str | int], str]],
    board: Switchboard,
) -> None:
    answered = board.call(service, json.dumps(body).encode())

    assert_invalid(answered, *problems)
    assert board.published_nothing


def test_what_is_not_an_id_may_be_anything(board: Switchboard) -> None:
    order: dict[str, Any] = {
        "name": "1",
        "total_price": None,
        "line_items": "none",
        "customer": 5,
        "tags": {},
    }

    assert_succeeded(board.call("create_order", json.dumps({"order": order}).encode()))
    assert board.data["order"] == order


def test_zero_means_no_product_in_a_cancelled_order(board: Switchboard) -> None:
    body = b'{"ordersn": "1", "item_id": 0, "variation_id": 0, "cancel_reason": "OUT_OF_STOCK"}'

    assert_succeeded(board.call("cancel_order", body))
