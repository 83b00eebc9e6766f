"""What a function wrote to its standard output: log lines, and metrics in between."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Written:
    """Log lines, and metrics by their names."""

    lines: list[dict[str, Any]]
    metrics: dict[str, list[dict[str, Any]]]

    @property
    def line(self) -> dict[str, Any]:
        """The one log line."""
        (line,) = self.lines
        return line

    def metric(self, name: str) -> dict[str, Any]:
        """The one metric of this name, as CloudWatch gets it."""
        (metric,) = self.metrics[name]
        return metric


def written(output: str) -> Written:
    told = Written([], {})
    for line in map(json.loads, output.splitlines()):
        if "_aws" in line:
            (described,) = line["_aws"]["CloudWatchMetrics"]
            (metric,) = described["Metrics"]
            told.metrics.setdefault(metric["Name"], []).append({**line, "described": described})
        else:
            told.lines.append(line)
    return told
