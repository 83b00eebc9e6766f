"""The heartbeat: an event that goes the callbacks' way over the bus, and arrives or doesn't.

PutEvents answers success for a bus that doesn't exist, and an event that no rule of ours matches
is dropped without a word. So the proof that events get through is not the bus's answer but what
comes out at the other end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from commerce_hooks.callback import iso_utc
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.platform import SYSTEM_SOURCE
from commerce_hooks.publishing import Publishing
from commerce_hooks.schemas.envelope import Metadata

HEARTBEAT = "system.heartbeat"
_SYSTEM = "system"


def heartbeat_of(deployment: str, moment: datetime, id_: str) -> Event:
    """The event. It is about no platform and no store, and both fields say so.

    `id_` names the beat, as a callback's id names a delivery.
    """
    metadata = Metadata(
        deployment=deployment,
        platform=_SYSTEM,
        store=_SYSTEM,
        topic=None,
        action=HEARTBEAT.partition(".")[2],
        origin="schedule",
        callback_id=id_,
        event_id=f"{id_}.0",
        received_at=iso_utc(moment),
        content_sha256=sha256(b"").hexdigest(),
    )
    return Event(SYSTEM_SOURCE, HEARTBEAT, moment, metadata, {})


@dataclass(frozen=True, slots=True)
class Heart:
    """Beats straight onto the bus: behind an outbox, a bus that fails would go unnoticed."""

    publisher: Publishing
    deployment: str
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def beat(self, until: Deadline) -> str | None:
        """Publish one heartbeat; None, or why the bus did not take it."""
        event = heartbeat_of(self.deployment, self.now(), self.new_id())
        try:
            published = self.publisher.publish([event], until)
        except UnavailableError as error:
            return str(error)
        codes = ", ".join(published.refused.values())
        return f"bus: {codes}" if codes else None
