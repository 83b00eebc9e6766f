"""Each of the 14 services: what is published, and what Cenit is told."""

import json
import re
from typing import Any

import pytest

from cenit.services import COMMANDS, PLATFORM, QUERIES, SERVICES, order_id
from commerce_hooks.platform import SYNTHETIC, SYNTHETIC_STORE
from support.cenit import (
    COMMANDS as COMMAND_NAMES,
)
from support.cenit import (
    CallSample,
    Switchboard,
    assert_failed,
    assert_succeeded,
    call_sample,
    call_samples,
)

SEED = """cancel_order create_order delete_product get_brands get_categories get_category_attrs
get_integration_metadata get_order get_order_document get_orders get_product get_products
update_order upload_image"""


def order(**fields: Any) -> bytes:
    return json.dumps({"order": fields}).encode()


def test_there_are_exactly_the_services_that_cenit_asks_for() -> None:
    assert sorted(SERVICES) == SEED.split()
    assert not QUERIES & COMMANDS.keys()


def test_the_five_commands_are_requests_and_never_facts() -> None:
    requests = (f"request.{name}" for name in COMMANDS)

    assert PLATFORM.detail_types == (SYNTHETIC, *sorted(requests))
    assert PLATFORM.source == "commerce-hooks.cenit"


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_every_sample_becomes_its_service_s_event(sample: CallSample, board: Switchboard) -> None:
    answered = board.sample(sample)

    assert_succeeded(answered)
    (entry,) = board.event_bridge.accepted
    assert (entry["Source"], entry["DetailType"]) == (
        "commerce-hooks.cenit",
        f"request.{sample.service}",
    )
    assert board.metadata["platform"] == "cenit"
    assert board.metadata["store"] == "acme"
    assert (board.metadata["topic"], board.metadata["action"]) == (sample.service, sample.service)
    assert board.metadata["callback_id"] == answered.body["callback_id"]
    assert board.metadata["event_id"] == answered.body["event_ids"][0]
    assert board.metadata["received_at"] == "2026-03-09T12:00:00.000Z"


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_what_was_sent_is_in_the_event_as_it_was_sent(
    sample: CallSample, board: Switchboard
) -> None:
    board.sample(sample)

    sent = {**json.loads(sample.body or b"{}"), **sample.query}
    assert {name: board.data[name] for name in sent} == sent


def test_a_new_order_gets_an_id_that_every_later_call_can_carry(board: Switchboard) -> None:
    answered = board.sample(call_sample("create_order"))

    id_ = answered.body["order"]["id"]
    assert re.fullmatch(r"order-[a-z2-7]{32}", id_)
    assert board.metadata["resource"] == {"type": "order", "id": id_}
    assert board.metadata["dedup_key"] == f"cenit/acme/request.create_order/{id_}"
    assert board.data["order_id"] == id_
    assert_succeeded(board.call("update_order", order(tags="x"), method="PUT", id_=id_))
    assert board.event_bridge.details[1]["metadata"]["resource"]["id"] == id_


def test_an_order_s_id_is_what_it_has_always_been() -> None:
    """A literal: an id made another way would make a repeated order a second one."""
    assert order_id("acme", "#1001") == "order-pomfxcnf4zofa4gqd5y4hf7mjkwj2htn"


def test_a_repeat_of_an_order_is_the_same_order(board: Switchboard) -> None:
    first = board.sample(call_sample("create_order"))
    again = board.call("create_order", order(name="#1001", total_price="1"))

    assert again.body["order"] == first.body["order"]
    assert again.body["event_ids"] != first.body["event_ids"]
    one, other = (detail["metadata"] for detail in board.event_bridge.details)
    assert one["dedup_key"] == other["dedup_key"]


def test_the_same_number_in_another_store_is_another_order(board: Switchboard) -> None:
    here = board.call("create_order", order(name="#1001"))
    there = board.call("create_order", order(name="#1001"), store="other")

    assert here.body["order"] != there.body["order"]


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"name": "#1001"}, "#1001"),
        ({"number": "70001"}, "70001"),
        ({"id": 5}, "5"),
        ({"id": 5, "number": 70001, "name": "#1001"}, "70001"),
        ({"id": 5, "name": "#1001"}, "#1001"),
        ({"id": None, "number": None, "name": "#1001"}, "#1001"),
        ({"id": 0}, "0"),
    ],
    ids=str,
)
def test_an_order_s_number_is_its_number_or_else_its_name_or_else_its_id(
    fields: dict[str, Any], number: str, board: Switchboard
) -> None:
    answered = board.call("create_order", order(**fields))

    assert answered.body["order"]["id"] == order_id("acme", number)


def test_an_order_may_be_sent_with_the_id_that_it_got(board: Switchboard) -> None:
    id_ = order_id("acme", "#1001")
    body = json.dumps({"order": {"name": "#1001"}, "order_id": id_}).encode()

    assert_succeeded(board.call("create_order", body))


def test_an_updated_order_is_answered_with_its_id(board: Switchboard) -> None:
    answered = board.sample(call_sample("update_order"))

    assert answered.body["order"] == {"id": "order-exampleexampleexampleexample1001"}
    assert board.metadata["resource"]["id"] == "order-exampleexampleexampleexample1001"
    assert board.metadata["dedup_key"] is None


def test_a_cancelled_order_is_the_one_that_was_created_with_its_number(board: Switchboard) -> None:
    created = board.call("create_order", order(name="1001-EX"))
    answered = board.sample(call_sample("cancel_order"))

    assert set(answered.body) == {"status", "callback_id", "event_ids"}
    cancel = board.event_bridge.details[1]
    id_ = created.body["order"]["id"]
    assert cancel["metadata"]["resource"] == {"type": "order", "id": id_}
    assert (cancel["data"]["ordersn"], cancel["data"]["order_id"]) == ("1001-EX", id_)


def test_an_order_may_be_cancelled_by_the_id_that_it_got(board: Switchboard) -> None:
    id_ = order_id("acme", "1001-EX")

    assert_succeeded(board.call("cancel_order", json.dumps({"ordersn": id_}).encode()))
    assert board.metadata["resource"]["id"] == board.data["order_id"] == id_


@pytest.mark.parametrize("number", ["order-1", f"order-{'A' * 32}", f"order-{'a' * 33}"])
def test_what_only_begins_like_an_id_of_ours_is_a_number(number: str, board: Switchboard) -> None:
    assert_succeeded(board.call("cancel_order", json.dumps({"ordersn": number}).encode()))
    assert board.data["order_id"] == order_id("acme", number)


def test_an_order_cannot_be_cancelled_under_another_s_id(board: Switchboard) -> None:
    body = json.dumps({"ordersn": "1", "order_id": order_id("acme", "2")}).encode()

    answered = board.call("cancel_order", body)

    assert_failed(answered, 400, "invalid")
    assert answered.body["errors"] == [{"loc": ["order_id"], "type": "conflict"}]


def test_a_product_to_delete_may_be_named_in_the_path_the_query_or_the_body(
    board: Switchboard,
) -> None:
    assert_succeeded(board.sample(call_sample("delete_product")))
    assert_succeeded(board.call("delete_product", query={"item_id": "50002"}))
    assert_succeeded(board.call("delete_product", b'{"item_id": 50002}'))

    resources = [detail["metadata"]["resource"] for detail in board.event_bridge.details]
    assert resources == [{"type": "product", "id": "50002"}] * 3


def test_an_image_is_answered_as_cenit_s_algorithm_reads_it(board: Switchboard) -> None:
    answered = board.sample(call_sample("upload_image"))

    url = "https://images.example.com/mug-blue.jpg?size=large&v=2"
    assert answered.body["code"] == 0
    assert answered.body["data"] == {"image": {"url": url}}
    assert board.data["url"] == url
    assert board.metadata["resource"] is None


@pytest.mark.parametrize("service", sorted(QUERIES))
@pytest.mark.parametrize("id_", [None, "1"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_a_query_is_not_answered_yet_and_says_so(
    service: str, id_: str | None, method: str, board: Switchboard
) -> None:
    answered = board.call(service, b"{}", id_=id_, method=method)

    assert_failed(answered, 501, "not_implemented")
    assert service in answered.body["message"]
    assert board.touched_nothing


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("service", COMMAND_NAMES)
def test_a_command_may_come_by_any_of_four_methods(
    service: str, method: str, board: Switchboard
) -> None:
    sample = call_sample(service)

    answered = board.call(service, sample.body, method=method, id_=sample.id, query=sample.query)

    assert_succeeded(answered)


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_a_call_for_the_synthetic_store_asks_nobody_for_anything(sample: CallSample) -> None:
    switchboard = Switchboard()

    assert_succeeded(switchboard.sample(sample, store=SYNTHETIC_STORE))

    assert switchboard.event_bridge.detail_types == [SYNTHETIC]
    assert switchboard.metadata["topic"] == sample.service


def test_a_request_names_the_key_that_proved_it_signed_or_not() -> None:
    sample = call_sample("create_order")
    switchboard = Switchboard()
    switchboard.sample(sample)
    switchboard.signed(sample.service, sample.body)

    assert [d["metadata"]["key_id"] for d in switchboard.event_bridge.details] == ["k1", "k1"]
