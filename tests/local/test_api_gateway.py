"""What a function gets through the front door is what API Gateway would give it."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from local.stacks import ECHO, ask

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator


def given(state: LocalState, path: str, *args: Any) -> dict[str, Any]:
    answer = ask(state.base_url, path, *args)
    assert answer.status == 200, answer.body
    content: dict[str, Any] = answer.json()
    return content


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/echo/acme/t", {"store": "acme", "token": "t"}),
        ("/echo/acme/t%0A", {"store": "acme", "token": "t\n"}),
        ("/echo/a%20b/%C3%A9", {"store": "a b", "token": "é"}),
        ("/echo/acme/%FF", {"store": "acme", "token": "\ufffd"}),
        ("/echo/acme/k1.1.a_b-c", {"store": "acme", "token": "k1.1.a_b-c"}),
        ("/echo/../t", {"store": "..", "token": "t"}),
    ],
)
def test_path_parameters_are_decoded(
    echo_stack: LocalState, path: str, parameters: dict[str, str]
) -> None:
    event = given(echo_stack, path)["event"]
    assert (event["version"], event["routeKey"]) == ("2.0", "ANY /echo/{store}/{token}")
    assert event["pathParameters"] == parameters


@pytest.mark.parametrize(
    "path",
    ["/", "/echo", "/echo/a", "/echo/a/b/", "/echo/a%2Fb/t", "/health", "/_ministack/health"],
)
def test_other_paths_take_the_default_route(echo_stack: LocalState, path: str) -> None:
    assert given(echo_stack, path)["event"]["routeKey"] == "$default"


def test_the_query_arrives_as_it_was_sent(echo_stack: LocalState) -> None:
    event = given(echo_stack, "/echo/acme/t?a=1&a=2&b=%20c+d&e=&f=%C3%A9")["event"]
    assert event["rawPath"] == "/echo/acme/t"
    assert event["rawQueryString"] == "a=1&a=2&b=%20c+d&e=&f=%C3%A9"
    assert event["queryStringParameters"] == {"a": "1,2", "b": " c d", "e": "", "f": "é"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_reaches_the_function(echo_stack: LocalState, method: str) -> None:
    event = given(echo_stack, "/echo/acme/t", b"", {}, method)["event"]
    assert event["requestContext"]["http"]["method"] == method


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("application/json", "text"),
        ("application/json; charset=utf-8", "text"),
        ("text/plain", "text"),
        ("application/x-www-form-urlencoded", "base64"),
        ("application/octet-stream", "base64"),
    ],
)
def test_bodies_that_are_not_text_are_base64(
    echo_stack: LocalState, content_type: str, encoding: str
) -> None:
    event = given(echo_stack, "/echo/acme/t", "é=1".encode(), {"Content-Type": content_type})[
        "event"
    ]
    assert event["isBase64Encoded"] == (encoding == "base64")
    body = b64decode(event["body"]) if encoding == "base64" else event["body"].encode()
    assert body == "é=1".encode()


def test_the_functions_environment_is_the_templates_and_lambdas(echo_stack: LocalState) -> None:
    content = given(echo_stack, "/echo/acme/t")
    environment = content["environment"]
    assert environment["OF_THE_TEMPLATE"] == "yes"
    assert environment["LAMBDA_TASK_ROOT"] == str(ECHO / "functions")
    assert environment["AWS_ENDPOINT_URL"] == echo_stack.control_url
    assert re.fullmatch(r"AWS_Lambda_python3\.\d+", environment["AWS_EXECUTION_ENV"])
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] in content["function"]
    assert not {"AUTH", "GATEWAY_PORT", "LOG_LEVEL"} & set(environment)
    users = {os.environ.get(name) for name in ("HOME", "PATH", "AWS_SECRET_ACCESS_KEY")}
    assert not users & set(environment.values())


def test_a_functions_own_lines_and_its_errors_are_in_its_log(echo_stack: LocalState) -> None:
    assert ask(echo_stack.base_url, "/echo/acme/raise").status >= 500
    log = echo_stack.logs("EchoFunction")
    assert "a line of the function's own" in log
    assert "ValueError" in log
    assert "START RequestId" in log


def test_the_stacks_output_is_the_front_door(echo_stack: LocalState) -> None:
    assert echo_stack.outputs["ApiUrl"] == echo_stack.base_url
