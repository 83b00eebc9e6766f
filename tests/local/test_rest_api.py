"""A REST API beside the HTTP API: what its function gets, and that nothing else is reached."""

from __future__ import annotations

import http.client
import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from commerce_hooks_cli.local.front_door import LARGEST_BODY
from local.stacks import ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator


def given(state: LocalState, path: str, *args: Any) -> dict[str, Any]:
    """The event of a request to the REST API."""
    answer = ask(state.base_url, f"/rest{path}", *args)
    assert answer.status == 200, answer.body
    event: dict[str, Any] = answer.json()["event"]
    return event


def test_the_stacks_output_is_the_front_doors_address_of_the_rest_api(
    echo_stack: LocalState,
) -> None:
    assert echo_stack.outputs["RestUrl"] == f"{echo_stack.base_url}/rest"


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/acme/orders", "/{store}/{service}", {"store": "acme", "service": "orders"}),
        ("/a%20b/%C3%A9", "/{store}/{service}", {"store": "a%20b", "service": "%C3%A9"}),
        ("/../%00", "/{store}/{service}", {"store": "..", "service": "%00"}),
        (
            "/acme/orders/R%2F1",
            "/{store}/{service}/{id}",
            {"store": "acme", "service": "orders", "id": "R%2F1"},
        ),
    ],
)
def test_paths_and_their_parameters_stay_as_they_were_sent(
    echo_stack: LocalState, path: str, resource: str, parameters: dict[str, str]
) -> None:
    event = given(echo_stack, path)
    assert (event["resource"], event["path"]) == (resource, path)
    assert event["requestContext"]["path"] == f"/rest{path}"
    assert event["pathParameters"] == parameters
    assert "version" not in event


def test_query_parameters_are_decoded_and_none_is_lost(echo_stack: LocalState) -> None:
    event = given(echo_stack, "/acme/orders?a=1&a=2&b=%20c+d&e=&f&g=%C3%A9")
    all_of_them = {"a": ["1", "2"], "b": [" c d"], "e": [""], "f": [""], "g": ["é"]}
    assert event["multiValueQueryStringParameters"] == all_of_them
    assert event["queryStringParameters"] == {k: v[-1] for k, v in all_of_them.items()}


def test_without_parameters_there_is_null(echo_stack: LocalState) -> None:
    event = given(echo_stack, "/acme/orders")
    names = ("queryStringParameters", "multiValueQueryStringParameters", "body")
    assert [event[name] for name in names] == [None, None, None]


def test_repeated_headers_stay_apart(echo_stack: LocalState) -> None:
    event = raw_given(echo_stack, [("Authorization", "Bearer x"), ("Authorization", "Bearer y")])
    assert event["multiValueHeaders"]["authorization"] == ["Bearer x", "Bearer y"]
    assert event["headers"]["authorization"] == "Bearer y"


def raw_given(state: LocalState, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The event of a request with exactly these headers."""
    address = urlsplit(state.base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        connection.putrequest("GET", "/rest/acme/orders")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        event: dict[str, Any] = json.loads(connection.getresponse().read())["event"]
        return event
    finally:
        connection.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_of_a_rest_api_reaches_the_function(
    echo_stack: LocalState, method: str
) -> None:
    assert given(echo_stack, "/acme/orders", b"", {}, method)["httpMethod"] == method


def test_the_methods_that_a_rest_api_lacks_do_not(echo_stack: LocalState) -> None:
    answer = ask(echo_stack.base_url, "/rest/acme/orders", method="PURGE")
    assert (answer.status, answer.json()) == (404, {"error": "not_found"})


@pytest.mark.parametrize("body", ['{"é":1}'.encode(), b"\xff\x00", b"\xef\xbb\xbf{}"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "image/png"},
        {"Content-Type": "Nonsense"},
        {"Content-Type": ""},
        {},
    ],
)
def test_where_all_types_are_binary_every_body_is_base64(
    echo_stack: LocalState, headers: dict[str, str], body: bytes
) -> None:
    event = given(echo_stack, "/acme/upload", body, headers)
    assert event["isBase64Encoded"]
    assert b64decode(event["body"], validate=True) == body


@pytest.mark.parametrize(
    "path",
    ["/rest", "/rest/", "/rest?a=b", "/rest/acme", "/rest/acme%2Forders", "/rest/a/b/c/d"],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"X-Api-Key": "x"}])
def test_a_path_that_the_api_lacks_gets_the_templates_gateway_response(
    echo_stack: LocalState, path: str, headers: dict[str, str]
) -> None:
    answer = ask(echo_stack.base_url, path, headers=headers)
    assert (answer.status, answer.json()) == (404, {"error": "not_found"})


@pytest.mark.parametrize(
    "path", ["/restx/acme/orders", "/Rest/acme/orders", "//rest/a/b", "/%72est/a/b", "/rest%2Fa/b"]
)
def test_a_path_that_only_looks_like_it_is_the_http_apis(echo_stack: LocalState, path: str) -> None:
    event = ask(echo_stack.base_url, path).json()["event"]
    assert event["routeKey"] in {"$default", "ANY /echo/{store}/{token}"}


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"X-Amz-Target": "AWSEvents.PutEvents"}]
)
@pytest.mark.parametrize("prefix", ["", "/rest"])
def test_no_path_reaches_what_manages_websockets(
    echo_stack: LocalState, prefix: str, headers: dict[str, str]
) -> None:
    answer = ask(echo_stack.base_url, f"{prefix}/@connections/x", b"{}", headers)
    event = answer.json()["event"]
    assert event.get("rawPath") == "/@connections/x" or event["pathParameters"] == {
        "store": "@connections",
        "service": "x",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/rest/_ministack/reset",
        "/rest/../_ministack/reset",
        "/rest/../../../_ministack/reset",
        "/rest/%2e%2e/_ministack%2Freset",
        "/rest//_ministack/config",
        "/rest/_aws/execute-api",
    ],
)
def test_the_emulators_own_endpoints_cannot_be_named(echo_stack: LocalState, path: str) -> None:
    answer = ask(echo_stack.base_url, path, b"{}")
    assert answer.json() == {"error": "not_found"} or answer.json()["event"]["resource"]
    assert echo_stack.client("lambda").list_functions()["Functions"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=test/x"},
    ],
)
def test_who_is_refused_at_the_http_api_is_refused_here_too(
    echo_stack: LocalState, headers: dict[str, str]
) -> None:
    answer = ask(echo_stack.base_url, "/rest/acme/orders", b"{}", headers)
    assert (answer.status, answer.json()["error"]) == (403, "forbidden")


def test_a_body_over_the_quota_gets_the_templates_gateway_response(echo_stack: LocalState) -> None:
    answer = ask(echo_stack.base_url, "/rest/acme/orders", bytes(LARGEST_BODY + 1))
    assert (answer.status, answer.json()) == (413, {"error": "of the gateway"})


def test_a_function_that_fails_gets_the_templates_gateway_response(echo_stack: LocalState) -> None:
    answer = ask(echo_stack.base_url, "/rest/acme/raise")
    assert (answer.status, answer.json()) == (502, {"error": "Internal server error"})
