"""A log line for what is new, strange or left over, and a metric for each change."""

from commerce_hooks.observing import JobObserver, Meter
from shapes.notices import Change
from shapes.watching import Unsettled


class ShapeObserver:
    """Tells an operator what the watch saw: counts and ids, never a path."""

    def __init__(self, meter: Meter) -> None:
        self._job = JobObserver("shapes", meter)
        self._meter = meter

    def changed(self, change: Change) -> None:
        topic, seen = change.sighting.topic, change.sighting.metadata
        self._job.ran(
            "info",
            outcome="changed",
            platform=topic.platform,
            store=seen.store,
            topic=topic.name,
            callback_id=seen.callback_id,
            added=len(change.news),
            first=change.first,
        )
        self._meter.measure("ShapeChanged", 1, {"platform": topic.platform})

    def dropped(self, message_id: str) -> None:
        """A message was no event of ours. What it was instead is not for the log."""
        self._job.ran("warning", outcome="dropped", message_id=message_id)

    def unsettled(self, left: Unsettled) -> None:
        """A message has to come again."""
        topic = left.sighting.topic
        self._job.ran(
            "warning",
            outcome="unavailable",
            platform=topic.platform,
            topic=topic.name,
            message_id=left.sighting.message_id,
            cause=left.cause,
        )
