"""When a store has been silent for too long: the same rule for a whole store and for a topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_hooks.stores import StoreConfiguration

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def silent_since(
    configuration: StoreConfiguration, heard: datetime | None, now: datetime
) -> datetime | None:
    """Since when nothing came, if that is longer than it may be; None if all is well.

    It counts from when the store was added at the earliest. `heard` is None if nothing ever came.
    """
    hours = configuration.silence_hours
    since = max(added_at(configuration), heard or _LONG_AGO)
    return since if hours and now - since >= timedelta(hours=hours) else None


def added_at(configuration: StoreConfiguration) -> datetime:
    """When the store was added; long ago if that can't be read."""
    try:
        moment = datetime.fromisoformat(configuration.added_at)
    except ValueError:
        return _LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
