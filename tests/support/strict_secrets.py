"""Secrets Manager's GetSecretValue at the SDK's wire.

Source: GetSecretValue in the Secrets Manager API reference (staging labels, at most 65,536
characters, ResourceNotFoundException; AWSCURRENT unless another is asked for).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from support.faults import NoFaults, Plan, PlanOf
from support.wire import (
    ACCOUNT,
    REGION,
    STARTED_AT,
    Call,
    Clock,
    RefusedError,
    Reply,
    Standstill,
    Wire,
    json_reply,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_MAX_CHARACTERS = 65_536


@dataclass(frozen=True, slots=True)
class SecretVersion:
    version_id: str
    text: str


@dataclass
class StrictSecret:
    """A secret's versions by staging label. Another text may be put at any time."""

    name: str
    stages: dict[str, SecretVersion] = field(default_factory=dict)
    puts: int = 0

    @property
    def arn(self) -> str:
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{self.name}-AbCdEf"

    def put(self, text: str) -> None:
        assert 1 <= len(text) <= _MAX_CHARACTERS
        self.puts += 1
        if CURRENT in self.stages:
            self.stages[PREVIOUS] = self.stages[CURRENT]
        self.stages[CURRENT] = SecretVersion(f"00000000-0000-4000-8000-{self.puts:012}", text)


@dataclass
class StrictSecrets:
    """Secrets by name."""

    plan: Plan = field(default_factory=NoFaults)
    clock: Clock = field(default_factory=Standstill)
    secrets: dict[str, StrictSecret] = field(default_factory=dict)

    @cached_property
    def wire(self) -> Wire:
        operations = {"GetSecretValue": self._get_secret_value}
        return Wire("secretsmanager", operations, PlanOf(self), self.clock)

    def client(self) -> "SecretsManagerClient":
        return cast("SecretsManagerClient", self.wire.client)

    def secret(self, name: str, text: str) -> StrictSecret:
        """Make a secret."""
        self.secrets[name] = StrictSecret(name)
        self.secrets[name].put(text)
        return self.secrets[name]

    def _get_secret_value(self, call: Call) -> Reply:
        asked = call.known("SecretId", "VersionStage")
        by_arn = {secret.arn: secret for secret in self.secrets.values()}
        secret = (self.secrets | by_arn).get(asked["SecretId"])
        stage = asked.get("VersionStage", CURRENT)
        if secret is None or stage not in secret.stages:
            raise RefusedError("ResourceNotFoundException", "Secrets Manager can't find it.")
        version = secret.stages[stage]
        return json_reply(
            {
                "ARN": secret.arn,
                "Name": secret.name,
                "VersionId": version.version_id,
                "SecretString": version.text,
                "VersionStages": [s for s, v in secret.stages.items() if v is version],
                "CreatedDate": STARTED_AT.timestamp(),
            }
        )
