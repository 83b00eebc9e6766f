"""Quarantine: the raw bytes of a genuine callback that cannot become an event yet."""

from collections.abc import Mapping
from typing import Protocol

from commerce_hooks.callback import Callback, iso_utc
from commerce_hooks.errors import Reason
from commerce_hooks.schemas.envelope import StoredObject

QUARANTINE_PREFIX = "quarantine"
_MAX_CONTENT_TYPE = 128


class PayloadBucket(Protocol):
    """Where bodies are kept."""

    name: str

    def put(self, key: str, body: bytes, attributes: Mapping[str, str]) -> None:
        """Keep the bytes under the key; attributes are ASCII.

        Raises:
            UnavailableError: They are not known to be kept.
        """
        ...


def park(bucket: PayloadBucket, callback: Callback, reason: Reason) -> StoredObject:
    """Keep the callback's bytes with all that a replay needs to build the same events.

    Raises:
        UnavailableError: The bucket did not take them.
    """
    key = quarantine_key(callback)
    bucket.put(key, callback.body, _attributes(callback, reason))
    return StoredObject(
        bucket=bucket.name, key=key, size=len(callback.body), sha256=callback.sha256
    )


def quarantine_key(callback: Callback) -> str:
    """Under the platform, so that its function's role covers it; by day, so that people find it."""
    target = callback.target
    day = iso_utc(callback.received_at).partition("T")[0]
    return f"{QUARANTINE_PREFIX}/{target.platform}/{target.store}/{day}/{callback.callback_id}"


def _attributes(callback: Callback, reason: Reason) -> dict[str, str]:
    return {
        "callback-id": callback.callback_id,
        "platform": callback.target.platform,
        "store": callback.target.store,
        "topic": callback.target.topic or "",
        "received-at": iso_utc(callback.received_at),
        "reason": reason.value,
        # The sender's text, kept as a hint for the replay: S3 takes printable ASCII only.
        "content-type": "".join(c for c in callback.content_type if " " <= c <= "~")[
            :_MAX_CONTENT_TYPE
        ],
    }
