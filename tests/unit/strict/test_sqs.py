"""The strict SQS: what it takes, who sees it and until when, where it goes."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from support.faults import BROKEN, THROTTLED, Fewer, Partly, Script
from support.receiving import FakeClock
from support.sqs_messages import MAX_BYTES, attributes_digest, message_bytes
from support.sqs_queues import Queue, Redrive
from support.strict_sqs import StrictSqs, milliseconds
from support.wire import NotModelledError

DAY = 86_400


@dataclass
class Sqs:
    """A service with one queue, and its calls in short."""

    clock: FakeClock = field(default_factory=FakeClock)
    plan: Script = field(default_factory=Script)

    def __post_init__(self) -> None:
        self.service = StrictSqs(self.clock, self.plan)
        self.queue = self.service.queue("outbox", visibility_seconds=30)
        self.client: Any = self.service.client()

    def send(self, body: str = "x", queue: Queue | None = None, **more: Any) -> Any:
        url = (queue or self.queue).url
        return self.client.send_message(QueueUrl=url, MessageBody=body, **more)

    def receive(self, queue: Queue | None = None, **more: Any) -> list[dict[str, Any]]:
        url = (queue or self.queue).url
        answer = self.client.receive_message(QueueUrl=url, **more)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def handle(self, **more: Any) -> str:
        (message,) = self.receive(**more)
        handle: str = message["ReceiptHandle"]
        return handle

    def delete(self, handle: str) -> None:
        self.client.delete_message(QueueUrl=self.queue.url, ReceiptHandle=handle)

    def hide(self, handle: str, seconds: int) -> None:
        self.client.change_message_visibility(
            QueueUrl=self.queue.url, ReceiptHandle=handle, VisibilityTimeout=seconds
        )

    def attributes(self, *names: str) -> dict[str, str]:
        answer = self.client.get_queue_attributes(
            QueueUrl=self.queue.url, AttributeNames=list(names)
        )
        told: dict[str, str] = answer.get("Attributes", {})
        return told


@pytest.fixture
def sqs() -> Sqs:
    return Sqs()


def text(value: str, data_type: str = "String") -> dict[str, str]:
    return {"DataType": data_type, "StringValue": value}


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


def shape(refused: pytest.ExceptionInfo[ClientError]) -> Any:
    """The code by which the JSON protocol has it."""
    error: Any = refused.value.response["Error"]
    return error["QueryErrorCode"]


# What AWS said of these attributes when it was recorded (test_receive_message_message_attribute_
# names_filters and test_message_system_attribute_names_with_attribute_names in LocalStack's tests).
RECORDED = {
    "4c360f3fdafd970e05fae2f149d997f5": {"Hello": "There", "General": "Kenobi", "Help.Me": "Me"},
    "fca026605781cb4126a1e9044df24232": {"General": "Kenobi", "Hello": "There"},
    "a311262e065454b75da111d535b8dacd": {"Hello": "There"},
    "ae7155c6026991b6d54b11589678bf9c": {"Foo": "Bar"},
}


@pytest.mark.parametrize("digest", RECORDED)
def test_attributes_have_the_digest_that_aws_gives(digest: str) -> None:
    attributes = {name: text(value) for name, value in RECORDED[digest].items()}

    assert attributes_digest(attributes) == digest


def test_binary_attributes_have_the_digest_that_aws_gives(sqs: Sqs) -> None:
    trace = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    sqs.send("test", MessageAttributes={"attr1": {"DataType": "Binary", "BinaryValue": trace}})

    (message,) = sqs.receive(MessageAttributeNames=["All"])

    assert message["MessageAttributes"]["attr1"]["BinaryValue"] == trace
    assert message["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"
    assert message["MD5OfBody"] == "098f6bcd4621d373cade4e832627b4f6"


@pytest.mark.parametrize("body", ["\x00", "\x0b", "a\x1f", "\ufffe", "\uffff", "\ud800"])
def test_some_characters_are_refused(sqs: Sqs, body: str) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.send(body)

    assert code(refused) == "InvalidMessageContents"
    assert shape(refused) == "InvalidMessageContents"


@pytest.mark.parametrize(
    "body", ["\t\n\r ~", "\x7f\x80", "\ud7ff\ue000\ufffd", "\U00010000\U0010ffff"]
)
def test_all_others_come_back_as_they_were_sent(sqs: Sqs, body: str) -> None:
    sqs.send(body)

    assert [message["Body"] for message in sqs.receive()] == [body]


def test_an_empty_body_is_a_missing_one(sqs: Sqs) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.send("")

    assert code(refused) == "MissingParameter"
    assert shape(refused) == "MissingRequiredParameterException"


def test_a_message_is_measured_in_bytes_with_its_attributes(sqs: Sqs) -> None:
    attributes = {"name": text("é")}
    room = MAX_BYTES - len("name") - len("String") - 2

    sqs.send("x" * room, MessageAttributes=attributes)
    with pytest.raises(ClientError) as refused:
        sqs.send("x" * (room + 1), MessageAttributes=attributes)

    assert code(refused) == "InvalidParameterValue"
    assert message_bytes("é", {}) == 2


@pytest.mark.parametrize(
    "attributes",
    [
        {f"name-{number}": text("x") for number in range(11)},
        {"name": text("")},
        {"name": text("\x00")},
        {"name": text("x", "")},
        {"name": text("x", "Text")},
        {"name": text("x", "String." + "x" * 250)},
        {"name": text("x", "Number")},
        {"name": text("1" * 39, "Number")},
        {"name": text("1e127", "Number")},
        {"name": text("NaN", "Number")},
        {"name": text("x", "Binary")},
        {"name": {"DataType": "Binary", "BinaryValue": b""}},
        {"name": {"DataType": "String", "BinaryValue": b"x"}},
        {"": text("x")},
        {".name": text("x")},
        {"name.": text("x")},
        {"na..me": text("x")},
        {"na me": text("x")},
        {"AWS.name": text("x")},
        {"amazon.name": text("x")},
        {"x" * 257: text("x")},
    ],
)
def test_attributes_have_to_keep_to_the_rules(sqs: Sqs, attributes: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.send(MessageAttributes=attributes)

    assert code(refused) == "InvalidParameterValue"
    assert sqs.queue.messages == []


def test_ten_attributes_of_all_kinds_are_taken(sqs: Sqs) -> None:
    attributes = {f"name-{number}": text("x") for number in range(3)}
    attributes |= {
        "long": text("x", "String." + "x" * 249),
        "digits": text("1" * 38, "Number"),
        "large": text("1e126", "Number"),
        "small": text("1e-128", "Number"),
    }
    attributes |= {"a.b_C-1": text("-1.5e3", "Number.float"), "zero": text("0", "Number")}
    attributes["x" * 256] = {"DataType": "Binary.gz", "BinaryValue": b"\x00"}  # type: ignore[dict-item]

    sqs.send(MessageAttributes=attributes)

    (message,) = sqs.receive(MessageAttributeNames=["All"])
    assert message["MessageAttributes"] == attributes


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ([], []),
        (["All"], ["First", "First.Of", "Other"]),
        ([".*"], ["First", "First.Of", "Other"]),
        (["First.*"], ["First", "First.Of"]),
        (["Other", "absent"], ["Other"]),
        (["other"], []),
    ],
)
def test_only_the_attributes_that_were_asked_for_are_told(
    sqs: Sqs, wanted: list[str], names: list[str]
) -> None:
    attributes = {name: text("x") for name in ("First", "First.Of", "Other")}
    sqs.send(MessageAttributes=attributes)

    (message,) = sqs.receive(MessageAttributeNames=wanted)

    chosen = {name: attributes[name] for name in names}
    assert message.get("MessageAttributes", {}) == chosen
    if chosen:
        assert message["MD5OfMessageAttributes"] == attributes_digest(chosen)


def test_a_queue_nobody_made_does_not_exist(sqs: Sqs) -> None:
    with pytest.raises(sqs.client.exceptions.QueueDoesNotExist) as refused:
        sqs.client.send_message(QueueUrl=sqs.queue.url + "x", MessageBody="x")

    assert code(refused) == "AWS.SimpleQueueService.NonExistentQueue"


def test_messages_come_in_order_ten_at_most_and_nobody_else_sees_them(sqs: Sqs) -> None:
    for number in range(12):
        sqs.send(str(number))

    first = sqs.receive(MaxNumberOfMessages=10)
    second = sqs.receive(MaxNumberOfMessages=10)

    assert [message["Body"] for message in first + second] == [str(n) for n in range(12)]
    assert len(first) == 10
    assert sqs.receive() == []


@pytest.mark.parametrize(
    "asked",
    [
        {"MaxNumberOfMessages": 0},
        {"MaxNumberOfMessages": 11},
        {"VisibilityTimeout": -1},
        {"VisibilityTimeout": 43_201},
        {"WaitTimeSeconds": 21},
    ],
)
def test_what_is_asked_for_has_its_bounds(sqs: Sqs, asked: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.receive(**asked)

    assert code(refused) == "InvalidParameterValue"


def test_a_message_that_is_not_deleted_comes_again_when_its_timeout_ends(sqs: Sqs) -> None:
    sqs.send()
    sqs.clock.sleep(10)
    sqs.receive()

    sqs.clock.sleep(29.5)
    assert sqs.receive() == []
    sqs.clock.sleep(0.5)
    (again,) = sqs.receive(VisibilityTimeout=5, AttributeNames=["All"])
    sqs.clock.sleep(5)

    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again["Attributes"]["SentTimestamp"] == milliseconds(0)
    assert again["Attributes"]["ApproximateFirstReceiveTimestamp"] == milliseconds(10)
    assert len(sqs.receive()) == 1


def test_system_attributes_are_told_by_either_parameter(sqs: Sqs) -> None:
    sqs.send()

    (message,) = sqs.receive(
        AttributeNames=["SenderId"], MessageSystemAttributeNames=["SentTimestamp", "SequenceNumber"]
    )

    assert set(message["Attributes"]) == {"SenderId", "SentTimestamp"}
    with pytest.raises(ClientError) as refused:
        sqs.receive(AttributeNames=["Age"])
    assert code(refused) == "InvalidAttributeName"


def test_a_long_poll_ends_with_the_first_message(sqs: Sqs) -> None:
    sqs.send(DelaySeconds=7)

    (message,) = sqs.receive(WaitTimeSeconds=20)

    assert (message["Body"], sqs.clock.seconds) == ("x", 7)
    sqs.send("here")
    assert len(sqs.receive(WaitTimeSeconds=20)) == 1
    assert sqs.clock.seconds == 7
    assert sqs.receive(WaitTimeSeconds=4) == []
    assert sqs.clock.seconds == 11
    sqs.clock.sleep(24)
    assert len(sqs.receive(WaitTimeSeconds=20, MaxNumberOfMessages=10)) == 2
    assert sqs.clock.seconds == 37


def test_a_long_poll_of_an_empty_queue_takes_its_time(sqs: Sqs) -> None:
    assert sqs.receive(WaitTimeSeconds=2) == []
    assert sqs.clock.seconds == 2


def test_a_delayed_message_is_not_seen_before_its_time(sqs: Sqs) -> None:
    sqs.send(DelaySeconds=900)
    with pytest.raises(ClientError) as refused:
        sqs.send(DelaySeconds=901)

    assert code(refused) == "InvalidParameterValue"
    assert sqs.receive() == []
    assert sqs.attributes("All")["ApproximateNumberOfMessagesDelayed"] == "1"
    sqs.clock.sleep(900)
    assert len(sqs.receive()) == 1


def test_a_message_is_deleted_even_after_its_timeout(sqs: Sqs) -> None:
    sqs.send()
    handle = sqs.handle()
    sqs.clock.sleep(31)

    sqs.delete(handle)
    sqs.delete(handle)

    assert sqs.receive() == []


def test_an_old_handle_deletes_nothing_and_says_nothing(sqs: Sqs) -> None:
    sqs.send()
    old = sqs.handle()
    sqs.clock.sleep(30)
    new = sqs.handle()

    sqs.delete(old)

    assert old != new
    assert sqs.queue.bodies == ["x"]
    sqs.delete(new)
    assert sqs.queue.bodies == []


@pytest.mark.parametrize("handle", ["x", "outbox", "outbox#x", "outbox#x#y", "other#x#1"])
def test_a_handle_of_no_message_here_is_invalid(sqs: Sqs, handle: str) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.delete(handle)

    assert code(refused) == "ReceiptHandleIsInvalid"


def test_visibility_counts_from_when_it_was_changed(sqs: Sqs) -> None:
    sqs.send()
    handle = sqs.handle()
    sqs.clock.sleep(15)
    sqs.hide(handle, 10)
    sqs.clock.sleep(9.9)

    assert sqs.receive() == []
    sqs.clock.sleep(0.1)
    assert len(sqs.receive()) == 1
    sqs.clock.sleep(29)
    assert sqs.receive() == []


def test_a_message_may_be_handed_back_at_once_and_comes_once(sqs: Sqs) -> None:
    sqs.send()
    handle = sqs.handle()
    sqs.hide(handle, 30)
    sqs.hide(handle, 30)
    sqs.hide(handle, 0)

    assert len(sqs.receive(MaxNumberOfMessages=10)) == 1
    sqs.clock.sleep(30)
    assert len(sqs.receive(MaxNumberOfMessages=10)) == 1


def test_a_message_is_hidden_for_twelve_hours_in_all(sqs: Sqs) -> None:
    sqs.send()
    sqs.clock.sleep(100)
    handle = sqs.handle()
    sqs.clock.sleep(20)
    sqs.hide(handle, 43_180)
    sqs.clock.sleep(10)
    for seconds in (43_171, 43_201, -1):
        with pytest.raises(ClientError) as refused:
            sqs.hide(handle, seconds)
        assert code(refused) == "InvalidParameterValue"

    sqs.hide(handle, 43_170)


def test_only_what_is_in_flight_under_its_handle_can_be_hidden(sqs: Sqs) -> None:
    sqs.send()
    old = sqs.handle()
    sqs.clock.sleep(30)
    with pytest.raises(sqs.client.exceptions.MessageNotInflight) as refused:
        sqs.hide(old, 10)
    assert code(refused) == "AWS.SimpleQueueService.MessageNotInflight"
    new = sqs.handle()
    with pytest.raises(ClientError) as refused:
        sqs.hide(old, 10)
    assert code(refused) == "InvalidParameterValue"
    sqs.delete(new)
    with pytest.raises(ClientError) as refused:
        sqs.hide(new, 10)
    assert code(refused) == "InvalidParameterValue"


def test_a_message_expires_though_it_is_in_flight(sqs: Sqs) -> None:
    queue = sqs.service.queue("short", retention_seconds=60)
    sqs.send(queue=queue)
    sqs.clock.sleep(59)
    assert len(sqs.receive(queue)) == 1

    sqs.clock.sleep(1)

    assert queue.messages == []
    sqs.clock.sleep(60)
    assert sqs.receive(queue) == []


def test_a_message_received_too_often_goes_to_the_dead_letters_and_counts_on(sqs: Sqs) -> None:
    dead = sqs.service.queue("dead")
    queue = sqs.service.queue("work", redrive=Redrive(dead, max_receives=2))
    sent = sqs.send("poison", queue, MessageAttributes={"kind": text("event")})
    for _ in range(2):
        assert len(sqs.receive(queue)) == 1
        assert dead.bodies == []
        sqs.clock.sleep(30)

    assert sqs.receive(queue) == []
    assert queue.bodies == []
    (found,) = sqs.receive(dead, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert (found["MessageId"], found["Body"]) == (sent["MessageId"], "poison")
    assert found["Attributes"]["ApproximateReceiveCount"] == "3"
    assert found["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn
    assert found["Attributes"]["SentTimestamp"] == milliseconds(0)
    assert found["MessageAttributes"] == {"kind": text("event")}


def test_dead_letters_keep_a_message_from_when_it_was_first_sent(sqs: Sqs) -> None:
    dead = sqs.service.queue("dead", retention_seconds=14 * DAY)
    queue = sqs.service.queue(
        "work", redrive=Redrive(dead, max_receives=1), retention_seconds=7 * DAY
    )
    sqs.send(queue=queue)
    sqs.receive(queue)
    sqs.clock.sleep(6 * DAY)
    sqs.receive(queue)

    sqs.clock.sleep(8 * DAY - 1)
    assert dead.bodies == ["x"]
    sqs.clock.sleep(1)
    assert dead.bodies == []


def test_a_poisoned_message_makes_room_for_the_next(sqs: Sqs) -> None:
    dead = sqs.service.queue("dead")
    queue = sqs.service.queue("work", redrive=Redrive(dead, max_receives=1))
    sqs.send("poison", queue)
    sqs.receive(queue)
    sqs.send("good", queue, DelaySeconds=30)
    sqs.clock.sleep(30)

    assert [message["Body"] for message in sqs.receive(queue)] == ["good"]
    assert dead.bodies == ["poison"]


def batch(sqs: Sqs, *entries: dict[str, Any]) -> Any:
    return sqs.client.send_message_batch(QueueUrl=sqs.queue.url, Entries=list(entries))


def entry(id_: str, body: str = "x", **more: Any) -> dict[str, Any]:
    return {"Id": id_, "MessageBody": body, **more}


def test_a_batch_says_of_each_entry_what_became_of_it(sqs: Sqs) -> None:
    answer = batch(sqs, entry("a"), entry("b", "\uffff"), entry("c", ""), entry("d", "y"))

    assert [done["Id"] for done in answer["Successful"]] == ["a", "d"]
    failed = {one["Id"]: (one["Code"], one["SenderFault"]) for one in answer["Failed"]}
    assert failed == {"b": ("InvalidMessageContents", True), "c": ("MissingParameter", True)}
    assert sqs.queue.bodies == ["x", "y"]


def test_a_plan_fails_entries_that_were_good(sqs: Sqs) -> None:
    sqs.plan.then("sqs.SendMessageBatch", Partly({1: "InternalError"}))

    answer = batch(sqs, entry("a", "1"), entry("b", "2"), entry("c", "3"))

    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [
        ("b", "InternalError", False)
    ]
    assert sqs.queue.bodies == ["1", "3"]


@pytest.mark.parametrize(
    ("entries", "refusal"),
    [
        ([], "EmptyBatchRequest"),
        ([entry(str(number)) for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([entry("a"), entry("a")], "BatchEntryIdsNotDistinct"),
        ([entry("a b")], "InvalidBatchEntryId"),
        ([entry("x" * 81)], "InvalidBatchEntryId"),
        ([entry("a", "x" * (MAX_BYTES - 1)), entry("b", "é")], "BatchRequestTooLong"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(
    sqs: Sqs, entries: list[dict[str, Any]], refusal: str
) -> None:
    with pytest.raises(ClientError) as refused:
        batch(sqs, *entries)

    assert code(refused) == f"AWS.SimpleQueueService.{refusal}"
    assert sqs.queue.messages == []


def test_ten_messages_are_a_batch(sqs: Sqs) -> None:
    assert len(batch(sqs, *(entry(str(number)) for number in range(10)))["Successful"]) == 10


def test_a_fault_is_the_sender_s_or_the_receiver_s(sqs: Sqs) -> None:
    faults = []
    for answers in (THROTTLED, BROKEN):
        sqs.plan.then("sqs", answers["sqs"])
        with pytest.raises(ClientError) as refused:
            sqs.send()
        error: Any = refused.value.response["Error"]
        faults.append(error["Type"])

    assert faults == ["Sender", "Receiver"]


def test_moments_are_told_in_milliseconds_of_the_epoch(sqs: Sqs) -> None:
    sqs.clock.sleep(1.5)
    sent = sqs.send(MessageAttributes={"a": text("b")})

    (message,) = sqs.receive(AttributeNames=["SentTimestamp"])

    assert message["Attributes"]["SentTimestamp"] == "1773057601500"
    assert sent["MD5OfMessageAttributes"] == attributes_digest({"a": text("b")})


def test_a_batch_may_be_as_large_as_a_message(sqs: Sqs) -> None:
    batch(sqs, entry("a", "x" * (MAX_BYTES - 2)), entry("b", "é"))

    assert len(sqs.queue.messages) == 2


def test_messages_are_deleted_and_hidden_in_batches(sqs: Sqs) -> None:
    for number in range(3):
        sqs.send(str(number))
    handles = [message["ReceiptHandle"] for message in sqs.receive(MaxNumberOfMessages=10)]
    sqs.plan.then("sqs.DeleteMessageBatch", Partly({1: "InternalError"}))

    deleted = sqs.client.delete_message_batch(
        QueueUrl=sqs.queue.url,
        Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)],
    )
    hidden = sqs.client.change_message_visibility_batch(
        QueueUrl=sqs.queue.url,
        Entries=[
            {"Id": "a", "ReceiptHandle": handles[1], "VisibilityTimeout": 0},
            {"Id": "b", "ReceiptHandle": "x", "VisibilityTimeout": 0},
        ],
    )

    assert [one["Id"] for one in deleted["Successful"]] == ["0", "2"]
    assert [one["Id"] for one in deleted["Failed"]] == ["1"]
    assert [one["Id"] for one in hidden["Successful"]] == ["a"]
    assert [one["Code"] for one in hidden["Failed"]] == ["ReceiptHandleIsInvalid"]
    assert [message["Body"] for message in sqs.receive()] == ["1"]


def test_a_queue_tells_how_many_it_holds(sqs: Sqs) -> None:
    for _ in range(3):
        sqs.send()
    sqs.receive()
    sqs.send(DelaySeconds=5)

    told = sqs.attributes("All")

    assert told["ApproximateNumberOfMessages"] == "2"
    assert told["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert told["ApproximateNumberOfMessagesDelayed"] == "1"
    assert told["MessageRetentionPeriod"] == "345600"
    assert "RedrivePolicy" not in told
    assert sqs.attributes("QueueArn", "Policy") == {"QueueArn": sqs.queue.arn}
    assert sqs.attributes() == {}
    with pytest.raises(ClientError) as refused:
        sqs.attributes("Age")
    assert code(refused) == "InvalidAttributeName"


def test_a_queue_tells_where_its_dead_letters_go(sqs: Sqs) -> None:
    dead = sqs.queue
    sqs.queue = sqs.service.queue("work", redrive=Redrive(dead, max_receives=1000))

    told = sqs.attributes("RedrivePolicy")

    assert json.loads(told["RedrivePolicy"]) == {
        "deadLetterTargetArn": dead.arn,
        "maxReceiveCount": 1000,
    }


def test_short_polling_may_find_fewer_than_there_are(sqs: Sqs) -> None:
    for _ in range(5):
        sqs.send()
    sqs.plan.then("sqs.ReceiveMessage", Fewer(2), Fewer(0))

    found = [len(sqs.receive(MaxNumberOfMessages=10)) for _ in range(3)]

    assert found == [2, 0, 3]


def test_no_more_than_so_many_are_in_flight(sqs: Sqs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.sqs_queues._MAX_IN_FLIGHT", 2)
    for _ in range(3):
        sqs.send()
    sqs.receive(MaxNumberOfMessages=2)

    with pytest.raises(sqs.client.exceptions.OverLimit):
        sqs.receive()


@pytest.mark.parametrize(
    "more",
    [
        {"MessageGroupId": "x"},
        {"MessageSystemAttributes": {"AWSTraceHeader": text("x")}},
        {"MessageAttributes": {"x": {**text("x"), "StringListValues": ["x"]}}},
    ],
)
def test_what_it_does_not_model_is_no_failure_of_the_service(
    sqs: Sqs, more: dict[str, Any]
) -> None:
    with pytest.raises(NotModelledError):
        sqs.send(**more)
    with pytest.raises(NotModelledError):
        batch(sqs, entry("a", **more))


@given(st.lists(st.sampled_from(["send", "receive", "delete", "hand back", "wait"]), max_size=60))
def test_whatever_is_done_a_message_is_here_until_it_is_deleted(steps: list[str]) -> None:
    """And never with two at a time."""
    sqs = Sqs()
    held: dict[str, str] = {}
    wanted: set[str] = set()
    for number, step in enumerate(steps):
        if step == "send":
            sqs.send(str(number))
            wanted.add(str(number))
        elif step == "receive":
            for message in sqs.queue.receive(2):
                assert message.body not in held
                held[message.body] = message.receipt_handle
        elif step == "wait":
            sqs.clock.sleep(30)
            held.clear()
        elif held:
            body, handle = held.popitem()
            if step == "delete":
                sqs.queue.delete(handle)
                wanted.remove(body)
            else:
                sqs.queue.change_visibility(handle, 0)
        assert set(sqs.queue.bodies) == wanted
        assert sqs.queue.in_flight == len(held)
