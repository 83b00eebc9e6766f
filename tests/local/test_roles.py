"""The functions' roles are enforced: each may do its own work and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from commerce_hooks.platform import Platform
from commerce_hooks_cli.local.clients import isolated_session
from local.stacks import ask, needs_proc, processes_naming
from support.platforms import platforms

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState

pytestmark = [pytest.mark.emulator, needs_proc]


class FunctionsOwn:
    """Clients with the very credentials that a running function has."""

    def __init__(self, state: LocalState, platform: str, path: str) -> None:
        assert ask(state.base_url, path, b"").status == 401
        self._state = state
        self._environment = _environment_of(state, f"{platform}.app.lambda_handler")

    def client(self, service: str) -> Any:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        session = isolated_session(
            self._state.region, **{name.lower(): self._environment[name] for name in names}
        )
        return session.client(  # type: ignore[call-overload]
            service, endpoint_url=self._state.control_url, config=Config(proxies={})
        )

    def put(self, *entries: tuple[str, str]) -> Any:
        bus = self._state.outputs["EventBusArn"]
        return self.client("events").put_events(
            Entries=[
                {"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": "{}"}
                for source, kind in entries
            ]
        )


def _environment_of(state: LocalState, handler: str) -> dict[str, str]:
    for pid in processes_naming(state.directory):
        entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
        if environment.get("_HANDLER") == handler:
            return environment
    raise AssertionError(handler)


@pytest.fixture(params=platforms().values(), ids=list(platforms()))
def platform(request: pytest.FixtureRequest) -> Platform:
    assert isinstance(request.param, Platform)
    return request.param


@pytest.fixture
def function(local_stack: LocalState, platform: Platform) -> FunctionsOwn:
    topic = "/t" if platform.topic_in_url else ""
    return FunctionsOwn(local_stack, platform.name, f"/{platform.name}/acme{topic}/t")


@pytest.fixture
def cenit(local_stack: LocalState) -> FunctionsOwn:
    return FunctionsOwn(local_stack, "cenit", "/cenit/acme/create_order")


def denied(error: pytest.ExceptionInfo[ClientError]) -> bool:
    return error.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}


def test_a_function_may_put_its_own_events(function: FunctionsOwn, platform: Platform) -> None:
    entries = [(platform.source, kind) for kind in platform.detail_types][:10]
    assert function.put(*entries)["FailedEntryCount"] == 0


def test_a_function_may_not_put_another_platforms_events(
    function: FunctionsOwn, platform: Platform
) -> None:
    kind = platform.detail_types[0]
    for other in (p.source for p in platforms().values() if p.name != platform.name):
        with pytest.raises(ClientError) as error:
            function.put((other, kind))
        assert denied(error)


def test_one_entry_that_is_not_its_own_denies_the_whole_call(
    function: FunctionsOwn, platform: Platform
) -> None:
    kind = platform.detail_types[0]
    with pytest.raises(ClientError) as error:
        function.put((platform.source, kind), ("commerce-hooks.system", kind))
    assert denied(error)


@pytest.mark.parametrize("kind", ["order.invented", "request.create_order", "system.heartbeat"])
def test_a_function_may_not_put_a_detail_type_it_never_sends(
    function: FunctionsOwn, platform: Platform, kind: str
) -> None:
    with pytest.raises(ClientError) as error:
        function.put((platform.source, kind))
    assert denied(error)


def test_a_function_may_read_the_key_ring_but_not_change_it(
    local_stack: LocalState, function: FunctionsOwn
) -> None:
    secrets, ring = function.client("secretsmanager"), local_stack.outputs["KeyRingArn"]
    assert json.loads(secrets.get_secret_value(SecretId=ring)["SecretString"])["sign"] == "k1"
    with pytest.raises(ClientError) as error:
        secrets.put_secret_value(SecretId=ring, SecretString="{}")
    assert denied(error)


def test_a_function_may_only_add_to_its_own_part_of_the_bucket(
    local_stack: LocalState, function: FunctionsOwn, platform: Platform
) -> None:
    s3, bucket = function.client("s3"), local_stack.outputs["PayloadBucketName"]
    prefix, other = "quarantine-sensitive", "quarantine"
    if not platform.sensitive:
        prefix, other = other, prefix
    s3.put_object(Bucket=bucket, Key=f"{prefix}/{platform.name}/x", Body=b"x")
    for operation, arguments in (
        ("put_object", {"Key": f"{prefix}/other/x", "Body": b"x"}),
        ("put_object", {"Key": f"{other}/{platform.name}/x", "Body": b"x"}),
        ("put_object", {"Key": "outbox/x", "Body": b"x"}),
        ("get_object", {"Key": f"{prefix}/{platform.name}/x"}),
        ("delete_object", {"Key": f"{prefix}/{platform.name}/x"}),
        ("list_objects_v2", {}),
    ):
        with pytest.raises(ClientError) as error:
            getattr(s3, operation)(Bucket=bucket, **arguments)
        assert denied(error)


def test_a_function_may_leave_letters_in_the_outbox_but_not_take_any(
    local_stack: LocalState, function: FunctionsOwn
) -> None:
    sqs, outbox = function.client("sqs"), {"QueueUrl": local_stack.outputs["OutboxQueueUrl"]}
    with pytest.raises(ClientError, match="EmptyBatch") as error:
        sqs.send_message_batch(**outbox, Entries=[])  # or what is left would be delivered
    assert not denied(error)
    for operation in (sqs.receive_message, sqs.purge_queue):
        with pytest.raises(ClientError) as error:
            operation(**outbox)
        assert denied(error)


def test_a_function_may_not_look_at_functions(function: FunctionsOwn) -> None:
    with pytest.raises(ClientError) as error:
        function.client("lambda").list_functions()
    assert denied(error)


def test_cenits_function_may_put_its_requests_and_no_other_events(cenit: FunctionsOwn) -> None:
    source = "commerce-hooks.cenit"
    assert cenit.put((source, "request.create_order"))["FailedEntryCount"] == 0
    for entry in (
        (source, "order.created"),
        (source, "callback.quarantined"),
        ("commerce-hooks.konimbo", "request.create_order"),
    ):
        with pytest.raises(ClientError) as error:
            cenit.put(entry)
        assert denied(error)


def test_cenits_function_may_read_nothing_but_its_own_answers(
    local_stack: LocalState, cenit: FunctionsOwn
) -> None:
    s3, bucket = cenit.client("s3"), local_stack.outputs["PayloadBucketName"]
    s3.put_object(Bucket=bucket, Key="answers/cenit/x", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="answers/cenit/x")["Body"].read() == b"x"
    for operation, arguments in (
        ("get_object", {"Key": "quarantine/konimbo/x"}),
        ("get_object", {"Key": "oversize/cenit/x"}),
        ("put_object", {"Key": "quarantine/konimbo/x", "Body": b"x"}),
        ("delete_object", {"Key": "answers/cenit/x"}),
        ("list_objects_v2", {}),
    ):
        with pytest.raises(ClientError) as error:
            getattr(s3, operation)(Bucket=bucket, **arguments)
        assert denied(error)
