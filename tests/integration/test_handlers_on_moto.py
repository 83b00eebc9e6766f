"""Each function as Lambda loads it, with AWS's services played by moto."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from commerce_hooks.aws import SecretsManagerKeyRing
from commerce_hooks.entrypoint import LambdaHandler, callback_handler
from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.api_gateway import http_api_event, lambda_context
from support.platforms import platforms
from support.receiving import RING
from support.samples import Sample, sample, samples

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Account:
    """An AWS account with our resources, and a queue behind a rule that takes all of the bus."""

    environment: dict[str, str]
    queue: str
    sqs: "SQSClient"

    def arrived(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        events, sqs = boto3.client("events"), boto3.client("sqs")
        bus = events.create_event_bus(Name="commerce-hooks")["EventBusArn"]
        queue = sqs.create_queue(QueueName="all")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
        pattern = json.dumps({"source": [{"prefix": "commerce-hooks."}]})
        events.put_rule(Name="all", EventBusName="commerce-hooks", EventPattern=pattern)
        target = {"Id": "all", "Arn": arn["QueueArn"]}
        events.put_targets(Rule="all", EventBusName="commerce-hooks", Targets=[target])  # type: ignore[list-item]
        secret = boto3.client("secretsmanager").create_secret(
            Name="key-ring", SecretString=json.dumps(RING)
        )
        boto3.client("s3").create_bucket(
            Bucket="payloads",
            CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        )
        environment = {
            "DEPLOYMENT": "commerce-hooks/test",
            "EVENT_BUS_ARN": bus,
            "KEY_RING_ARN": secret["ARN"],
            "PAYLOAD_BUCKET": "payloads",
        }
        yield Account(environment, queue, sqs)


def genuine(sample: Sample, body: bytes | None = None) -> dict[str, Any]:
    platform = platforms()[sample.platform]
    target = CallbackTarget(platform.name, "acme", sample.topic if platform.topic_in_url else None)
    topic = {"topic": sample.topic} if platform.topic_in_url else {}
    token = KeyRing.parse(json.dumps(RING)).mint(target)
    route = f"ANY /{platform.name}/{{store}}{'/{topic}' if topic else ''}/{{token}}"
    parameters = {"store": "acme", **topic, "token": token}
    return http_api_event("POST", route, parameters, sample.body if body is None else body)


def handler(platform: str, account: Account) -> LambdaHandler:
    return callback_handler(platforms()[platform], account.environment)


@pytest.mark.parametrize("sample", samples(), ids=str)
def test_every_sample_goes_through_its_handler_and_off_the_bus(
    sample: Sample, account: Account
) -> None:
    answer = handler(sample.platform, account)(genuine(sample), lambda_context())

    arrived = account.arrived()
    assert answer["statusCode"] == 200
    assert [event["detail"]["metadata"]["event_id"] for event in arrived] == (
        json.loads(answer["body"])["event_ids"]
    )
    assert {event["source"] for event in arrived} == {f"commerce-hooks.{sample.platform}"}
    assert {event["detail"]["metadata"]["store"] for event in arrived} == {"acme"}
    received_at = arrived[0]["detail"]["metadata"]["received_at"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(received_at)) < timedelta(minutes=1)


@pytest.mark.parametrize("name", sorted(platforms()))
def test_a_body_in_quarantine_is_in_the_bucket_with_its_attributes(
    name: str, account: Account
) -> None:
    first = samples(name)[0]

    handler(name, account)(genuine(first, b"{broken"), lambda_context())

    (event,) = account.arrived()
    stored = event["detail"]["metadata"]["payload"]["stored"]
    kept = boto3.client("s3").get_object(Bucket="payloads", Key=stored["key"])
    assert kept["Body"].read() == b"{broken"
    assert kept["Metadata"]["callback-id"] == event["detail"]["metadata"]["callback_id"]


@pytest.mark.parametrize("name", sorted(platforms()))
def test_the_entry_point_is_a_handler(
    name: str, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in account.environment.items():
        monkeypatch.setenv(variable, value)
    first = samples(name)[0]

    entry = import_module(f"{name}.app")

    assert entry.lambda_handler(genuine(first), lambda_context())["statusCode"] == 200


def test_a_missing_bucket_is_a_503(account: Account) -> None:
    account.environment["PAYLOAD_BUCKET"] = "no-such-bucket"

    event = genuine(sample("centry", "on_order_save"), b"{broken")
    answer = handler("centry", account)(event, lambda_context())

    assert answer["statusCode"] == 503


def test_an_outage_of_the_key_ring_is_told_and_served_through(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    monkeypatch.setattr(SecretsManagerKeyRing, "FRESH_SECONDS", 0.0)
    handle = handler("centry", account)
    event = genuine(sample("centry", "on_order_save"))
    handle(event, lambda_context())
    boto3.client("secretsmanager").delete_secret(
        SecretId=account.environment["KEY_RING_ARN"], ForceDeleteWithoutRecovery=True
    )

    answer = handle(event, lambda_context())

    assert answer["statusCode"] == 200
    assert '"message":"key_ring_stale"' in capsys.readouterr().out


def test_a_template_that_forgets_a_variable_fails_at_once(account: Account) -> None:
    del account.environment["EVENT_BUS_ARN"]
    account.environment["AWS_SESSION_TOKEN"] = "canary-of-a-secret"

    with pytest.raises(ValueError, match="EVENT_BUS_ARN") as refused:
        handler("centry", account)

    assert "canary" not in str(refused.value)
