"""Records of the quarantine onto the bus: as the events that they would be today."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from commerce_hooks.aws import EventBridgeBus, Patience, S3PayloadBucket
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import Problem, UnavailableError
from commerce_hooks.events import problems_as_json
from commerce_hooks.oversize import fitted
from commerce_hooks.parking import RecordUnreadableError
from commerce_hooks.publishing import NotPublishedError, Publisher
from commerce_hooks_cli.aws import SDK_ERRORS, in_plain_words
from commerce_hooks_cli.bus_failure import bus_seconds, what_was_sent
from commerce_hooks_cli.examination import Examination, Examiner
from commerce_hooks_cli.quarantine import QuarantineRecords, Record, how_done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_hooks.events import Event
    from commerce_hooks.parking import PayloadBucket
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.deployment import Deployment

# No platform waits here, but an operator does, perhaps over a slow line.
_BUCKET_SECONDS = 60.0


class Outcome(StrEnum):
    """What became of a record."""

    REPLAYED = "replayed"
    REPLAYABLE = "replayable"
    """It would be replayed: this was a dry run."""
    PARTLY = "partly"
    """Some of its events are, or would be, on the bus; it waits for the others."""
    REFUSED = "refused"
    """Today's code refuses it too, or the bus does."""
    DONE_ALREADY = "done_already"
    FAILED = "failed"

    @property
    def good(self) -> bool:
        return self in {Outcome.REPLAYED, Outcome.REPLAYABLE}


@dataclass(frozen=True)
class Replayed:
    """A record, and what became of it; `why` where that is not as it should be.

    Args:
        may_pass: Where the bus failed, whether it may be better another time.
    """

    record: Record
    outcome: Outcome
    why: str = ""
    event_ids: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    may_pass: bool | None = None

    def not_tried(self, record: Record) -> Replayed:
        """What becomes of the next record, where the bus failed with this one."""
        why = "not tried: the bus failed before"
        return Replayed(record, Outcome.FAILED, why, may_pass=self.may_pass)

    def as_json(self) -> dict[str, Any]:
        return {
            "callback_id": self.record.callback_id,
            "platform": self.record.place.platform,
            "store": self.record.place.store,
            "topic": self.record.topic,
            "key": self.record.place.key,
            "outcome": self.outcome.value,
            "why": self.why or None,
            "event_ids": list(self.event_ids),
            "errors": problems_as_json(self.problems),
        }


@dataclass(frozen=True)
class Replay:
    """Replays records one by one: what fails with one is told, and the next is tried."""

    records: QuarantineRecords
    examiner: Examiner
    publisher: Publisher
    bucket: PayloadBucket
    max_inline_bytes: int
    force: bool = False
    dry_run: bool = False

    def replay(self, record: Record, body: bytes | None = None) -> Replayed:
        """Publish what the record holds, and mark it done once all of it is on the bus.

        A repaired `body` is taken in place of the one that was kept.
        """
        try:
            return self._replay(self.records.again(record), body)
        except RecordUnreadableError as error:
            return Replayed(record, Outcome.FAILED, str(error))
        except NotPublishedError as error:
            why = f"{error}; {what_was_sent(error)}"
            ids = tuple(error.published.event_ids)
            return Replayed(record, Outcome.FAILED, why, ids, may_pass=error.may_pass)
        except UnavailableError as error:
            return Replayed(record, Outcome.FAILED, f"{error}; nothing was sent")
        except SDK_ERRORS as error:
            return Replayed(record, Outcome.FAILED, in_plain_words(error).message)

    def _replay(self, record: Record, body: bytes | None) -> Replayed:
        if record.done and not self.force:
            return Replayed(record, Outcome.DONE_ALREADY, how_done(record))
        callback = self.records.callback(record)
        examined = self.examiner.examine(
            replace(callback, body=callback.body if body is None else body)
        )
        if examined.hindrance:
            return Replayed(record, Outcome.FAILED, examined.hindrance)
        if self.dry_run:
            ids = [event.event_id for event in examined.events]
            return _told(record, Outcome.REPLAYABLE, ids, examined)
        return self._publish(record, examined)

    def _publish(self, record: Record, examined: Examination) -> Replayed:
        published = self.publisher.publish(
            [self._fitted(event) for event in examined.events],
            Deadline(time.monotonic, bus_seconds(len(examined.events))),
        )
        told = _told(record, Outcome.REPLAYED, published.event_ids, examined, published.refused)
        if told.outcome is not Outcome.REPLAYED:
            return told
        try:
            self.records.mark_done(record, datetime.now(UTC))
        except SDK_ERRORS as error:
            why = f"on the bus, but not marked done: {in_plain_words(error).message}"
            return Replayed(record, Outcome.FAILED, why, told.event_ids)
        return told

    def _fitted(self, event: Event) -> Event:
        return fitted(event, self.bucket, self.max_inline_bytes, _BUCKET_SECONDS)


def replay_on(deployment: Deployment, platforms: Mapping[str, Platform], **how: bool) -> Replay:
    """A replay with the operator's credentials; `how` is `force` and `dry_run`."""
    s3 = deployment.client("s3")
    bus = EventBridgeBus(deployment.client("events"), deployment.event_bus_arn)
    patience = Patience(time.monotonic, time.sleep)
    return Replay(
        QuarantineRecords(s3, deployment.payload_bucket),
        Examiner.of(deployment, platforms),
        Publisher(bus, time.sleep),
        S3PayloadBucket(deployment.payload_bucket, lambda: s3, patience),
        deployment.max_inline_bytes,
        **how,
    )


def _told(
    record: Record,
    wanted: Outcome,
    event_ids: Sequence[str],
    examined: Examination,
    refused: Mapping[str, str] | None = None,
) -> Replayed:
    by_bus = [Problem((id_,), code) for id_, code in (refused or {}).items()]
    problems = (*by_bus, *examined.problems)
    if not by_bus and not examined.refusal:
        return Replayed(record, wanted, event_ids=tuple(event_ids))
    reason = examined.refusal.reason.value if examined.refusal else "refused_by_bus"
    outcome = Outcome.PARTLY if event_ids else Outcome.REFUSED
    return Replayed(record, outcome, reason, tuple(event_ids), problems)
