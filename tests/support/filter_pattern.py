"""CloudWatch Logs' filter patterns, as far as ours go, and refusing what is not documented.

CloudWatch Logs user guide, "Filter pattern syntax": a JSON pattern stands in braces; `=` and `!=`
compare a property with a string, in which `*` at an end stands for anything; text with other than
letters and digits is quoted; `&&` binds more tightly than `||`.
"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

_TOKENS = re.compile(r'\s*(?:(\(|\)|&&|\|\||!=|=)|\$\.([A-Za-z0-9_]+)|("[^"]*"|[A-Za-z0-9*]+))')


def matches(pattern: str, line: str) -> bool:
    """Whether a log line is counted.

    Raises:
        ValueError: The pattern is not one of those above.
        LookupError: It compares what the line doesn't have with `!=`, which is not documented.
    """
    text = pattern.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError("a JSON pattern stands in braces")
    return _Reading(text[1:-1], json.loads(line)).whole()


class _Reading:
    def __init__(self, text: str, line: dict[str, Any]) -> None:
        self._tokens = [*_tokens(text), ("end", "")]
        self._line = line

    def whole(self) -> bool:
        result = self._any()
        if self._tokens[0][0] != "end":
            raise ValueError(f"{self._tokens[0][1]} is not expected")
        return result

    def _any(self, *, relevant: bool = True) -> bool:
        result = self._all(relevant=relevant)
        while self._taken("||"):
            result = self._all(relevant=relevant and not result) or result
        return result

    def _all(self, *, relevant: bool) -> bool:
        result = self._one(relevant=relevant)
        while self._taken("&&"):
            result = self._one(relevant=relevant and result) and result
        return result

    def _one(self, *, relevant: bool) -> bool:
        if self._taken("("):
            result = self._any(relevant=relevant)
            self._expected("sign", ")")
            return result
        name = self._expected("property")
        sign = self._expected("sign")
        wanted = self._expected("text")
        return relevant and self._compared(name, sign, wanted)

    def _compared(self, name: str, sign: str, wanted: str) -> bool:
        if sign == "!=" and name not in self._line:
            raise LookupError(f"what is {name} unequal to, where there is none?")
        found = self._line.get(name)
        # What is a string in the line is compared with a string: 429 without quotes is a number.
        literal = wanted.startswith('"') or not wanted.isdecimal()
        equal = isinstance(found, str) and literal and _alike(found, wanted.strip('"'))
        return equal if sign == "=" else not equal

    def _taken(self, sign: str) -> bool:
        if self._tokens[0] != ("sign", sign):
            return False
        self._tokens.pop(0)
        return True

    def _expected(self, kind: str, text: str | None = None) -> str:
        found_kind, found = self._tokens.pop(0)
        if found_kind != kind or text not in (None, found):
            raise ValueError(f"{kind} is expected, not {found}")
        return found


def _alike(found: str, wanted: str) -> bool:
    return fnmatchcase(found, wanted.replace("[", "[[]").replace("?", "[?]"))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    found = list(_TOKENS.finditer(text))
    if "".join(match[0] for match in found) != text.rstrip():
        raise ValueError(f"{text} cannot be read")
    for sign, name, literal in (match.groups() for match in found):
        yield ("sign", sign) if sign else ("property", name) if name else ("text", literal)
