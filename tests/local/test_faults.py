"""What is made to fail on a running stack, as an SDK and as a platform see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ReadTimeoutError

from commerce_hooks_cli.local.clients import isolated_session
from commerce_hooks_cli.local.errors import LocalStackError
from commerce_hooks_cli.local.fault_switch import read_faults, switch_faults
from commerce_hooks_cli.local.faults import FAULTS_PATH, Kind, Service
from commerce_hooks_cli.local.stack import StartOptions, start, stop
from local.inbox import Inbox
from local.stacks import ECHO, Answer, accepted_sample, ask, callback_path_for, post_sample
from support.platforms import platforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator

ENTRY = {"Source": "x", "DetailType": "x", "Detail": "{}"}


@pytest.fixture
def stack(echo_stack: LocalState) -> Iterator[LocalState]:
    """One that fails no more after the test."""
    yield echo_stack
    switch_faults(echo_stack, {})


def impatient(state: LocalState, service: str) -> Any:
    """A client that tries once and doesn't wait long."""
    session = isolated_session(
        state.region,
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=state.secret_access_key,
    )
    config = Config(read_timeout=0.5, retries={"total_max_attempts": 1}, proxies={})
    return session.client(  # type: ignore[call-overload]
        service, endpoint_url=state.control_url, config=config
    )


def put(state: LocalState, entries: int = 1) -> Any:
    bus = {"EventBusName": state.stack}
    return impatient(state, "events").put_events(Entries=[{**ENTRY, **bus}] * entries)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind.ERROR, (500, "InternalException")),
        (Kind.THROTTLE, (400, "ThrottlingException")),
        (Kind.DENIED, (400, "AccessDeniedException")),
    ],
)
def test_an_sdk_hears_of_the_bus_what_aws_would_say(
    stack: LocalState, kind: Kind, told: tuple[int, str]
) -> None:
    switch_faults(stack, {Service.BUS: kind})
    with pytest.raises(ClientError) as error:
        put(stack)
    assert code_of(error) == told
    assert read_faults(stack)[Service.BUS].calls == 1


def test_an_sdk_gives_up_a_call_that_hangs(stack: LocalState) -> None:
    switch_faults(stack, {Service.BUS: Kind.HANG})
    with pytest.raises(ReadTimeoutError):
        put(stack)
    switch_faults(stack, {})
    assert put(stack)["FailedEntryCount"] == 0


def test_an_sdk_hears_which_entries_failed(stack: LocalState) -> None:
    switch_faults(stack, {Service.BUS: Kind.PARTIAL})
    answer = put(stack, entries=3)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == ["InternalFailure", None, "InternalFailure"]
    assert (answer["FailedEntryCount"], bool(answer["Entries"][1]["EventId"])) == (2, True)


@pytest.mark.parametrize(
    ("service", "codes", "operation"),
    [
        (
            Service.QUEUES,
            ["InternalFailure", "RequestThrottled", "AccessDeniedException"],
            lambda state: impatient(state, "sqs").send_message(
                QueueUrl=state.outputs["DeadLettersUrl"], MessageBody="x"
            ),
        ),
        (
            Service.BUCKET,
            ["InternalError", "SlowDown", "AccessDenied"],
            lambda state: impatient(state, "s3").list_buckets(),
        ),
        (
            Service.KEY_RING,
            ["InternalServiceError", "ThrottlingException", "AccessDeniedException"],
            lambda state: impatient(state, "secretsmanager").get_secret_value(SecretId="x"),
        ),
    ],
)
def test_an_sdk_hears_of_the_others_what_aws_would_say(
    stack: LocalState,
    service: Service,
    codes: list[str],
    operation: Callable[[LocalState], object],
) -> None:
    for kind, code in zip((Kind.ERROR, Kind.THROTTLE, Kind.DENIED), codes, strict=True):
        switch_faults(stack, {service: kind})
        with pytest.raises(ClientError) as error:
            operation(stack)
        assert code_of(error)[1] == code


def test_what_does_not_fail_goes_on(stack: LocalState) -> None:
    switch_faults(stack, dict.fromkeys(set(Service) - {Service.BUS}, Kind.ERROR))
    assert put(stack)["FailedEntryCount"] == 0


ORDER = b'{"bus": "error"}'


def order(state: LocalState, key: str, secret: str, **more: str) -> int:
    """Let the bus fail, signed with this key; the status of the answer."""
    request = AWSRequest("PUT", state.control_url + FAULTS_PATH, data=ORDER)
    SigV4Auth(Credentials(key, secret), "local", state.region).add_auth(request)
    headers = {**dict(request.headers.items()), **more}
    return ask(state.control_url, FAULTS_PATH, ORDER, headers, "PUT").status


def test_strangers_switch_nothing_and_learn_nothing(stack: LocalState) -> None:
    assert order(stack, "test", "test") == 403
    assert order(stack, stack.account, "test") == 403
    assert order(stack, stack.access_key_id, "test") == 403
    assert ask(stack.control_url, FAULTS_PATH, ORDER, method="PUT").status == 403
    assert ask(stack.control_url, FAULTS_PATH).status == 403
    assert "bus" not in ask(stack.base_url, FAULTS_PATH).json()
    ask(stack.base_url, FAULTS_PATH, ORDER, method="PUT")
    assert read_faults(stack) == {}


def test_a_web_page_switches_nothing(stack: LocalState) -> None:
    operator = (stack.access_key_id, stack.secret_access_key)
    assert order(stack, *operator, Origin="https://evil.example") == 403
    assert read_faults(stack) == {}
    assert order(stack, *operator) == 200
    assert read_faults(stack)


def test_what_cannot_be_is_refused(stack: LocalState) -> None:
    with pytest.raises(LocalStackError, match="refuses"):
        switch_faults(stack, {Service.BUCKET: Kind.PARTIAL})


def test_with_the_stack_ends_what_fails(tmp_path: Path) -> None:
    options = StartOptions(directory=tmp_path / ".local", checkout=ECHO, stack="echo")
    state = start(options)
    switch_faults(state, {Service.BUS: Kind.ERROR})
    stop(state)
    with pytest.raises(LocalStackError, match="does not answer"):
        read_faults(state)
    again = start(options)
    try:
        assert read_faults(again) == {}
    finally:
        stop(again)


# --- What a platform is answered ---


@pytest.fixture(scope="module")
def whole_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalState]:
    """One of their own: what these tests leave in the outbox is delivered some time later."""
    state = start(StartOptions(directory=tmp_path_factory.mktemp("faults") / ".local"))
    yield state
    stop(state)


@pytest.fixture(scope="module")
def arrivals(whole_stack: LocalState) -> Inbox:
    return Inbox(whole_stack)


@pytest.fixture
def failing(whole_stack: LocalState) -> Iterator[LocalState]:
    yield whole_stack
    switch_faults(whole_stack, {})


def send(state: LocalState, kinds: Mapping[Service, Kind], platform: str = "konimbo") -> Answer:
    """A genuine callback, while all this fails."""
    sample = accepted_sample(platforms()[platform])
    path = callback_path_for(state, platforms()[platform], sample.topic)
    switch_faults(state, kinds)
    return post_sample(state, path, sample)


def test_without_the_key_ring_nobody_is_let_in_or_sent_away(failing: LocalState) -> None:
    # Of a platform whose function has not read it yet.
    answer = send(failing, {Service.KEY_RING: Kind.DENIED}, "iset")
    assert (answer.status, answer.json()) == (503, {"error": "unavailable"})


@pytest.mark.parametrize("kind", [Kind.THROTTLE, Kind.DENIED, Kind.HANG, Kind.PARTIAL])
def test_however_the_bus_fails_the_event_comes_when_it_is_back(
    failing: LocalState, arrivals: Inbox, kind: Kind
) -> None:
    answer = send(failing, {Service.BUS: kind})
    assert read_faults(failing)[Service.BUS].calls > 0
    switch_faults(failing, {})
    assert (answer.status, answer.json()["status"]) == (200, "deferred")
    (event,) = arrivals.wait_for(answer.json()["event_ids"])
    assert event["detail"]["metadata"]["callback_id"] == answer.json()["callback_id"]


def test_with_the_queues_failing_too_the_event_waits_in_the_bucket(failing: LocalState) -> None:
    answer = send(failing, dict.fromkeys([Service.BUS, Service.QUEUES], Kind.DENIED)).json()
    assert answer["status"] == "deferred"
    bucket = failing.outputs["PayloadBucketName"]
    kept = failing.client("s3").list_objects_v2(Bucket=bucket, Prefix="outbox/konimbo/")
    assert answer["event_ids"][0] in kept["Contents"][0]["Key"]


def test_with_all_of_them_failing_the_platform_has_to_try_again(failing: LocalState) -> None:
    answer = send(failing, dict.fromkeys(set(Service) - {Service.KEY_RING}, Kind.DENIED))
    assert (answer.status, answer.json()) == (503, {"error": "unavailable"})
