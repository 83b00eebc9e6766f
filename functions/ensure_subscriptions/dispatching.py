"""Sends an errand for each store that we can see to, whatever the others are like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from commerce_hooks.deadline import QUEUE_SECONDS, Deadline, Pause, pauses
from commerce_hooks.errors import UnavailableError
from commerce_hooks.publishing import batches
from commerce_hooks.stores import StoreConfiguration, StoreId, Stores
from ensure_subscriptions.errands import Errand, ErrandQueue

Configured = Mapping[StoreId, StoreConfiguration | None]
"""Stores, and what their operators decided; None where that cannot be read."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The schedule's task.

    Args:
        knows: Whether we know the API of the platform of that name.
        new_id: Names a run, and never two.
    """

    stores: Stores
    knows: Callable[[str], bool]
    queue: ErrandQueue
    new_id: Callable[[], str]
    pause: Pause

    def go(self, until: Deadline) -> Configured:
        """Send the errands; the stores that they are for.

        A store that is off or cannot be read gets one, too: what is kept of it says so then.

        Raises:
            UnavailableError: Not all are sent.
        """
        found = {
            store: configuration
            for store, configuration in self.stores.all().items()
            if self.knows(store.platform)
        }
        run = self.new_id()
        self._send({f"{run}.{n}": Errand(store=store) for n, store in enumerate(found)}, until)
        return found

    def _send(self, errands: Mapping[str, Errand], until: Deadline) -> None:
        waits, left = pauses(), errands
        while codes := self._put(left, until):
            wait = next(waits)
            if wait >= until.remaining():
                raise UnavailableError("queue", next(iter(codes.values())))
            self.pause(wait)
            left = {name: errands[name] for name in codes}

    def _put(self, errands: Mapping[str, Errand], until: Deadline) -> Mapping[str, str]:
        """Put each once; the error codes of those that were not taken."""
        refused: dict[str, str] = {}
        for names in batches(errands, len):
            seconds = until.within(QUEUE_SECONDS).remaining()
            codes = self.queue.put({name: errands[name] for name in names}, seconds)
            refused |= {name: code for name, code in zip(names, codes, strict=True) if code}
        return refused
