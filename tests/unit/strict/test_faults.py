"""What goes wrong with a call looks to the SDK as it would with AWS, and the effect is known."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from commerce_hooks.deadline import call_within
from support.faults import (
    BROKEN,
    THROTTLED,
    AtCall,
    Crash,
    CrashError,
    Effect,
    Fault,
    Fewer,
    Hung,
    Partly,
    Raised,
    Refused,
    Reset,
    Script,
    Slow,
    TimedOut,
)
from support.receiving import FakeClock
from support.strict_eventbridge import BUS_ARN, StrictEventBridge
from support.strict_s3 import StrictS3
from support.strict_secrets import StrictSecrets
from support.strict_sqs import StrictSqs
from support.wire import NotModelledError


@dataclass
class Services:
    """One of each, a plan for all, and a call that leaves a trace."""

    plan: Script = field(default_factory=Script)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.event_bridge = StrictEventBridge(plan=self.plan, clock=self.clock)
        self.sqs = StrictSqs(self.clock, self.plan)
        self.s3 = StrictS3(self.clock, self.plan)
        self.secrets = StrictSecrets(self.plan, self.clock)
        self.queue = self.sqs.queue("outbox")
        self.bucket = self.s3.bucket("payloads")
        self.ring = self.secrets.secret("ring", "{}")

    def put_event(self) -> Any:
        entry = {"EventBusName": BUS_ARN, "Source": "s", "DetailType": "t", "Detail": "{}"}
        return self.event_bridge.client().put_events(Entries=[entry])  # type: ignore[list-item]

    def send(self) -> Any:
        return self.sqs.client().send_message(QueueUrl=self.queue.url, MessageBody="x")

    def put_object(self) -> Any:
        return self.s3.client().put_object(Bucket="payloads", Key="k", Body=b"x")

    def get_object(self) -> bytes:
        return self.s3.client().get_object(Bucket="payloads", Key="k")["Body"].read()

    def read_ring(self) -> Any:
        return self.secrets.client().get_secret_value(SecretId=self.ring.arn)

    @property
    def traces(self) -> dict[str, int]:
        return {
            "events": len(self.event_bridge.accepted),
            "sqs": len(self.queue.messages),
            "s3": len(self.bucket.objects),
        }

    @property
    def calls(self) -> dict[str, Callable[[], Any]]:
        return {"events": self.put_event, "sqs": self.send, "s3": self.put_object}


@pytest.fixture
def services() -> Services:
    return Services()


SERVICES = ("events", "sqs", "s3")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(
    ("fault", "error", "seconds"),
    [
        (TimedOut, ReadTimeoutError, 3),
        (Hung, TimeoutError, 4),
        (Reset, ConnectionClosedError, 0),
        (Crash, CrashError, 0),
    ],
)
def test_a_call_that_breaks_off_has_done_its_work_or_has_not(
    services: Services,
    service: str,
    effect: Effect,
    fault: Callable[[Effect], Fault],
    error: type[BaseException],
    seconds: float,
) -> None:
    services.plan.then(service, fault(effect))

    with pytest.raises(error):
        services.calls[service]()

    assert services.traces[service] == (effect is Effect.DONE)
    assert services.clock.seconds == seconds


@pytest.mark.parametrize("service", SERVICES)
def test_a_call_under_way_does_its_work_before_the_next(services: Services, service: str) -> None:
    seen: list[int] = []
    services.plan.then(service, TimedOut(Effect.LATE))
    with pytest.raises(ReadTimeoutError):
        services.calls[service]()
    services.plan.then(service, Reset())
    seen.append(services.traces[service])
    with pytest.raises(ConnectionClosedError):
        services.calls[service]()
    seen.append(services.traces[service])

    assert seen == [0, 1]


def test_what_is_under_way_can_be_waited_for(services: Services) -> None:
    services.plan.then("sqs", Reset(Effect.LATE))
    with pytest.raises(ConnectionClosedError):
        services.send()

    services.sqs.wire.land()
    services.sqs.wire.land()

    assert services.queue.bodies == ["x"]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("answers", [THROTTLED, BROKEN])
def test_every_service_throttles_and_breaks_in_its_own_words(
    services: Services, service: str, answers: dict[str, Refused]
) -> None:
    fault = answers[service]
    services.plan.then(service, fault)

    with pytest.raises(ClientError) as refused:
        services.calls[service]()

    assert refused.value.response["Error"]["Code"] == fault.code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == fault.status
    assert services.traces[service] == 0


def test_an_error_of_the_service_may_come_after_the_work(services: Services) -> None:
    services.plan.then("s3", Refused("InternalError", 500, Effect.DONE))

    with pytest.raises(ClientError, match="InternalError"):
        services.put_object()

    assert services.traces["s3"] == 1


def test_a_slow_answer_is_a_good_one(services: Services) -> None:
    services.plan.then("events", Slow(1.5))

    assert services.put_event()["FailedEntryCount"] == 0
    assert services.clock.seconds == 1.5


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (TimedOut(Effect.DONE), ReadTimeoutError),
        (Hung(Effect.DONE), TimeoutError),
        (Reset(Effect.DONE), ResponseStreamingError),
    ],
)
def test_an_object_breaks_off_while_it_is_read(
    services: Services, fault: Fault, error: type[Exception]
) -> None:
    services.put_object()
    services.plan.then("s3.GetObject", fault)

    answer = services.s3.client().get_object(Bucket="payloads", Key="k")

    with pytest.raises(error):
        answer["Body"].read()
    assert services.get_object() == b"x"


def test_a_missing_object_does_not_stream(services: Services) -> None:
    services.plan.then("s3.GetObject", Reset(Effect.DONE))

    with pytest.raises(ConnectionClosedError):
        services.get_object()


def test_a_crash_passes_the_thread_of_a_call_with_a_limit(services: Services) -> None:
    services.plan.then("sqs", Crash(Effect.DONE))

    with pytest.raises(CrashError):
        call_within(5, services.send)

    assert services.queue.bodies == ["x"]


def test_a_script_knows_services_and_operations(services: Services) -> None:
    services.put_object()
    services.plan.then("s3.GetObject", None, Refused("SlowDown", 503))
    services.plan.then("s3", Refused("InternalError", 500))
    services.plan.lasting["secretsmanager"] = THROTTLED["secretsmanager"]

    assert services.get_object() == b"x"
    with pytest.raises(ClientError, match="SlowDown"):
        services.get_object()
    with pytest.raises(ClientError, match="InternalError"):
        services.get_object()
    assert services.get_object() == b"x"
    for _ in range(3):
        with pytest.raises(ClientError, match="Throttling"):
            services.read_ring()
    assert services.s3.wire.counts == {"PutObject": 1, "GetObject": 4}
    assert services.secrets.wire.counts == {"GetSecretValue": 3}


def test_one_fault_finds_its_call_over_all_services() -> None:
    plan = AtCall(1, Reset())
    sqs, s3 = StrictSqs(FakeClock(), plan), StrictS3(FakeClock(), plan)
    queue = sqs.queue("outbox")
    s3.bucket("payloads")

    sqs.client().send_message(QueueUrl=queue.url, MessageBody="x")
    with pytest.raises(ConnectionClosedError):
        s3.client().put_object(Bucket="payloads", Key="k", Body=b"")
    sqs.client().send_message(QueueUrl=queue.url, MessageBody="y")

    assert queue.bodies == ["x", "y"]
    assert plan.calls == 3


def test_a_client_is_made_once_for_each_fake(services: Services) -> None:
    assert services.sqs.client() is services.sqs.client()
    assert StrictSqs(FakeClock()).client() is not services.sqs.client()


def test_a_fault_of_the_fake_is_none_of_the_service(services: Services) -> None:
    services.sqs.queues[services.queue.url] = None  # type: ignore[assignment]

    with pytest.raises(NotModelledError, match="SendMessage"):
        services.send()


def test_an_exception_is_raised_as_it_is(services: Services) -> None:
    services.plan.then("events", Raised(LookupError("no such thing")))

    with pytest.raises(LookupError, match="no such thing"):
        services.put_event()


def test_without_a_clock_time_stands_still() -> None:
    secrets = StrictSecrets(Script().then("secretsmanager", Slow(60)))
    secrets.secret("ring", "{}")

    assert secrets.client().get_secret_value(SecretId="ring")["SecretString"] == "{}"
    assert secrets.clock() == 0


def test_a_plan_may_be_exchanged(services: Services) -> None:
    services.send()
    services.sqs.plan = Script().then("sqs", THROTTLED["sqs"])

    with pytest.raises(ClientError, match="RequestThrottled"):
        services.send()


def test_partial_failures_and_short_answers_are_for_the_service_to_make(
    services: Services,
) -> None:
    services.plan.then("events", Partly({0: "InternalFailure"}))
    services.plan.then("sqs.ReceiveMessage", Fewer(0))
    services.send()

    assert services.put_event()["FailedEntryCount"] == 1
    receive = services.sqs.client().receive_message
    assert "Messages" not in receive(QueueUrl=services.queue.url)
    assert len(receive(QueueUrl=services.queue.url)["Messages"]) == 1


@pytest.mark.parametrize("value", ["a\nb", "a\rb"])
def test_what_the_http_client_would_not_send_never_arrives(services: Services, value: str) -> None:
    with pytest.raises(HTTPClientError, match="Invalid header"):
        services.s3.client().put_object(
            Bucket="payloads", Key="k", Body=b"", Metadata={"topic": value}
        )

    assert services.bucket.objects == {}
