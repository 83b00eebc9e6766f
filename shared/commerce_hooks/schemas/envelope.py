"""The event's detail: our metadata around the platform's data."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = "1.0"
"""Within a major version, fields are only added."""


class Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Resource(Envelope):
    """What the event is about. `id` is the platform's id, always as a string."""

    type: str
    id: str


class StoredObject(Envelope):
    """Where the payload bucket holds raw bytes, or an event's data as JSON."""

    bucket: str
    key: str
    size: int
    sha256: str


class StoredPayload(Envelope):
    stored: StoredObject


class Metadata(Envelope):
    """What is known of a callback beside its body.

    `callback_id` names the delivery, `event_id` the event (the same again after a replay),
    `dedup_key` the fact, where it can happen only once. `key_id` names the key of the key ring
    that proved the callback genuine. Times are ISO 8601 in UTC.
    """

    schema_version: str = SCHEMA_VERSION
    deployment: str
    platform: str
    store: str
    backed_by: str | None = None
    account: str | None = None
    topic: str | None
    reported_topic: str | None = None
    resource: Resource | None = None
    action: str
    origin: Literal["callback", "schedule", "operator"] = "callback"
    key_id: str | None = None
    callback_id: str
    event_id: str
    dedup_key: str | None = None
    received_at: str
    occurred_at: str | None = None
    content_sha256: str
    payload: Literal["inline"] | StoredPayload = "inline"
