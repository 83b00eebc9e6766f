"""Records of the quarantine given up: marked as done, without any event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.aws import SDK_ERRORS, in_plain_words
from commerce_hooks_cli.quarantine import how_done

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_hooks_cli.quarantine import QuarantineRecords, Record


class Outcome(StrEnum):
    """What became of a record."""

    DISCARDED = "discarded"
    DONE_ALREADY = "done_already"
    FAILED = "failed"


@dataclass(frozen=True)
class Discarded:
    """A record, and what became of it; `why` where that is not what was asked for."""

    record: Record
    outcome: Outcome
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "callback_id": self.record.callback_id,
            "platform": self.record.place.platform,
            "store": self.record.place.store,
            "topic": self.record.topic,
            "reason": self.record.reason,
            "key": self.record.place.key,
            "outcome": self.outcome.value,
            "why": self.why or None,
        }


def discard(records: QuarantineRecords, record: Record, now: datetime) -> Discarded:
    """Give up one record. One that is done stays as it is, for that may have been a replay."""
    try:
        record = records.again(record)
        if record.done:
            return Discarded(record, Outcome.DONE_ALREADY, how_done(record))
        records.discard(record, now)
    except SDK_ERRORS as error:
        return Discarded(record, Outcome.FAILED, in_plain_words(error).message)
    return Discarded(record, Outcome.DISCARDED)
