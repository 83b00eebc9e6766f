"""Bodies of bulks that nobody works on get a job: that of theirs was never queued, or is lost."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from commerce_hooks.accepting import BulkQueue
from commerce_hooks.deadline import QUEUE_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import Listed
from commerce_hooks.parking import BULK_DONE, BULK_NOTES, BULK_PREFIX, BULK_SWEPT
from redeliver.fates import Observer
from redeliver.objects import Objects, bucket_seconds, listed

QUIET = timedelta(minutes=15)
"""A job's message comes again within six minutes, so a body that has one is noted more often."""


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
            for key in self._quiet(listed(self.objects, f"{BULK_PREFIX}/", until)):
                self.queue.put(key, until.within(QUEUE_SECONDS).remaining())
                # Only now: if this fails, there is a job too many, and not one too few.
                self.objects.put(f"{key}{BULK_SWEPT}", b"", {}, bucket_seconds(until))
                self.observer.ran("warning", outcome="queued", body=key)
                queued += 1
        except UnavailableError as error:
            self.observer.ran("warning", outcome="unavailable", cause=str(error))
        return queued

    def _quiet(self, found: Iterable[Listed]) -> Iterator[str]:
        latest = self.now() - QUIET
        # The notes beside a body stand right behind it, for keys are listed in their order.
        for body, group in groupby(found, key=_body_of):
            kept_at = {each.key: each.kept_at for each in group}
            open_ = body in kept_at and f"{body}{BULK_DONE}" not in kept_at
            if open_ and max(kept_at.values()) <= latest:
                yield body


def _body_of(each: Listed) -> str:
    for note in BULK_NOTES:
        if each.key.endswith(note):
            return each.key.removesuffix(note)
    return each.key
