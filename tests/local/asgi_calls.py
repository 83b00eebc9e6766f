"""Calls of ASGI applications without a server or an event loop."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from commerce_hooks_cli.local.asgi import Application, Message, Receive, Scope, Send


@dataclass
class Recorder:
    """An application that answers 200 and remembers what reached it."""

    scopes: list[Scope] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] != "http":
            return
        self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@dataclass(frozen=True)
class Call:
    """One HTTP request on its way into an application."""

    path: str = "/"
    method: str = "GET"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    port: int = 4000

    def scope(self) -> Scope:
        return {
            "type": "http",
            "method": self.method,
            "path": unquote(self.path),
            "raw_path": self.path.encode(),
            "query_string": self.query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in self.headers],
            "server": ("127.0.0.1", self.port),
        }


@dataclass(frozen=True)
class Result:
    status: int
    content: Any


def headers_of(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(mapping.items())


def call(application: Application, request: Call) -> Result:
    sent: list[Message] = []
    finish(application(request.scope(), _receiving(request.body), _into(sent)))
    return Result(sent[0]["status"], json.loads(sent[1]["body"]))


def finish(awaitable: Awaitable[None]) -> None:
    """Run what never has to wait."""
    for _ in awaitable.__await__():
        raise AssertionError("it waits")


def _receiving(body: bytes) -> Receive:
    # In two pieces, as a server may deliver it.
    messages = [
        {"type": "http.request", "body": body[1:], "more_body": False},
        {"type": "http.request", "body": body[:1], "more_body": True},
    ]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _into(sent: list[Message]) -> Send:
    async def send(message: Message) -> None:
        sent.append(message)

    return send
