"""What CloudFormation made for a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_hooks_cli.deployment import Deployment

ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
LOG_GROUP = "AWS::Logs::LogGroup"
QUEUE = "AWS::SQS::Queue"


@dataclass(frozen=True)
class Resource:
    """One resource: its name in the template, and what AWS calls it. A queue's is its URL."""

    name: str
    kind: str
    id: str


def resources_of(deployment: Deployment) -> list[Resource]:
    """All that there are, in the order of their names."""
    found: list[Resource] = []
    pages = deployment.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=deployment.name):
        found += [
            Resource(
                told["LogicalResourceId"], told["ResourceType"], told.get("PhysicalResourceId", "")
            )
            for told in page["StackResourceSummaries"]
        ]
    return sorted(found, key=lambda resource: resource.name)


def of_kind(resources: list[Resource], kind: str) -> list[Resource]:
    return [resource for resource in resources if resource.kind == kind]
