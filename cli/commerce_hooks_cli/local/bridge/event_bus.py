"""EventBridge inside the emulator: replays to chosen rules, and events at their own time."""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Told = Mapping[str, Any]
    Answer = tuple[int, Any, bytes]

_MAX_ENTRIES = 10
_TIME_OF_ENTRY: ContextVar[float | None] = ContextVar("time_of_entry", default=None)


def correct_event_bus() -> None:
    """Change what the emulator does with events."""
    from ministack.services import eventbridge

    # There is no public way to any of these.
    replays, invoke = eventbridge._replays, eventbridge._invoke_target  # noqa: SLF001
    put, now = eventbridge._put_events, eventbridge._now_ts  # noqa: SLF001

    def invoke_if_meant(target: Any, event: Told, rule: Told, view: Any = None) -> None:
        if is_meant(event, rule, replays):
            invoke(target, event, rule, view)

    def put_at_their_times(data: Told, **how: Any) -> Answer:
        return put_each(data, lambda entries: put({**data, "Entries": entries}, **how))

    eventbridge._invoke_target = invoke_if_meant  # noqa: SLF001
    eventbridge._put_events = put_at_their_times  # noqa: SLF001
    eventbridge._now_ts = lambda: _TIME_OF_ENTRY.get() or now()  # noqa: SLF001


def is_meant(event: Told, rule: Told, replays: Mapping[str, Told]) -> bool:
    """Whether an event is for the targets of a rule: a replay may be for chosen rules only."""
    replay = replays.get(event.get("ReplayName") or "") or {}
    chosen = replay.get("Destination", {}).get("FilterArns")
    return not chosen or rule["Arn"] in chosen


def put_each(data: Told, put: Callable[[list[Any]], Answer]) -> Answer:
    """One PutEvents call as several: for each entry, the emulator's clock shows its time."""
    entries = data.get("Entries", [])
    if len(entries) > _MAX_ENTRIES:
        return put(entries)  # which is refused
    status, headers, _ = put([])
    each = [_put_one(entry, put) for entry in entries]
    results = [result for answer in each for result in answer["Entries"]]
    failed = sum(answer["FailedEntryCount"] for answer in each)
    told = {"FailedEntryCount": failed, "Entries": results}
    return status, headers, json.dumps(told, ensure_ascii=False).encode()


def _put_one(entry: Told, put: Callable[[list[Any]], Answer]) -> Any:
    token = _TIME_OF_ENTRY.set(entry.get("Time"))
    try:
        return json.loads(put([entry])[2])
    finally:
        _TIME_OF_ENTRY.reset(token)
