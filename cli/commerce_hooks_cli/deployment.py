"""Where the verbs work: the local stack while one is up, or the deployed stack that was named."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, overload

from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.local.state import read_state
from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

    from commerce_hooks_cli.local.state import LocalState

    Clients = Callable[[str], Any]


# Sessions aren't made for several threads, clients are.
_ONE_AT_A_TIME = Lock()


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
    outputs: Mapping[str, str] = field(default_factory=dict, repr=False)
    fake_platforms: Mapping[str, str] = field(default_factory=dict)  # base URLs, of a local stack

    @overload
    def client(self, service: Literal["cloudformation"]) -> CloudFormationClient: ...
    @overload
    def client(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    def client(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def client(self, service: Literal["events"]) -> EventBridgeClient: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["s3"]) -> S3Client: ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
    @overload
    def client(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    def client(self, service: Literal["ssm"]) -> SSMClient: ...

    def client(self, service: str) -> Any:
        with _ONE_AT_A_TIME:
            return self.clients(service)

    @property
    def deployment_name(self) -> str:
        """What its events call it: stack and stage."""
        return self._output("DeploymentName")

    @property
    def stage(self) -> str:
        """Such as `prod`, the one whose subscriptions matter."""
        return self.deployment_name.rpartition("/")[2]

    @property
    def base_urls(self) -> tuple[str, ...]:
        """All that its callback URLs begin with, or began with."""
        told = (self.outputs.get(name, "") for name in ("FormerBaseUrls", "ApiUrl"))
        others = (url.strip().rstrip("/") for urls in told for url in urls.split(","))
        return tuple(dict.fromkeys([self.base_url, *filter(None, others)]))

    @property
    def state_table_name(self) -> str:
        """The table of what changes by itself."""
        return self._output("StateTableName")

    @property
    def key_ring_cache_seconds(self) -> int:
        """So long its functions go on with the key ring as they read it last."""
        return int(self._output("KeyRingCacheSeconds"))

    @property
    def personal_data(self) -> str:
        """Whether its events show personal data: `full` or `masked`."""
        return self._output("PersonalData")

    @property
    def max_inline_bytes(self) -> int:
        """Larger events of it refer to their data in the payload bucket."""
        return int(self._output("MaxInlineBytes"))

    @property
    def personal_topics(self) -> frozenset[str]:
        """Those it takes although they are mostly personal, as `<platform>/<topic>`."""
        names = self.outputs.get("PersonalTopics", "").split(",")
        return frozenset(filter(None, (name.strip() for name in names)))

    @property
    def outbox_dead_letters_url(self) -> str:
        """The queue of what could never be delivered out of the outbox."""
        return self._output("OutboxDeadLettersUrl")

    @property
    def activity_queue_url(self) -> str:
        """The queue of events of which it waits to be noted when they came."""
        return self._output("ActivityQueueUrl")

    @property
    def activity_dead_letters_url(self) -> str:
        """The queue of those of which that could not be noted."""
        return self._output("ActivityDeadLettersUrl")

    @property
    def cenit_base_url(self) -> str:
        """What stands before `/<store>/<service>` where Cenit calls. It has no token."""
        return self._output("CenitBaseUrl").rstrip("/")

    @property
    def outbox_queue_url(self) -> str:
        """Where events wait while the bus fails."""
        return self._output("OutboxQueueUrl")

    @property
    def subscriptions_queue_url(self) -> str | None:
        """Where stores are named whose subscriptions are to be looked at; None of old templates."""
        return self.outputs.get("EnsureSubscriptionsQueueUrl")

    @property
    def event_archive_arn(self) -> str:
        """The archive of all its events but requests and heartbeats."""
        return self._output("EventArchiveArn")

    @property
    def request_archive_arn(self) -> str:
        """The archive of its requests."""
        return self._output("RequestArchiveArn")

    def _output(self, name: str) -> str:
        """What only some verbs need, so that the others work with a stack of an older template."""
        if name not in self.outputs:
            raise _no_output(self.name, name)
        return self.outputs[name]

    def key_ring(self) -> KeyRing:
        """Read the keys that make this deployment's callback URLs.

        Entries that cannot be read are named in it, and keep nobody from the other stores.

        Raises:
            CommandError: It is no key ring.
        """
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
        {
            **state.outputs,
            "PublicBaseUrl": state.base_url,
            "CenitBaseUrl": f"{state.base_url}/cenit",
        },
        name=state.stack,
        region=state.region,
        account=state.account,
        clients=state.client,
        local=True,
        fake_platforms=state.platforms,
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
            outputs=outputs,
            **known,
        )
    except KeyError as error:
        raise _no_output(name, error.args[0]) from error


def _no_output(stack: str, output: str) -> CommandError:
    return CommandError(
        f"The stack {stack} has no output {output}.",
        "Is it a stack of this template, of this version, and completely deployed?",
    )
