"""Genuine callbacks whose raw bytes are kept: in quarantine, or for a job to publish."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from commerce_hooks.callback import Callback, iso_utc
from commerce_hooks.deadline import BUCKET_SECONDS
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.schemas.envelope import StoredObject

QUARANTINE_PREFIX = "quarantine"
SENSITIVE_PREFIX = "quarantine-sensitive"
"""The same for bodies that may hold card data or national ids: for days, not weeks."""
STATE_TAG, DONE = "state", "done"
"""The tag of a record in quarantine that was replayed or discarded: only such ones expire."""
BULK_PREFIX = "bulk"
BULK_DONE, BULK_PROGRESS = ".done", ".progress"
"""What a job adds to the key of a bulk's body for its notes: all is out, and how far it is."""
BULK_SWEPT = ".swept"
"""The same of redelivery: nobody had worked on the body for a while, and a job was queued."""
BULK_NOTES = (BULK_DONE, BULK_PROGRESS, BULK_SWEPT)
_MAX_CONTENT_TYPE = 128


class PayloadBucket(Protocol):
    """Where bodies are kept."""

    name: str

    def put(
        self,
        key: str,
        body: bytes,
        attributes: Mapping[str, str],
        seconds: float = BUCKET_SECONDS,
    ) -> None:
        """Keep the bytes under the key; attributes are ASCII.

        Raises:
            UnavailableError: They are not known to be kept after so many seconds.
        """
        ...


class ReadableBucket(PayloadBucket, Protocol):
    """The payload bucket, for the few that may also read in it."""

    def get(self, key: str, seconds: float = BUCKET_SECONDS) -> tuple[bytes, dict[str, str]] | None:
        """The bytes and attributes under the key, None if there are none.

        Raises:
            UnavailableError: It can't be told within so many seconds.
        """
        ...


class RecordUnreadableError(CommerceHooksError):
    """What lies in the bucket under a callback's key was not put there by `park`."""


def park(
    bucket: PayloadBucket, callback: Callback, prefix: str, reason: str, seconds: float
) -> StoredObject:
    """Keep the callback's bytes with all that is needed to build the same events later.

    Raises:
        UnavailableError: The bucket did not take them.
    """
    key = parked_key(prefix, callback)
    bucket.put(key, callback.body, {**attributes_of(callback), "reason": reason}, seconds)
    return StoredObject(
        bucket=bucket.name, key=key, size=len(callback.body), sha256=callback.sha256
    )


def parked_key(prefix: str, callback: Callback) -> str:
    """Under the platform, so that its function's role covers it; by day, so that people find it."""
    target = callback.target
    day = iso_utc(callback.received_at).partition("T")[0]
    return f"{prefix}/{target.platform}/{target.store}/{day}/{callback.callback_id}"


def parked_callback(attributes: Mapping[str, str], body: bytes) -> Callback:
    """The callback as it came in, from what `park` kept of it.

    Raises:
        RecordUnreadableError: An attribute is missing or malformed.
    """
    # An attribute without text may be gone: a header without a value is easily lost on the way.
    topic = attributes.get("topic") or None
    try:
        return Callback(
            target=CallbackTarget(attributes["platform"], attributes["store"], topic),
            callback_id=attributes["callback-id"],
            received_at=moment(attributes["received-at"]),
            content_type=attributes.get("content-type", ""),
            body=body,
            backed_by=attributes.get("backed-by"),
            key_id=attributes.get("key-id"),
        )
    except KeyError as error:
        raise RecordUnreadableError(f"the record has no attribute {error.args[0]}") from error
    except ValueError as error:
        raise RecordUnreadableError("the record's received-at is no time") from error


def moment(text: str) -> datetime:
    """A time as `iso_utc` writes it.

    Raises:
        ValueError: It is none, or has no offset: it would mean another moment elsewhere.
    """
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError("no offset")
    return parsed


def attributes_of(callback: Callback) -> dict[str, str]:
    """What is kept beside a callback's bytes: printable ASCII, as S3 and SQS take it."""
    return {
        "callback-id": callback.callback_id,
        "platform": callback.target.platform,
        "store": callback.target.store,
        "topic": callback.target.topic or "",
        "received-at": iso_utc(callback.received_at),
        # The sender's text, kept for people who look into a record.
        "content-type": "".join(c for c in callback.content_type if " " <= c <= "~")[
            :_MAX_CONTENT_TYPE
        ],
        **({"backed-by": callback.backed_by} if callback.backed_by else {}),
        **({"key-id": callback.key_id} if callback.key_id else {}),
    }
