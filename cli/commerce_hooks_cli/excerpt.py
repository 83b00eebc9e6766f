"""A piece of a body that cannot be read: where its text breaks off, and what stands there."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

from commerce_hooks_cli.console import plain

_BEFORE, _AFTER = 400, 200


@dataclass(frozen=True)
class Excerpt:
    """Text before and after a place, whose line and column count from 1.

    Without a place it is the text's beginning.
    """

    before: str
    after: str
    line: int | None = None
    column: int | None = None


def excerpt(raw: bytes, kind: str) -> Excerpt:
    """A bounded piece of the body that is safe to show; `kind` is that of its problem.

    What cannot be read cannot be searched for card data and national ids either. They are made
    of digits, however these are separated or escaped, so no digit is shown.
    """
    text = raw.decode("utf-8-sig", errors="replace")
    at = _breaks_off(raw, text, kind)
    if at is None:
        return Excerpt("", _safe(text[: _BEFORE + _AFTER]))
    return Excerpt(
        _safe(text[max(0, at - _BEFORE) : at]),
        _safe(text[at : at + _AFTER]),
        line=text.count("\n", 0, at) + 1,
        column=at - text.rfind("\n", 0, at),
    )


def _breaks_off(raw: bytes, text: str, kind: str) -> int | None:
    """The first character that is wrong, where one can be told."""
    if kind == "not_utf8":
        return _not_utf8(raw)
    return _not_json(text) if kind == "not_json" else None


def _not_utf8(raw: bytes) -> int | None:
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return len(error.object[: error.start].decode())
    return None  # A form's, whose bytes are spelled in ASCII.


def _not_json(text: str) -> int | None:
    with suppress(RecursionError):
        try:
            # Numbers stay text, for converting them has errors of its own.
            json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except json.JSONDecodeError as error:
            return error.pos
    return None


def _safe(text: str) -> str:
    hidden = "".join("#" if character.isnumeric() else character for character in text)
    return plain(hidden, keep="\n")
