"""SQS at the SDK's wire, as strict as AWS documents it, for standard queues.

Sources: the operations in the SQS API reference; error codes by their shape and their older name
(`x-amzn-query-error`) as recorded from AWS by LocalStack (tests/aws/services/sqs/
test_sqs.snapshot.json in its repository); what a message may be is in `sqs_messages`, where it is
and who sees it in `sqs_queues`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from support.faults import NoFaults, Plan, PlanOf
from support.sqs_messages import (
    MAX_BYTES,
    MAX_DELAY_SECONDS,
    Attribute,
    attributes_digest,
    body_digest,
    check_message,
    invalid,
    message_bytes,
)
from support.sqs_queues import MAX_VISIBILITY_SECONDS, Message, Queue
from support.wire import (
    STARTED_AT,
    Call,
    Clock,
    NotModelledError,
    RefusedError,
    Reply,
    Wire,
    json_reply,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BATCH = 10
_SENDER = "AROAEXAMPLE:commerce-hooks"
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
# Shapes of the JSON protocol, and the codes by which the SDK still calls them.
_OLDER_CODES = {
    "InvalidParameterValueException": "InvalidParameterValue",
    "MissingRequiredParameterException": "MissingParameter",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    **{
        shape: f"AWS.SimpleQueueService.{shape}"
        for shape in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "TooManyEntriesInBatchRequest",
        )
    },
}
_SYSTEM_ATTRIBUTES: Mapping[str, Callable[[Message], str | None]] = {
    "ApproximateFirstReceiveTimestamp": lambda m: milliseconds(m.first_received_at),
    "ApproximateReceiveCount": lambda m: str(m.receives),
    "DeadLetterQueueSourceArn": lambda m: m.dead_letter_source,
    "SenderId": lambda _: _SENDER,
    "SentTimestamp": lambda m: milliseconds(m.sent_at),
}
SYSTEM_NAMES = frozenset(_SYSTEM_ATTRIBUTES)
# Names that may be asked for, of which nothing here is ever told.
_ABSENT_SYSTEM_NAMES = frozenset(
    {"AWSTraceHeader", "MessageDeduplicationId", "MessageGroupId", "SequenceNumber"}
)
_ABSENT_QUEUE_NAMES = frozenset(
    {
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "Policy",
        "RedriveAllowPolicy",
        "RedrivePolicy",
    }
)
_Parameters = dict[str, Any]


@dataclass
class StrictSqs:
    """Queues in memory. Nothing is approximate or sampled, unless the plan says `Fewer`."""

    clock: Clock
    plan: Plan = field(default_factory=NoFaults)
    queues: dict[str, Queue] = field(default_factory=dict)
    """By URL."""
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @cached_property
    def wire(self) -> Wire:
        operations = {
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_visibility_batch,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "GetQueueAttributes": self._queue_attributes,
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
        }
        return Wire("sqs", operations, PlanOf(self), self.clock, refusal=_refusal)

    def client(self) -> "SQSClient":
        return cast("SQSClient", self.wire.client)

    def queue(self, name: str, **attributes: Any) -> Queue:
        """Make a queue; attributes are the fields of `Queue`."""
        made = Queue(name, self.clock, **attributes)
        self.queues[made.url] = made
        return made

    def _send(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "MessageBody", "MessageAttributes", "DelaySeconds")
        return json_reply(self._sent(self._queue_of(asked), asked))

    def _send_batch(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "Entries")
        queue = self._queue_of(asked)
        entries = _entries(asked)
        size = sum(message_bytes(e["MessageBody"], _attributes_of(e)) for e in entries)
        if size > MAX_BYTES:
            raise RefusedError("BatchRequestTooLong", f"You have sent {size} bytes.")
        return _batch(call, entries, lambda entry: self._sent(queue, entry))

    def _sent(self, queue: Queue, asked: _Parameters) -> dict[str, str]:
        body, attributes = asked["MessageBody"], _attributes_of(asked)
        check_message(body, attributes, queue.max_bytes)
        delay = asked.get("DelaySeconds", queue.delay_seconds)
        if not 0 <= delay <= MAX_DELAY_SECONDS:
            raise invalid("DelaySeconds must be >= 0 and <= 900.")
        now = self.clock()
        message_id = f"00000000-0000-4000-8000-{next(self._ids):012}"
        queue.put(Message(message_id, body, attributes, now, now + delay))
        digests = {"MD5OfMessageBody": body_digest(body)}
        if attributes:
            digests["MD5OfMessageAttributes"] = attributes_digest(attributes)
        return {"MessageId": message_id, **digests}

    def _receive(self, call: Call) -> Reply:
        asked = call.known(
            "QueueUrl",
            "AttributeNames",
            "MaxNumberOfMessages",
            "MessageAttributeNames",
            "MessageSystemAttributeNames",
            "VisibilityTimeout",
            "WaitTimeSeconds",
        )
        queue = self._queue_of(asked)
        most = _within(asked, "MaxNumberOfMessages", 1, MAX_BATCH, 1)
        seconds = _within(asked, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS, None)
        wait = _within(asked, "WaitTimeSeconds", 0, 20, 0)
        names = _system_names(asked)
        most = most if call.most is None else min(most, call.most)
        found = self._found(queue, most, seconds)
        if not found and wait:
            self._wait(queue, wait)
            found = self._found(queue, most, seconds)
        wanted: Sequence[str] = asked.get("MessageAttributeNames", ())
        received = [_received(message, names, wanted) for message in found]
        return json_reply({"Messages": received} if received else {})

    def _found(self, queue: Queue, most: int, seconds: float | None) -> list[Message]:
        return queue.receive(most, seconds) if most else []

    def _wait(self, queue: Queue, seconds: float) -> None:
        """A long poll ends with the first message, or when its time is up."""
        until = queue.next_visible_at
        left = seconds if until is None else min(seconds, until - self.clock())
        self.clock.sleep(max(left, 0))

    def _delete(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "ReceiptHandle")
        self._queue_of(asked).delete(asked["ReceiptHandle"])
        return json_reply({})

    def _delete_batch(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "Entries")
        queue = self._queue_of(asked)
        return _batch(call, _entries(asked), lambda entry: queue.delete(entry["ReceiptHandle"]))

    def _change_visibility(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "ReceiptHandle", "VisibilityTimeout")
        _hide(self._queue_of(asked), asked)
        return json_reply({})

    def _change_visibility_batch(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "Entries")
        queue = self._queue_of(asked)
        return _batch(call, _entries(asked), lambda entry: _hide(queue, entry))

    def _queue_attributes(self, call: Call) -> Reply:
        asked = call.known("QueueUrl", "AttributeNames")
        queue = self._queue_of(asked)
        known = _attributes(queue)
        names: Sequence[str] = asked.get("AttributeNames", ())
        if unknown := set(names) - known.keys() - _ABSENT_QUEUE_NAMES - {"All"}:
            raise RefusedError("InvalidAttributeName", f"Unknown Attribute {unknown.pop()}.")
        told = known if "All" in names else {n: known[n] for n in names if n in known}
        return json_reply({"Attributes": told} if told else {})

    def _queue_of(self, asked: _Parameters) -> Queue:
        if asked["QueueUrl"] not in self.queues:
            raise RefusedError("QueueDoesNotExist", "The specified queue does not exist.")
        return self.queues[asked["QueueUrl"]]


def milliseconds(seconds: float) -> str:
    """A moment of the clock as SQS tells it."""
    return str(round((STARTED_AT.timestamp() + seconds) * 1000))


def _received(message: Message, names: frozenset[str], wanted: Sequence[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "Body": message.body,
        "MD5OfBody": body_digest(message.body),
    }
    if system := system_attributes(message, names):
        told["Attributes"] = system
    if chosen := {n: a for n, a in message.attributes.items() if _is_wanted(n, wanted)}:
        told |= {
            "MessageAttributes": chosen,
            "MD5OfMessageAttributes": attributes_digest(chosen),
        }
    return told


def system_attributes(message: Message, names: frozenset[str] = SYSTEM_NAMES) -> dict[str, str]:
    """What SQS itself says of a message that was received."""
    told = {name: tell(message) for name, tell in _SYSTEM_ATTRIBUTES.items() if name in names}
    return {name: value for name, value in told.items() if value is not None}


def _system_names(asked: _Parameters) -> frozenset[str]:
    """The names under the present and the former parameter."""
    names = {*asked.get("AttributeNames", ()), *asked.get("MessageSystemAttributeNames", ())}
    if unknown := names - SYSTEM_NAMES - _ABSENT_SYSTEM_NAMES - {"All"}:
        raise RefusedError("InvalidAttributeName", f"Unknown Attribute {unknown.pop()}.")
    return SYSTEM_NAMES if "All" in names else frozenset(names)


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    """By its name, by `All`, or by a prefix such as `.*` or `order.*`."""
    return any(
        want in ("All", name) or (want.endswith(".*") and name.startswith(want[:-2]))
        for want in wanted
    )


def _attributes_of(asked: _Parameters) -> dict[str, Attribute]:
    found: dict[str, Attribute] = asked.get("MessageAttributes", {})
    return found


def _within(asked: _Parameters, name: str, least: int, most: int, default: Any) -> Any:
    if name not in asked:
        return default
    if not least <= asked[name] <= most:
        raise invalid(f"Value {asked[name]} for parameter {name} is invalid.")
    return asked[name]


def _hide(queue: Queue, asked: _Parameters) -> None:
    seconds = _within(asked, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS, 0)
    queue.change_visibility(asked["ReceiptHandle"], seconds)


def _entries(asked: _Parameters) -> list[_Parameters]:
    entries: list[_Parameters] = asked["Entries"]
    ids = [entry["Id"] for entry in entries]
    if not entries:
        raise RefusedError("EmptyBatchRequest", "There should be at least one entry.")
    if len(entries) > MAX_BATCH:
        raise RefusedError("TooManyEntriesInBatchRequest", f"You have sent {len(entries)}.")
    if not all(map(_ENTRY_ID.fullmatch, ids)):
        raise RefusedError("InvalidBatchEntryId", "A batch entry id can't be read.")
    if len(set(ids)) < len(ids):
        raise RefusedError("BatchEntryIdsNotDistinct", "An id is repeated.")
    return entries


def _batch(
    call: Call,
    entries: Sequence[_Parameters],
    act: Callable[[_Parameters], Mapping[str, str] | None],
) -> Reply:
    """Every entry on its own: some may fail while the others take place."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for number, entry in enumerate(entries):
        if strangers := entry.keys() - _BATCH_MEMBERS:
            raise NotModelledError(", ".join(sorted(strangers)))
        try:
            if planned := call.failing.get(number):
                failed.append(_failure(entry, planned, fault_of_sender=False))
            else:
                done.append({"Id": entry["Id"], **(act(entry) or {})})
        except RefusedError as refusal:
            code = _OLDER_CODES.get(refusal.code, refusal.code)
            failed.append(_failure(entry, code, fault_of_sender=True))
    told = {"Successful": done, "Failed": failed}
    return json_reply({name: entries for name, entries in told.items() if entries})


_BATCH_MEMBERS = {
    "Id",
    "MessageBody",
    "MessageAttributes",
    "DelaySeconds",
    "ReceiptHandle",
    "VisibilityTimeout",
}


def _failure(entry: _Parameters, code: str, *, fault_of_sender: bool) -> dict[str, Any]:
    return {"Id": entry["Id"], "Code": code, "SenderFault": fault_of_sender, "Message": "refused"}


def _attributes(queue: Queue) -> dict[str, str]:
    here, in_flight, delayed = len(queue.messages), queue.in_flight, queue.delayed
    started = str(round(STARTED_AT.timestamp()))
    told: dict[str, Any] = {
        "ApproximateNumberOfMessages": here - in_flight - delayed,
        "ApproximateNumberOfMessagesDelayed": delayed,
        "ApproximateNumberOfMessagesNotVisible": in_flight,
        "CreatedTimestamp": started,
        "DelaySeconds": round(queue.delay_seconds),
        "LastModifiedTimestamp": started,
        "MaximumMessageSize": queue.max_bytes,
        "MessageRetentionPeriod": round(queue.retention_seconds),
        "QueueArn": queue.arn,
        "ReceiveMessageWaitTimeSeconds": 0,
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": round(queue.visibility_seconds),
    }
    if queue.redrive:
        target = queue.redrive.dead_letters.arn
        policy = {"deadLetterTargetArn": target, "maxReceiveCount": queue.redrive.max_receives}
        told["RedrivePolicy"] = json.dumps(policy)
    return {name: str(value) for name, value in told.items()}


def _refusal(refusal: RefusedError) -> Reply:
    older = _OLDER_CODES.get(refusal.code, refusal.code)
    body = {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": refusal.message}
    fault = "Sender" if refusal.status < 500 else "Receiver"
    headers = {"x-amzn-query-error": f"{older};{fault}"}
    return Reply(refusal.status, json.dumps(body).encode(), headers)
