"""The time as AWS tells it, so that two computers agree on how long ago something was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from commerce_hooks_cli.world import Clock

_ABOUT_RIGHT = timedelta(seconds=2)
"""An answer's Date is in whole seconds, and it was on its way: less is no difference."""


@dataclass(frozen=True)
class AwsClock:
    """The computer's clock, set right."""

    clock: Clock
    behind: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.behind

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


def set_by(answer: Mapping[str, Any], clock: Clock) -> Clock:
    """The clock that an answer of AWS that has just come sets right, to about two seconds.

    As it is where the answer does not tell.
    """
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if date is None:
        return clock
    behind = parsedate_to_datetime(date) - clock.now()
    return clock if abs(behind) < _ABOUT_RIGHT else AwsClock(clock, behind)
