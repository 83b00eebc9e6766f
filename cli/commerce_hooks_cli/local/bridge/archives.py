"""Archives of events, which the emulator has, but not in templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Template = dict[str, Any]

ARCHIVE = "AWS::Events::Archive"
_OUTPUT = "LocalArchive"
_ARN = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:archive/"


def archives_as_outputs(resources: Mapping[str, Any]) -> Template:
    """Outputs, because only the emulator can work out what the properties refer to."""
    return {
        f"{_OUTPUT}{name}": {
            "Value": {"Fn::ToJsonString": {"ArchiveName": _name(name), **resource["Properties"]}}
        }
        for name, resource in resources.items()
        if resource["Type"] == ARCHIVE
    }


def without_references(node: Any, archives: Sequence[str]) -> Any:
    """The same, with every archive's name or ARN in the place of a reference to it."""
    match node:
        case list():
            return [without_references(item, archives) for item in node]
        case {"Fn::GetAtt": [name, "Arn"]} if name in archives:
            return {"Fn::Sub": f"{_ARN}{_name(name)['Fn::Sub']}"}
        case {"Ref": name} if name in archives:
            return _name(name)
        case dict():
            return {key: without_references(value, archives) for key, value in node.items()}
    return node


def complete(outputs: Mapping[str, str], events: Any) -> dict[str, str]:
    """Make what the template couldn't; the outputs that the template itself has."""
    kept = {}
    for name, value in outputs.items():
        if name.startswith(_OUTPUT):
            _create_archive(json.loads(value), events)
        else:
            kept[name] = value
    return kept


def _name(resource: str) -> Template:
    return {"Fn::Sub": f"${{AWS::StackName}}-{resource}"}


def _create_archive(properties: Mapping[str, Any], events: Any) -> None:
    pattern = properties.get("EventPattern")
    events.create_archive(
        ArchiveName=properties["ArchiveName"],
        EventSourceArn=properties["SourceArn"],
        Description=properties.get("Description", ""),
        RetentionDays=int(properties.get("RetentionDays", 0)),
        **({"EventPattern": json.dumps(pattern)} if pattern else {}),
    )
