"""Cenit's function with everything around it in memory, and genuine or forged calls to it.

Signatures are made here anew, from what the interface promises, and not with the code under
test.
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import quote

from cenit.entrypoint import callback_id_of, handler_of
from cenit.responding import Responder, Surroundings
from cenit.services import PLATFORM
from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.delivery import Delivery
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.observing import Observer
from commerce_hooks.outbox import Outbox
from commerce_hooks.publishing import Publisher
from commerce_hooks.wiring import LambdaHandler
from support.api_gateway import (
    JSON_HEADERS,
    NOTHING,
    Fields,
    LambdaEvent,
    lambda_context,
    rest_api_event,
)
from support.receiving import (
    KEY_1,
    METER,
    RECEIVED_AT,
    RING,
    STORE,
    Answered,
    FakeClock,
    MemoryBucket,
    MemoryKeyRings,
    MemoryOutboxQueue,
)
from support.samples import CALLS, EVENTS
from support.strict_eventbridge import BUS_ARN, StrictEventBridge

TIMESTAMP = int(RECEIVED_AT.timestamp())
COMMANDS = tuple(PLATFORM.topics)
FOLDER = EVENTS / CALLS


@dataclass
class AnswerBucket(MemoryBucket):
    """A payload bucket that can be read; `blind` fails reads only, as without the right to."""

    blind: bool = False
    reads: list[str] = field(default_factory=list)

    def get(self, key: str, seconds: float = 1.0) -> tuple[bytes, dict[str, str]] | None:
        self.reads.append(key)
        if self.failing or self.blind or seconds <= 0:
            raise UnavailableError("bucket", "AccessDenied", may_pass=False)
        return (self.objects[key], self.attributes[key]) if key in self.objects else None


@dataclass(frozen=True)
class CallSample:
    """A sample call: what isn't in the body stands in its request file."""

    name: str
    service: str
    method: str
    id: str | None
    query: Mapping[str, str]
    body: bytes

    def __str__(self) -> str:
        return self.name


def call_samples() -> list[CallSample]:
    """All sample calls, in the order of their names."""
    names = {path.name.partition(".json")[0] for path in FOLDER.glob("*.json")}
    return [call_sample(name) for name in sorted({n.removesuffix(".request") for n in names})]


def call_sample(name: str) -> CallSample:
    """One sample call: without a request file it is posted to its service."""
    service = name.partition(".")[0]
    body, request = FOLDER / f"{name}.json", FOLDER / f"{name}.request.json"
    sent = {"method": "POST", "path": f"/cenit/{{store}}/{service}", "query": {}}
    about: dict[str, Any] = json.loads(request.read_bytes()) if request.exists() else sent
    _, _, _, named, *ids = about["path"].split("/")
    assert named == service
    return CallSample(
        name=name,
        service=service,
        method=about["method"],
        id=ids[0] if ids else None,
        query=about["query"],
        body=body.read_bytes() if body.exists() else b"",
    )


def secret_for(
    store: str = STORE, key: str = KEY_1, generation: int = 1, label: str = "signed-requests"
) -> str:
    """The signing secret, worked out as the interface says."""
    message = f"commerce-hooks/v1/{label}\ncenit\n{store}\n{generation}"
    digest = hmac.digest(key.encode(), message.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def signature_headers(
    method: str,
    path: str,
    query: Fields,
    body: bytes,
    *,
    timestamp: int | str = TIMESTAMP,
    secret: str | None = None,
    prefix: str = "k1.1",
) -> dict[str, str]:
    """The two headers of a signed call; what they sign is worked out as the interface says."""
    pairs = sorted(
        (quote(name, safe=""), quote(value, safe=""))
        for name, values in query.items()
        for value in ([values] if isinstance(values, str) else values)
    )
    text = "\n".join(
        (
            method,
            path,
            "&".join(f"{name}={value}" for name, value in pairs),
            str(timestamp),
            sha256(body).hexdigest(),
        )
    )
    mac = hmac.digest((secret or secret_for()).encode(), text.encode(), "sha256").hex()
    return {
        "X-Commerce-Hooks-Timestamp": str(timestamp),
        "X-Commerce-Hooks-Signature": f"{prefix}.{mac}",
    }


def path_of(service: str, id_: str | None = None, store: str = STORE) -> str:
    return f"/cenit/{store}/{service}" + (f"/{id_}" if id_ else "")


def call_event(
    service: str,
    body: bytes = b"",
    *,
    method: str = "POST",
    id_: str | None = None,
    store: str = STORE,
    headers: Fields = JSON_HEADERS,
    query: Fields = NOTHING,
) -> LambdaEvent:
    """The REST API's event of a call; bodies come as base64, whatever their type."""
    route = "ANY /{store}/{service}" + ("/{id}" if id_ is not None else "")
    parameters = {"store": store, "service": service} | ({} if id_ is None else {"id": id_})
    return rest_api_event(
        method, route, parameters, body, headers=headers, query=query, base64=True
    )


class Switchboard:
    """Cenit's handler, its fakes, and calls to it."""

    def __init__(
        self, builder: EventBuilder | None = None, *, max_inline_bytes: int = 240_000
    ) -> None:
        self.clock = FakeClock()
        self.key_rings = MemoryKeyRings()
        self.event_bridge = StrictEventBridge()
        self.bucket = AnswerBucket()
        self.now = RECEIVED_AT
        ids = (f"00000000-0000-4000-8000-{number:012}" for number in count(1))
        self.outbox_queue = MemoryOutboxQueue()
        bus = EventBridgeBus(self.event_bridge.client(), BUS_ARN)
        outbox = Outbox(self.outbox_queue, self.bucket)
        outside = Surroundings(
            key_rings=self.key_rings,
            publisher=Delivery(Publisher(bus, self.clock.sleep), outbox),
            bucket=self.bucket,
            clock=self.clock,
            now=lambda: self.now,
            new_callback_id=ids.__next__,
            callback_id_of=callback_id_of,
            max_inline_bytes=max_inline_bytes,
        )
        self._responder = Responder(builder or EventBuilder(PLATFORM, "test/unit"), outside)

    @cached_property
    def _handler(self) -> LambdaHandler:
        # Made at the first call: the logger keeps the standard output that it finds then.
        return handler_of(self._responder, Observer(PLATFORM.name, METER))

    def token(self, store: str = STORE, ring: Mapping[str, Any] = RING) -> str:
        return KeyRing.parse(json.dumps(ring)).mint(CallbackTarget("cenit", store))

    def call(self, service: str, body: bytes = b"", **how: Any) -> Answered:
        """A call with the store's token, as `call_event` would make it."""
        sent = how.pop("headers", JSON_HEADERS)
        headers = {**sent, "X-Api-Key": self.token(how.get("store", STORE))}
        return self.handle(call_event(service, body, headers=headers, **how))

    def sample(self, sample: CallSample, **how: Any) -> Answered:
        about = {"method": sample.method, "id_": sample.id, "query": sample.query}
        return self.call(sample.service, sample.body, **about, **how)

    def signed(self, service: str, body: bytes = b"", **how: Any) -> Answered:
        """A signed call without a token; `signing` are options of `signature_headers`."""
        signing = how.pop("signing", {})
        method, query = how.get("method", "POST"), how.get("query", NOTHING)
        path = path_of(service, how.get("id_"), how.get("store", STORE))
        signature = signature_headers(method, path, query, body, **signing)
        headers = {**how.pop("headers", JSON_HEADERS), **signature}
        return self.handle(call_event(service, body, headers=headers, **how))

    def handle(self, event: Mapping[str, Any]) -> Answered:
        answer = self._handler(event, lambda_context())
        assert answer["isBase64Encoded"] is False
        return Answered(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    @property
    def metadata(self) -> dict[str, Any]:
        """What stands about the one event that is on the bus."""
        (detail,) = self.event_bridge.details
        found: dict[str, Any] = detail["metadata"]
        return found

    @property
    def data(self) -> dict[str, Any]:
        (detail,) = self.event_bridge.details
        found: dict[str, Any] = detail["data"]
        return found

    @property
    def published_nothing(self) -> bool:
        return not self.event_bridge.calls

    @property
    def touched_nothing(self) -> bool:
        return self.published_nothing and not self.bucket.objects and not self.bucket.reads


def assert_failed(answered: Answered, status: int, error: str) -> None:
    """Cenit takes a body without `error` for success, whatever the status."""
    assert (answered.status, answered.body.get("error")) == (status, error)
    assert set(answered.body) <= {"error", "errors", "message"}
    assert answered.headers["content-type"] == "application/json"


def assert_succeeded(answered: Answered) -> None:
    """What the examples of Cenit's guide take for success."""
    assert answered.status == 200
    assert not answered.body.keys() & {"error", "errors", "msg", "message"}
    assert answered.body.get("code", 0) == 0
    assert answered.body["status"] == "accepted"
    assert answered.body["event_ids"] == [f"{answered.body['callback_id']}.0"]
    assert answered.headers["content-type"] == "application/json"
