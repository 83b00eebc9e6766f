"""Whether a request carries a good AWS signature (version 4) of a known credential."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[A-Za-z0-9]+)/(?P<day>[0-9]{8})"
    r"/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request"
    r", ?SignedHeaders=(?P<signed>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_TIMESTAMP = "%Y%m%dT%H%M%SZ"
_CLOCKS_DIFFER = timedelta(minutes=15)


@dataclass(frozen=True)
class Credential:
    """A secret key, and the session token where the key is a temporary one."""

    secret: str
    token: str | None = None


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as it came over the wire; header names in lower case."""

    method: str
    target: str  # path and query, still encoded
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The header's value where it occurs exactly once."""
        values = [value for key, value in self.headers if key == name]
        return values[0] if len(values) == 1 else None


def flaw(
    request: ReceivedRequest,
    credential_of: Callable[[str], Credential | None],
    now: datetime,
) -> str | None:
    """Why the request's signature isn't good; None if it is."""
    named = _AUTHORIZATION.fullmatch(request.header("authorization") or "")
    if named is None:
        return "it is not signed"
    credential = credential_of(named["key"])
    if credential is None:
        return "its access key is not one of this stack's"
    return _flaw_of(request, credential, named, now)


def _flaw_of(
    request: ReceivedRequest, credential: Credential, named: re.Match[str], now: datetime
) -> str | None:
    if not _same(request.header("x-amz-security-token") or "", credential.token or ""):
        return "its session token is not the key's"
    if not _fresh(request.header("x-amz-date") or "", named["day"], now):
        return "its time is off"
    if not _covers(request, named["signed"].split(";")):
        return "its signature leaves out the host, the time or the body"
    if not _same(_signature(request, credential, named), named["signature"]):
        return "its signature is wrong"
    return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _fresh(stamp: str, day: str, now: datetime) -> bool:
    try:
        signed_at = datetime.strptime(stamp, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    return stamp.startswith(day) and abs(now - signed_at) <= _CLOCKS_DIFFER


def _covers(request: ReceivedRequest, signed: list[str]) -> bool:
    stated = request.header("x-amz-content-sha256")
    if stated is not None and not _same(stated, sha256(request.body).hexdigest()):
        return False
    return "host" in signed and "x-amz-date" in signed


def _signature(request: ReceivedRequest, credential: Credential, named: re.Match[str]) -> str:
    """What the signature has to be, worked out by the code that also signs."""
    # S3 signs the path as it is sent, the other services encode it once more.
    signer_class = S3SigV4Auth if named["service"] == "s3" else SigV4Auth
    signer = signer_class(
        Credentials(named["key"], credential.secret), named["service"], named["region"]
    )
    unsigned = AWSRequest(
        method=request.method,
        url=f"http://{request.header('host')}{request.target}",
        data=request.body,
    )
    for name, value in request.headers:
        if name in named["signed"].split(";"):
            unsigned.headers.add_header(name, value)
    unsigned.context["timestamp"] = request.header("x-amz-date")
    canonical = signer.canonical_request(unsigned)
    return str(signer.signature(signer.string_to_sign(unsigned, canonical), unsigned))
