"""Events to the bus, or, while it fails, into the outbox: either way they are safe."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from commerce_hooks.callback import Callback
from commerce_hooks.deadline import BUS_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Outbox
from commerce_hooks.publishing import BusEntry, NotPublishedError, Published, Publishing


@dataclass(frozen=True, slots=True)
class Delivery:
    """Without an outbox, what fails is left to the caller, as in a job that is run again."""

    publisher: Publishing
    outbox: Outbox | None = None

    def publish(self, entries: Sequence[BusEntry], deadline: Deadline) -> Published:
        """Put the events on the bus; those that it does not take in time into the outbox.

        Raises:
            UnavailableError: The outbox failed as well.
        """
        if self.outbox is None:
            return self.publisher.publish(entries, deadline)
        try:
            return self.publisher.publish(entries, deadline.sparing(BUS_SECONDS))
        except NotPublishedError as error:
            try:
                self.outbox.put(error.left, deadline)
            except UnavailableError as failed:
                raise UnavailableError("outbox", f"{error}, {failed}") from failed
            deferred = tuple(entry.event_id for entry in error.left)
            return replace(error.published, deferred=deferred, cause=str(error))

    def keep(self, callback: Callback, until: Deadline) -> None:
        """Keep a callback's bytes while the bucket fails.

        Raises:
            UnavailableError: The outbox failed as well, or there is none.
        """
        if self.outbox is None:
            raise UnavailableError("queue", "NoOutbox", may_pass=False)
        self.outbox.keep(callback, until)
