"""One message of the queue: whether its job is dealt with, or has to come again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bulk.job import Bulk, BulkJob, BulkLostError, Ran
from commerce_hooks.accepting import places
from commerce_hooks.callback import Callback
from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.plain_ids import plain_ids


class Messages(Protocol):
    """The queue that jobs come from."""

    def come_again(self, receipt_handle: str, after: int, seconds: float) -> None:
        """Let a message come again after so many seconds.

        Raises:
            UnavailableError: It comes again later.
        """
        ...


class Observer(Protocol):
    """Where an operator reads what became of jobs."""

    def ran(self, level: str, **fields: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs jobs and tells what became of them."""

    job: BulkJob
    messages: Messages
    observer: Observer

    def work(self, key: str, receipt_handle: str, until: Deadline) -> bool:
        """Run one job; False if its message has to come again."""
        try:
            bulk = self.job.open(key)
            return bulk is None or self._run(bulk, receipt_handle, until)
        except UnavailableError as error:
            self.observer.ran("warning", outcome="unavailable", cause=str(error))
        except BulkLostError as error:
            self.observer.ran("error", outcome="lost", cause=str(error))
        except Exception as error:  # noqa: BLE001 - what can't even be opened comes again
            self._tell_fault(error)
        return False

    def _run(self, bulk: Bulk, receipt_handle: str, until: Deadline) -> bool:
        try:
            ran = self.job.run(bulk, until)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - as in receiving: a fault of ours loses nothing
            self._tell_fault(error, **_about(bulk.callback))
            self.job.give_up(bulk, until)
            return True
        self.observer.ran(
            "warning" if ran.cause else "info", **_about(bulk.callback), **_fields(ran)
        )
        if not ran.done:
            # Not a new message: Lambda stops functions that feed their own queue.
            self.messages.come_again(receipt_handle, 0, QUEUE_SECONDS)
        return ran.done

    def _tell_fault(self, error: Exception, **about: object) -> None:
        """Which and where, without the message: that may quote a body."""
        self.observer.ran(
            "error",
            **about,
            outcome="internal_error",
            cause=type(error).__name__,
            trace=list(places(error)),
        )


def noting(note: Callable[..., None]) -> Callable[[Callback, Sequence[Event]], None]:
    """Log which events are out, and what they are about: ids that look like ids, nothing else."""

    def note_slice(callback: Callback, events: Sequence[Event]) -> None:
        note(
            **_about(callback),
            event_ids=[event.event_id for event in events],
            resources=plain_ids([event.resource_id for event in events]),
        )

    return note_slice


def _about(callback: Callback) -> dict[str, object]:
    target = callback.target
    return {
        "platform": target.platform,
        "store": target.store,
        "topic": target.topic,
        "callback_id": callback.callback_id,
    }


def _fields(ran: Ran) -> dict[str, object]:
    outcome = "done" if ran.done else "to_be_continued"
    if ran.done and ran.progress.reason:
        outcome = "quarantined"
    return {
        "outcome": outcome,
        "parts": ran.progress.parts,
        "reason": ran.progress.reason,
        "cause": ran.cause,
    }
