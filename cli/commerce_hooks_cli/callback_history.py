"""What became of a callback, told from log lines and from its record in quarantine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from commerce_hooks.callback import iso_utc
from commerce_hooks.outcomes import Outcome
from commerce_hooks_cli.quarantine import how_done
from commerce_hooks_cli.sought import JOB_PART

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_hooks_cli.log_lines import LogLine
    from commerce_hooks_cli.quarantine import Record

QUARANTINE_NOTICE = ".q"
"""How the id of the event ends that points to a record in quarantine."""


class Fate(StrEnum):
    """Where a callback is now, as far as can be told."""

    ON_BUS = "on the bus"
    WAITING = "waits for the bus"
    IN_WORK = "being published by a job"
    DEAD = "stuck among the dead letters"
    QUARANTINED = "in quarantine"
    REPLAYED = "replayed out of quarantine"
    DISCARDED = "discarded"
    EXPIRED = "its bytes have expired"
    IGNORED = "ignored: its topic is off"
    REFUSED = "refused, and kept nowhere"


_AT_ONCE: Mapping[str, Fate] = {
    Outcome.ACCEPTED: Fate.ON_BUS,
    Outcome.UNRECOGNIZED: Fate.ON_BUS,
    Outcome.REPEATED: Fate.ON_BUS,
    Outcome.DEFERRED: Fate.WAITING,
    Outcome.QUARANTINED: Fate.QUARANTINED,
    Outcome.IGNORED: Fate.IGNORED,
}
_BURIED = {"poison", "given_up"}
_BY_BULK = {"done": Fate.ON_BUS, "quarantined": Fate.QUARANTINED}
_BUCKET = {"replayed": Fate.REPLAYED, "discarded": Fate.DISCARDED, "done": Fate.REPLAYED}


@dataclass(frozen=True)
class Step:
    """One thing that happened to it."""

    at: datetime
    what: str


@dataclass(frozen=True)
class History:
    """A callback, from its request on.

    Args:
        came_at: When it was received, as near as the log tells.
        event_ids: Of its events, on the bus or waiting for it.
        queued: It was left to a job.
        out: Those of its events that a job took to the bus.
    """

    callback_id: str | None
    platform: str
    store: str
    topic: str | None
    came_at: datetime
    fate: Fate
    resource: str | None = None
    steps: tuple[Step, ...] = ()
    event_ids: tuple[str, ...] = ()
    queued: bool = False
    out: frozenset[str] = frozenset()

    @property
    def needs_jobs(self) -> bool:
        """Whether jobs may have done something about it."""
        return self.callback_id is not None and (self.fate is Fate.WAITING or self.queued)

    @property
    def needs_record(self) -> bool:
        """Whether a record in quarantine may be its own."""
        told = any(id_.endswith(QUARANTINE_NOTICE) for id_ in self.event_ids)
        return self.callback_id is not None and (self.fate is Fate.QUARANTINED or told)

    @property
    def is_request(self) -> bool:
        return self.platform == "cenit"

    def as_json(self) -> dict[str, Any]:
        return {
            "callback_id": self.callback_id,
            "platform": self.platform,
            "store": self.store,
            "topic": self.topic,
            "resource": self.resource,
            "came_at": iso_utc(self.came_at),
            "fate": self.fate.value,
            "event_ids": list(self.event_ids),
            "steps": [{"at": iso_utc(step.at), "what": step.what} for step in self.steps],
        }


def received(line: LogLine) -> History:
    """What the line of its own function says."""
    outcome = line.text("outcome") or "unknown"
    queued = bool(line.fields.get("queued"))
    fate = _AT_ONCE.get(outcome, Fate.REFUSED)
    return History(
        callback_id=line.text("callback_id"),
        platform=line.text("platform") or line.function,
        store=line.text("store") or "-",
        topic=line.text("topic"),
        came_at=line.at,
        fate=Fate.IN_WORK if queued else fate,
        resource=line.text("resource"),
        steps=(Step(line.at, _received(line, outcome)),),
        event_ids=tuple(line.texts("event_ids")),
        queued=queued,
    )


def _received(line: LogLine, outcome: str) -> str:
    details = [
        line.text("reason"),
        line.text("cause"),
        f"{line.fields['queued']} events left to a job" if line.fields.get("queued") else None,
    ]
    known = ", ".join(filter(None, details))
    return f"came in: {outcome}{f' ({known})' if known else ''}"


def followed(history: History, lines: Sequence[LogLine]) -> History:
    """The same with what jobs did about it afterwards, in the order of their lines."""
    for line in lines:
        history = _after_a_job(history, line)
    return history


def _after_a_job(history: History, line: LogLine) -> History:
    outcome = line.text("outcome") or ""
    ours = tuple(id_ for id_ in line.texts("event_ids") if _is_of(history, id_))
    out = history.out | set(ours)
    return replace(
        history,
        fate=_fate(history, line.function, outcome, out),
        event_ids=tuple(dict.fromkeys((*history.event_ids, *ours))),
        out=out,
        steps=(*history.steps, Step(line.at, _job_step(line, outcome, len(ours)))),
    )


def _fate(history: History, function: str, outcome: str, out: frozenset[str]) -> Fate:
    if any(id_.endswith(QUARANTINE_NOTICE) for id_ in out):
        return Fate.QUARANTINED
    if function == "bulk":
        return _BY_BULK.get(outcome, history.fate)
    if outcome == "delivered":
        # Of several events each waits by itself, and a job that was queued has yet to do its work.
        whole = not history.queued and out >= set(history.event_ids)
        return Fate.ON_BUS if whole else history.fate
    return Fate.DEAD if outcome in _BURIED else history.fate


def _is_of(history: History, event_id: str) -> bool:
    return event_id.partition(".")[0] == history.callback_id


def _job_step(line: LogLine, outcome: str, events: int) -> str:
    if line.text("message") == JOB_PART:
        return f"bulk: {events} events published"
    cause = line.text("cause")
    words = {"delivered": "delivered", "to_be_continued": "goes on", "queued": "a job was queued"}
    what = words.get(outcome, outcome.replace("_", " "))
    return f"{line.text('message')}: {what}{f' ({cause})' if cause else ''}"


def with_record(history: History, record: Record | None, now: datetime) -> History:
    """The same with what the bucket says of its record."""
    if record is None:
        # Its events may be on the bus all the same: those of a bulk that was kept in part.
        gone = Step(now, "its record in quarantine is gone: it has expired")
        lost = history.fate is Fate.QUARANTINED
        history = replace(history, steps=(*history.steps, gone))
        return replace(history, fate=Fate.EXPIRED) if lost else history
    if not record.done:
        return replace(history, fate=Fate.QUARANTINED)
    when = record.replayed_at or record.discarded_at
    step = Step(_moment(when, now), f"quarantine: {how_done(record)}")
    fate = _BUCKET.get(record.fate, Fate.REPLAYED)
    return replace(history, fate=fate, steps=(*history.steps, step))


def _moment(text: str | None, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return now
    return moment if moment.tzinfo else now


def of_record(record: Record) -> History:
    """A callback that only its record tells of: the log does not go back so far."""
    return History(
        callback_id=record.callback_id,
        platform=record.place.platform,
        store=record.place.store,
        topic=record.topic,
        came_at=record.received_at,
        fate=Fate.QUARANTINED,
        steps=(Step(record.received_at, f"came in: quarantined ({record.reason})"),),
    )


def of_job(line: LogLine) -> History:
    """A callback that only a job's line tells of, for the same reason."""
    return History(
        callback_id=line.text("callback_id"),
        platform=line.text("platform") or "-",
        store=line.text("store") or "-",
        topic=line.text("topic"),
        came_at=line.at,
        fate=Fate.IN_WORK,
        queued=True,
    )
