"""Between guard and emulator: calls of what is to fail don't get through.

What the emulator does by itself, such as delivering events and messages, doesn't come this way
and goes on.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.asgi import answer, answer_with, discard_body, read_body, replay
from commerce_hooks_cli.local.fault_words import refusal, service_of
from commerce_hooks_cli.local.faults import HANG_SECONDS, Fault, Kind, Service, possible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks_cli.local.asgi import Application, Message, Receive, Scope, Send


# PutEvents takes 1 MB; this leaves room for how it is written.
_LARGEST_CALL = 8 * 1024 * 1024
_LARGEST_ORDER = 1024
# A code that may pass (PutEvents, API reference).
_FAILED_ENTRY = {"ErrorCode": "InternalFailure", "ErrorMessage": "Made to fail: bus partial"}
_GOOD = 200


@dataclass
class FaultLayer:
    """The emulator, of which services can be made to fail; to begin with none does."""

    emulator: Application
    hang_seconds: float = HANG_SECONDS
    _kinds: Mapping[Service, Kind] = field(default_factory=dict)
    _calls: Counter[Service] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = service_of(scope) if self._kinds and scope["type"] == "http" else None
        if service is None or service not in self._kinds:
            await self.emulator(scope, receive, send)
            return
        self._calls[service] += 1
        match self._kinds[service]:
            case Kind.HANG:
                await self._hang(service, receive, send)
            case Kind.PARTIAL:
                await self._let_half_through(scope, receive, send)
            case kind:
                await discard_body(receive)
                await answer_with(send, *refusal(service, kind))

    async def switch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what fails; before that, with PUT, make so what the body says, and all of it."""
        if scope["method"] == "PUT":
            kinds = _ordered(await read_body(receive, _LARGEST_ORDER))
            if kinds is None:
                await answer(send, 400, {"error": "invalid"})
                return
            self._kinds, self._calls = kinds, Counter()
        faults = {name: Fault(kind, self._calls[name]) for name, kind in self._kinds.items()}
        await answer(send, _GOOD, {name: asdict(fault) for name, fault in faults.items()})

    async def _hang(self, service: Service, receive: Receive, send: Send) -> None:
        try:
            await asyncio.wait_for(_until_left(receive), self.hang_seconds)
        except TimeoutError:
            await answer_with(send, *refusal(service, Kind.ERROR))

    async def _let_half_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, _LARGEST_CALL) or b""
        call = _call(body)
        if call is None:
            await self.emulator(scope, replay(body, receive), send)
            return
        told = [_FAILED_ENTRY for _ in call["Entries"]]
        if rest := call["Entries"][1::2]:
            status, answered = await self._pass_on(scope, {**call, "Entries": rest}, receive)
            if status != _GOOD:
                await answer_with(send, status, answered)
                return
            told[1::2] = json.loads(answered)["Entries"]
        failed = sum("ErrorCode" in entry for entry in told)
        await answer(send, _GOOD, {"FailedEntryCount": failed, "Entries": told})

    async def _pass_on(self, scope: Scope, call: object, receive: Receive) -> tuple[int, bytes]:
        """Make another call in the place of this one; status and body of its answer."""
        body = json.dumps(call).encode()
        headers = [line for line in scope["headers"] if line[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self.emulator({**scope, "headers": headers}, replay(body, receive), keep)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def _ordered(body: bytes | None) -> dict[Service, Kind] | None:
    """What shall fail, and how; None where that is not understood."""
    try:
        kinds = {Service(name): Kind(kind) for name, kind in json.loads(body or b"").items()}
    except (ValueError, TypeError, AttributeError):
        return None
    return kinds if all(possible(*one) for one in kinds.items()) else None


def _call(body: bytes) -> dict[str, Any] | None:
    """A call with entries; anything else is for the emulator to refuse."""
    try:
        call = json.loads(body)
    except ValueError:
        return None
    return call if isinstance(call, dict) and isinstance(call.get("Entries"), list) else None


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
