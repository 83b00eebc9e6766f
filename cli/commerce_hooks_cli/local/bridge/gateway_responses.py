"""What an API itself answers where AWS's would: a REST API in the template's words."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

_TOO_LARGE = 413
_BAD_GATEWAY = 502
_HTTP_APIS_TOO_LARGE = b'{"message":"Request Entity Too Large"}'

# `<api id>/<stage>` of the REST API that is being called.
address: ContextVar[str] = ContextVar("address")


def too_large(api: str) -> tuple[int, bytes]:
    """Status and JSON for a request over the quota, which the emulator has none for.

    `api` is `<api id>/<stage>`.
    """
    from ministack.services import apigateway_v1

    if apigateway_v1.find_api_scope(api.partition("/")[0]) is None:
        return _TOO_LARGE, _HTTP_APIS_TOO_LARGE
    return _TOO_LARGE, _gateway_response(api, "REQUEST_TOO_LARGE", "Request Too Long")


def answer_failures() -> None:
    """A function that fails is no reason to show its stack trace, as the emulator does."""
    from ministack.services import apigateway_v1

    respond = apigateway_v1._lambda_proxy_response  # noqa: SLF001 - there is no public way

    def as_on_aws(result: Any) -> tuple[dict[str, Any] | None, str | None]:
        response, error = respond(result)
        if error is None:
            return response, None
        body = _gateway_response(address.get(), "DEFAULT_5XX", "Internal server error")
        return {"statusCode": _BAD_GATEWAY, "body": body.decode()}, None

    apigateway_v1._lambda_proxy_response = as_on_aws  # noqa: SLF001 - the same


def _gateway_response(api: str, kind: str, message: str) -> bytes:
    from ministack.core.responses import request_scope
    from ministack.services import apigateway_v1

    api_id, _, stage = api.partition("/")
    request = {
        "api_id": api_id,
        "stage_name": stage,
        "stage": apigateway_v1.stages_for_api(api_id)[stage],
        "headers": {},
        "query_params": {},
        "path_params": {},
        "resource_path": "",
        "request_id": "",
    }
    error = apigateway_v1._GatewayError(kind, message)  # noqa: SLF001 - there is no public way
    with request_scope(*apigateway_v1.find_api_scope(api_id)):
        _, _, body = apigateway_v1._gateway_error_response(error, request)  # noqa: SLF001 - the same
    return bytes(body)
