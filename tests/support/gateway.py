"""The HTTP API in memory: a request as it goes over the wire to the event that a function gets."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from support.api_gateway import LambdaEvent, http_api_event, is_binary_for_http_api
from support.probes.probe import Request


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the template, such as `ANY /centry/{store}/{token}`."""

    key: str

    def parameters(self, path: str) -> dict[str, str] | None:
        """The path's parameters, decoded once; None if it is another route's."""
        names, parts = self.key.partition(" ")[2].split("/"), path.split("/")
        if len(names) != len(parts):
            return None
        pairs = [(name, part) for name, part in zip(names, parts, strict=True) if name != part]
        if not all(name.startswith("{") and part for name, part in pairs):
            return None
        return {name[1:-1]: unquote(part) for name, part in pairs}


def event_of(request: Request, routes: Iterable[str]) -> LambdaEvent | None:
    """The event of the route that takes the request; None if only the default route does."""
    for route in map(Route, routes):
        parameters = route.parameters(request.path)
        if parameters is not None:
            return _event(request, route.key, parameters)
    return None


def _event(request: Request, route: str, parameters: dict[str, str]) -> LambdaEvent:
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    return http_api_event(
        request.method,
        route,
        parameters,
        request.body,
        headers=headers,
        query=parse_qs(request.query, keep_blank_values=True),
        # What becomes of text that is not UTF-8 is documented nowhere, so it is not relied upon.
        base64=is_binary_for_http_api(request.content_type) or not is_utf8(request.body),
    )


def is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
