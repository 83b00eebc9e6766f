"""What a function gets of a request to a REST API, as AWS would give it.

How that looks was recorded on AWS by others: github.com/hotsock/voker,
vokerhttp/testdata/apigwv1-request.json, July 2026. The path's part in it is the front door's.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.bridge.gateway_responses import address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from commerce_hooks_cli.local.asgi import Application, Receive, Scope, Send

    Event = dict[str, Any]
    Lines = Iterable[tuple[bytes, bytes]]

# API Gateway developer guide, "Content type conversions in API Gateway".
_DEFAULT_TYPE = "application/json"
_lines: ContextVar[Lines] = ContextVar("the header lines of the request under way", default=())


def remembering_headers(emulator: Application) -> Application:
    """Keep a request's header lines, because the emulator joins those of one name."""

    async def with_memory(scope: Scope, receive: Receive, send: Send) -> None:
        _lines.set(scope.get("headers", ()))
        await emulator(scope, receive, send)

    return with_memory


def correct_events() -> None:
    """Let functions get what AWS would give them."""
    from ministack.services import apigateway_v1

    build = apigateway_v1._build_lambda_event_v1  # noqa: SLF001 - there is no public way
    is_one_of = apigateway_v1._media_type_matches  # noqa: SLF001 - the same

    def as_on_aws(*args: Any, **kwargs: Any) -> Event:
        event = corrected(build(*args, **kwargs), _lines.get())
        address.set("{apiId}/{stage}".format_map(event["requestContext"]))
        return event

    def with_default(media_type: str | None, binary_media_types: list[str]) -> bool:
        matches: bool = is_one_of(media_type or _DEFAULT_TYPE, binary_media_types)
        return matches

    apigateway_v1._build_lambda_event_v1 = as_on_aws  # noqa: SLF001 - the same
    apigateway_v1._media_type_matches = with_default  # noqa: SLF001 - the same


def corrected(event: Event, lines: Lines) -> Event:
    """The event without a version; of what was repeated all values, or the last alone."""
    headers: dict[str, list[str]] = {}
    for name, value in lines:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    query = event["multiValueQueryStringParameters"] or {}
    return {
        **{name: value for name, value in event.items() if name != "version"},
        "headers": _last(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": _last(query) or None,
    }


def _last(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: all_of_it[-1] for name, all_of_it in values.items()}
