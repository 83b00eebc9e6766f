"""When a letter that could not be delivered is tried again."""

import random

FIRST_SECONDS = 5
LONGEST_SECONDS = 600
MOST_TRIES = 1000
"""So often the queue hands a letter out: that takes six of the seven days that it keeps one."""
_LEAST = 3 / 4


def backoff(receive_count: int) -> int:
    """Seconds until the next try, after so many: doubling, and a quarter of it is chance.

    The tries of one outage's letters spread; those after a short one are not far away.
    """
    doublings = min(receive_count - 1, LONGEST_SECONDS.bit_length())
    longest = min(FIRST_SECONDS * 2**doublings, LONGEST_SECONDS)
    return round(random.uniform(_LEAST * longest, longest))  # noqa: S311 - jitter, not a secret
