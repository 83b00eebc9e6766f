"""The payload bucket as redelivery uses it: it lists, and deals with several objects at once."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from commerce_hooks.deadline import BUCKET_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.listing import Listing


class Objects(Listing, Protocol):
    """The payload bucket. Each call is over after so many seconds.

    Raises:
        UnavailableError: What was asked for is not known to be done.
    """

    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        """What is under these keys; those that are gone, or may not be read, are left out.

        S3 may say "denied" of both (GetObject, API reference).
        """
        ...

    def put(self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float) -> None:
        """Keep the bytes under the key."""
        ...

    def delete(self, keys: Sequence[str], seconds: float) -> None:
        """Delete what lies under these keys, at most 1000."""
        ...


def bucket_seconds(until: Deadline) -> float:
    """What a call may take.

    Raises:
        UnavailableError: There is no time for one.
    """
    seconds = until.within(BUCKET_SECONDS).remaining()
    if seconds <= 0:
        raise UnavailableError("bucket", "deadline")
    return seconds
