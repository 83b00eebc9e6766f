"""The front door: the HTTP API at the root of its own address, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks_cli.local.asgi import answer, discard_body, replay

if TYPE_CHECKING:
    from commerce_hooks_cli.local.asgi import Application, Message, Receive, Scope, Send

# API Gateway's quota for a request; the emulator has none.
LARGEST_BODY = 10 * 1024 * 1024


@dataclass
class FrontDoor:
    """Hands requests to the deployed API; says 503 until there is one."""

    emulator: Application
    api_id: str | None = None
    stage: str = "$default"

    def open(self, api_id: str, stage: str) -> None:
        self.api_id, self.stage = api_id, stage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.api_id is None:
            await answer(send, 503, {"error": "unavailable", "message": "Not deployed yet."})
        elif not scope["path"].startswith("/"):
            await answer(send, 400, {"message": "Bad Request"})
        elif (body := await _read_within_quota(receive)) is None:
            await answer(send, 413, {"message": "Request Entity Too Large"})
        else:
            await self.emulator(self._addressed(scope), replay(body, receive), send)

    def _addressed(self, scope: Scope) -> Scope:
        """The same request under the address at which the emulator serves the API.

        A fixed prefix, so that no path of a stranger can name anything else of the emulator.
        """
        prefix = f"/_aws/execute-api/{self.api_id}/{self.stage}"
        return {
            **scope,
            "path": prefix + scope["path"],
            "raw_path": prefix.encode() + scope["raw_path"],
        }


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
