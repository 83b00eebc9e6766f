"""Keeps web pages, other programs and other users away from the emulator.

The emulator creates and runs functions for whoever reaches its control endpoint, so without
this it would run code as the user for any page in their browser. Three rules:

- Both listeners take requests only under their own name and never from a web page: a foreign
  Host, an Origin, or a browser's word that the request comes from another site is refused.
- The control endpoint takes only requests with a good signature, by the operator's key of
  this run or by a session of a function's role. ministack itself lets the well-known keys in
  and doesn't check the operator's signature, so the check happens here, for both kinds. What is
  signed in the query (presigned URLs) is refused: nothing here needs it. What fails on purpose
  (faults.py) is told to the operator alone, and switched by nobody else.
- The front door takes no AWS credentials at all, because ministack would act on them.

The functions' runtime API isn't ASGI, so the bridge puts the first rule to it, and one more: it
takes connections of the user's own programs only. Only Linux tells whose they are; but AWS's
runtime client is for Linux alone, and without it there is no runtime API.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from commerce_hooks_cli.local.asgi import (
    Application,
    Receive,
    Scope,
    Send,
    answer,
    header_values,
    read_body,
    replay,
)
from commerce_hooks_cli.local.faults import FAULTS_PATH
from commerce_hooks_cli.local.liveness import IDENTITY_PATH
from commerce_hooks_cli.local.signatures import Credential, ReceivedRequest, flaw

if TYPE_CHECKING:
    from collections.abc import Callable

# Code and templates are far smaller; this only bounds what an unsigned body can take up.
LARGEST_CONTROL_BODY = 64 * 1024 * 1024
HEALTH_PATH = "/_ministack/health"
# The emulator's own endpoints and its other ways to an API: no path of AWS's begins like that.
_NOT_AWS = "/_"
_FOREIGN_SITES = {"cross-site", "same-site"}
_CONNECTIONS = Path("/proc/net/tcp")
_ESTABLISHED = "01"
_CREDENTIALS_IN_QUERY = {"x-amz-credential", "x-amz-security-token", "awsaccesskeyid"}


@dataclass(frozen=True)
class Guard:
    """The only ASGI application that both listeners serve."""

    control_port: int
    front_port: int
    identity: str
    control: Application
    front: Application
    credential_of: Callable[[str], Credential | None]
    switch: Application
    operator_of: Callable[[str], Credential | None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.control(scope, receive, send)
        elif scope["type"] != "http":
            await _refuse_websocket(receive, send)
        elif (reason := _stranger(scope)) is not None:
            await _refuse(send, reason)
        elif names_credentials(scope):
            await _refuse(send, "its query names AWS credentials")
        elif scope["server"][1] == self.control_port:
            await self._pass_to_control(scope, receive, send)
        elif any(v.startswith("AWS") for v in header_values(scope, b"authorization")):
            await _refuse(send, "the front door takes no AWS credentials")
        else:
            await self.front(scope, receive, send)

    async def _pass_to_control(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = (scope["method"], scope["path"])
        if asked == ("GET", IDENTITY_PATH):
            await answer(send, 200, {"identity": self.identity})
        elif asked == ("GET", HEALTH_PATH):
            await self.control(scope, receive, send)
        elif scope["path"] == FAULTS_PATH:
            await self._pass_signed(scope, receive, send, self.switch, self.operator_of)
        elif not scope["path"].startswith("/") or scope["path"].startswith(_NOT_AWS):
            await _refuse(send, "this endpoint speaks AWS's API only")
        else:
            await self._pass_signed(scope, receive, send, self.control, self.credential_of)

    async def _pass_signed(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        to: Application,
        credential_of: Callable[[str], Credential | None],
    ) -> None:
        body = await read_body(receive, LARGEST_CONTROL_BODY)
        if body is None:
            await _refuse(send, "its body is too large")
        elif (reason := flaw(_received(scope, body), credential_of, self.now())) is not None:
            await _refuse(send, reason)
        else:
            await to(scope, replay(body, receive), send)


def stranger(port: int, values_of: Callable[[str], list[str]]) -> str | None:
    """Why the request can't come from a program that means this listener; None if it can.

    `values_of` gives all values of a header.
    """
    hosts = values_of("host")
    if len(hosts) != 1 or hosts[0].lower() not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        return "its Host is not this listener"
    if values_of("origin"):
        return "it comes from a web page"
    if _FOREIGN_SITES.intersection(values_of("sec-fetch-site")):
        return "it comes from another site"
    return None


def _stranger(scope: Scope) -> str | None:
    return stranger(scope["server"][1], lambda name: header_values(scope, name.encode()))


def of_another_user(
    client: tuple[str, int], server: tuple[str, int], connections: Path = _CONNECTIONS
) -> bool:
    """Whether the client's end of the connection isn't known to be of this process's user.

    An end that was closed already has no owner, which would look like root's.
    """
    if not connections.exists():
        return False
    own_end = [_as_listed(client), _as_listed(server), _ESTABLISHED]
    rows = (line.split() for line in connections.read_text().splitlines()[1:])
    return not any(row[1:4] == own_end and row[7] == str(os.geteuid()) for row in rows)


def _as_listed(address: tuple[str, int]) -> str:
    host, port = address
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"


def names_credentials(scope: Scope) -> bool:
    """Whether the query does. ministack might believe it rather than the header."""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return any(name.lower() in _CREDENTIALS_IN_QUERY for name, _ in query)


def _received(scope: Scope, body: bytes) -> ReceivedRequest:
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    headers = ((k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in scope["headers"])
    return ReceivedRequest(scope["method"], target.decode("latin-1"), tuple(headers), body)


async def _refuse(send: Send, reason: str) -> None:
    message = f"The local stack refused this request: {reason}."
    await answer(send, 403, {"error": "forbidden", "message": message})


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})
