"""Which events are followed, and on behalf of which verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Following:
    """An event pattern, and the verb that what is made for it is named after."""

    pattern: Mapping[str, Any]
    verb: str


# A heartbeat every five minutes tells nobody anything but the alarm that waits for it.
EVERYTHING = Following(
    {
        "source": [{"prefix": "commerce-hooks."}],
        "detail-type": [{"anything-but": {"prefix": "system."}}],
    },
    "tail",
)
