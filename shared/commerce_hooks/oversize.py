"""Events too large for consumers: the data lies in the bucket, the event says where."""

import json
from dataclasses import replace
from hashlib import sha256

from commerce_hooks.callback import iso_utc
from commerce_hooks.deadline import BUCKET_SECONDS
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.parking import PayloadBucket
from commerce_hooks.publishing import MAX_CALL_BYTES, entry_size
from commerce_hooks.schemas.envelope import StoredObject, StoredPayload

OVERSIZE_PREFIX = "oversize"


def fitted(
    event: Event, bucket: PayloadBucket, max_inline_bytes: int, seconds: float = BUCKET_SECONDS
) -> Event:
    """The event itself, or, above the limit, the same with a reference in place of its data.

    What is stored is the data as the event would have held it, as JSON: consumers read the same
    either way, and what must not reach them is not in the bucket either.

    Raises:
        UnavailableError: The bucket failed, and the bus would not take the event as it is.
    """
    if len(event.detail) <= max_inline_bytes:
        return event
    try:
        return _stored(event, bucket, seconds)
    except UnavailableError:
        if entry_size(event) <= MAX_CALL_BYTES:
            return event  # More than consumers were promised, and still better than nothing.
        raise


def _stored(event: Event, bucket: PayloadBucket, seconds: float) -> Event:
    about = event.metadata
    day = iso_utc(event.time).partition("T")[0]
    key = f"{OVERSIZE_PREFIX}/{about.platform}/{about.store}/{day}/{about.event_id}.json"
    data = json.dumps(event.data, separators=(",", ":")).encode()
    bucket.put(key, data, {"event-id": about.event_id}, seconds)
    stored = StoredObject(
        bucket=bucket.name, key=key, size=len(data), sha256=sha256(data).hexdigest()
    )
    metadata = about.model_copy(update={"payload": StoredPayload(stored=stored)})
    return replace(event, metadata=metadata, data={})
