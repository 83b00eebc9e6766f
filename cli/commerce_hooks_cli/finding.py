"""Finds callbacks in the functions' logs and follows what became of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from commerce_hooks.platform import SYNTHETIC_STORE
from commerce_hooks_cli.archives import Window
from commerce_hooks_cli.callback_history import (
    History,
    followed,
    of_job,
    of_record,
    received,
    with_record,
)
from commerce_hooks_cli.sought import afterwards, by_callback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from commerce_hooks_cli.log_lines import FunctionLogs, LogLine, Wanted
    from commerce_hooks_cli.quarantine import QuarantineRecords
    from commerce_hooks_cli.sought import Sought

_BULK = "bulk"
_JOBS = ("redeliver", _BULK)
# CloudWatch Logs takes few calls of this kind a second of an account.
_AT_ONCE = 3
_A_MINUTE = timedelta(minutes=1)
_A_SECOND = timedelta(seconds=1)


@dataclass
class Finder:
    """Looks into one deployment.

    Args:
        receivers: The functions that platforms call; of one platform only its own.
        store: Only this store's callbacks, if any is named.
        on_page: Is called for each page of a log that was looked at.
        complete: False once a log had more than could be looked at.
    """

    logs: FunctionLogs
    records: QuarantineRecords
    receivers: Sequence[str]
    store: str | None
    window: Window
    now: datetime
    on_page: Callable[[], None] = lambda: None
    complete: bool = field(default=True, init=False)

    def find(self, sought: Sought, limit: int) -> tuple[list[History], int]:
        """The last callbacks about it, oldest first, and how many more there are."""
        found = [*self._received(sought), *self._of_bulks(sought)]
        if sought.callback_id and not found:
            found = self._kept(sought.callback_id)
        found.sort(key=lambda one: one.came_at)
        return [self._followed(one) for one in found[-limit:]], max(0, len(found) - limit)

    def _received(self, sought: Sought) -> list[History]:
        lines = self._in_window(self.receivers, sought.in_receivers)
        # A sample that somebody tried the deployment with is no order that arrived.
        may_be_tried = sought.callback_id or self.store
        return [
            received(line)
            for line in lines
            if may_be_tried or line.text("store") != SYNTHETIC_STORE
        ]

    def _of_bulks(self, sought: Sought) -> list[History]:
        """Callbacks of which a job has published something about it."""
        parts = self._in_window([_BULK], sought.in_bulks)
        by_id = {line.text("callback_id") or "": line for line in reversed(parts)}
        return [self._of_bulk(id_, line) for id_, line in by_id.items()]

    def _of_bulk(self, callback_id: str, part: LogLine) -> History:
        function = part.text("platform") or ""
        lines = self._in_window([function], by_callback(callback_id))
        return received(lines[0]) if lines else of_job(part)

    def _kept(self, callback_id: str) -> list[History]:
        record = self.records.of(callback_id)
        if record is None or self.store not in {None, record.place.store}:
            return []
        return [of_record(record)]

    def _followed(self, history: History) -> History:
        callback_id = history.callback_id or ""
        if history.needs_jobs:
            later = Window(history.came_at - _A_MINUTE, self.now + _A_SECOND)
            history = followed(history, self._lines(_JOBS, afterwards(callback_id), later))
        if history.needs_record:
            history = with_record(history, self.records.of(callback_id), self.now)
        return history

    def _in_window(self, functions: Iterable[str], wanted: Wanted) -> list[LogLine]:
        return self._lines(functions, wanted, self.window)

    def _lines(self, functions: Iterable[str], wanted: Wanted, window: Window) -> list[LogLine]:
        def search(function: str) -> list[LogLine]:
            found = self.logs.search(function, wanted, window, self.on_page)
            self.complete = self.complete and found.complete
            return found.lines

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            lines = [line for found in pool.map(search, functions) for line in found]
        ours = [
            line for line in lines if self.store in {None, line.text("store")} or _of_jobs(line)
        ]
        return sorted(ours, key=lambda line: line.at)


def _of_jobs(line: LogLine) -> bool:
    """Whether it may be about several stores: then what is asked for is a callback."""
    return line.text("store") is None
