"""What was seen of a subscription that heals itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Step:
    """What was done or seen."""

    what: str
    seen: str
    good: bool = True


@dataclass(frozen=True)
class HealingOutcome:
    """What was seen. `problems` is empty if all went as it must."""

    steps: Sequence[Step] = ()
    events: Sequence[str] = ()

    @property
    def problems(self) -> list[str]:
        return [f"{step.what}: {step.seen}." for step in self.steps if not step.good]

    def as_json(self) -> dict[str, Any]:
        return {
            "steps": [{"what": one.what, "seen": one.seen, "ok": one.good} for one in self.steps],
            "events": [*self.events],
        }
