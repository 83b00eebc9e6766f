"""CloudWatch Logs inside the emulator: patterns for lines of JSON, as far as we use them."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Matcher = Callable[[str], bool]

_ONE = r'\(?\$\.([A-Za-z0-9_]+)(\[\*\])? = "([^"\\]*)"\)?'
_CONDITION = re.compile(_ONE)
_PATTERN = re.compile(rf"\{{ {_ONE}(?: \|\| {_ONE})* \}}")


def correct_log_patterns() -> None:
    """The emulator takes every pattern in braces for one that matches all."""
    from ministack.services import cloudwatch_logs

    known = cloudwatch_logs._compile_filter_pattern  # noqa: SLF001 - there is no public way

    def compiled(raw: str) -> Matcher:
        return matcher_of(raw) or known(raw)

    cloudwatch_logs._compile_filter_pattern = compiled  # noqa: SLF001 - the same


def matcher_of(pattern: str) -> Matcher | None:
    """For `{ $.a = "x" || $.b[*] = "y*" }`; None for a pattern of another kind.

    In text `*` stands for anything; `[*]` for any element (CloudWatch Logs user guide, "Filter
    pattern syntax").
    """
    if not _PATTERN.fullmatch(pattern or ""):
        return None
    conditions = _CONDITION.findall(pattern)

    def matches(line: str) -> bool:
        try:
            fields = json.loads(line)
        except ValueError:
            return False
        return isinstance(fields, dict) and any(
            _holds(fields.get(name), wanted, each=bool(each)) for name, each, wanted in conditions
        )

    return matches


def _holds(value: Any, wanted: str, *, each: bool) -> bool:
    found = value if each and isinstance(value, list) else [] if each else [value]
    literal = wanted.replace("[", "[[]").replace("?", "[?]")
    return any(isinstance(one, str) and fnmatchcase(one, literal) for one in found)
