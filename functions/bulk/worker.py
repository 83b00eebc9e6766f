"""One message of the queue: whether its job is dealt with, or has to come again."""

from dataclasses import dataclass
from typing import Protocol

from bulk.job import Bulk, BulkJob, BulkLostError, Progress
from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.parking import RecordUnreadableError
from commerce_hooks.receiving import BulkQueue


class Observer(Protocol):
    """Where an operator reads what became of jobs."""

    def ran(self, level: str, **fields: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs jobs and tells what became of them."""

    job: BulkJob
    queue: BulkQueue
    observer: Observer

    def work(self, key: str, until: Deadline) -> bool:
        """Run one job; False if its message has to come again."""
        try:
            bulk = self.job.open(key)
            return bulk is None or self._run(bulk, until)
        except UnavailableError as error:
            self.observer.ran("warning", outcome="unavailable", cause=str(error))
        except (BulkLostError, RecordUnreadableError) as error:
            self.observer.ran("error", outcome="lost", cause=str(error))
        return False

    def _run(self, bulk: Bulk, until: Deadline) -> bool:
        try:
            progress = self.job.run(bulk, until)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - as in receiving: a fault of ours loses nothing
            self.job.give_up(bulk, until)
            self._tell("error", bulk, outcome="internal_error", cause=type(error).__name__)
            return True
        if not progress.done:
            self.queue.put(bulk.key, QUEUE_SECONDS)
        self._tell("info", bulk, **_fields(progress))
        return True

    def _tell(self, level: str, bulk: Bulk, **fields: object) -> None:
        target = bulk.callback.target
        self.observer.ran(
            level,
            platform=target.platform,
            store=target.store,
            topic=target.topic,
            callback_id=bulk.callback.callback_id,
            **fields,
        )


def _fields(progress: Progress) -> dict[str, object]:
    outcome = "done" if progress.done else "to_be_continued"
    if progress.done and progress.reason:
        outcome = "quarantined"
    return {"outcome": outcome, "parts": progress.parts, "reason": progress.reason}
