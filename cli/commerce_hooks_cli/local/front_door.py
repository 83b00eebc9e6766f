"""The front door: the deployed APIs at one address, and nothing else.

As behind a custom domain on AWS: the HTTP API at the root, the REST API under the name of its
stage, which is also where it is at its own address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_hooks_cli.local.asgi import answer, answer_with, discard_body, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_hooks_cli.local.asgi import Application, Message, Receive, Scope, Send

# API Gateway's quota for a request to either kind of API; the emulator has none.
LARGEST_BODY = 10 * 1024 * 1024
_NOT_AN_APIS = "/@connections/"


@dataclass
class FrontDoor:
    """Hands requests to the deployed APIs; says 503 until there are some."""

    emulator: Application
    # Status and JSON of an API's answer to a request over the quota.
    too_large: Callable[[str], tuple[int, bytes]]
    apis: Mapping[str, str] = field(default_factory=dict)

    def open(self, apis: Mapping[str, str]) -> None:
        """Serve these: `<api id>/<stage>` by path, the empty one for what is left."""
        self.apis = apis

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.apis:
            await answer(send, 503, {"error": "unavailable", "message": "Not deployed yet."})
        elif not scope["path"].startswith("/"):
            await answer(send, 400, {"message": "Bad Request"})
        elif (body := await _read_within_quota(receive)) is None:
            await answer_with(send, *self.too_large(self.apis[self._place(scope)]))
        else:
            await self.emulator(self._addressed(scope), replay(body, receive), send)

    def _addressed(self, scope: Scope) -> Scope:
        """The same request under the address at which the emulator serves its API.

        A fixed prefix, so that no path of a stranger can name anything else of the emulator.
        The HTTP API decodes the path, the REST API passes it on as it was sent.
        """
        raw_path: str = scope["raw_path"].decode("latin-1")
        place = self._place(scope)
        prefix = f"/_aws/execute-api/{self.apis[place]}"
        path = raw_path.removeprefix(place) if place else scope["path"]
        # Another slash, or the emulator would take it for what manages WebSockets.
        more = "/" if path.startswith(_NOT_AN_APIS) else ""
        return {
            **scope,
            "path": f"{prefix}{more}{path}",
            "raw_path": (prefix + raw_path.removeprefix(place)).encode("latin-1"),
        }

    def _place(self, scope: Scope) -> str:
        """The path that leads to the request's API: that of the REST API, or the root."""
        raw_path = scope["raw_path"].decode("latin-1")
        named = (place for place in self.apis if place and f"{raw_path}/".startswith(f"{place}/"))
        return next(named, "")


async def _read_within_quota(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large or the client left.

    Counted as it comes, because a body in chunks doesn't state its length.
    """
    body = bytearray()
    message: Message = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            if message.get("more_body"):
                await discard_body(receive)
            return None
    return bytes(body) if message["type"] == "http.request" else None
