"""The adapters on AWS: caching, time limits, and what their errors say."""

import json
import threading
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from commerce_hooks.aws import (
    Patience,
    S3PayloadBucket,
    SecretsManagerKeyRing,
    SqsOutboxQueue,
    once,
)
from commerce_hooks.deadline import KEY_RING_SECONDS
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter
from support.receiving import KEY_1, KEY_2, RING, FakeClock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:test"


GOOD = json.dumps(RING)


class FakeSecrets:
    """Secrets Manager with one secret; an exception in its place is raised."""

    def __init__(self, text: str | Exception) -> None:
        self.text = text
        self.reads = 0
        self.answer: dict[str, str] | None = None
        self.recovers_after = -1

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == SECRET
        self.reads += 1
        if self.reads == self.recovers_after + 1:
            self.text = GOOD
        if isinstance(self.text, Exception):
            raise self.text
        return {"SecretString": self.text} if self.answer is None else self.answer


class Rings:
    def __init__(self, text: str | Exception = GOOD) -> None:
        self.clock = FakeClock()
        self.secrets = FakeSecrets(text)
        self.stale: list[str] = []
        self.source = SecretsManagerKeyRing(
            cast("SecretsManagerClient", self.secrets),
            SECRET,
            Patience(self.clock, self.clock.sleep),
            self.stale.append,
            fresh_seconds=60,
        )


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": KEY_1}}, "GetSecretValue")


def test_the_ring_is_read_once_and_again_when_it_is_no_longer_fresh() -> None:
    rings = Rings()
    rings.source.current()
    rings.clock.sleep(59)
    rings.source.current()

    assert rings.secrets.reads == 1

    rings.clock.sleep(2)
    rings.secrets.text = json.dumps({"sign": "k2", "k2": KEY_2})

    assert rings.source.current().sign == "k2"


def test_while_the_secret_cannot_be_read_the_cached_ring_serves_on() -> None:
    rings = Rings()
    rings.source.current()
    rings.clock.sleep(61)
    rings.secrets.text = refusal("ThrottlingException")

    assert rings.source.current().sign == "k1"
    assert rings.stale == ["ThrottlingException"]


def test_an_outage_is_not_paid_for_by_every_callback() -> None:
    rings = Rings()
    rings.source.current()
    rings.clock.sleep(61)
    rings.secrets.text = refusal("ThrottlingException")
    rings.source.current()
    reads = rings.secrets.reads
    for _ in range(50):
        rings.source.current()

    assert rings.secrets.reads == reads

    rings.clock.sleep(11)
    rings.source.current()

    assert rings.secrets.reads > reads


def test_without_a_ring_strangers_cannot_spend_reads_either() -> None:
    rings = Rings(refusal("AccessDeniedException"))
    for _ in range(50):
        with pytest.raises(UnavailableError, match="AccessDeniedException"):
            rings.source.current()

    assert rings.secrets.reads == 1

    rings.clock.sleep(1.1)
    rings.secrets.text = GOOD

    assert rings.source.current().sign == "k1"


def test_a_passing_fault_is_read_through_even_at_a_cold_start() -> None:
    rings = Rings(refusal("ThrottlingException"))
    rings.secrets.recovers_after = 3

    assert rings.source.current().sign == "k1"
    assert rings.secrets.reads == 4
    assert rings.clock.seconds <= KEY_RING_SECONDS


def test_a_secret_that_is_no_ring_any_more_leaves_the_cached_one_in_use() -> None:
    rings = Rings()
    rings.source.current()
    rings.clock.sleep(61)
    rings.secrets.text = "{}"

    assert rings.source.current().sign == "k1"
    assert rings.stale == ["Invalid"]


def test_a_store_s_entry_that_cannot_be_read_is_told_at_every_reading_and_the_ring_is_used() -> (
    None
):
    stores = {"cenit/demo": {"a_setting_to_come": 1}, "iset/a": 1, "konimbo/b": {}}
    rings = Rings(json.dumps({**RING, "stores": stores}))

    for _ in range(2):
        assert rings.source.current().sign == "k1"
    assert rings.stale == ["malformed: cenit/demo, iset/a"]
    rings.clock.sleep(61)
    rings.source.current()
    assert len(rings.stale) == 2


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (refusal("ResourceNotFoundException"), "ResourceNotFoundException"),
        (OSError(24, KEY_1), "OSError"),
        (RuntimeError(KEY_1), "RuntimeError"),
        (EndpointConnectionError(endpoint_url="https://x"), "EndpointConnectionError"),
        ("not a ring", "Invalid"),
        ("{}", "Invalid"),
    ],
)
def test_without_a_cached_ring_the_cause_is_named_and_nothing_else(
    answer: str | Exception, cause: str
) -> None:
    rings = Rings(answer)

    with pytest.raises(UnavailableError) as failed:
        rings.source.current()

    assert str(failed.value) == f"key_ring: {cause}"


def test_a_secret_without_text_is_no_ring() -> None:
    rings = Rings()
    rings.secrets.answer = {}

    with pytest.raises(UnavailableError, match="Invalid"):
        rings.source.current()


def test_a_call_that_hangs_is_left_behind() -> None:
    released = threading.Event()

    with pytest.raises(UnavailableError, match="bus: Timeout"):
        once("bus", 0.05, lambda: released.wait(60))

    assert not released.is_set()
    released.set()


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_call_that_there_is_no_time_for_is_not_begun(seconds: float) -> None:
    made: list[str] = []

    with pytest.raises(UnavailableError, match="bucket: deadline"):
        once("bucket", seconds, lambda: made.append("call"))

    assert not made


def test_a_missing_permission_is_known_not_to_pass() -> None:
    def denied() -> None:
        raise refusal("AccessDeniedException")

    with pytest.raises(UnavailableError) as failed:
        once("bucket", 1, denied)

    assert not failed.value.may_pass
    assert KEY_1 not in str(failed.value)


def test_the_bucket_s_client_is_made_when_it_is_first_needed() -> None:
    made: list[str] = []

    class Client:
        def put_object(self, **parts: object) -> None:
            made.append(str(parts["Key"]))

    def make_client() -> "S3Client":
        made.append("client")
        return cast("S3Client", Client())

    clock = FakeClock()
    bucket = S3PayloadBucket("payloads", make_client, Patience(clock, clock.sleep))

    assert made == []
    bucket.put("a", b"", {})
    bucket.put("b", b"", {})
    assert made == ["client", "a", "b"]


class FlakyS3:
    """Refuses so many times, and then takes it."""

    def __init__(self, refusals: int, code: str = "SlowDown") -> None:
        self.refusals = refusals
        self.code = code
        self.calls = 0

    def put_object(self, **_: object) -> None:
        self.calls += 1
        if self.calls <= self.refusals:
            raise refusal(self.code)


def put(client: FlakyS3) -> FakeClock:
    clock = FakeClock()
    make_client = lambda: cast("S3Client", client)  # noqa: E731
    S3PayloadBucket("payloads", make_client, Patience(clock, clock.sleep)).put("k", b"", {})
    return clock


def test_a_bucket_that_refuses_in_passing_is_tried_again() -> None:
    client = FlakyS3(refusals=3)

    put(client)

    assert client.calls == 4


def test_a_bucket_that_keeps_refusing_is_given_up_in_its_time() -> None:
    client = FlakyS3(refusals=10_000)

    with pytest.raises(UnavailableError, match="bucket: SlowDown"):
        put(client)

    assert 3 <= client.calls <= 100


def test_a_missing_bucket_is_not_asked_again() -> None:
    client = FlakyS3(refusals=1, code="NoSuchBucket")

    with pytest.raises(UnavailableError, match="bucket: NoSuchBucket"):
        put(client)

    assert client.calls == 1


def test_calls_left_behind_keep_nothing_from_exiting() -> None:
    before = set(threading.enumerate())
    released = threading.Event()
    with pytest.raises(UnavailableError):
        once("bus", 0.01, lambda: released.wait(60))

    left_behind = set(threading.enumerate()) - before
    assert [thread.daemon for thread in left_behind] == [True]
    released.set()


class Sqs:
    """SQS, where answers are what they are told to be; the last is repeated."""

    def __init__(self, *answers: dict[str, list[dict[str, str]]]) -> None:
        self.answers = list(answers)
        self.calls = 0

    def send_message_batch(self, **_: object) -> dict[str, list[dict[str, str]]]:
        self.calls += 1
        return self.answers[min(self.calls, len(self.answers)) - 1]


def outbox_queue(sqs: Sqs) -> SqsOutboxQueue:
    clock = FakeClock()
    return SqsOutboxQueue("url", lambda: cast("SQSClient", sqs), Patience(clock, clock.sleep))


def test_of_letters_each_has_its_own_code() -> None:
    failed = [{"Id": "1", "Code": "InternalError"}]
    queue = outbox_queue(Sqs({"Successful": [{"Id": "0"}], "Failed": failed}))

    codes = queue.put([Letter("{}", {})] * 3, 2.0)

    assert codes == [None, "InternalError", "AnswerCutShort"]


def test_a_letter_that_fails_in_passing_is_sent_again() -> None:
    sqs = Sqs({"Failed": [{"Id": "0", "Code": "InternalError"}]}, {"Successful": [{"Id": "0"}]})

    assert outbox_queue(sqs).put([Letter("{}", {})], 2.0) == [None]
    assert sqs.calls == 2


@pytest.mark.parametrize(
    ("answer", "cause"),
    [({"Failed": [{"Id": "0", "Code": "InternalError"}]}, "InternalError"), ({}, "AnswerCutShort")],
)
def test_letters_none_of_which_is_taken_are_no_answer(
    answer: dict[str, list[dict[str, str]]], cause: str
) -> None:
    with pytest.raises(UnavailableError, match=cause):
        outbox_queue(Sqs(answer)).put([Letter("{}", {})], 2.0)
