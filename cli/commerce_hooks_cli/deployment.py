"""Where the verbs work: the local stack while one is up, or the deployed stack that was named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.local.state import read_state
from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from commerce_hooks_cli.local.state import LocalState

    Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Deployment:
    """One stack and how to reach it. `base_url` has no token, so it may be shown."""

    name: str
    region: str
    account: str
    base_url: str
    event_bus_name: str
    event_bus_arn: str
    key_ring_arn: str
    payload_bucket: str
    local: bool
    clients: Clients = field(repr=False)

    @overload
    def client(self, service: Literal["events"]) -> EventBridgeClient: ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
    @overload
    def client(self, service: Literal["sqs"]) -> SQSClient: ...

    def client(self, service: str) -> Any:
        return self.clients(service)

    def key_ring(self) -> KeyRing:
        """Read the keys that make this deployment's callback URLs."""
        secret = self.client("secretsmanager").get_secret_value(SecretId=self.key_ring_arn)
        try:
            return KeyRing.parse(secret["SecretString"])
        except KeyRingInvalidError as error:
            raise CommandError(
                f"The key ring of {self.name} cannot be used: {error}.",
                "It is the secret that the stack's output KeyRingArn names.",
            ) from error


def find_deployment(stack: str | None) -> Deployment:
    """The stack that was named, else the local one.

    Raises:
        CommandError: Neither; or a local stack is on record that no longer runs, which must
            not silently become a call to AWS.
    """
    if stack is not None:
        return _deployed(stack)
    state = read_state()
    if state is None:
        raise CommandError(
            "No local stack is running, and no deployed one was named.",
            f"Start one with `{command_to_type()} local up`, or name yours with --stack NAME.",
        )
    return local_deployment(state)


def local_deployment(state: LocalState) -> Deployment:
    return _from_outputs(
        {**state.outputs, "PublicBaseUrl": state.base_url},
        name=state.stack,
        region=state.region,
        account=state.account,
        clients=state.client,
        local=True,
    )


def _deployed(stack: str) -> Deployment:
    from commerce_hooks_cli.aws import AwsClients, describe_stack

    clients = AwsClients()
    found = describe_stack(clients, stack)
    return _from_outputs(
        found.outputs,
        name=stack,
        region=found.region,
        account=found.account,
        clients=clients,
        local=False,
    )


def _from_outputs(outputs: Mapping[str, str], *, name: str, **known: Any) -> Deployment:
    try:
        return Deployment(
            name=name,
            base_url=outputs["PublicBaseUrl"].rstrip("/"),
            event_bus_name=outputs["EventBusName"],
            event_bus_arn=outputs["EventBusArn"],
            key_ring_arn=outputs["KeyRingArn"],
            payload_bucket=outputs["PayloadBucketName"],
            **known,
        )
    except KeyError as error:
        raise CommandError(
            f"The stack {name} has no output {error.args[0]}.",
            "Is it a stack of this template, and completely deployed?",
        ) from error
