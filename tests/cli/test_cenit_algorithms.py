"""The Ruby of a Cenit collection: it signs what we check, and reads what we answer.

What it signs is worked out from its text on every machine; it is run where there is a ruby.
"""

import hmac
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cenit.services import COMMANDS, SERVICES
from cenit.signing import signed_text
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks_cli.cenit_calls import SERVICE_CALLS
from support.cenit import Switchboard
from support.cenit_import import GIVEN, arrived, collection, request_of, secret

HERE = Path(__file__).parent
SIGNED = json.loads((HERE / "cenit_signed_calls.json").read_text(encoding="utf-8"))
RUBY = shutil.which("ruby")
needs_ruby = pytest.mark.skipif(RUBY is None, reason="there is no ruby on this machine")
Json = dict[str, Any]

RECIPE = re.compile(
    r"key_id, generation, secret = webhook\.template_parameters_hash\['signing_key'\].*\n"
    r".*\n"
    r"path = ['\"](?P<path>\S+)['\"]\n"
    r"query = (?P<query>.*)\n"
    r"timestamp = Time\.now\.to_i\.to_s\n"
    r"lines = \['(?P<method>[A-Z]+)', path, query, timestamp, "
    r"Digest::SHA256\.hexdigest\(body\.to_s\)\]\n"
    r"signature = OpenSSL::HMAC\.hexdigest\('SHA256', secret, lines\.join\(\"\\n\"\)\)\n"
    r"headers = \{\n"
    r"  'X-Commerce-Hooks-Timestamp' => timestamp,\n"
    r"  'X-Commerce-Hooks-Signature' => \"#\{key_id\}\.#\{generation\}\.#\{signature\}\"\n"
    r"\}\n"
)


def signed_as_written(
    recipe: re.Match[str], values: Mapping[str, str], body: bytes, timestamp: int
) -> dict[str, str]:
    """The headers that the Ruby makes, worked out from its text."""
    path = re.sub(r"#\{values\['(\w+)'\]\}", lambda found: values[found[1]], recipe["path"])
    names = re.findall(r"values\['(\w+)'\]", recipe["query"])
    query = "&".join(f"{name}={quote(values[name], safe='')}" for name in names)
    lines = (recipe["method"], path, query, str(timestamp), sha256(body).hexdigest())
    key_id, generation, secret_ = secret(signed=True)["signing_key"].split(".")
    mac = hmac.digest(secret_.encode(), "\n".join(lines).encode(), "sha256").hex()
    return {
        "X-Commerce-Hooks-Timestamp": str(timestamp),
        "X-Commerce-Hooks-Signature": f"{key_id}.{generation}.{mac}",
    }


def recipe_for(service: str) -> re.Match[str]:
    found = (
        recipe
        for snippet in collection(signed=True).snippets
        for recipe in RECIPE.finditer(snippet.code)
    )
    return next(one for one in found if one["path"].split("/")[3] == service)


def service_of(call: Json) -> str:
    return str(call["path"].split("/")[3])


def body_of(call: Json) -> bytes:
    if call["body"] is None:
        return b""
    return json.dumps(call["body"], ensure_ascii=False, separators=(",", ":")).encode()


def values_of(call: Json) -> dict[str, str]:
    id_name = SERVICE_CALLS[service_of(call)].id_name
    ids = {id_name: call["path"].rpartition("/")[2]} if id_name else {}
    return {**dict(call["query"]), **ids}


@pytest.fixture(params=SIGNED["calls"], ids=lambda call: call["algorithm"])
def signed_call(request: pytest.FixtureRequest) -> Json:
    call: Json = request.param
    return call


def test_the_recipe_in_the_algorithms_signs_what_we_check(signed_call: Json) -> None:
    ring, target = KeyRing.parse(json.dumps(SIGNED["ring"])), CallbackTarget("cenit", "acme")
    body, timestamp = body_of(signed_call), SIGNED["timestamp"]
    query = [(name, value) for name, value in signed_call["query"]]
    text = signed_text(signed_call["method"], signed_call["path"], query, str(timestamp), body)

    headers = signed_as_written(
        recipe_for(service_of(signed_call)), values_of(signed_call), body, timestamp
    )

    assert text.split("\n")[2] == signed_call["signed_query"]
    assert ring.proves_signature(target, text, headers["X-Commerce-Hooks-Signature"])
    assert headers["X-Commerce-Hooks-Signature"] == signed_call["signature"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_signed_call_to_every_service_proves_itself(service: str) -> None:
    now = int(Switchboard().now.timestamp())
    method, url, headers = request_of(collection(signed=True), service, GIVEN, secret(signed=True))

    signature = signed_as_written(recipe_for(service), GIVEN, b"{}", now)

    assert "X-Api-Key" not in headers
    answered = arrived(method, url, {**headers, **signature}, b"{}")
    assert answered.status in ({200, 400} if service in COMMANDS else {501})


def test_a_deployments_own_domain_and_path_are_signed_as_they_are_called() -> None:
    made = collection(signed=True, base_url="http://127.0.0.1:4321/cenit")

    (connection,) = made.connections
    assert connection.url == "http://{{host}}/cenit/acme"
    assert [(pair.key, pair.value) for pair in connection.template_parameters] == [
        ("host", "127.0.0.1:4321")
    ]


def run_ruby(*cases: Json) -> list[Json]:
    """Each case's result or failure, and what it made the webhooks send."""
    assert RUBY is not None
    defaults = {"secrets": {**secret(signed=True), **secret(signed=False)}}
    given = [{"now": SIGNED["timestamp"], "answers": [], **defaults, **case} for case in cases]
    run = subprocess.run(
        [RUBY, HERE / "cenit_sandbox.rb"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    told: list[Json] = json.loads(run.stdout)
    return told


def code_of(name: str, *, signed: bool = False) -> str:
    made = collection(signed=signed)
    return next(snippet.code for snippet in made.snippets if snippet.name == f"{name}.rb")


@needs_ruby
@pytest.mark.parametrize("signed", [False, True])
def test_the_ruby_parses_and_keeps_to_what_cenits_sandbox_allows(*, signed: bool) -> None:
    made = collection(signed=signed)
    cases = [
        {
            "code": code_of(algorithm.name, signed=signed),
            "arguments": {parameter.name: None for parameter in algorithm.parameters},
            "only_checked": True,
        }
        for algorithm in made.algorithms
    ]

    told = run_ruby(*cases)

    assert [one["violations"] for one in told] == [[]] * len(made.algorithms)


@needs_ruby
def test_the_sandbox_check_notices_what_is_not_allowed() -> None:
    code = "raise 'x'\ndef a; end\nString.new\n$x = @y\nJSON.load('1')\n-> { 1 }\n"

    (told,) = run_ruby({"code": code, "arguments": {}, "only_checked": True})

    wanted = {"FCALL", "DEFN", "GASGN", "IVAR", "LAMBDA", "new", "String.new", "JSON.load"}
    assert set(told["violations"]) == wanted


@needs_ruby
def test_the_ruby_sends_and_signs_what_we_check(signed_call: Json) -> None:
    (told,) = run_ruby(
        {
            "code": code_of(signed_call["algorithm"], signed=True),
            "arguments": signed_call["arguments"],
            "answers": [json.dumps(signed_call["answer"])],
        }
    )

    (sent,) = told["sent"]
    assert sent["service"] == service_of(signed_call)
    assert (sent["body"] or "").encode() == body_of(signed_call)
    assert sent["values"] == values_of(signed_call)
    assert sent["headers"] == {
        "X-Commerce-Hooks-Timestamp": str(SIGNED["timestamp"]),
        "X-Commerce-Hooks-Signature": signed_call["signature"],
    }


ARGUMENTS: dict[str, Json] = {
    "create_order": {"data": {"name": "#1001"}},
    "update_order": {"data": {"note": "x"}, "order_exported": {"id": "order-1"}},
    "cancel_order": {
        "order": {
            "record": {
                "number": "#1001",
                "line_items": [{"record": {"id": 7, "variation_id": None}}],
            }
        }
    },
    "delete_product": {"product": {"record": {"remote_product_id": "50002"}}},
    "upload_image": {"url": "https://img.example/a.png?b=1&c=2"},
}
ALGORITHMS = {
    "create_order": "do_export_order_create",
    "update_order": "do_export_order_update",
    "cancel_order": "do_cancel_order",
    "delete_product": "do_delete_remote_product",
    "upload_image": "do_export_image",
}


def case_of(service: str, *answers: object) -> Json:
    algorithms = {algorithm.name: algorithm for algorithm in collection().algorithms}
    parameters = algorithms[ALGORITHMS[service]].parameters
    nothing = {parameter.name: None for parameter in parameters}
    return {
        "code": code_of(ALGORITHMS[service]),
        "arguments": {**nothing, "webhook": {"webhook": service}, **ARGUMENTS[service]},
        "answers": [json.dumps(answer) for answer in answers],
    }


@needs_ruby
@pytest.mark.parametrize("service", sorted(ALGORITHMS))
def test_what_the_ruby_sends_is_taken_and_our_answer_is_read(service: str) -> None:
    (asked,) = run_ruby(case_of(service, {"error": "none"}))
    (sent,) = asked["sent"]
    values = {name: str(value) for name, value in sent["values"].items()}
    made = request_of(collection(), service, values, secret(signed=False))
    answered = arrived(*made, (sent["body"] or "").encode())

    (told,) = run_ruby(case_of(service, answered.body))

    assert answered.body["status"] == "accepted"
    assert "failed" not in told
    expected = {
        "create_order": answered.body.get("order"),
        "update_order": {"id": "order-1"},
        "upload_image": "https://img.example/a.png?b=1&c=2",
    }
    assert told["result"] == expected.get(service, True)


@needs_ruby
@pytest.mark.parametrize("service", sorted(ALGORITHMS))
def test_the_ruby_fails_when_we_answer_an_error(service: str) -> None:
    answer = {"error": "invalid", "errors": [{"loc": ["order"], "type": "missing"}]}

    (told,) = run_ruby(case_of(service, answer))

    assert told["failed"].startswith(f"{service}: ")
    assert '"missing"' in told["failed"]
    assert "result" not in told


@needs_ruby
@pytest.mark.parametrize("id_", ["", "#1", "a/b", "../x", "a b", "é", "x" * 129])
def test_an_id_that_cannot_stand_in_a_path_is_not_sent(id_: str) -> None:
    case = case_of("delete_product", {"status": "accepted"})
    case["arguments"]["product"]["record"]["remote_product_id"] = id_

    (told,) = run_ruby(case)

    assert told["sent"] == []
    assert "cannot stand in the path" in told["failed"]


@needs_ruby
def test_orders_are_fetched_window_by_window_and_page_by_page() -> None:
    day = 24 * 60 * 60
    whole = {"offset": 0, "start_date": 0, "end_date": 20 * day}
    arguments = {"integration": None, "webhook": {"webhook": "get_orders"}}
    numbers = {"orders": [{"ordersn": "1"}, {"ordersn": "2"}], "more": True}
    first, second, last = run_ruby(
        *(
            {
                "code": code_of("do_get_orders"),
                "arguments": {**arguments, "task": {"record": {"state": state}}},
                "answers": [json.dumps(answer) for answer in answers],
            }
            for state, answers in (
                (whole, [numbers, {"orders": [{"id": 1}, {"id": 2}]}]),
                ({**whole, "offset": 50}, [{"orders": [], "more": False}]),
                ({**whole, "start_date": 15 * day}, [{"orders": [], "more": False}]),
            )
        )
    )

    assert first["result"] == [{"id": 1}, {"id": 2}]
    assert [sent["service"] for sent in first["sent"]] == ["get_orders", "get_order"]
    assert json.loads(first["sent"][0]["body"])["update_time_to"] == 15 * day
    assert first["state"]["offset"] == 50
    assert second["state"] == {
        "offset": 0,
        "start_date": 15 * day,
        "end_date": 20 * day,
        "import_next_block": True,
    }
    assert "import_next_block" not in last["state"]


@needs_ruby
@pytest.mark.parametrize(("error", "refused"), [("unauthorized", True), ("not_implemented", False)])
def test_authorizing_checks_that_we_know_the_secret(error: str, *, refused: bool) -> None:
    (told,) = run_ruby(
        {
            "code": code_of("do_after_authorize"),
            "arguments": {
                "integration": None,
                "webhook": {"webhook": "get_integration_metadata"},
                "task": None,
            },
            "answers": [json.dumps({"error": error})],
        }
    )

    assert ("failed" in told) == refused


@needs_ruby
@pytest.mark.parametrize(("known", "refused"), [({}, True), ({"api_key": "x"}, False)])
def test_an_authorization_without_its_secret_is_not_authorized(
    known: Json, *, refused: bool
) -> None:
    (told,) = run_ruby(
        {
            "code": code_of("do_authorization_callback"),
            "arguments": {"callback_params": {}, "template_parameters": {"texts": known}},
        }
    )

    assert ("failed" in told) == refused
