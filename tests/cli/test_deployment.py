"""Finding the stack to work on, and never telling the wrong one a secret."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from commerce_hooks_cli.aws import AwsClients, in_plain_words, is_loopback
from commerce_hooks_cli.deployment import find_deployment, local_deployment
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.local.errors import StaleStateError
from commerce_hooks_cli.local.fault_words import refusal
from commerce_hooks_cli.local.faults import Kind, Service
from support.command import LOCAL, FakeWorld, local_state
from support.loopback import HttpServer, http_server

OUTPUTS = {
    "PublicBaseUrl": "https://hooks.shop.example/",
    "EventBusName": "shop-hooks",
    "EventBusArn": "arn:aws:events:eu-central-1:111122223333:event-bus/shop-hooks",
    "KeyRingArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:ring",
    "PayloadBucketName": "payloads",
}


def described(outputs: dict[str, str]) -> bytes:
    """CloudFormation's answer to DescribeStacks."""
    members = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
        for key, value in outputs.items()
    )
    return (
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
        "<StackName>shop-hooks</StackName>"
        "<StackId>arn:aws:cloudformation:eu-central-1:111122223333:stack/shop-hooks/1</StackId>"
        f"<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{members}</Outputs>"
        "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    ).encode()


def refused(code: str) -> bytes:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        "<Message>a message with detail</Message></Error></ErrorResponse>"
    ).encode()


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """What AWS_ENDPOINT_URL names, on loopback, while the shell holds real credentials."""
    with http_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREAL")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real-secret")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "real-session-token")
        yield server


def test_a_named_stack_is_read_from_its_outputs(cloudformation: HttpServer) -> None:
    cloudformation.body = described(OUTPUTS)

    deployment = find_deployment("shop-hooks")

    assert (deployment.account, deployment.region) == ("111122223333", "eu-central-1")
    assert deployment.base_url == "https://hooks.shop.example"
    assert deployment.event_bus_name == "shop-hooks"
    assert not deployment.local


def test_what_its_events_are_like_is_read_from_the_outputs_too(
    cloudformation: HttpServer,
) -> None:
    told = {
        "DeploymentName": "shop-hooks/prod",
        "PersonalData": "masked",
        "MaxInlineBytes": "100000",
        "PersonalTopics": "konimbo/customer_logged_in,konimbo/x",
    }
    cloudformation.body = described({**OUTPUTS, **told})

    deployment = find_deployment("shop-hooks")

    assert (deployment.deployment_name, deployment.personal_data) == ("shop-hooks/prod", "masked")
    assert deployment.max_inline_bytes == 100_000
    assert deployment.personal_topics == {"konimbo/customer_logged_in", "konimbo/x"}


def test_an_output_that_a_stack_lacks_is_missed_by_those_who_need_it_only(
    cloudformation: HttpServer,
) -> None:
    cloudformation.body = described(OUTPUTS)

    deployment = find_deployment("shop-hooks")

    assert deployment.personal_topics == frozenset()
    with pytest.raises(CommandError, match="has no output PersonalData") as caught:
        _ = deployment.personal_data
    assert "of this version" in caught.value.hint


def test_real_credentials_never_go_to_loopback(cloudformation: HttpServer) -> None:
    cloudformation.body = described(OUTPUTS)

    find_deployment("shop-hooks")

    (heard,) = cloudformation.heard
    assert "Credential=placeholder/" in heard.headers["Authorization"]
    assert "real" not in str(heard).lower().replace("us-east", "")


def test_elsewhere_the_credentials_of_the_environment_are_used() -> None:
    client = AwsClients()("sqs")

    assert client.meta.endpoint_url == "https://sqs.eu-central-1.amazonaws.com"
    assert client._request_signer._credentials.access_key == "testing"


@pytest.mark.parametrize("other", [None, "eu-central-1"])
def test_aws_region_decides_over_aws_default_region(
    monkeypatch: pytest.MonkeyPatch, other: str | None
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    if other:
        monkeypatch.setenv("AWS_DEFAULT_REGION", other)
    monkeypatch.setenv("AWS_REGION", "sa-east-1")

    assert AwsClients()("sqs").meta.region_name == "sa-east-1"


def test_an_empty_aws_region_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "")

    assert AwsClients()("sqs").meta.region_name == "eu-central-1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:4566", True),
        ("http://localhost:4566", True),
        ("http://api.localhost", True),
        ("https://sqs.eu-central-1.amazonaws.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_loopback_is_recognised(url: str, *, expected: bool) -> None:
    assert is_loopback(url) == expected


def test_a_stack_that_is_not_there_is_said(cloudformation: HttpServer) -> None:
    cloudformation.status, cloudformation.body = 400, refused("ValidationError")

    with pytest.raises(CommandError, match="no stack 'shop-hoks' in Region eu-central-1"):
        find_deployment("shop-hoks")


def test_a_stack_of_another_template_is_said(cloudformation: HttpServer) -> None:
    cloudformation.body = described({"PublicBaseUrl": "https://x.example"})

    with pytest.raises(CommandError, match="has no output EventBusName") as caught:
        find_deployment("shop-hooks")
    assert "stack of this template" in caught.value.hint


def test_other_refusals_come_through(cloudformation: HttpServer) -> None:
    cloudformation.status, cloudformation.body = 403, refused("AccessDenied")

    with pytest.raises(sdk.ClientError):
        find_deployment("shop-hooks")


def test_the_local_stack_is_reached_at_its_own_address(tmp_path: Path) -> None:
    state = replace(local_state(tmp_path), outputs={**OUTPUTS, "PublicBaseUrl": "https://aws"})

    deployment = local_deployment(state)

    assert (deployment.base_url, deployment.local) == ("http://127.0.0.1:4321", True)
    assert deployment.cenit_base_url == "http://127.0.0.1:4321/cenit"


@pytest.mark.parametrize("arguments", [("urls", "centry", "acme"), ("tail",)])
def test_a_stale_record_is_an_error_and_no_fall_through(
    world: FakeWorld, arguments: tuple[str, ...]
) -> None:
    world.deployment = StaleStateError("The local stack on record no longer runs.", "Clean up.")

    result = world.run(*arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "error: The local stack on record no longer runs.\n  try: Clean up." in result.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sdk.NoCredentialsError(), "no AWS credentials"),
        (sdk.PartialCredentialsError(provider="env", cred_var="x"), "no AWS credentials"),
        (sdk.ProfileNotFound(profile="nobody"), "AWS_PROFILE names does not exist"),
        (sdk.NoRegionError(), "No AWS Region is set"),
        (sdk.UnauthorizedSSOTokenError(), "could not be renewed"),
        (sdk.TokenRetrievalError(provider="sso", error_msg="x"), "could not be renewed"),
        (sdk.EndpointConnectionError(endpoint_url="http://x"), "could not be reached"),
        (sdk.ReadTimeoutError(endpoint_url="http://x"), "could not be reached"),
        (sdk.UnknownServiceError(service_name="x", known_service_names="y"), "UnknownService"),
    ],
)
def test_failures_before_an_answer_are_put_into_words(error: sdk.BotoCoreError, words: str) -> None:
    said = in_plain_words(error)

    assert words in said.message
    assert said.hint


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", "credentials have expired"),
        ("InvalidClientTokenId", "does not know these credentials"),
        ("AccessDenied", "may not call CreateQueue"),
        ("AccessDeniedException", "may not call CreateQueue"),
        ("ThrottlingException", "AWS failed at CreateQueue: ThrottlingException"),
        ("InternalFailure", "AWS failed at CreateQueue: InternalFailure"),
        ("QueueDeletedRecently", "AWS refused CreateQueue: QueueDeletedRecently"),
    ],
)
def test_refusals_are_put_into_words_without_the_services_own(code: str, words: str) -> None:
    error = sdk.ClientError({"Error": {"Code": code, "Message": "secret detail"}}, "CreateQueue")

    said = in_plain_words(error)

    assert words in said.message
    assert "secret detail" not in said.message + said.hint


@pytest.mark.parametrize("code", ["InternalServiceError", "RequestThrottled", "NobodyKnowsThis"])
def test_what_fails_on_the_other_side_is_to_be_tried_again(code: str) -> None:
    metadata: Any = {"HTTPStatusCode": 500 if code == "NobodyKnowsThis" else 400}
    error = sdk.ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "GetObject")

    said = in_plain_words(error)

    assert said.message == f"AWS failed at GetObject: {code}."
    assert said.hint.startswith("Try again in a while")
    assert "health.aws.amazon.com" in said.hint
    assert "AWS_PROFILE" not in said.hint


@pytest.mark.parametrize("kind", [Kind.ERROR, Kind.THROTTLE, Kind.DENIED])
def test_what_fails_on_purpose_says_how_to_end_that(kind: Kind) -> None:
    message = json.loads(refusal(Service.KEY_RING, kind)[1])["message"]
    error = sdk.ClientError({"Error": {"Code": "X", "Message": message}}, "GetSecretValue")

    said = in_plain_words(error)

    assert "made to fail: GetSecretValue got X" in said.message
    assert "local fault off" in said.hint


def test_an_answer_that_is_not_amazons_ends_a_verb_with_a_message(world: FakeWorld) -> None:
    class Elsewhere:
        def get_secret_value(self, **_: str) -> None:
            raise ResponseParserError("invalid XML received: <secret>")

    world.deployment = replace(LOCAL, clients=lambda _: Elsewhere())

    result = world.run("urls", "centry", "acme")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not speak as AWS does" in result.stderr
    assert "AWS_ENDPOINT_URL" in result.stderr
    assert "secret" not in result.stderr


def test_a_failing_aws_call_ends_a_verb_with_a_message(world: FakeWorld) -> None:
    class Denying:
        def get_secret_value(self, **_: str) -> None:
            raise sdk.ClientError({"Error": {"Code": "AccessDenied"}}, "GetSecretValue")

    world.deployment = replace(LOCAL, clients=lambda _: Denying())

    result = world.run("urls", "centry", "acme")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "may not call GetSecretValue" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_any_stack_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(_a_checkout(tmp_path))

    with pytest.raises(CommandError, match="No local stack is running") as caught:
        find_deployment(None)
    assert "--stack NAME" in caught.value.hint


def _a_checkout(path: Path) -> Path:
    (path / "functions").mkdir()
    (path / "template.yaml").touch()
    return path
