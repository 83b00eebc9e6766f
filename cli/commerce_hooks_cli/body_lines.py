"""A body as lines of JSON, with what is wrong written beside the place."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks_cli.console import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from commerce_hooks.decoding import JsonValue
    from commerce_hooks.errors import Problem

    Loc = tuple[str | int, ...]

_INDENT = "  "
_LONGEST_TEXT = 300
# So much is shown of a long body: its beginning, and what stands around the marks.
_SHORT = 200
_BEGINNING = 20
_AROUND = 5


@dataclass(frozen=True)
class Line:
    """One line. `loc` leads to the value that begins on it."""

    text: str
    loc: Loc | None = None
    mark: str = ""
    gap: bool = False


def marked_lines(tree: JsonValue, problems: Sequence[Problem]) -> list[Line]:
    """The tree, long parts of it left out, with each problem's kind on the line it belongs to."""
    marks = _marks(tree, problems)
    lines = [
        Line(line.text, line.loc, ", ".join(marks.get(line.loc, ())))
        if line.loc is not None
        else line
        for line in _lines(tree)
    ]
    return lines if len(lines) <= _SHORT else list(_shortened(lines))


def place(loc: Loc) -> str:
    """`order.lines[0].id`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return plain(text.removeprefix("."))


def _marks(tree: JsonValue, problems: Sequence[Problem]) -> Mapping[Loc, list[str]]:
    """By the place in the tree: what is missing is told at what it is missing from."""
    marks: dict[Loc, list[str]] = defaultdict(list)
    for problem in problems:
        there = _as_far_as_it_goes(tree, problem.loc)
        rest = place(problem.loc[len(there) :])
        marks[there].append(f"{rest}: {problem.type}" if rest else problem.type)
    return marks


def _as_far_as_it_goes(tree: JsonValue, loc: Loc) -> Loc:
    here = tree
    for depth, step in enumerate(loc):
        children = _children(here)
        if step not in children:
            return loc[:depth]
        here = children[step]
    return loc


def _children(value: JsonValue) -> Mapping[str | int, JsonValue]:
    if isinstance(value, dict):
        return dict(value.items())
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _lines(value: JsonValue, loc: Loc = (), before: str = "", after: str = "") -> Iterator[Line]:
    pad = _INDENT * len(loc)
    children = _children(value)
    if not children:
        text = _quoted(value) if isinstance(value, str) else json.dumps(value)
        yield Line(f"{pad}{before}{text}{after}", loc)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield Line(f"{pad}{before}{opening}", loc)
    for number, (step, child) in enumerate(children.items(), 1):
        name = f"{_quoted(step)}: " if isinstance(step, str) else ""
        yield from _lines(child, (*loc, step), name, "," if number < len(children) else "")
    yield Line(f"{pad}{closing}{after}")


def _quoted(text: str) -> str:
    more = len(text) - _LONGEST_TEXT
    cut = f"{text[:_LONGEST_TEXT]} ... {more} more" if more > 0 else text
    return plain(json.dumps(cut, ensure_ascii=False))


def _shortened(lines: Sequence[Line]) -> Iterator[Line]:
    """The beginning, what is around the marks, and how much is left out in between."""
    marked = [number for number, line in enumerate(lines) if line.mark]
    shown = set(range(_BEGINNING))
    for number in marked:
        shown.update(range(number - _AROUND, number + _AROUND + 1))
    left_out = 0
    for number, line in enumerate(lines):
        if number not in shown:
            left_out += 1
            continue
        if left_out:
            yield _gap(left_out)
            left_out = 0
        yield line
    if left_out:
        yield _gap(left_out)


def _gap(lines: int) -> Line:
    return Line(f"... {lines:,} lines ...", gap=True)
