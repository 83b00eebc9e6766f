"""The template read for these tests: as written, and as CloudFormation gets it from SAM."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
FUNCTION = "AWS::Serverless::Function"
# Functions that take no platform's callbacks, by their folders.
OTHERS = (
    "activity",
    "bulk",
    "cenit",
    "ensure_subscriptions",
    "not_found",
    "redeliver",
    "shapes",
    "upkeep",
)
RETAINED = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}

Tree = dict[str, Any]


class Template:
    """A template's sections and resources; tags such as `!Ref X` are `{"Ref": "X"}`."""

    def __init__(self, document: Tree) -> None:
        self.document = document
        self.resources: Tree = document["Resources"]

    def of_type(self, resource_type: str) -> Tree:
        """The properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def only(self, resource_type: str) -> Tree:
        """The properties of the one resource of a type."""
        (properties,) = self.of_type(resource_type).values()
        return dict(properties)

    def properties(self, name: str) -> Tree:
        return dict(self.resources[name]["Properties"])

    def function_settings(self, name: str) -> Tree:
        """A function's properties together with those that all functions share."""
        return {**self.document["Globals"]["Function"], **self.properties(name)}


@cache
def as_written() -> Template:
    return Template(yaml_parse((ROOT / "template.yaml").read_text("utf-8")))


def as_cloudformation(template: Template) -> Template:
    """What SAM makes of it; code has to be in a bucket by then, so it is said to be in one."""
    document = deepcopy(template.document)
    document["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions"
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = "s3://bucket/layer"
    return Template(transform(document, {}, _NoManagedPolicies()))


def nodes(tree: Any) -> Iterator[Tree]:
    """Every mapping in a tree, the outer ones first."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(child, dict | list):
            yield from nodes(child)


class _NoManagedPolicies:
    """SAM asks for AWS's managed policies; the template uses none."""

    def load(self) -> dict[str, str]:
        return {}
