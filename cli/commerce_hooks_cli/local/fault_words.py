"""Which calls a service's fault meets, and what AWS would answer them.

Status and code are those of the API references: "Errors" of the operation and "Common Error
Types" for EventBridge, SQS and Secrets Manager, "Error responses" for S3.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commerce_hooks_cli.local.asgi import header_values
from commerce_hooks_cli.local.faults import MADE_TO_FAIL, Kind, Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks_cli.local.asgi import Scope

_SIGNED_FOR = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True)
class _Words:
    """A service in AWS's own words.

    Args:
        signed_for: What signatures call it.
        operations: Those that fail; without any, all of them do.
        errors: Status and code.
        xml: Whether it speaks XML, and not JSON.
    """

    signed_for: str
    errors: Mapping[Kind, tuple[int, str]]
    operations: frozenset[str] = field(default_factory=frozenset)
    xml: bool = False


_WORDS = {
    Service.BUS: _Words(
        "events",
        {
            Kind.ERROR: (500, "InternalException"),
            Kind.THROTTLE: (400, "ThrottlingException"),
            Kind.DENIED: (400, "AccessDeniedException"),
        },
        frozenset({"PutEvents"}),
    ),
    Service.QUEUES: _Words(
        "sqs",
        {
            Kind.ERROR: (500, "InternalFailure"),
            Kind.THROTTLE: (400, "RequestThrottled"),
            Kind.DENIED: (400, "AccessDeniedException"),
        },
        frozenset({"SendMessage", "SendMessageBatch"}),
    ),
    Service.BUCKET: _Words(
        "s3",
        {
            Kind.ERROR: (500, "InternalError"),
            Kind.THROTTLE: (503, "SlowDown"),
            Kind.DENIED: (403, "AccessDenied"),
        },
        xml=True,
    ),
    Service.KEY_RING: _Words(
        "secretsmanager",
        {
            Kind.ERROR: (500, "InternalServiceError"),
            Kind.THROTTLE: (400, "ThrottlingException"),
            Kind.DENIED: (400, "AccessDeniedException"),
        },
        frozenset({"GetSecretValue"}),
    ),
}


def service_of(scope: Scope) -> Service | None:
    """Whose fault the call would meet; None where that is nobody's."""
    (authorization,) = header_values(scope, b"authorization") or [""]
    signed_for = _SIGNED_FOR.search(authorization)
    operation = "".join(header_values(scope, b"x-amz-target")).rpartition(".")[2]
    for service, words in _WORDS.items():
        if signed_for and signed_for[1] == words.signed_for:
            return service if operation in (words.operations or {operation}) else None
    return None


def refusal(service: Service, kind: Kind) -> tuple[int, bytes]:
    """Status and body of the answer to a call as a whole."""
    words = _WORDS[service]
    status, code = words.errors[kind]
    message = f"{MADE_TO_FAIL}{service} {kind}"
    if words.xml:
        return status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return status, json.dumps({"__type": code, "message": message}).encode()
