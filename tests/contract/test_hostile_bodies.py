"""Whatever a genuine caller sends is kept and answered, never with a 5xx."""

import json

import pytest

from commerce_hooks.decoding import MAX_PARSED_BYTES, JsonValue
from support.api_gateway import Fields, http_api_event, rest_api_event
from support.receiving import Answered, Reception
from support.samples import sample

DEEP = b'{"a":' * 101 + b"1" + b"}" * 101
VERY_DEEP = b"[" * 200_000

UNREADABLE = {
    "empty": (b"", "not_json"),
    "blank": (b"  \n ", "not_json"),
    "not JSON": (b"<xml/>", "not_json"),
    "cut short": (b'{"id": 1', "not_json"),
    "two values": (b"{} {}", "not_json"),
    "not UTF-8": (b'{"name": "\xff\xfe"}', "not_utf8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not_utf8"),
    "overlong UTF-8": (b'{"a": "\xc0\xaf"}', "not_utf8"),
    "array": (b'[{"id": 1}]', "not_an_object"),
    "null": (b"null", "not_an_object"),
    "number": (b"42", "not_an_object"),
    "string": (b'"text"', "not_an_object"),
    "NaN": (b'{"total": NaN}', "non_finite_number"),
    "infinity": (b'{"total": -Infinity}', "non_finite_number"),
    "a float beyond floats": (b'{"total": 1e400}', "non_finite_number"),
    "an integer beyond int64": (b'{"id": 9223372036854775808}', "integer_out_of_range"),
    "an integer of 5,000 digits": (b'{"id": ' + b"9" * 5000 + b"}", "integer_out_of_range"),
    "a duplicate key": (b'{"id": 1, "id": 2}', "duplicate_key"),
    "a duplicate key deep inside": (b'{"a": [{"b": 1, "b": 1}]}', "duplicate_key"),
    "a lone surrogate": (b'{"name": "\\ud800"}', "lone_surrogate"),
    "a lone surrogate as a key": (b'{"\\udfff": 1}', "lone_surrogate"),
    "too deep": (DEEP, "too_deep"),
    "much too deep": (VERY_DEEP, "too_deep"),
    "a null byte": (b'{"a": "\x00"}', "not_json"),
}


def assert_quarantined(reception: Reception, answered: Answered, body: bytes) -> None:
    assert (answered.status, answered.body["status"]) == (200, "quarantined")
    assert list(reception.bucket.objects.values()) == [body]
    assert reception.event_bridge.detail_types == ["callback.quarantined"]


@pytest.mark.parametrize(("body", "kind"), UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("base64", [True, False], ids=["base64", "text"])
def test_an_unreadable_body_is_quarantined(
    reception: Reception, body: bytes, kind: str, *, base64: bool
) -> None:
    if not base64 and body.decode(errors="ignore").encode() != body:
        pytest.skip("the gateway passes such bytes as base64 only")

    answered = reception.call(body, base64=base64)

    assert_quarantined(reception, answered, body)
    assert answered.body["reason"] == "unreadable"
    assert answered.body["errors"] == [{"loc": [], "type": kind}]


def test_a_body_of_4_mb_is_kept_without_being_parsed(reception: Reception) -> None:
    body = json.dumps({"fill": "x" * 4_000_000}).encode()

    answered = reception.call(body)

    assert_quarantined(reception, answered, body)
    assert answered.body["reason"] == "too_big_to_parse"


def test_a_body_at_the_parsing_limit_is_parsed(reception: Reception) -> None:
    body = b'{"fill":"' + b"x" * (MAX_PARSED_BYTES - 11) + b'"}'

    answered = reception.call(body)

    assert len(body) == MAX_PARSED_BYTES
    assert answered.status == 200
    assert answered.body.get("reason") != "too_big_to_parse"


def test_of_a_body_too_large_for_the_bus_the_event_refers_to_its_data(
    reception: Reception,
) -> None:
    body = {**json.loads(reception.a_body), "note": "x" * 1_100_000}

    answered = reception.call(json.dumps(body).encode())

    (detail,) = reception.event_bridge.details
    stored = detail["metadata"]["payload"]["stored"]
    assert answered.body["status"] == "accepted"
    assert detail["data"] == {}
    assert json.loads(reception.bucket.objects[stored["key"]])["note"] == body["note"]


def test_an_empty_object_gets_an_answer_of_the_table(reception: Reception) -> None:
    for topic in reception.platform.topics:
        answered = reception.call(b"{}", topic=topic)

        assert answered.status == 200
        assert answered.body["status"] in {"accepted", "quarantined"}


@pytest.mark.parametrize("value", [True, 1.5, "", None, [], {}], ids=repr)
def test_a_value_that_is_no_id_is_never_published_as_one(
    reception: Reception, value: JsonValue
) -> None:
    for topic in reception.platform.topics:
        body = json.loads(sample(reception.platform.name, topic).body)
        resource = _published_resource(reception, body, topic)
        if resource is not None:
            spoilt = _replaced(body, resource["id"], value)
            assert _published_resource(reception, spoilt, topic) is None


def _published_resource(reception: Reception, body: JsonValue, topic: str) -> dict[str, str] | None:
    known = len(reception.event_bridge.accepted)
    reception.call(json.dumps(body).encode(), topic=topic)
    found: dict[str, str] | None = reception.event_bridge.details[known]["metadata"]["resource"]
    return found


def _replaced(body: JsonValue, resource_id: str, value: JsonValue) -> JsonValue:
    """The body with the id of its resource replaced, wherever it stands."""
    if isinstance(body, dict):
        return {name: _replaced(old, resource_id, value) for name, old in body.items()}
    if isinstance(body, list):
        return [_replaced(old, resource_id, value) for old in body]
    return value if str(body) == resource_id else body


def test_a_body_in_base64_and_as_text_becomes_the_same_event(reception: Reception) -> None:
    reception.call(base64=True)
    reception.call(base64=False)

    first, second = reception.event_bridge.details
    assert first["data"] == second["data"]
    assert first["metadata"]["content_sha256"] == second["metadata"]["content_sha256"]


@pytest.mark.parametrize("text", ["not base64!", "é", "\ud800", "A"], ids=ascii)
def test_what_the_gateway_cannot_send_is_kept_all_the_same(reception: Reception, text: str) -> None:
    target = reception.target()
    parameters = reception.parameters(reception.mint(target), target)
    event = http_api_event("POST", reception.route, parameters, b"x", base64=True)

    answered = reception.handle({**event, "body": text})

    assert (answered.status, answered.body["status"]) == (200, "quarantined")
    assert list(reception.bucket.objects.values()) == [text.encode("utf-8", "surrogatepass")]


def test_a_byte_order_mark_is_no_reason_to_hold_back(reception: Reception) -> None:
    assert reception.call(b"\xef\xbb\xbf" + reception.a_body).body["status"] == "accepted"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"CONTENT-TYPE": "Application/JSON; charset=utf-8"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ["application/json", "text/html"]},
        {"Content-Type": "\x7f é \r\nforged: yes"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_headers_are_hints_and_change_nothing(reception: Reception, headers: Fields) -> None:
    assert reception.call(headers=headers).body["status"] == "accepted"


def test_a_header_s_case_does_not_matter_to_either_format(reception: Reception) -> None:
    target = reception.target()
    parameters = reception.parameters(reception.mint(target), target)
    headers = {"CONTENT-type": "text/odd"}

    reception.call(b"broken", headers=headers)
    reception.handle(rest_api_event("POST", reception.route, parameters, b"x", headers=headers))

    kept = [attributes["content-type"] for attributes in reception.bucket.attributes.values()]
    assert kept == ["text/odd", "text/odd"]


def test_a_hostile_content_type_is_parked_as_printable_ascii(reception: Reception) -> None:
    reception.call(b"broken", headers={"Content-Type": "té\r\nxt/\x00" + "y" * 500})

    (attributes,) = reception.bucket.attributes.values()
    assert attributes["content-type"].startswith("txt/yyy")
    assert len(attributes["content-type"]) == 128
