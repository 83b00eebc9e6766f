"""Calls that AWS takes few of: repeated, with pauses, while it says there are too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from commerce_hooks_cli.aws import error_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_hooks_cli.world import Clock

T = TypeVar("T")

# PutParameter: three a second by default, for the whole account and Region (Service Quotas).
_THROTTLED = frozenset({"ThrottlingException", "TooManyUpdates", "RequestLimitExceeded"})
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0
_MOST_TRIES = 10


def patiently(clock: Clock, call: Callable[[], T]) -> T:
    """Make a call, up to ten times within about a minute.

    Raises:
        ClientError: It was refused for another reason, or throttled all the time.
    """
    pause = _FIRST_PAUSE_SECONDS
    for _ in range(_MOST_TRIES - 1):
        try:
            return call()
        except ClientError as error:
            if error_code(error) not in _THROTTLED:
                raise
        clock.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
    return call()
