"""The deployment that is checked, and what several checks look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.stack_resources import Resource, of_kind, resources_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks_cli.answer import Post
    from commerce_hooks_cli.deployment import Deployment

NOT_HERE = "the local stack has none"
_NEW = timedelta(minutes=20)


@dataclass(frozen=True)
class Patient:
    """What is looked at is read once, when it is first needed."""

    deployment: Deployment
    checkout: Path
    post: Post
    now: datetime

    @cached_property
    def resources(self) -> list[Resource]:
        return resources_of(self.deployment)

    @cached_property
    def ring(self) -> KeyRing:
        return self.deployment.key_ring()

    @cached_property
    def stack(self) -> tuple[str, datetime]:
        """CloudFormation's word for its state, and when it was made or changed last."""
        told = self.deployment.client("cloudformation").describe_stacks(
            StackName=self.deployment.name
        )["Stacks"][0]
        return told["StackStatus"], told.get("LastUpdatedTime", told["CreationTime"])

    @property
    def is_new(self) -> bool:
        """Whether what comes every few minutes may not have come yet."""
        return self.now - self.stack[1] < _NEW

    def of_kind(self, kind: str) -> list[Resource]:
        return of_kind(self.resources, kind)

    def physical_id(self, name: str) -> str | None:
        """What AWS calls a resource of the template, if it is there."""
        return next((one.id for one in self.resources if one.name == name), None)

    def command(self, verb: str) -> str:
        """A call of this command that can be typed."""
        stack = "" if self.deployment.local else f" --stack {self.deployment.name}"
        return f"`{command_to_type()} {verb}{stack}`"
