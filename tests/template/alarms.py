"""The template's alarms: what each watches, and where it sends whom it wakes."""

import re
from dataclasses import dataclass
from typing import Any

from template.reading import Template, Tree

ALARM = "AWS::CloudWatch::Alarm"
FILTER = "AWS::Logs::MetricFilter"
_ENTRY = re.compile(r" docs/runbook\.md#([a-z0-9-]+)$")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as CloudWatch tells it from others; references are written as `!Sub` has them."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Alarm:
    """An alarm of the template, by its logical id."""

    name: str
    properties: Tree

    @property
    def entry(self) -> str:
        """The anchor of its entry in the runbook."""
        found = _ENTRY.search(self.properties["AlarmDescription"])
        assert found, f"{self.name} names no entry of docs/runbook.md at its end"
        return found[1]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it watches, one metric or those of its expression."""
        if "Metrics" not in self.properties:
            return (_metric(self.properties),)
        queries = self.properties["Metrics"]
        return tuple(_metric(q["MetricStat"]["Metric"]) for q in queries if "MetricStat" in q)

    @property
    def minutes(self) -> int:
        """How much time it looks back on."""
        return self.period * int(self.properties["EvaluationPeriods"]) // 60

    @property
    def period(self) -> int:
        """Seconds that make one data point."""
        if "Metrics" not in self.properties:
            return int(self.properties["Period"])
        (period,) = {q["MetricStat"]["Period"] for q in self.properties["Metrics"][1:]}
        return int(period)

    @property
    def rings_at_once(self) -> bool:
        """Whether a single event in a single minute is enough."""
        return (self.period, self.properties["DatapointsToAlarm"], self.threshold) == (60, 1, 1)

    @property
    def threshold(self) -> float:
        return float(self.properties["Threshold"])


def alarms_of(template: Template) -> tuple[Alarm, ...]:
    return tuple(Alarm(name, each) for name, each in template.of_type(ALARM).items())


def written(value: Any) -> str:
    """A value's text; a reference is `${Name}` or `${Name.Attribute}`."""
    match value:
        case {"Fn::Sub": str(text)}:
            return text
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
    assert isinstance(value, str)
    return value


def _metric(described: Tree) -> Metric:
    dimensions = described.get("Dimensions", [])
    return Metric(
        namespace=written(described["Namespace"]),
        name=described["MetricName"],
        dimensions=frozenset((each["Name"], written(each["Value"])) for each in dimensions),
    )
