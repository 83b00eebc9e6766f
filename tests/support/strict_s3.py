"""S3 at the SDK's wire, as strict as AWS documents it, for general purpose buckets.

Sources: the operations in the S3 API reference; in the user guide "Naming Amazon S3 objects" (1,024
bytes), "Working with object metadata" (2 KB of user metadata, 8 KB of headers, what can't be
printed isn't returned), "Object tagging", "Conditional writes", "Listing objects" (in the binary
order of UTF-8), and "Amazon S3 data consistency model": a read after a write sees it.
"""

import re
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cached_property, partial
from hashlib import md5
from itertools import islice, takewhile
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from support.faults import NoFaults, Plan, PlanOf
from support.s3_wire import (
    CHECKSUM,
    META,
    Address,
    address_of,
    content_of,
    deletion_in,
    elements,
    encoded,
    headers_of,
    tags_in,
    wrapped,
    xml_refusal,
    xml_reply,
)
from support.wire import STARTED_AT, Call, Clock, NotModelledError, RefusedError, Reply, Wire

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE = 1_000
_MAX_KEY_BYTES = 1_024
_MAX_METADATA_BYTES = 2_048
_MAX_HEADER_BYTES = 8_192
_MAX_TAGS, _MAX_TAG_KEY, _MAX_TAG_VALUE = 10, 128, 256
_TAG_TEXT = re.compile(r"[\w\s+\-=.:/@]*")
_NO_CONTENT = 204
_LISTING = (
    "continuation-token",
    "encoding-type",
    "list-type",
    "max-keys",
    "prefix",
    "start-after",
)
# What a listing repeats of what was asked.
_ECHOED = {"ContinuationToken": "continuation-token", "EncodingType": "encoding-type"}


@dataclass(frozen=True, slots=True)
class StoredObject:
    body: bytes
    modified_at: datetime
    content_type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksum: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return f'"{md5(self.body, usedforsecurity=False).hexdigest()}"'


@dataclass(eq=False)
class StrictBucket:
    """One bucket. Without `may_list` a missing object is a denied one (GetObject, permissions).

    Args:
        page: No page of a listing is longer.
    """

    name: str
    may_list: bool = True
    page: int = PAGE
    objects: dict[str, StoredObject] = field(default_factory=dict)
    _order: list[bytes] = field(default_factory=list)

    @property
    def bodies(self) -> dict[str, bytes]:
        return {key: stored.body for key, stored in self.objects.items()}

    @property
    def keys(self) -> list[str]:
        return [key.decode() for key in self._order]

    def put(self, key: str, stored: StoredObject) -> None:
        if key not in self.objects:
            insort(self._order, key.encode())
        self.objects[key] = stored

    def delete(self, key: str) -> None:
        if self.objects.pop(key, None):
            del self._order[bisect_left(self._order, key.encode())]

    def found(self, key: str) -> StoredObject:
        """Raises:
        RefusedError: Nothing is there, or so it seems to somebody who may not list.
        """
        if key in self.objects:
            return self.objects[key]
        if self.may_list:
            raise RefusedError("NoSuchKey", "The specified key does not exist.", 404)
        raise RefusedError("AccessDenied", "Access Denied", 403)

    def after(self, start: str | None, prefix: str) -> Iterator[str]:
        """Keys with a prefix that come after another, in order."""
        begin, wanted = (start or "").encode(), prefix.encode()
        at = (
            bisect_right(self._order, begin)
            if begin >= wanted
            else bisect_left(self._order, wanted)
        )
        behind = islice(self._order, at, None)
        return (key.decode() for key in takewhile(lambda key: key.startswith(wanted), behind))


@dataclass
class StrictS3:
    """Buckets in memory."""

    clock: Clock
    plan: Plan = field(default_factory=NoFaults)
    buckets: dict[str, StrictBucket] = field(default_factory=dict)

    @cached_property
    def wire(self) -> Wire:
        operations: dict[str, Callable[[Call, StrictBucket, Address], Reply]] = {
            "DeleteObject": _delete,
            "DeleteObjects": _delete_many,
            "GetObject": _get,
            "GetObjectTagging": _get_tags,
            "HeadObject": _get,
            "ListObjectsV2": _list,
            "PutObject": partial(_put, self._now),
            "PutObjectTagging": _put_tags,
        }
        return Wire(
            "s3",
            {name: partial(self._on_bucket, act) for name, act in operations.items()},
            PlanOf(self),
            self.clock,
            refusal=xml_refusal,
            streams=frozenset({"GetObject"}),
        )

    def client(self) -> "S3Client":
        return cast("S3Client", self.wire.client)

    def bucket(self, name: str, *, may_list: bool = True, page: int = PAGE) -> StrictBucket:
        """Make a bucket."""
        self.buckets[name] = StrictBucket(name, may_list, page)
        return self.buckets[name]

    def _on_bucket(self, act: Callable[[Call, StrictBucket, Address], Reply], call: Call) -> Reply:
        address = address_of(call.url)
        if address.bucket not in self.buckets:
            raise RefusedError("NoSuchBucket", "The specified bucket does not exist", 404)
        return act(call, self.buckets[address.bucket], address)

    def _now(self) -> datetime:
        return STARTED_AT + timedelta(seconds=self.clock())


def _put(now: Callable[[], datetime], call: Call, bucket: StrictBucket, address: Address) -> Reply:
    headers = headers_of(
        call,
        "content-encoding",
        "content-md5",
        "content-type",
        "if-match",
        "if-none-match",
        "x-amz-checksum-crc32",
        "x-amz-checksum-sha1",
        "x-amz-checksum-sha256",
        "x-amz-tagging",
    )
    if len(address.key.encode()) > _MAX_KEY_BYTES:
        raise RefusedError("KeyTooLongError", "Your key is too long")
    _check_header_bytes(call)
    metadata = _metadata(headers)
    content = content_of(call)
    tags = _checked_tags(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))
    _check_conditions(bucket, address.key, headers)
    stored = StoredObject(
        body=content.body,
        modified_at=now(),
        content_type=headers.get("content-type", "binary/octet-stream"),
        metadata=metadata,
        tags=tags,
        checksum=content.checksum,
    )
    bucket.put(address.key, stored)
    checksum_type = {"x-amz-checksum-type": "FULL_OBJECT"} if content.checksum else {}
    return Reply(
        headers={
            "ETag": stored.etag,
            "x-amz-server-side-encryption": "AES256",
            **content.checksum,
            **checksum_type,
        }
    )


def _check_header_bytes(call: Call) -> None:
    size = sum(len(name) + len(call.header(name) or "") for name in call.headers)
    if size > _MAX_HEADER_BYTES:
        raise RefusedError("RequestHeaderSectionTooLarge", "Your request header is too large.")


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    found = {n.removeprefix(META): v for n, v in headers.items() if n.startswith(META)}
    if sum(len(n.encode()) + len(v.encode()) for n, v in found.items()) > _MAX_METADATA_BYTES:
        raise RefusedError("MetadataTooLarge", "Your metadata headers are too large")
    return found


def _check_conditions(bucket: StrictBucket, key: str, headers: Mapping[str, str]) -> None:
    """`If-None-Match: *` wants nothing there, `If-Match` the version that was read.

    Where nothing is, the latter is told so whether or not it may list: conditions tell it anyway.
    """
    if headers.get("if-none-match", "*") != "*":
        raise RefusedError("NotImplemented", status=501)
    if "if-match" in headers and key not in bucket.objects:
        raise RefusedError("NoSuchKey", "The specified key does not exist.", 404)
    unwanted = "if-none-match" in headers and key in bucket.objects
    if unwanted or ("if-match" in headers and bucket.objects[key].etag != headers["if-match"]):
        raise RefusedError("PreconditionFailed", "A precondition did not hold", 412)


def _get(call: Call, bucket: StrictBucket, address: Address) -> Reply:
    _nothing_but(address)
    headers = headers_of(call, "x-amz-checksum-mode")
    stored = bucket.found(address.key)
    checksum = stored.checksum if "x-amz-checksum-mode" in headers else {}
    return Reply(body=stored.body, headers=_described(stored) | dict(checksum))


def _described(stored: StoredObject) -> dict[str, str]:
    shown = {META + n: v for n, v in stored.metadata.items() if v.isprintable()}
    missing = len(stored.metadata) - len(shown)
    return {
        "Accept-Ranges": "bytes",
        "Content-Length": str(len(stored.body)),
        "Content-Type": stored.content_type,
        "ETag": stored.etag,
        "Last-Modified": format_datetime(stored.modified_at, usegmt=True),
        "x-amz-server-side-encryption": "AES256",
        **({"x-amz-missing-meta": str(missing)} if missing else {}),
        **({"x-amz-tagging-count": str(len(stored.tags))} if stored.tags else {}),
        **shown,
    }


def _delete(call: Call, bucket: StrictBucket, address: Address) -> Reply:
    """What isn't there counts as deleted."""
    _nothing_but(address)
    _check_conditions(bucket, address.key, headers_of(call, "if-match"))
    bucket.delete(address.key)
    return Reply(_NO_CONTENT)


def _delete_many(call: Call, bucket: StrictBucket, address: Address) -> Reply:
    """Up to 1,000 objects, each on its own. A quiet answer names only those that failed."""
    _nothing_but(address, "delete")
    _require_checksum(call)
    keys, quiet = deletion_in(content_of(call).body)
    if not 1 <= len(keys) <= PAGE:
        raise RefusedError("MalformedXML", "The XML you provided was not well-formed")
    failed = {keys[n]: code for n, code in call.failing.items() if n < len(keys)}
    done = [key for key in keys if key not in failed]
    for key in done:
        bucket.delete(key)
    errors = (elements(Key=k, Code=code, Message="refused") for k, code in failed.items())
    told = wrapped("Error", errors)
    if not quiet:
        told += wrapped("Deleted", (elements(Key=key) for key in done))
    return xml_reply("DeleteResult", told)


def _get_tags(call: Call, bucket: StrictBucket, address: Address) -> Reply:
    _nothing_but(address, "tagging")
    headers_of(call)
    tags = bucket.found(address.key).tags
    told = wrapped("Tag", (elements(Key=key, Value=value) for key, value in tags.items()))
    return xml_reply("Tagging", f"<TagSet>{told}</TagSet>")


def _put_tags(call: Call, bucket: StrictBucket, address: Address) -> Reply:
    """Replaces all tags."""
    _nothing_but(address, "tagging")
    _require_checksum(call)
    tags = _checked_tags(tags_in(content_of(call).body))
    bucket.objects[address.key] = replace(bucket.found(address.key), tags=tags)
    return Reply()


def _require_checksum(call: Call) -> None:
    """As the SDK's model says of these operations (`requestChecksumRequired`)."""
    headers = headers_of(call, "content-md5", "content-type", "x-amz-checksum-crc32")
    if not headers.keys() & {"content-md5", "x-amz-checksum-crc32"}:
        raise RefusedError("InvalidRequest", "Missing required header: Content-MD5 or a checksum")


def _checked_tags(tags: Sequence[tuple[str, str]]) -> dict[str, str]:
    if len(tags) > _MAX_TAGS:
        raise RefusedError("BadRequest", "Object tags cannot be greater than 10")
    checked = dict(tags)
    lengths_good = all(
        0 < len(key) <= _MAX_TAG_KEY and len(value) <= _MAX_TAG_VALUE for key, value in tags
    )
    texts_good = all(_TAG_TEXT.fullmatch(text) for tag in tags for text in tag)
    reserved = any(key.startswith("aws:") for key in checked)
    if len(checked) < len(tags) or not lengths_good or not texts_good or reserved:
        raise RefusedError("InvalidTag", "The tag provided was not a valid tag")
    return checked


def _list(call: Call, bucket: StrictBucket, address: Address) -> Reply:
    headers_of(call)
    _nothing_but(address, *_LISTING)
    if not bucket.may_list:
        raise RefusedError("AccessDenied", "Access Denied", 403)
    query = address.query
    form = encoded if query.get("encoding-type") == "url" else str
    keys, limit, more = _page(call, bucket, query)
    head = {"Name": bucket.name, "Prefix": form(query.get("prefix", ""))}
    head |= {"KeyCount": str(len(keys)), "MaxKeys": str(limit), "IsTruncated": str(more).lower()}
    head |= {name: query[asked] for name, asked in _ECHOED.items() if asked in query}
    if "start-after" in query:
        head["StartAfter"] = form(query["start-after"])
    if more:
        head["NextContinuationToken"] = b64encode(keys[-1].encode()).decode()
    listed = (_listed(form(key), bucket.objects[key]) for key in keys)
    return xml_reply("ListBucketResult", elements(**head) + wrapped("Contents", listed))


def _page(
    call: Call, bucket: StrictBucket, query: Mapping[str, str]
) -> tuple[list[str], int, bool]:
    """The keys, how many were asked for, and whether more come behind them."""
    limit = min(int(query.get("max-keys", PAGE)), PAGE)
    planned = limit if call.most is None else max(call.most, 1)
    most = min(limit, bucket.page, planned)
    token = query.get("continuation-token")
    start = query.get("start-after") if token is None else _key_in(token)
    found = list(islice(bucket.after(start, query.get("prefix", "")), most + 1))
    return found[:most], limit, 0 < most < len(found)


def _listed(key: str, stored: StoredObject) -> str:
    moment = stored.modified_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    kinds = [name.removeprefix(CHECKSUM).upper() for name in stored.checksum]
    return (
        elements(Key=key, LastModified=moment, ETag=stored.etag)
        + wrapped("ChecksumAlgorithm", kinds)
        + wrapped("ChecksumType", ["FULL_OBJECT"] if kinds else [])
        + elements(Size=str(len(stored.body)), StorageClass="STANDARD")
    )


def _key_in(token: str) -> str:
    try:
        return b64decode(token, validate=True).decode()
    except ValueError as error:
        raise RefusedError("InvalidArgument", "The continuation token is incorrect") from error


def _nothing_but(address: Address, *known: str) -> None:
    if strangers := address.query.keys() - {*known}:
        raise NotModelledError(", ".join(sorted(strangers)))
