"""What a probe is: a request as it goes over the wire, and what has to come of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import quote

from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform import Platform
from support.samples import sample

STORE = "acme"
CANARY = "canary-of-a-probe"
"""Stands in whatever must not be told: bodies, header values, queries, paths."""
Headers: TypeAlias = tuple[tuple[str, str], ...]
JSON: Headers = (("Content-Type", "application/json"),)
FORM: Headers = (("Content-Type", "application/x-www-form-urlencoded"),)
BINARY: Headers = (("Content-Type", "application/octet-stream"),)
"""API Gateway hands such bodies over untouched; what it does to text that isn't UTF-8 is
documented nowhere."""


@dataclass(frozen=True, slots=True)
class Right:
    """The right outcome.

    Args:
        status: HTTP's.
        outcome: What the answer gives as `status` or `error`.
        reason: Of a quarantined body; None where any is right.
    """

    status: int
    outcome: str
    reason: str | None = None


ACCEPTED = Right(200, "accepted")
UNRECOGNIZED = Right(200, "unrecognized")
QUARANTINED = Right(200, "quarantined")
UNREADABLE = Right(200, "quarantined", "unreadable")
INVALID = Right(200, "quarantined", "invalid")
MISMATCH = Right(200, "quarantined", "topic_mismatch")
TOO_BIG = Right(200, "quarantined", "too_big_to_parse")
UNAUTHORIZED = Right(401, "unauthorized")
NOT_FOUND = Right(404, "not_found")
WRONG_METHOD = Right(405, "method_not_allowed")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is written on the wire. `path` and `query` are percent-encoded."""

    path: str
    body: bytes
    method: str = "POST"
    headers: Headers = JSON
    query: str = ""

    @property
    def content_type(self) -> str:
        return next((v for name, v in self.headers if name.lower() == "content-type"), "")


@dataclass(frozen=True)
class Genuine:
    """A genuine callback of a platform, for probes to spoil.

    `mint` makes tokens with the key ring of whoever the probe is sent to.
    """

    platform: Platform
    mint: Callable[[CallbackTarget], str]
    topic: str

    @property
    def target(self) -> CallbackTarget:
        return self.target_of(self.topic)

    def target_of(self, topic: str, store: str = STORE) -> CallbackTarget:
        in_url = topic if self.platform.topic_in_url else None
        return CallbackTarget(self.platform.name, store, in_url)

    @cached_property
    def token(self) -> str:
        return self.mint(self.target)

    @cached_property
    def body(self) -> bytes:
        return sample(self.platform.name, self.topic).body

    @cached_property
    def tree(self) -> JsonObject:
        """The body as parsed, anew each time it is asked for."""
        tree: JsonObject = json.loads(self.body)
        return tree

    def path(
        self,
        *,
        platform: str | None = None,
        store: str = STORE,
        topic: str | None = None,
        token: str | None = None,
    ) -> str:
        """The callback's path, with the parts that are given in place of the genuine ones."""
        parts = [self.platform.name if platform is None else platform, store]
        if self.platform.topic_in_url:
            parts.append(self.topic if topic is None else topic)
        return "/" + "/".join([*parts, self.token if token is None else token])

    def post(self, **changes: Any) -> Request:
        """The genuine request, with changes."""
        return replace(Request(self.path(), self.body), **changes)

    def with_data(self, more: Mapping[str, JsonValue]) -> bytes:
        """The body with more members."""
        return as_json({**self.tree, **more})


Make: TypeAlias = Callable[[Genuine], Request]


@dataclass(frozen=True)
class Probe:
    """One hostile request.

    Args:
        group: What it tries, for the table.
        name: How.
        make: Makes the request of a genuine callback.
        right: What has to come of it.
        topic: Whose URL and sample are spoilt; None for the platform's first.
        payload: What the event's data has to hold, unchanged, under `probe`.
        hidden: What must be in no event.
        front_door: What comes of it over HTTP, where the emulator's gateway decides
            otherwise than the handler would.
        only_in_memory: Why it is not sent over HTTP.
    """

    group: str
    name: str
    make: Make
    right: Right
    topic: str | None = None
    payload: JsonValue = None
    hidden: str | None = None
    front_door: Right | None = None
    only_in_memory: str = field(default="", kw_only=True)

    def request(self, platform: Platform, mint: Callable[[CallbackTarget], str]) -> Request:
        return self.make(Genuine(platform, mint, self.topic or next(iter(platform.topics))))

    @property
    def right_over_http(self) -> Right:
        return self.front_door or self.right


def as_json(tree: object) -> bytes:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def every_byte_encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def in_path(text: str) -> str:
    """The text as one part of a path."""
    return quote(text, safe="")


def posting(body: bytes | Callable[[Genuine], bytes], headers: Headers = JSON) -> Make:
    """Post this body to the genuine URL."""
    return lambda g: g.post(body=body if isinstance(body, bytes) else body(g), headers=headers)


def adding(members: Mapping[str, JsonValue]) -> Make:
    """Post the genuine body with more members."""
    return lambda g: g.post(body=g.with_data(members))


def at(path: Sequence[str | int], value: JsonValue) -> Make:
    """Post the genuine body with another value at a place."""

    def make(genuine: Genuine) -> Request:
        tree = json.loads(genuine.body)
        place: Any = tree
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
        return genuine.post(body=as_json(tree))

    return make
