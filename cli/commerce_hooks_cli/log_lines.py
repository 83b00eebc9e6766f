"""The functions' structured log lines, as CloudWatch Logs finds them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from commerce_hooks_cli.aws import error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_logs import CloudWatchLogsClient

    from commerce_hooks_cli.archives import Window

MOST_PAGES = 500
"""Of one function's log; a page is a megabyte, or what AWS looks through in a second."""
_NO_GROUP = "ResourceNotFoundException"


@dataclass(frozen=True)
class LogLine:
    """One line of ours: which function wrote it, when, and what it says."""

    function: str
    at: datetime
    fields: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, function: str, milliseconds: int, text: str) -> Self | None:
        """None for what is no structured line, such as Lambda's own."""
        try:
            fields = json.loads(text)
        except ValueError:
            return None
        if not isinstance(fields, dict) or not isinstance(fields.get("message"), str):
            return None
        return cls(function, datetime.fromtimestamp(milliseconds / 1000, UTC), fields)

    def text(self, name: str) -> str | None:
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> list[str]:
        value = self.fields.get(name)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


@dataclass(frozen=True)
class Wanted:
    """What is looked for: CloudWatch's pattern, and the same decided here.

    CloudWatch takes `*` for anything and may be one that does not know such patterns, so its
    answer is only what is looked at.
    """

    pattern: str
    matches: Callable[[LogLine], bool] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """The lines of one function, oldest first; `complete` unless there was too much to look at."""

    lines: list[LogLine]
    complete: bool = True


@dataclass(frozen=True)
class FunctionLogs:
    """The log groups of one stack's functions."""

    client: CloudWatchLogsClient
    stack: str

    def search(
        self, function: str, wanted: Wanted, window: Window, on_page: Callable[[], None]
    ) -> Found:
        """All lines that are wanted, of that time; none where the function has no log."""
        lines: list[LogLine] = []
        for number, page in enumerate(self._pages(function, wanted, window)):
            on_page()
            lines += filter(wanted.matches, _parsed(function, page))
            if number + 1 == MOST_PAGES:
                return Found(_sorted(lines), complete=not page.get("nextToken"))
        return Found(_sorted(lines))

    def retention_days(self, function: str) -> int | None:
        """How long lines are kept; None for ever, or where there is no log."""
        group = self._group(function)
        told = self.client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        return next((one.get("retentionInDays") for one in told if one["logGroupName"] == group), 0)

    def _pages(self, function: str, wanted: Wanted, window: Window) -> Iterator[Any]:
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self._group(function),
            startTime=_milliseconds(window.begin),
            # Of a window, the end is not in it any more; here it is.
            endTime=_milliseconds(window.end) - 1,
            filterPattern=wanted.pattern,
        )
        try:
            yield from pages
        except ClientError as error:
            if error_code(error) != _NO_GROUP:
                raise

    def _group(self, function: str) -> str:
        return f"/aws/lambda/{self.stack}/{function}"


def _parsed(function: str, page: Any) -> Iterator[LogLine]:
    for event in page["events"]:
        if line := LogLine.parse(function, event["timestamp"], event["message"]):
            yield line


def _sorted(lines: list[LogLine]) -> list[LogLine]:
    return sorted(lines, key=lambda line: line.at)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
