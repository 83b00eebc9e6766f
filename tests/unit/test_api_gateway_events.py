"""The event builder itself: what it decides, as AWS would."""

import json
from base64 import b64decode

import pytest

from support.api_gateway import (
    HOST,
    SOURCE_IP,
    http_api_event,
    is_binary_for_http_api,
    lambda_context,
    rest_api_event,
)

ROUTE = "ANY /konimbo/{store}/{topic}/{token}"
PARAMETERS = {"store": "acme", "topic": "order_created", "token": "k1.1.mac"}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON; charset=utf-8",
        "text/plain",
        "application/xml",
        "application/javascript",
    ],
)
def test_an_http_api_passes_text_as_it_is(content_type: str) -> None:
    event = http_api_event("POST", ROUTE, PARAMETERS, b"{}", headers={"content-type": content_type})

    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "application/vnd.api+json",
    ],
)
def test_an_http_api_encodes_everything_else(content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    event = http_api_event("POST", ROUTE, PARAMETERS, b"\xff", headers=headers)

    assert is_binary_for_http_api(content_type)
    assert event["isBase64Encoded"] is True
    assert b64decode(event["body"]) == b"\xff"


def test_base64_can_be_forced_and_forbidden() -> None:
    forced = http_api_event("POST", ROUTE, PARAMETERS, b"{}", base64=True)
    forbidden = http_api_event("POST", ROUTE, PARAMETERS, b"{}", headers={}, base64=False)

    assert (forced["body"], forced["isBase64Encoded"]) == ("e30=", True)
    assert (forbidden["body"], forbidden["isBase64Encoded"]) == ("{}", False)


def test_an_http_api_lowers_and_joins_headers_and_takes_cookies_out() -> None:
    headers = {"Accept": "a", "X-Odd": ["1", "2"], "x-odd": "3", "Cookie": ["a=1; b=2", "c=3"]}

    event = http_api_event("POST", ROUTE, PARAMETERS, b"", headers=headers)

    assert event["headers"]["accept"] == "a"
    assert event["headers"]["x-odd"] == "1,2,3"
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]
    assert all(name == name.lower() for name in event["headers"])


def test_an_http_api_leaves_out_what_a_request_does_not_have() -> None:
    event = http_api_event("GET", "$default", {}, b"", path="/nowhere")

    assert {"body", "cookies", "pathParameters", "queryStringParameters"}.isdisjoint(event)
    assert (event["rawPath"], event["isBase64Encoded"]) == ("/nowhere", False)


def test_both_formats_tell_what_the_emulator_does_not() -> None:
    for event in (
        http_api_event("POST", ROUTE, PARAMETERS, b"{}"),
        rest_api_event("POST", ROUTE, PARAMETERS, b"{}"),
    ):
        headers = {name.lower(): value for name, value in event["headers"].items()}
        assert headers["x-forwarded-for"] == SOURCE_IP
        assert {"x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id"} <= set(headers)
        assert event["requestContext"]["domainName"] == HOST
        assert event["pathParameters"] == PARAMETERS
        assert json.loads(json.dumps(event)) == event


def test_an_http_api_event_tells_route_path_and_query() -> None:
    query = {"a": ["1", "2"], "b": "x y"}

    event = http_api_event("PUT", ROUTE, PARAMETERS, b"", query=query)

    assert event["routeKey"] == event["requestContext"]["routeKey"] == ROUTE
    assert event["rawPath"] == "/konimbo/acme/order_created/k1.1.mac"
    assert event["requestContext"]["http"]["method"] == "PUT"
    assert event["rawQueryString"] == "a=1&a=2&b=x+y"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y"}


def test_a_rest_api_event_keeps_spelling_and_all_values() -> None:
    headers = {"HOST": "hooks.example.com", "X-Odd": ["1", "2"]}

    event = rest_api_event("POST", ROUTE, PARAMETERS, b"{}", headers=headers, query={"a": "1"})

    assert event["headers"]["X-Odd"] == "2"
    assert event["multiValueHeaders"]["X-Odd"] == ["1", "2"]
    assert event["headers"]["HOST"] == event["requestContext"]["domainName"]
    assert "Host" not in event["headers"]
    assert event["queryStringParameters"] == {"a": "1"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1"]}
    assert event["resource"] == "/konimbo/{store}/{topic}/{token}"


def test_a_rest_api_event_has_null_for_what_a_request_does_not_have() -> None:
    event = rest_api_event("GET", "GET /", {}, b"")

    assert event["body"] is None
    assert event["queryStringParameters"] is event["multiValueQueryStringParameters"] is None
    assert event["pathParameters"] is event["stageVariables"] is None


def test_the_context_tells_the_time_that_is_left() -> None:
    assert lambda_context(remaining_ms=5).get_remaining_time_in_millis() == 5
