"""EventBridge at the SDK's wire, as strict as AWS documents it: emulators take what AWS refuses.

Sources: PutEvents, PutEventsRequestEntry and PutEventsResultEntry in the EventBridge API reference
(count, size, lengths, int64, nesting, codes); "Calculating PutEvents event entry size" in the user
guide; answers of AWS that LocalStack recorded (tests/aws/services/events/test_events.snapshot.json
in its repository); for what vanishes, the issues named below.
"""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from support.faults import Fault, NoFaults, Partly, Plan, Raised, Refused
from support.wire import (
    ACCOUNT,
    REGION,
    Call,
    Clock,
    RefusedError,
    Reply,
    Standstill,
    Wire,
    json_reply,
)

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

BUS_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/commerce-hooks-test"
_MAX_ENTRIES = 10
_MAX_BYTES = 1024 * 1024
"""What all entries of a call have to stay below."""
_MAX_DETAIL_TYPE = 128
_MAX_SOURCE = 256
_MAX_DEPTH = 1_000
_INT64 = range(-(2**63), 2**63)
_BUS = re.compile(
    r"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus/)?[.\-_A-Za-z0-9]{1,1600}"
)
_Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry that got its event id and went nowhere."""

    entry: _Entry
    reason: str


@dataclass
class StrictEventBridge:
    """Takes what AWS would take, and loses what AWS loses without a word.

    `fail_next` scripts failures of the next calls, before the plan is asked: a `str` fails the
    whole call with that code, a `dict` fails the entries at those positions with those codes, an
    exception is raised as the network would.

    Args:
        calls: The entries of every call, whatever became of it.
        accepted: The entries that are on a bus of ours.
        dropped: The entries that AWS says are, and are not.
        buses: ARNs of the buses that exist.
    """

    fail_next: deque[str | dict[int, str] | Exception] = field(default_factory=deque)
    calls: list[list[_Entry]] = field(default_factory=list)
    accepted: list[_Entry] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    buses: tuple[str, ...] = (BUS_ARN,)
    plan: Plan = field(default_factory=NoFaults)
    clock: Clock = field(default_factory=Standstill)

    @cached_property
    def wire(self) -> Wire:
        operations = {"PutEvents": self._put_events}
        return Wire("events", operations, _FailNext(self), self.clock, seen=self._seen)

    def client(self) -> "EventBridgeClient":
        return cast("EventBridgeClient", self.wire.client)

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.accepted]

    @property
    def detail_types(self) -> list[str]:
        return [entry["DetailType"] for entry in self.accepted]

    def _seen(self, call: Call) -> None:
        self.calls.append(call.parameters["Entries"])

    def _put_events(self, call: Call) -> Reply:
        entries: list[_Entry] = call.known("Entries")["Entries"]
        _check_call(entries)
        results = [self._result(e, call.failing.get(n)) for n, e in enumerate(entries)]
        failed = sum("ErrorCode" in result for result in results)
        return json_reply({"FailedEntryCount": failed, "Entries": results})

    def _result(self, entry: _Entry, planned: str | None) -> Mapping[str, str]:
        if code := planned or _refusal(entry):
            return {"ErrorCode": code, "ErrorMessage": "refused"}
        if reason := self._silent_drop(entry):
            self.dropped.append(Dropped(entry, reason))
        else:
            self.accepted.append(entry)
        return {"EventId": f"aws-{len(self.accepted) + len(self.dropped)}"}

    def _silent_drop(self, entry: _Entry) -> str | None:
        """Why an entry vanishes although its result says success.

        An unknown bus, by name or by ARN: aws/aws-cli issue 9186, aws/aws-sdk issue 186,
        aws/aws-sdk-java-v2 issue 3155. A longer detail-type: segmentio/action-destinations pull
        request 2828; the reference gives only the maximum. The same is assumed of a source that
        is longer than other operations (EventSourceName) allow: the worst of what is possible.
        """
        bus = entry.get("EventBusName", "default")
        if bus not in self.buses and f"{_prefix(BUS_ARN)}{bus}" not in self.buses:
            return "unknown bus"
        if len(entry["DetailType"]) > _MAX_DETAIL_TYPE:
            return "detail-type too long"
        return "source too long" if len(entry["Source"]) > _MAX_SOURCE else None


@dataclass(frozen=True)
class _FailNext:
    """What `fail_next` holds comes before the plan."""

    event_bridge: StrictEventBridge

    def next(self, service: str, operation: str) -> Fault | None:
        if not self.event_bridge.fail_next:
            return self.event_bridge.plan.next(service, operation)
        match self.event_bridge.fail_next.popleft():
            case str(code):
                return Refused(code)
            case dict(codes):
                return Partly(codes)
            case error:
                return Raised(error)


def entry_bytes(entry: _Entry) -> int:
    time = 14 if "Time" in entry else 0
    texts = (entry.get("Source"), entry.get("DetailType"), entry.get("Detail"))
    return time + sum(len(text.encode()) for text in [*texts, *entry.get("Resources", [])] if text)


def _check_call(entries: list[_Entry]) -> None:
    if not 1 <= len(entries) <= _MAX_ENTRIES:
        raise RefusedError("ValidationException", "Member must have length from 1 to 10")
    if sum(map(entry_bytes, entries)) >= _MAX_BYTES:
        raise RefusedError("ValidationException", "Total size of the entries is over the limit.")
    if not all(_BUS.fullmatch(entry.get("EventBusName", "default")) for entry in entries):
        raise RefusedError("ValidationException", "EventBusName must satisfy a pattern")


def _refusal(entry: _Entry) -> str | None:
    """The code of an entry that fails alone, as recorded from AWS."""
    if not all(entry.get(name) for name in ("Source", "DetailType", "Detail")):
        return "InvalidArgument"
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSourceException"
    return None if _well_formed(entry["Detail"]) else "MalformedDetail"


def _well_formed(text: str) -> bool:
    """An object of int64 integers, at most 1,000 levels deep.

    What AWS answers to larger integers and deeper nesting is not documented: the reference gives
    the limits, and this the code that fits. Python's parser gives up a little before the limit.
    """
    try:
        detail = json.loads(text, parse_int=_int64, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    brackets = text.count("{") + text.count("[")
    return isinstance(detail, dict) and (brackets <= _MAX_DEPTH or _depth(detail) <= _MAX_DEPTH)


def _int64(digits: str) -> int:
    number = int(digits)
    if number not in _INT64:
        raise ValueError(digits)
    return number


def _no_constant(constant: str) -> float:
    raise ValueError(constant)


def _depth(tree: Any) -> int:
    depth, level = 0, [tree]
    while level := [node for node in level if isinstance(node, dict | list)]:
        depth += 1
        level = [
            child for node in level for child in (node.values() if isinstance(node, dict) else node)
        ]
    return depth


def _prefix(arn: str) -> str:
    return arn.rpartition("/")[0] + "/"
