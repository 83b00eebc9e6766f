"""What a run counts."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from fault.kinds import Kind, Service

Combination = tuple[Kind, ...]


@dataclass
class Counts:
    """Of one run, or of several put together.

    Args:
        answers: By platform, and what it was told.
        crashes: By who died, at which call, and how.
        calls: By who made them.
        jobs: Invocations of each.
        found: What became of callbacks and events in the end.
        in_force: Combinations of kinds while a callback came; `bulks_in_force` a bulk.
        struck: Those that one callback met.
        longest_answer: In seconds.
        received: Letters and jobs, each as often as it came; `most_receives` of one.
    """

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[tuple[Service, Kind]] = field(default_factory=Counter)
    crashes: Counter[tuple[str, str, Kind]] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    in_force: set[Combination] = field(default_factory=set)
    bulks_in_force: set[Combination] = field(default_factory=set)
    struck: set[Combination] = field(default_factory=set)
    longest_answer: float = 0.0
    received: int = 0
    most_receives: int = 0

    def add(self, other: "Counts") -> None:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, _together(each.name, mine, theirs))


def _together(name: str, mine: Any, theirs: Any) -> Any:
    if isinstance(mine, set):
        return mine | theirs
    if name in _LARGEST:
        return max(mine, theirs)
    return mine + theirs


_LARGEST = frozenset({"longest_answer", "most_receives"})
