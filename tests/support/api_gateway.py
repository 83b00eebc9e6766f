"""Events as API Gateway hands them to Lambda, complete, around a body of your choice.

The local emulator leaves out cookies, the `X-Forwarded-*` and trace headers, and does not know
format 1.0; AWS sends them, so tests of handlers start from these events. Everything is constant
unless you say otherwise, so an event can be compared as a whole.

Sources, in the API Gateway Developer Guide:
- formats 2.0 and 1.0: "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway"
  (http-api-develop-integrations-lambda.html)
- REST API: "Lambda proxy integrations in API Gateway", section "Input format"
  (set-up-lambda-proxy-integrations.html) and "Content type conversions in API Gateway"
  (api-gateway-payload-encodings-workflow.html)
- which keys a 2.0 event has only when they hold something: not in the guide; AWS's own
  Powertools schemas (`APIGatewayProxyEventV2`) have them optional and not null.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import urlencode

from aws_lambda_powertools.utilities.typing import LambdaContext

LambdaEvent: TypeAlias = dict[str, Any]
Fields: TypeAlias = Mapping[str, str | Sequence[str]]
"""Headers or query parameters as the client sent them; a list where a name came repeatedly."""

ACCOUNT = "123456789012"
API_ID = "a1b2c3d4e5"
HOST = f"{API_ID}.execute-api.eu-central-1.amazonaws.com"
SOURCE_IP = "192.0.2.10"
USER_AGENT = "ExamplePlatform/1.0"
RECEIVED_AT = datetime(2026, 3, 9, 12, 0, 0, 250_000, tzinfo=UTC)
JSON_HEADERS: Fields = MappingProxyType({"Content-Type": "application/json"})
NOTHING: Fields = MappingProxyType({})

_PLACEHOLDER = re.compile(r"\{(\w+)\+?\}")
_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})


def http_api_event(
    method: str,
    route: str,
    path_parameters: Mapping[str, str],
    body: bytes,
    *,
    headers: Fields = JSON_HEADERS,
    query: Fields = NOTHING,
    base64: bool | None = None,
    path: str | None = None,
) -> LambdaEvent:
    """Build an HTTP API's event, payload format 2.0.

    Args:
        method: The client's method, also where the route says ANY.
        route: The route key: `ANY /centry/{store}/{token}` or `$default`.
        path_parameters: Values after percent-decoding: that is what AWS passes on.
        body: The bytes on the wire.
        headers: All that the client sent beyond host and user agent; the default is JSON.
        query: Query parameters, decoded.
        base64: Overrules what the content type decides (see `is_binary_for_http_api`).
        path: The decoded path where it is not the route's with the parameters in place.
    """
    call = _Call(method, path or _fill(route, path_parameters), _sent(headers, body))
    joined = {name.lower(): ",".join(values) for name, values in call.headers.items()}
    cookies = joined.pop("cookie", "")
    binary = is_binary_for_http_api(joined.get("content-type")) if base64 is None else base64
    event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": call.path,
        "rawQueryString": urlencode(query, doseq=True),
        "headers": joined,
        "requestContext": _http_api_context(call, route, joined),
        "isBase64Encoded": binary and bool(body),
    }
    only_if_any = {
        "cookies": [cookie.strip() for cookie in re.split("[;,]", cookies) if cookie.strip()],
        "queryStringParameters": {name: ",".join(_values(query[name])) for name in query},
        "pathParameters": dict(path_parameters),
        "body": _as_text(body, binary=binary),
    }
    return event | {name: value for name, value in only_if_any.items() if value}


def rest_api_event(
    method: str,
    route: str,
    path_parameters: Mapping[str, str],
    body: bytes,
    *,
    headers: Fields = JSON_HEADERS,
    query: Fields = NOTHING,
    base64: bool = False,
    path: str | None = None,
) -> LambdaEvent:
    """Build a REST API's event, payload format 1.0; arguments as for `http_api_event`.

    A REST API without `binaryMediaTypes` passes every body as text, hence the default of
    `base64`. Header names keep the client's spelling; of repeated ones `headers` has the last.
    """
    call = _Call(method, path or _fill(route, path_parameters), _sent(headers, body))
    multi_query = {name: _values(query[name]) for name in query}
    return {
        "resource": route.rpartition(" ")[2],
        "path": call.path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in call.headers.items()},
        "multiValueHeaders": call.headers,
        "queryStringParameters": {name: v[-1] for name, v in multi_query.items()} or None,
        "multiValueQueryStringParameters": multi_query or None,
        "pathParameters": dict(path_parameters) or None,
        "stageVariables": None,
        "requestContext": _rest_api_context(call, route),
        "body": _as_text(body, binary=base64) or None,
        "isBase64Encoded": base64 and bool(body),
    }


def is_binary_for_http_api(content_type: str | None) -> bool:
    """Whether an HTTP API sends a body of this type base64-encoded.

    The guide says "binary" without a list. Measured against AWS by the author of ministack's
    pull request 766 (github.com/ministackorg/ministack): text is `text/*` and the three types
    above, with any parameters. All else is binary: forms too, and bodies without a type.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return not (media_type.startswith("text/") or media_type in _TEXT_TYPES)


def lambda_context(*, remaining_ms: int = 11_000) -> LambdaContext:
    """The second argument of a handler, as Lambda would fill it for a function of ours."""
    return _Context(remaining_ms)


class _Context(LambdaContext):
    def __init__(self, remaining_ms: int) -> None:
        name = "commerce-hooks-test"
        self._function_name = name
        self._function_version = "$LATEST"
        self._invoked_function_arn = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:{name}"
        self._memory_limit_in_mb = 512
        self._aws_request_id = "7d1f0c62-0000-4000-8000-000000000001"
        self._log_group_name = f"/aws/lambda/{name}"
        self._log_stream_name = "2026/03/09/[$LATEST]00000000000000000000000000000001"
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]
        return self._remaining_ms


@dataclass(frozen=True, slots=True)
class _Call:
    """What both formats tell of a request."""

    method: str
    path: str
    headers: dict[str, list[str]]


def _fill(route: str, path_parameters: Mapping[str, str]) -> str:
    template = route.partition(" ")[2] or "/"
    return _PLACEHOLDER.sub(lambda placeholder: path_parameters[placeholder[1]], template)


def _sent(headers: Fields, body: bytes) -> dict[str, list[str]]:
    """What arrives: the client's headers, those every client sends, and those AWS adds."""
    sent = {
        "Host": [HOST],
        "User-Agent": [USER_AGENT],
        "X-Amzn-Trace-Id": ["Root=1-69aeb5c0-0123456789abcdef01234567"],
        "X-Forwarded-For": [SOURCE_IP],
        "X-Forwarded-Port": ["443"],
        "X-Forwarded-Proto": ["https"],
    } | ({"Content-Length": [str(len(body))]} if body else {})
    spelt: dict[str, list[str]] = {}
    for name in headers:
        _entry(spelt, name).extend(_values(headers[name]))
    overruled = {name.lower() for name in spelt}
    return {name: sent[name] for name in sent if name.lower() not in overruled} | spelt


def _entry(headers: dict[str, list[str]], name: str) -> list[str]:
    """The values of a header whatever its spelling; the first spelling stays."""
    known = next((other for other in headers if other.lower() == name.lower()), name)
    return headers.setdefault(known, [])


def _values(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _as_text(body: bytes, *, binary: bool) -> str:
    # What AWS makes of a text body that is not UTF-8 is documented nowhere; the emulator
    # replaces, and so do we. Such bytes arrive unharmed only base64-encoded.
    return b64encode(body).decode() if binary else body.decode(errors="replace")


def _http_api_context(call: _Call, route: str, headers: Mapping[str, str]) -> LambdaEvent:
    return {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": headers["host"],
        "domainPrefix": headers["host"].partition(".")[0],
        "http": {
            "method": call.method,
            "path": call.path,
            "protocol": "HTTP/1.1",
            "sourceIp": SOURCE_IP,
            "userAgent": headers["user-agent"],
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": route,
        "stage": "$default",
        "time": RECEIVED_AT.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": _epoch_ms(),
    }


def _rest_api_context(call: _Call, route: str) -> LambdaEvent:
    host = _entry(call.headers, "Host")[-1]
    return {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "deploymentId": "d3p10y",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": call.method,
        "identity": _rest_api_identity(_entry(call.headers, "User-Agent")[-1]),
        "path": f"/prod{call.path}",
        "protocol": "HTTP/1.1",
        "requestId": "7d1f0c62-0000-4000-8000-000000000002",
        "requestTime": RECEIVED_AT.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": _epoch_ms(),
        "resourceId": "r3s0rc",
        "resourcePath": route.rpartition(" ")[2],
        "stage": "prod",
    }


def _rest_api_identity(user_agent: str) -> LambdaEvent:
    nobody = (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
    return dict.fromkeys(nobody) | {"sourceIp": SOURCE_IP, "userAgent": user_agent}


def _epoch_ms() -> int:
    return int(RECEIVED_AT.timestamp() * 1000)
