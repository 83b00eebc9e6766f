"""A log line for what is strange or left over; what is kept is told by the table."""

from activity.keeping import Unsettled
from commerce_hooks.observing import JobObserver


class ActivityObserver:
    """Tells an operator what could not be kept, by ids."""

    def __init__(self, job: JobObserver) -> None:
        self._job = job

    def dropped(self, message_id: str) -> None:
        """A message was no event of ours. What it was instead is not for the log."""
        self._job.ran("warning", outcome="dropped", message_id=message_id)

    def unsettled(self, left: Unsettled) -> None:
        """A message has to come again."""
        seen = left.sighting.seen
        self._job.ran(
            "warning",
            outcome="unavailable",
            platform=seen.store.platform,
            store=seen.store.name,
            topic=seen.topic,
            message_id=left.sighting.message_id,
            cause=left.cause,
        )
