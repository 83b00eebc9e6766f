"""Checks of a deployment: each looks at one thing and says what was seen, and what to mend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.told import FAILURES, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Result(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    WRONG = "wrong"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Finding:
    """What a check saw. `mend` is a command or a section of a document, or what to do in words."""

    result: Result
    detail: str
    mend: str = ""


def good(detail: str) -> Finding:
    return Finding(Result.GOOD, detail)


def warning(detail: str, mend: str) -> Finding:
    return Finding(Result.WARNING, detail, mend)


def wrong(detail: str, mend: str) -> Finding:
    return Finding(Result.WRONG, detail, mend)


def left_out(why: str) -> Finding:
    return Finding(Result.LEFT_OUT, why)


@dataclass(frozen=True)
class Check:
    """One thing to look at. `look` may raise what AWS's refusals and failures raise."""

    group: str
    name: str
    look: Callable[[], Finding]


@dataclass(frozen=True)
class Checked:
    """A check that was made."""

    group: str
    name: str
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        found = self.finding
        return {
            "group": self.group,
            "check": self.name,
            "result": found.result.value,
            "detail": found.detail,
            "mend": found.mend or None,
        }


def run(checks: Sequence[Check], on_each: Callable[[str], None]) -> Iterator[Checked]:
    """Make the checks in turn. One that fails is wrong itself, and stops no other."""
    for check in checks:
        on_each(f"{check.group}: {check.name} ...")
        yield Checked(check.group, check.name, _looked(check))


def _looked(check: Check) -> Finding:
    try:
        return check.look()
    except FAILURES as error:
        return failed(error)


def failed(error: Exception) -> Finding:
    """That it cannot be told, and why not."""
    hint = error.hint if isinstance(error, CommandError) else ""
    return wrong(f"cannot be told: {in_words(error)}", hint or "Try again, or with other rights.")
