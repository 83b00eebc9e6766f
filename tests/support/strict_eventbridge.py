"""EventBridge at the SDK's wire, as strict as AWS documents it: emulators take what AWS refuses.

Sources: PutEvents and PutEventsRequestEntry in the EventBridge API reference (count, lengths,
int64, nesting), "Calculating PutEvents event entry size" in the user guide (size).
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

from commerce_hooks.aws import SDK_CONFIG

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

BUS_ARN = "arn:aws:events:eu-central-1:123456789012:event-bus/commerce-hooks-test"
# One session for all tests: it caches the service's model, which takes longer than any test.
_SESSION = boto3.Session("testing", "testing", region_name="eu-central-1")
_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 1_000
_INT64 = range(-(2**63), 2**63)


@dataclass
class StrictEventBridge:
    """Takes what AWS would take; `fail_next` scripts failures, one per call, before the checks.

    A scripted `str` fails the whole call with that code, a `dict` fails the entries at those
    positions with those codes, an exception is raised as the network would.
    """

    fail_next: deque[str | dict[int, str] | Exception] = field(default_factory=deque)
    calls: list[list[dict[str, Any]]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)

    def client(self) -> "EventBridgeClient":
        client = _SESSION.client("events", config=SDK_CONFIG)
        # The stubs say that hooks return nothing; this one stands in for the network.
        answer: Callable[..., Any] = self._answer
        client.meta.events.register("before-send.events.PutEvents", answer)
        return client

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.accepted]

    @property
    def detail_types(self) -> list[str]:
        return [entry["DetailType"] for entry in self.accepted]

    def _answer(self, request: AWSRequest, **_: Any) -> AWSResponse:
        entries = json.loads(request.body)["Entries"]
        self.calls.append(entries)
        failure = self.fail_next.popleft() if self.fail_next else {}
        if isinstance(failure, Exception):
            raise failure
        code = failure if isinstance(failure, str) else _refusal_of_call(entries)
        if code:
            return _response(request.url, 400, {"__type": code, "message": "refused"})
        results = list(self._results(entries, failure if isinstance(failure, dict) else {}))
        failed = sum("ErrorCode" in result for result in results)
        return _response(request.url, 200, {"FailedEntryCount": failed, "Entries": results})

    def _results(
        self, entries: list[dict[str, Any]], failures: dict[int, str]
    ) -> Iterator[dict[str, str]]:
        for index, entry in enumerate(entries):
            code = failures.get(index) or _refusal_of_entry(entry)
            if code:
                yield {"ErrorCode": code, "ErrorMessage": "refused"}
            else:
                self.accepted.append(entry)
                yield {"EventId": f"aws-{len(self.accepted)}"}


def entry_bytes(entry: dict[str, Any]) -> int:
    texts = (entry["Source"], entry["DetailType"], entry["Detail"])
    return 14 + sum(len(text.encode()) for text in texts)


def _refusal_of_call(entries: list[dict[str, Any]]) -> str | None:
    if not 1 <= len(entries) <= 10 or sum(map(entry_bytes, entries)) > _MAX_BYTES:
        return "ValidationException"
    lengths_good = all(
        1 <= len(e["Source"]) <= 256 and 1 <= len(e["DetailType"]) <= 128 for e in entries
    )
    return None if lengths_good else "ValidationException"


def _refusal_of_entry(entry: dict[str, Any]) -> str | None:
    if entry["EventBusName"] != BUS_ARN or entry["Source"].startswith("aws."):
        return "InvalidArgument"
    try:
        detail = json.loads(entry["Detail"], parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "MalformedDetail"
    if not isinstance(detail, dict) or not _fits(detail, 0):
        return "MalformedDetail"
    return None


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _fits(value: Any, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_fits(child, depth + 1) for child in value.values())
    if isinstance(value, list):
        return all(_fits(child, depth + 1) for child in value)
    return not isinstance(value, int) or value in _INT64


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def _response(url: str | None, status: int, body: dict[str, Any]) -> AWSResponse:
    return AWSResponse(url or "", status, HTTPHeaders(), _Raw(json.dumps(body).encode()))
