"""When a letter that could not be delivered is tried again."""

import random

FIRST_SECONDS = 5
LONGEST_SECONDS = 300
"""The queue gives a letter up after 1000 tries, and keeps it for a week: the tries end first."""
SOON_SECONDS = 1
"""For what was not even tried."""


def backoff(receive_count: int) -> int:
    """Seconds until the next try, after so many: doubling, and half of it is chance.

    The tries of one outage's letters spread; those after a short one are not far away.
    """
    doublings = min(receive_count - 1, LONGEST_SECONDS.bit_length())
    longest = min(FIRST_SECONDS * 2**doublings, LONGEST_SECONDS)
    return round(random.uniform(longest / 2, longest))  # noqa: S311 - jitter, not a secret
