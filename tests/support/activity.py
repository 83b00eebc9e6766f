"""Messages of the activity queue, and sightings as they come out of them."""

from datetime import datetime
from typing import Any

from activity.sightings import Sighting, sighting_in
from commerce_hooks.callback import iso_utc
from support.shapes import RECEIVED_AT, bus_event, record


def event(received_at: datetime | None = None, **more: Any) -> dict[str, Any]:
    """An event as the bus hands it to the queue."""
    moment = iso_utc(received_at) if received_at else RECEIVED_AT
    return bus_event({"id": 1}, **{"key_id": "k1", "received_at": moment, **more})


def sighting(message_id: str = "m1", received_at: datetime | None = None, **more: Any) -> Sighting:
    return sighting_in(record(event(received_at, **more), message_id))
