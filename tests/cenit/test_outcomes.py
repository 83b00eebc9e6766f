"""What becomes of a call, row by row: the answer, the bus, the bucket, the log."""

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from cenit.services import PLATFORM, order_id
from commerce_hooks.callback import Callback
from commerce_hooks.decoding import JsonObject
from commerce_hooks.events import Event, EventBuilder
from commerce_hooks.platform import Topic
from support.cenit import (
    COMMANDS,
    CallSample,
    Switchboard,
    assert_failed,
    assert_succeeded,
    call_event,
    call_sample,
    call_samples,
    path_of,
    signature_headers,
)
from support.receiving import RING
from support.written import written

CANARY = "canary-of-the-message"
ORDER = call_sample("create_order")


def lines(output: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The log line and the metric of the one call."""
    told = written(output.readouterr().out)
    return told.line, told.metric("Callbacks")


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_each_call_leaves_one_line_and_one_metric(
    sample: CallSample, board: Switchboard, output: pytest.CaptureFixture[str]
) -> None:
    answered = board.sample(sample)

    line, metric = lines(output)
    assert (line["message"], line["level"], line["outcome"]) == ("callback", "INFO", "accepted")
    assert (line["platform"], line["store"], line["topic"]) == ("cenit", "acme", sample.service)
    assert line["callback_id"] == answered.body["callback_id"]
    assert line["event_ids"] == answered.body["event_ids"]
    assert line["bytes"] == len(sample.body)
    assert line.get("resource") == (board.metadata["resource"] or {}).get("id")
    assert {"duration_ms", "api_request_id", "function_request_id"} <= set(line)
    assert (metric["platform"], metric["outcome"]) == ("cenit", "accepted")
    assert metric["Callbacks"] == [1.0]


@pytest.mark.parametrize(
    ("outcome", "level", "call"),
    [
        ("unauthorized", "WARNING", {"service": "create_order"}),
        ("not_found", "INFO", {"service": "create_orders"}),
        ("not_found", "INFO", {"service": "create_order", "store": "-"}),
        ("invalid", "WARNING", {"service": "create_order", "token": True}),
        ("not_implemented", "INFO", {"service": "get_orders", "token": True}),
        ("method_not_allowed", "INFO", {"service": "create_order", "token": True, "method": "GET"}),
    ],
)
def test_what_is_not_accepted_is_counted_once_and_as_loud_as_it_is_bad(
    board: Switchboard,
    output: pytest.CaptureFixture[str],
    outcome: str,
    level: str,
    call: dict[str, Any],
) -> None:
    headers = {"X-Api-Key": board.token()} if call.pop("token", False) else {}

    board.handle(call_event(**call, headers=headers))

    line, metric = lines(output)
    assert (line["outcome"], line["level"]) == (outcome, level)
    assert (metric["outcome"], metric["Callbacks"]) == (outcome, [1.0])


def test_a_repeat_has_an_outcome_of_its_own(
    board: Switchboard, output: pytest.CaptureFixture[str]
) -> None:
    board.signed("create_order", ORDER.body)
    output.readouterr()
    board.signed("create_order", ORDER.body)

    line, metric = lines(output)
    assert (line["outcome"], line["level"], metric["outcome"]) == ("repeated", "INFO", "repeated")
    assert "event_ids" not in line


@pytest.mark.parametrize("service", COMMANDS)
@pytest.mark.parametrize(
    "method", ["GET", "OPTIONS", "HEAD", "TRACE", "CONNECT", "post", "PROPFIND", ""]
)
def test_another_method_carries_nothing_out_and_is_told_which_do(
    board: Switchboard, service: str, method: str
) -> None:
    sample = call_sample(service)

    answered = board.call(service, sample.body, method=method, id_=sample.id, query=sample.query)

    assert_failed(answered, 405, "method_not_allowed")
    assert answered.headers["allow"] == "POST, PUT, PATCH, DELETE"
    assert answered.headers["allow"] in answered.body["message"]
    assert board.touched_nothing


@pytest.mark.parametrize(
    "failure",
    ["ThrottlingException", "InternalException", ConnectTimeoutError(endpoint_url="x")],
    ids=["throttled", "failing", "unreachable"],
)
def test_while_the_bus_keeps_failing_a_command_is_deferred_within_its_seconds(
    board: Switchboard, output: pytest.CaptureFixture[str], failure: str | Exception
) -> None:
    board.event_bridge.fail_next.extend([failure] * 1000)

    answered = board.sample(ORDER)

    assert (answered.status, answered.body["status"]) == (200, "deferred")
    assert "error" not in answered.body
    assert board.outbox_queue.event_ids == answered.body["event_ids"]
    assert board.clock.seconds <= 4
    line, metric = lines(output)
    assert (
        (line["level"], line["outcome"])
        == ("WARNING", metric["outcome"])
        == (
            "WARNING",
            "deferred",
        )
    )
    assert line["cause"].startswith("bus: ")


def test_while_the_outbox_fails_too_a_command_is_a_503(board: Switchboard) -> None:
    board.event_bridge.fail_next.extend(["InternalException"] * 1000)
    board.outbox_queue.failing = board.bucket.failing = True

    assert_failed(board.sample(ORDER), 503, "unavailable")


def test_a_bus_that_recovers_in_time_is_a_success(board: Switchboard) -> None:
    board.event_bridge.fail_next.extend(["ThrottlingException", {0: "InternalFailure"}])

    assert_succeeded(board.sample(ORDER))


@pytest.mark.parametrize("failure", ["ValidationException", {0: "MalformedDetail"}])
def test_an_event_that_the_bus_refuses_for_good_is_no_success(
    board: Switchboard,
    output: pytest.CaptureFixture[str],
    failure: str | dict[int, str],
) -> None:
    board.event_bridge.fail_next.append(failure)

    assert_failed(board.signed("create_order", ORDER.body), 500, "internal_error")

    line, _ = lines(output)
    assert (line["level"], line["reason"]) == ("ERROR", "refused_by_bus")
    assert line["cause"].startswith("bus: ")
    assert not board.bucket.objects


class BrokenBuilder(EventBuilder):
    """A fault of ours, of the kind that quotes the body in its message."""

    def event(self, callback: Callback, topic: Topic, index: int, data: JsonObject) -> Event:
        raise KeyError(f"{CANARY} {callback.body!r} {topic} {index} {data}")


def test_a_fault_of_ours_is_a_500_that_tells_the_operator_where(
    output: pytest.CaptureFixture[str],
) -> None:
    board = Switchboard(BrokenBuilder(PLATFORM, "test/unit"))

    answered = board.sample(ORDER)

    assert_failed(answered, 500, "internal_error")
    assert set(answered.body) == {"error"}
    line, _ = lines(output)
    assert (line["level"], line["reason"], line["cause"]) == ("ERROR", "internal_error", "KeyError")
    assert "test_outcomes.py" in line["trace"][-1]
    assert CANARY not in json.dumps(line)


def test_a_fault_in_the_proof_is_a_500_too(
    board: Switchboard, output: pytest.CaptureFixture[str]
) -> None:
    """API Gateway passes on no such text. If something does, the caller still hears of it."""
    event = call_event(
        "create_order",
        ORDER.body,
        method="\ud800",
        headers=signature_headers("POST", path_of("create_order"), {}, ORDER.body),
    )

    assert_failed(board.handle(event), 500, "internal_error")

    line, metric = lines(output)
    assert (line["level"], line["cause"]) == ("ERROR", "UnicodeEncodeError")
    assert (line["store"], line["topic"]) == ("acme", "create_order")
    assert metric["Callbacks"] == [1.0]


@pytest.mark.parametrize(
    ("id_", "logged"),
    [
        ("AB.c_1~2#3:4/5-6", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("Dana Example", False),
        ("dana@shop.example", False),
        ("דנה", False),
    ],
)
def test_a_resource_is_logged_only_if_it_can_be_no_text_about_a_person(
    board: Switchboard, output: pytest.CaptureFixture[str], id_: str, *, logged: bool
) -> None:
    assert_succeeded(board.call("delete_product", query={"item_id": id_}))

    line, _ = lines(output)
    assert line.get("resource") == (id_ if logged else None)
    assert board.metadata["resource"]["id"] == id_


def test_no_answer_may_be_kept_on_the_way(board: Switchboard) -> None:
    answers = [
        board.sample(ORDER),
        board.call("get_orders"),
        board.call("create_order"),
        board.call("create_order", method="GET"),
        board.handle(call_event("create_order")),
        board.handle(call_event("create_orders")),
    ]

    assert [answered.status for answered in answers] == [200, 501, 400, 405, 401, 404]
    assert {answered.headers["cache-control"] for answered in answers} == {"no-store"}


def test_a_large_event_carries_a_reference_and_the_answer_is_the_same(
    output: pytest.CaptureFixture[str],
) -> None:
    board = Switchboard(max_inline_bytes=1000)
    body = json.dumps({"order": {"name": "#1001", "note": "x" * 1000}}).encode()

    answered = board.call("create_order", body)

    assert_succeeded(answered)
    stored = board.metadata["payload"]["stored"]
    assert stored["key"].startswith("oversize/cenit/acme/2026-03-09/")
    kept = json.loads(board.bucket.objects[stored["key"]])
    assert kept["order"]["note"] == "x" * 1000
    assert kept["order_id"] == answered.body["order"]["id"] == board.metadata["resource"]["id"]
    assert board.data == {}
    assert output.readouterr().out.count('"outcome":"accepted"') == 2


def test_a_call_that_neither_bus_nor_bucket_takes_is_a_503(board: Switchboard) -> None:
    board.bucket.failing = True
    body = json.dumps({"order": {"name": "#1001", "note": "x" * 1_100_000}}).encode()

    assert_failed(board.call("create_order", body), 503, "unavailable")
    assert board.published_nothing


def test_a_store_that_stands_for_another_says_so_in_its_events(board: Switchboard) -> None:
    board.key_rings.ring = {**RING, "stores": {"cenit/acme": {"backed_by": "konimbo/acme-il"}}}

    board.sample(ORDER)

    assert board.metadata["backed_by"] == "konimbo/acme-il"


def test_a_masked_deployment_shows_no_person_and_answers_the_same(
    output: pytest.CaptureFixture[str],
) -> None:
    board = Switchboard(EventBuilder(PLATFORM, "test/unit", masked=True))

    answers = {sample.name: board.sample(sample) for sample in call_samples()}

    for answered in answers.values():
        assert_succeeded(answered)
    address = board.event_bridge.details[1]["data"]["order"]["shipping_address"]
    assert address == {
        **dict.fromkeys(address, "***"),
        "country": "Example Country",
    }
    assert (
        answers["create_order"].body["order"]["id"]
        == (board.event_bridge.details[1]["data"]["order_id"])
    )
    assert (
        answers["upload_image"].body["data"]["image"]["url"]
        == (board.event_bridge.details[-1]["data"]["url"])
    )
    assert "Buyer" not in output.readouterr().out


def test_the_documented_fields_of_an_order_survive_masking() -> None:
    """Only people, and what nobody has documented, are hidden of the samples."""
    board = Switchboard(EventBuilder(PLATFORM, "test/unit", masked=True))
    people = {"first_name", "last_name", "phone", "zip", "zip_code", "address1", "address", "city"}
    people |= {"province", "state", "district", "town", "tags"}

    for sample in call_samples():
        board.sample(sample)

    hidden = {name for detail in board.event_bridge.details for name in _hidden(detail["data"])}
    assert hidden == people


def _hidden(value: Any, name: str = "") -> set[str]:
    if isinstance(value, dict):
        return {found for key, child in value.items() for found in _hidden(child, key)}
    if isinstance(value, list):
        return {found for child in value for found in _hidden(child, name)}
    return {name} if value == "***" else set()


@pytest.mark.parametrize("service", COMMANDS)
def test_card_data_reaches_neither_the_bus_nor_the_bucket(service: str, board: Switchboard) -> None:
    sample = call_sample(service)
    card = {"cardNumber": "4111111111111111", "note": "pay with 4111 1111 1111 1111"}
    body = json.loads(sample.body or b"{}")
    nested = {**body, **card, "order": {**body.get("order", {}), **card}}

    answered = board.signed(
        service,
        json.dumps(nested).encode(),
        method=sample.method,
        id_=sample.id,
        query=sample.query,
    )

    assert_succeeded(answered)
    kept = json.dumps(board.event_bridge.calls) + str(board.bucket.objects)
    assert "1111" not in kept.replace(" ", "")


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "4111-1111-1111-1111", "12.345.678-5"])
def test_a_card_or_national_id_in_place_of_an_id_is_refused(
    number: str, board: Switchboard
) -> None:
    answered = board.call("delete_product", json.dumps({"item_id": number}).encode())

    assert_failed(answered, 400, "invalid")
    assert answered.body["errors"] == [{"loc": ["item_id"], "type": "forbidden"}]
    assert board.published_nothing


def test_an_id_of_digits_alone_is_an_id_whatever_it_looks_like(board: Switchboard) -> None:
    """One in ten long ids passes a card's check, and an id that is refused is a lost call."""
    assert_succeeded(board.call("delete_product", id_="4111111111111111"))
    assert board.metadata["resource"]["id"] == board.data["item_id"] == "4111111111111111"


def test_an_order_numbered_like_a_card_is_taken_and_its_number_is_not_shown(
    board: Switchboard,
) -> None:
    answered = board.call("create_order", b'{"order": {"name": "4111 1111 1111 1111"}}')

    assert_succeeded(answered)
    assert board.data["order"]["name"] == "[removed]"


def test_an_order_numbered_like_a_card_can_be_cancelled(board: Switchboard) -> None:
    number = "4111 1111 1111 1111"

    assert_succeeded(board.call("cancel_order", json.dumps({"ordersn": number}).encode()))
    assert board.data["ordersn"] == "[removed]"
    assert board.metadata["resource"]["id"] == order_id("acme", number)


def test_an_image_s_url_with_a_card_s_number_is_refused(board: Switchboard) -> None:
    url = "https://images.example.com/?of=4111111111111111"
    payload = f"<Request><Image><Url>{url}</Url></Image></Request>"

    answered = board.call("upload_image", query={"payload": payload})

    assert_failed(answered, 400, "invalid")
    assert answered.body["errors"] == [{"loc": ["payload"], "type": "forbidden"}]
    assert board.touched_nothing
