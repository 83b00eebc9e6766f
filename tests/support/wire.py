"""The SDK's wire: a service in memory behind the SDK's own client.

The client builds and parses as it always does; only where it would send a request (botocore's
event `before-send`), the service answers. It doesn't sign, for nobody here could tell. Nothing
listens, so a call takes less than a millisecond, and a plan decides what goes wrong with it.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from threading import RLock
from typing import Any, Protocol

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.handlers import disable_signing
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as BodyTimeoutError

from commerce_hooks.aws import SDK_CONFIG
from support.faults import (
    Crash,
    CrashError,
    Effect,
    Fault,
    Fewer,
    Hung,
    Partly,
    Plan,
    Raised,
    Refused,
    Reset,
    Slow,
    TimedOut,
)

REGION = "eu-central-1"
ACCOUNT = "123456789012"
STARTED_AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
"""The date when a clock shows 0."""
# One session for all tests: it caches the services' models, which take longer than any test.
SESSION = boto3.Session("testing", "testing", region_name=REGION)
# Otherwise it composes one of a dozen parts, twice a call: a tenth of what a call takes.
_CONFIG = SDK_CONFIG.merge(Config(user_agent="tests"))
# The stubs want headers as http.client has them; any mapping will do.
_RESPONSE: Callable[..., AWSResponse] = AWSResponse


class NotModelledError(BaseException):
    """A fake was asked for what it doesn't model, or is itself at fault.

    No `Exception`: code under test must not take it for a failing service.
    """


class RefusedError(Exception):
    """The service answers with an error."""

    def __init__(self, code: str, message: str = "refused", status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


class Clock(Protocol):
    """Time that passes only when told, so that nothing waits."""

    def __call__(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Standstill:
    """A clock for those to whom time doesn't matter."""

    def __call__(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        pass


@dataclass(frozen=True)
class Call:
    """What came over the wire.

    Args:
        failing: The plan's codes for entries at these positions.
        most: The plan's limit on how many the answer holds.
    """

    operation: str
    url: str
    headers: Mapping[str, Any]
    body: bytes
    failing: Mapping[int, str] = field(default_factory=dict)
    most: int | None = None

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The members of a request whose body is JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def known(self, *names: str) -> dict[str, Any]:
        """The same, of which the fake knows these.

        Raises:
            NotModelledError: There are others.
        """
        if strangers := set(self.parameters) - set(names):
            raise NotModelledError(f"{self.operation}: {', '.join(sorted(strangers))}")
        return self.parameters

    def header(self, name: str) -> str | None:
        value: str | bytes | None = self.headers.get(name)
        text = value.decode() if isinstance(value, bytes) else value
        # Space around a value is no part of it (RFC 9110, "Field Values").
        return text and text.strip(" \t")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Act = Callable[[Call], Reply]
RefusalForm = Callable[[RefusedError], Reply]


def json_reply(content: Mapping[str, Any]) -> Reply:
    return Reply(body=json.dumps(content).encode())


def json_refusal(refusal: RefusedError) -> Reply:
    """An error as AWS's JSON protocols have it."""
    body = {"__type": refusal.code, "message": refusal.message}
    return Reply(refusal.status, json.dumps(body).encode())


class Wire:
    """One service's end: asks the plan, lets the service act, answers or breaks.

    Args:
        service: The SDK's name of it.
        operations: What it does, by the API's name.
        refusal: How it writes errors.
        streams: Operations whose answer is read after the call has returned.
        seen: Is told of every call, before anything becomes of it.
    """

    def __init__(
        self,
        service: str,
        operations: Mapping[str, Act],
        plan: Plan,
        clock: Clock,
        *,
        refusal: RefusalForm = json_refusal,
        streams: frozenset[str] = frozenset(),
        seen: Callable[[Call], None] = lambda _: None,
    ) -> None:
        self.service = service
        self.plan = plan
        self.clock = clock
        self.counts: Counter[str] = Counter()
        self._operations = operations
        self._refusal = refusal
        self._streams = streams
        self._seen = seen
        self._late: list[Call] = []
        self._lock = RLock()

    @cached_property
    def client(self) -> Any:
        """The SDK's client, at the end of this wire."""
        return _Client(self)

    def land(self) -> None:
        """Let what is still under way take effect."""
        with self._lock:
            late, self._late = self._late, []
            for call in late:
                self._act(call)

    def answer(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        """What the client is answered.

        Raises:
            Exception: Whatever the HTTP client would raise, where the plan breaks the connection.
        """
        operation = event_name.rpartition(".")[2]
        if operation not in self._operations:
            raise NotModelledError(f"{self.service}.{operation}")
        headers: Any = request.headers
        call = Call(operation, request.url, headers, _content(request.body))
        with self._lock:
            self.land()
            self.counts[operation] += 1
            self._seen(call)
            return self._struck(call, self.plan.next(self.service, operation))

    def _struck(self, call: Call, fault: Fault | None) -> AWSResponse:
        match fault:
            case None:
                return _response(call, self._act(call))
            case Raised(error):
                raise error
            case Partly(codes):
                return _response(call, self._act(replace(call, failing=codes)))
            case Fewer(most):
                return _response(call, self._act(replace(call, most=most)))
            case Slow(seconds):
                self.clock.sleep(seconds)
                return _response(call, self._act(call))
            case Refused(code, status, effect):
                self._take_effect(call, effect)
                return _response(call, self._refusal(RefusedError(code, status=status)))
            case Crash(effect):
                self._take_effect(call, effect)
                raise CrashError
            case _:
                return self._broken(call, fault)

    def _broken(self, call: Call, fault: TimedOut | Hung | Reset) -> AWSResponse:
        """The connection fails; with the effect done, in the middle of an answer that streams."""
        begun = self._take_effect(call, fault.effect)
        if not isinstance(fault, Reset):
            self.clock.sleep(fault.seconds)
        in_body, in_call = _errors(fault, call.url)
        if begun is None or begun.status != 200 or call.operation not in self._streams:
            raise in_call
        return _RESPONSE(call.url, begun.status, begun.headers, _Broken(in_body))

    def _take_effect(self, call: Call, effect: Effect) -> Reply | None:
        if effect is Effect.LATE:
            self._late.append(call)
        return self._act(call) if effect is Effect.DONE else None

    def _act(self, call: Call) -> Reply:
        try:
            return self._operations[call.operation](call)
        except RefusedError as refusal:
            return self._refusal(refusal)
        except HTTPClientError:  # nothing that the HTTP client would have sent
            raise
        except Exception as error:
            raise NotModelledError(f"{self.service}.{call.operation}: {error!r}") from error


class _Client:
    """The SDK's client of a service, whose calls come to this wire: all wires share one."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        found = getattr(_sdk_client(self._wire.service), name)
        return partial(self._call, found) if callable(found) else found

    def get_paginator(self, operation: str) -> Any:
        """One that calls from here, page by page."""
        return type(_sdk_client(self._wire.service)).get_paginator(self, operation)

    def _call(self, method: Callable[..., Any], *arguments: Any, **parameters: Any) -> Any:
        token = _AT.set(self._wire)
        try:
            return method(*arguments, **parameters)
        finally:
            _AT.reset(token)


_AT: ContextVar[Wire] = ContextVar("the wire of the call that this thread makes")


@cache
def _sdk_client(service: str) -> Any:
    """One for all wires: making one takes longer than most tests."""
    # The stubs know every service by a signature of its own.
    session: Any = SESSION
    client = session.client(service, config=_CONFIG)
    events = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first("choose-signer", disable_signing)
    client.meta.events.register(f"before-send.{events}", _at_the_wire)
    return client


def _at_the_wire(**request: Any) -> AWSResponse:
    return _AT.get().answer(**request)


def _errors(fault: TimedOut | Hung | Reset, url: str) -> tuple[Exception, Exception]:
    """What breaks off the reading of a body, and what a call itself."""
    if isinstance(fault, Reset):
        return ProtocolError("Connection broken"), ConnectionClosedError(endpoint_url=url)
    if isinstance(fault, Hung):
        return TimeoutError(), TimeoutError()
    # urllib3 wants a pool, and botocore only the address.
    in_body = BodyTimeoutError(None, url, "Read timed out.")  # type: ignore[arg-type]
    return in_body, ReadTimeoutError(endpoint_url=url)


class _Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class _Broken(_Raw):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - as files have it
        raise self._error


def _response(call: Call, reply: Reply) -> AWSResponse:
    body = b"" if call.operation.startswith("Head") else reply.body
    return _RESPONSE(call.url, reply.status, reply.headers, _Raw(body))


def _content(body: Any) -> bytes:
    """A request's body, which may be a file, such as the one that adds chunks and a checksum."""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    return b"" if body is None else bytes(body.read())
