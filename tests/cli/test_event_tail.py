"""The temporary rule and queue behind `tail`, against moto's EventBridge and SQS."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.event_tail import EventTail
from commerce_hooks_cli.following import Following
from support.command import REAL

BUS = REAL.event_bus_name


def client(service: str) -> Any:
    # boto3's stubs know services by literal only.
    return boto3.client(service)  # type: ignore[call-overload]


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        boto3.client("events").create_event_bus(Name=BUS)
        yield replace(REAL, clients=client)


def put(
    *names: str, source: str = "commerce-hooks.konimbo", detail_type: str = "order.created"
) -> None:
    for name in names:
        detail = {"metadata": {"event_id": name}, "data": {}}
        boto3.client("events").put_events(
            Entries=[
                {
                    "EventBusName": BUS,
                    "Source": source,
                    "DetailType": detail_type,
                    "Detail": json.dumps(detail),
                }
            ]
        )


def left_over() -> tuple[list[Any], list[Any]]:
    rules = boto3.client("events").list_rules(EventBusName=BUS)["Rules"]
    return rules, boto3.client("sqs").list_queues().get("QueueUrls", [])


def test_it_sees_our_events_in_order_and_nobody_elses(deployment: Deployment) -> None:
    with EventTail(deployment) as tail:
        put("a.0", "b.0")
        put("x.0", source="somebody.else")
        put("c.0")
        events = tail.poll(0)

    assert [event.event_id for event in events] == ["a.0", "b.0", "c.0"]
    assert events[0].source == "commerce-hooks.konimbo"


def test_it_does_not_see_heartbeats(deployment: Deployment) -> None:
    with EventTail(deployment) as tail:
        put("beat.0", source="commerce-hooks.system", detail_type="system.heartbeat")
        put("a.0.s", source="commerce-hooks.system", detail_type="callback.shape_changed")
        events = tail.poll(0)

    assert [event.event_id for event in events] == ["a.0.s"]


def test_only_what_is_followed_is_seen(deployment: Deployment) -> None:
    pattern = {"detail": {"metadata": {"event_id": ["b.0"]}}}
    with EventTail(deployment, following=Following(pattern, "resend")) as tail:
        put("a.0", "b.0", "c.0")
        events = tail.poll(0)
        ((rule,), _) = left_over()

    assert [event.event_id for event in events] == ["b.0"]
    assert tail.name.startswith("commerce-hooks-resend-")
    assert (tail.rule_arn, rule["Description"]) == (
        rule["Arn"],
        "Temporary, made by `commerce-hooks resend`.",
    )


def test_what_was_there_before_is_not_seen(deployment: Deployment) -> None:
    put("a.0")

    with EventTail(deployment) as tail:
        assert tail.poll(0) == []


def test_an_event_is_seen_once(deployment: Deployment) -> None:
    with EventTail(deployment) as tail:
        put("a.0")

        assert len(tail.poll(0)) == 1
        assert tail.poll(0) == []


def test_what_was_seen_is_off_the_queue(deployment: Deployment) -> None:
    with EventTail(deployment) as tail:
        put("a.0", "b.0", "c.0")
        tail.poll(0)
        names: list[Any] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        (queue,) = left_over()[1]
        left = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)

    assert set(left["Attributes"].values()) == {"0"}


def test_the_queue_takes_messages_of_its_rule_only(deployment: Deployment) -> None:
    with EventTail(deployment) as tail:
        rules, queues = left_over()
        attributes = boto3.client("sqs").get_queue_attributes(
            QueueUrl=queues[0], AttributeNames=["Policy", "MessageRetentionPeriod"]
        )["Attributes"]
        (statement,) = json.loads(attributes["Policy"])["Statement"]

    assert rules[0]["Name"] == tail.name
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rules[0]["Arn"]}}
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert attributes["MessageRetentionPeriod"] == "3600"


def test_nothing_is_left_afterwards(deployment: Deployment) -> None:
    with EventTail(deployment):
        assert [len(kind) for kind in left_over()] == [1, 1]

    assert left_over() == ([], [])


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ZeroDivisionError])
def test_nothing_is_left_however_it_ends(
    deployment: Deployment, error: type[BaseException]
) -> None:
    with pytest.raises(error), EventTail(deployment):
        raise error

    assert left_over() == ([], [])


class Interrupted:
    """A client that is interrupted after one of its calls took effect."""

    def __init__(self, client: Any, operation: str, error: BaseException | None = None) -> None:
        self._client = client
        self._operation = operation
        self._error = error or KeyboardInterrupt()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        def interrupted(**parameters: Any) -> Any:
            call(**parameters)
            raise self._error

        return interrupted if name == self._operation else call


@pytest.mark.parametrize(
    "operation", ["put_rule", "create_queue", "set_queue_attributes", "put_targets"]
)
def test_nothing_is_left_if_setting_up_is_interrupted(
    deployment: Deployment, operation: str
) -> None:
    clients = replace(deployment, clients=lambda service: Interrupted(client(service), operation))

    with pytest.raises(KeyboardInterrupt), EventTail(clients):
        pytest.fail("never gets here")

    assert left_over() == ([], [])


def answered(status: int, retries: int = 0) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    error: Any = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": metadata}
    return ClientError(error, "AnyOperation")


@pytest.mark.parametrize("operation", ["put_rule", "create_queue", "put_targets"])
@pytest.mark.parametrize(
    "error", [ReadTimeoutError(endpoint_url="https://x.example"), answered(503), answered(400, 1)]
)
def test_nothing_is_left_of_a_call_that_may_have_taken_effect(
    deployment: Deployment, operation: str, error: Exception
) -> None:
    clients = replace(
        deployment, clients=lambda service: Interrupted(client(service), operation, error)
    )

    with pytest.raises(type(error)), EventTail(clients):
        pytest.fail("never gets here")

    assert left_over() == ([], [])


class Refusing:
    """A client whose user may do nothing but what is named."""

    def __init__(self, client: Any, *allowed: str) -> None:
        self._client = client
        self._allowed = allowed

    def __getattr__(self, name: str) -> Any:
        def refuse(**_: Any) -> Any:
            raise answered(403)

        return getattr(self._client, name) if name in self._allowed else refuse


@pytest.mark.parametrize(
    ("allowed", "left"), [([], []), (["put_rule"], ["rule"]), (["put_rule", "delete_rule"], [])]
)
def test_only_what_was_made_is_said_to_be_left_over(
    deployment: Deployment, allowed: list[str], left: list[str]
) -> None:
    said: list[str] = []
    clients = replace(deployment, clients=lambda service: Refusing(client(service), *allowed))

    with pytest.raises(ClientError), EventTail(clients, said.append):
        pytest.fail("never gets here")

    assert [line.split()[1] for line in said] == left


def test_an_interruption_waits_until_all_is_removed(deployment: Deployment) -> None:
    class Signalling(Interrupted):
        def __getattr__(self, name: str) -> Any:
            if name == self._operation:
                signal.raise_signal(signal.SIGINT)
            return getattr(self._client, name)

    clients = replace(
        deployment, clients=lambda service: Signalling(client(service), "remove_targets")
    )

    with pytest.raises(KeyboardInterrupt), EventTail(clients):
        pass

    assert left_over() == ([], [])


def test_what_could_not_be_removed_is_said(deployment: Deployment) -> None:
    said: list[str] = []

    with EventTail(deployment, said.append) as tail:
        rule = tail.name
        boto3.client("events").remove_targets(Rule=rule, EventBusName=BUS, Ids=["queue"])
        boto3.client("events").put_targets(
            Rule=rule, EventBusName=BUS, Targets=[{"Id": "x", "Arn": "arn:aws:sqs:::x"}]
        )

    assert said == [f"The rule {rule} could not be removed."]
    assert left_over()[1] == []


def test_a_bus_that_is_gone_by_then_is_no_failure_of_its_own(deployment: Deployment) -> None:
    said: list[str] = []

    class Gone:
        def __getattr__(self, _: str) -> Any:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    with EventTail(deployment, said.append) as tail:
        tail._events = tail._sqs = Gone()  # type: ignore[assignment]

    assert [line.split(" commerce")[0] for line in said] == [
        "The target of the rule",
        "The queue",
        "The rule",
    ]
