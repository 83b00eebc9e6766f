"""S3's requests and answers as they stand on the wire.

Sources: "Methods for accessing a bucket" and "Checking object integrity" in the S3 user guide
(addresses, checksums, trailers after an `aws-chunked` body); ListObjectsV2, GetObjectTagging and
"Error responses" in the S3 API reference (the XML).
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5, sha1, sha256
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from botocore.exceptions import HTTPClientError

from support.wire import REGION, Call, NotModelledError, RefusedError, Reply

CHECKSUM = "x-amz-checksum-"
META = "x-amz-meta-"
_HOST = f"s3.{REGION}.amazonaws.com"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_WHERE = {"s3": _NAMESPACE}
_CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")
# What carries every request, and says nothing about what is wanted.
_TRANSPORT = frozenset(
    {
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "content-length",
        "expect",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    bucket: str
    key: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """A body that arrived whole, and the checksum it came with, by its header's name."""

    body: bytes
    checksum: Mapping[str, str]


def address_of(url: str) -> Address:
    """Bucket, key and query, for both styles of addresses."""
    parts = urlsplit(url)
    host, path = parts.netloc, parts.path
    if host == _HOST:
        bucket, _, path = path.removeprefix("/").partition("/")
    else:
        bucket, path = host.removesuffix(f".{_HOST}"), path.removeprefix("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Address(bucket, unquote(path), query)


def headers_of(call: Call, *known: str) -> dict[str, str]:
    """The headers that say what is wanted, by their names in lower case.

    Raises:
        NotModelledError: Not all are known.
        HTTPClientError: Python's HTTP client would not send them.
    """
    found = {name.lower(): call.header(name) or "" for name in call.headers}
    for value in found.values():
        if "\n" in value or "\r" in value:
            raise HTTPClientError(error=ValueError("Invalid header value"))
    wanted = {name: value for name, value in found.items() if name not in _TRANSPORT}
    strangers = {name for name in wanted if name not in known and not name.startswith(META)}
    if strangers:
        raise NotModelledError(f"{call.operation}: {', '.join(sorted(strangers))}")
    return wanted


def content_of(call: Call) -> Content:
    """The body without its chunks, verified as S3 does.

    Raises:
        RefusedError: It isn't what its checksum or length say.
    """
    encoding = call.header("content-encoding")
    if encoding not in (None, "", "aws-chunked"):
        raise NotModelledError(f"content-encoding: {encoding}")
    if not encoding:
        return Content(call.body, _verified(call.body, _checksums_in(call)))
    body, trailers = _without_chunks(call.body)
    if str(len(body)) != call.header("x-amz-decoded-content-length"):
        raise RefusedError("IncompleteBody", status=400)
    if set(trailers) != {call.header("x-amz-trailer")}:
        raise RefusedError("MalformedTrailerError", status=400)
    return Content(body, _verified(body, trailers))


def _checksums_in(call: Call) -> dict[str, str]:
    names = (f"{CHECKSUM}{kind}" for kind in (*_DIGESTS,))
    found = {name: call.header(name) for name in (*names, "content-md5")}
    return {name: value for name, value in found.items() if value is not None}


def _without_chunks(framed: bytes) -> tuple[bytes, dict[str, str]]:
    parts: list[bytes] = []
    at = 0
    while True:
        size = _CHUNK.match(framed, at)
        if size is None:
            raise RefusedError("IncompleteBody", status=400)
        at, length = size.end(), int(size[1], 16)
        if not length:
            lines = framed[at:].decode().split("\r\n")
            return b"".join(parts), dict(line.split(":", 1) for line in lines if line)
        parts.append(framed[at : at + length])
        at += length + len(b"\r\n")


def _verified(body: bytes, checksums: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in checksums.items():
        kind = name.removeprefix(CHECKSUM)
        if kind not in _DIGESTS:
            raise NotModelledError(name)
        if b64encode(_DIGESTS[kind](body)).decode() != value:
            raise RefusedError("BadDigest", status=400)
    return {name: value for name, value in checksums.items() if name.startswith(CHECKSUM)}


_DIGESTS: Mapping[str, Any] = {
    "crc32": lambda body: binascii.crc32(body).to_bytes(4, "big"),
    "sha1": lambda body: sha1(body, usedforsecurity=False).digest(),
    "sha256": lambda body: sha256(body).digest(),
    "content-md5": lambda body: md5(body, usedforsecurity=False).digest(),
}


def tags_in(document: bytes) -> list[tuple[str, str]]:
    """The tags of a Tagging document."""
    return [
        (tag.findtext("s3:Key", "", _WHERE), tag.findtext("s3:Value", "", _WHERE))
        for tag in _parsed(document).iterfind("s3:TagSet/s3:Tag", _WHERE)
    ]


def deletion_in(document: bytes) -> tuple[list[str], bool]:
    """The keys of a Delete document, and whether only failures are to be told."""
    tree = _parsed(document)
    objects = tree.findall("s3:Object", _WHERE)
    if strangers := {part.tag for one in objects for part in one} - {f"{{{_NAMESPACE}}}Key"}:
        raise NotModelledError(", ".join(sorted(strangers)))
    keys = [one.findtext("s3:Key", "", _WHERE) for one in objects]
    return keys, tree.findtext("s3:Quiet", "", _WHERE) == "true"


def _parsed(document: bytes) -> ET.Element:
    try:
        return ET.fromstring(document)  # noqa: S314 - it comes from our own SDK
    except ET.ParseError as error:
        raise RefusedError("MalformedXML", status=400) from error


def xml_reply(name: str, content: str) -> Reply:
    body = f'{_XML}<{name} xmlns="{_NAMESPACE}">{content}</{name}>'
    return Reply(body=body.encode(), headers={"Content-Type": "application/xml"})


def xml_refusal(refusal: RefusedError) -> Reply:
    content = elements(Code=refusal.code, Message=refusal.message, RequestId="1", HostId="1")
    body = f"{_XML}<Error>{content}</Error>"
    return Reply(refusal.status, body.encode(), {"Content-Type": "application/xml"})


def elements(**texts: str) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in texts.items())


def wrapped(name: str, contents: Iterable[str]) -> str:
    return "".join(f"<{name}>{content}</{name}>" for content in contents)


def encoded(text: str) -> str:
    """A key as `encoding-type=url` has it."""
    return quote_plus(text, safe="/*")
