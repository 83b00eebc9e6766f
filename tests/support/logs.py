"""CloudWatch Logs in memory, with lines as the functions write them.

moto takes no lines of another time than now. Searches are narrowed by the pattern as the emulator
does it, so a pattern that is too narrow shows.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from commerce_hooks_cli.local.bridge.log_patterns import matcher_of
from support.replays import NOW

CALLBACK = "5c1b8d4e-0000-4000-8000-000000000002"


@dataclass
class FakeLogs:
    """The log groups of one stack's functions: client of CloudWatch Logs, and its paginator.

    Args:
        page: So many lines are looked at for a page.
    """

    stack: str
    page: int = 3
    lines: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    searches: list[dict[str, Any]] = field(default_factory=list)

    def text(self, function: str, text: str, at: datetime = NOW) -> None:
        lines = self.lines.setdefault(f"/aws/lambda/{self.stack}/{function}", [])
        lines.append((int(at.timestamp() * 1000), text))

    def line(self, function: str, message: str, **fields: object) -> None:
        self.text(function, json.dumps({"level": "INFO", "message": message, **fields}))

    def callback(self, outcome: str = "accepted", at: datetime = NOW, **more: object) -> None:
        """What a platform's function says of a callback."""
        fields: dict[str, object] = {
            "platform": "konimbo",
            "store": "acme",
            "topic": "order_created",
            "callback_id": CALLBACK,
            "outcome": outcome,
            **more,
        }
        text = json.dumps({"level": "INFO", "message": "callback", **fields})
        self.text(str(fields["platform"]), text, at)

    # --- the client ---

    def get_paginator(self, operation: str) -> "FakeLogs":
        assert operation == "filter_log_events"
        return self

    def describe_log_groups(self, *, logGroupNamePrefix: str) -> dict[str, Any]:  # noqa: N803 - as the SDK has it
        groups = sorted(name for name in self.lines if name.startswith(logGroupNamePrefix))
        return {"logGroups": [{"logGroupName": n, "retentionInDays": 30} for n in groups]}

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.searches.append(asked)
        if asked["logGroupName"] not in self.lines:
            error = {"Error": {"Code": "ResourceNotFoundException"}}
            raise ClientError(error, "FilterLogEvents")  # type: ignore[arg-type] # no metadata
        matches = matcher_of(asked["filterPattern"])
        assert matches, asked["filterPattern"]
        lines = self.lines[asked["logGroupName"]]
        for start in range(0, len(lines), self.page):
            more = {"nextToken": "more"} if start + self.page < len(lines) else {}
            found = [
                {"timestamp": at, "message": text}
                for at, text in lines[start : start + self.page]
                if asked["startTime"] <= at <= asked["endTime"] and matches(text)
            ]
            yield {"events": found, **more}
