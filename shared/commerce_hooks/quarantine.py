"""Quarantine: a genuine callback that cannot become events yet is kept, and pointed to."""

from dataclasses import dataclass

from commerce_hooks.callback import Callback
from commerce_hooks.deadline import BUCKET_SECONDS, Deadline
from commerce_hooks.errors import QuarantineError, UnavailableError
from commerce_hooks.events import EventBuilder
from commerce_hooks.parking import QUARANTINE_PREFIX, SENSITIVE_PREFIX, PayloadBucket, park
from commerce_hooks.publishing import Publishing


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes are safe.

    Args:
        cause: Why no event points to them, or none does yet.
        pending: None does, and the bus may take it another time.
    """

    event_ids: tuple[str, ...]
    cause: str | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Keeps one platform's callbacks."""

    builder: EventBuilder
    bucket: PayloadBucket
    publisher: Publishing

    def keep(self, callback: Callback, error: QuarantineError, until: Deadline) -> Kept:
        """Keep the bytes; once they are safe, a failing bus costs only the pointer to them.

        Raises:
            UnavailableError: The bucket did not take them.
        """
        stored = park(
            self.bucket,
            callback,
            SENSITIVE_PREFIX if self.builder.platform.sensitive else QUARANTINE_PREFIX,
            error.reason.value,
            until.sparing(BUCKET_SECONDS).remaining(),
        )
        pointer = self.builder.quarantined(callback, error, stored)
        try:
            published = self.publisher.publish([pointer], until)
        except UnavailableError as failed:
            return Kept(error.published, str(failed), pending=True)
        if published.refused:
            return Kept(error.published, f"bus: {', '.join(published.refused.values())}")
        return Kept((*error.published, *published.safe), published.cause)
