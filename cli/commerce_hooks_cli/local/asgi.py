"""The few words of ASGI that the guard and the front door speak."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def header_values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header; a request may repeat it."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None where it is larger than the limit or the client left."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def discard_body(receive: Receive) -> None:
    """Take the body, because a client that still sends can't hear why it shouldn't."""
    while (await receive()).get("more_body"):
        pass


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that was read already, then whatever comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again


async def answer(send: Send, status: int, content: object) -> None:
    """Send a JSON answer."""
    await answer_with(send, status, json.dumps(content).encode())


async def answer_with(send: Send, status: int, body: bytes) -> None:
    """Send an answer that is JSON already."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
