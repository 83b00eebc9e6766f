"""Bodies of bulks that nobody works on get a job: that of theirs was never queued, or is lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from commerce_hooks.accepting import BulkQueue
from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import OpenBulk, listed, open_bulks
from commerce_hooks.parking import BULK_PREFIX, BULK_SWEPT
from redeliver.fates import Observer
from redeliver.objects import Objects, bucket_seconds

QUIET = timedelta(minutes=15)
"""A job's message comes again within six minutes, and where it gets on, it notes how far."""
AGAIN = timedelta(days=1)
"""While a service fails, a job notes nothing. So a body that got one from here gets no other for
so long: its message is kept in the queue until it is done."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Queues jobs. A job for a body that has one does no harm: jobs may be repeated."""

    objects: Objects
    queue: BulkQueue
    now: Callable[[], datetime]
    observer: Observer

    def run(self, until: Deadline) -> int:
        """Look at all bodies, as far as time allows; for how many a job was queued."""
        queued = 0
        try:
            for key in self._left_alone(until):
                self.queue.put(key, until.within(QUEUE_SECONDS).remaining())
                # Only now: if this fails, there is a job too many, and not one too few.
                self.objects.put(f"{key}{BULK_SWEPT}", b"", {}, bucket_seconds(until))
                self.observer.ran("warning", outcome="queued", body=key)
                queued += 1
        except UnavailableError as error:
            self.observer.ran("warning", outcome="unavailable", cause=str(error))
        return queued

    def _left_alone(self, until: Deadline) -> Iterator[str]:
        now = self.now()
        found = listed(self.objects, f"{BULK_PREFIX}/", partial(bucket_seconds, until))
        return (bulk.body.key for bulk in open_bulks(found) if _is_left_alone(bulk, now))


def _is_left_alone(bulk: OpenBulk, now: datetime) -> bool:
    swept_at = bulk.notes.get(BULK_SWEPT)
    return now - bulk.latest >= QUIET and (swept_at is None or now - swept_at >= AGAIN)
