"""A stack's alarms, and which of them ring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks_cli.stack_resources import ALARM, Resource, of_kind

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

_AT_ONCE = 100
"""Names that one call takes (DescribeAlarms, API reference)."""
_ANCHOR = re.compile(r"docs/runbook\.md#[a-z-]+")


@dataclass(frozen=True)
class Alarm:
    """An alarm. `runbook` is the place that says what to do when it rings."""

    name: str
    rings: bool
    enabled: bool
    topics: tuple[str, ...]
    runbook: str


def alarms_of(cloudwatch: CloudWatchClient, resources: list[Resource]) -> dict[str, Alarm | None]:
    """The alarms by their names in the template; None for one that is gone."""
    known = {resource.id: resource.name for resource in of_kind(resources, ALARM)}
    names = sorted(known)
    found: dict[str, MetricAlarmTypeDef] = {}
    for start in range(0, len(names), _AT_ONCE):
        told = cloudwatch.describe_alarms(
            AlarmNames=names[start : start + _AT_ONCE],
            AlarmTypes=["MetricAlarm"],
            MaxRecords=_AT_ONCE,
        )
        found |= {alarm["AlarmName"]: alarm for alarm in told["MetricAlarms"]}
    return {
        known[id_]: _alarm(known[id_], found[id_]) if id_ in found else None
        for id_ in sorted(known, key=lambda id_: known[id_])
    }


def ringing(alarms: dict[str, Alarm | None]) -> list[Alarm]:
    return [alarm for alarm in alarms.values() if alarm and alarm.rings]


def _alarm(name: str, told: MetricAlarmTypeDef) -> Alarm:
    place = _ANCHOR.search(told.get("AlarmDescription", ""))
    return Alarm(
        name,
        rings=told.get("StateValue") == "ALARM",
        enabled=told.get("ActionsEnabled", True),
        topics=tuple(told.get("AlarmActions", ())),
        runbook=place[0] if place else "docs/runbook.md",
    )
