"""Archives of events, which the emulator has, but not in templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Template = dict[str, Any]

ARCHIVE = "AWS::Events::Archive"
_OUTPUT = "LocalArchive"


def archives_as_outputs(resources: Mapping[str, Any]) -> Template:
    """Outputs, because only the emulator can work out what the properties refer to."""
    return {
        f"{_OUTPUT}{name}": {"Value": {"Fn::ToJsonString": resource["Properties"]}}
        for name, resource in resources.items()
        if resource["Type"] == ARCHIVE
    }


def complete(outputs: Mapping[str, str], stack: str, events: Any) -> dict[str, str]:
    """Make what the template couldn't; the outputs that the template itself has."""
    kept = {}
    for name, value in outputs.items():
        if name.startswith(_OUTPUT):
            _create_archive(json.loads(value), f"{stack}-{name.removeprefix(_OUTPUT)}", events)
        else:
            kept[name] = value
    return kept


def _create_archive(properties: Mapping[str, Any], name: str, events: Any) -> None:
    pattern = properties.get("EventPattern")
    events.create_archive(
        ArchiveName=properties.get("ArchiveName", name)[:48],
        EventSourceArn=properties["SourceArn"],
        RetentionDays=int(properties.get("RetentionDays", 0)),
        **({"EventPattern": json.dumps(pattern)} if pattern else {}),
    )
