"""Moments as people type them: a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from commerce_hooks_cli.errors import BadUsageError

_AGO = re.compile(r"([0-9]{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SIZES = (("d", 86_400), ("h", 3_600), ("m", 60))


def moment(text: str, now: datetime) -> datetime:
    """`2h` ago, or an ISO time, which is UTC unless it has an offset of its own.

    Raises:
        BadUsageError: It is neither.
    """
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
        # An offset can move the first or last day of all out of what can be told.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadUsageError(
            f"{text!r} is no time.",
            "Give a time such as 2026-05-06 or 2026-05-06T07:08, in UTC, "
            "or how long ago: 30m, 2h, 3d.",
        ) from error


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, size in _SIZES:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def to_the_minute(moment: datetime) -> str:
    """In UTC, for people."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
