"""A form with Rails brackets to the object it was made from, by the rules of Ruby's Rack.

Konimbo sends callbacks as `order[cart][lines][][code]=X` at times. The rules are those of
`parse_nested_query` in Rack 3 (https://github.com/rack/rack, lib/rack/query_parser.rb), with one
exception: where Rack drops a value without a word (a field without a name, a list or an object
that a later text replaces, `a[][]` after `a[][b]`), the form is refused, so that it is kept as a
whole. No library for Python follows them (docs/adr/0010).
"""

import re
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from commerce_hooks.decoding import MAX_PARSED_BYTES, JsonObject, JsonValue
from commerce_hooks.errors import Problem, QuarantineError, Reason

MAX_FIELDS = 10_000
"""Counted by separators, before anything is split: `&&&&...` is cheap to send."""
MAX_BRACKETS = 32
"""Opening brackets in one field's name. The result is at most two levels deeper than that, and a
form at both limits takes a third of a second and 60 MB."""
MAX_ALL_BRACKETS = 100_000
"""Opening brackets in the whole form: each may become an object that later steps walk through."""

_BOM = b"\xef\xbb\xbf"
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*[{\["]')
# No encoder leaves these bytes in a field's name: with one before the first `=`, it is multipart,
# XML or whatever else has an `=` somewhere.
_FORM = re.compile(rb'[^=\x00-\x1f\x7f"<>]*=')
_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_BRACKET = re.compile(rb"\[|%5[Bb]")
_SEPARATOR = re.compile(rb"& *")
_BRACKETS = re.compile(r"[\[\]]+")
_Container = TypeVar("_Container", JsonObject, list[JsonValue])


def looks_like_form(raw: bytes) -> bool:
    """Whether the bytes are a form's rather than JSON's. The Content-Type is only a hint."""
    return not _JSON.match(raw) and _FORM.match(raw) is not None


def decode_form(raw: bytes) -> JsonObject:
    """Decode a form; all values are texts, or None for a name without `=`.

    `[]` appends to a list. In a list of objects, a field that the last object already has starts
    the next one. Of two texts under the same name the later counts. A byte order mark is
    tolerated; `&` is the only separator.

    Raises:
        QuarantineError: Too big to parse, or unreadable; the problem's type says how.
    """
    if len(raw) > MAX_PARSED_BYTES:
        raise QuarantineError(Reason.TOO_BIG_TO_PARSE)
    if raw.count(b"&") >= MAX_FIELDS:
        raise _unreadable("too_many_fields")
    if len(_BRACKET.findall(raw)) > MAX_ALL_BRACKETS:
        raise _unreadable("too_many_brackets")
    if _BAD_PERCENT.search(raw):
        raise _unreadable("bad_percent_encoding")
    form: JsonObject = {}
    for field in _SEPARATOR.split(raw.removeprefix(_BOM)):
        if field:
            name, equals, value = field.partition(b"=")
            _store(form, _text(name), _text(value) if equals else None)
    if not form:
        raise _unreadable("not_a_form")
    return form


def _unreadable(kind: str) -> QuarantineError:
    return QuarantineError(Reason.UNREADABLE, (Problem(loc=(), type=kind),))


def _text(encoded: bytes) -> str:
    try:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        # `from None`: the original error carries the body along.
        raise _unreadable("not_utf8") from None


def _store(node: JsonObject, name: str, value: str | None) -> None:
    """Put one field where its name says. `name` is at each step what is left of the name."""
    if not name:
        raise _unreadable("nameless_field")
    if name.count("[") > MAX_BRACKETS:
        raise _unreadable("too_deep")
    key, rest = _first(name)
    while rest not in {"", "["}:
        if rest in {"[]", "[][]"}:
            _append(_container(node, key, []), value if rest == "[]" else [value])
            return
        if rest.startswith("[]"):
            name = rest.removeprefix("[]")
            node = _element(_container(node, key, []), name)
        else:
            name = rest
            node = _container(node, key, {})
        key, rest = _next(name)
    _assign(node, name if rest else key, value)


def _first(name: str) -> tuple[str, str]:
    """The key that a name begins with, and the rest, which is empty or begins with a bracket."""
    # From the second character: a bracket at the beginning belongs to the key.
    bracket = name.find("[", 1)
    return (name, "") if bracket < 0 else (name[:bracket], name[bracket:])


def _next(name: str) -> tuple[str, str]:
    """The same for what stands behind the first key. Without a bracket pair, all is the key."""
    if name.startswith("[]"):
        return "[]", name[2:]
    end = name.find("]") if name.startswith("[") else -1
    return (name, "") if end < 0 else (name[1:end], name[end + 1 :])


def _container(node: JsonObject, key: str, new: _Container) -> _Container:
    """The object or list under the key; `new` if there is nothing yet.

    Raises:
        QuarantineError: Something of another kind is there.
    """
    if node.get(key) is None:
        node[key] = new
    existing = node[key]
    if not isinstance(existing, type(new)):
        raise _unreadable("conflicting_keys")
    return existing


def _append(items: list[JsonValue], value: JsonValue) -> None:
    if isinstance(value, list) and items and isinstance(items[-1], dict):
        raise _unreadable("conflicting_keys")
    items.append(value)


def _element(items: list[JsonValue], path: str) -> JsonObject:
    """The object of a list that a field belongs to: the last, unless that has the field."""
    if items and isinstance(last := items[-1], dict) and not _has(last, path):
        return last
    new: JsonObject = {}
    items.append(new)
    return new


def _has(node: JsonObject, path: str) -> bool:
    """Whether the whole path exists. One through a further list never counts as existing."""
    if "[]" in path:
        return False
    place: JsonValue = node
    for key in filter(None, _BRACKETS.split(path)):
        if not isinstance(place, dict) or key not in place:
            return False
        place = place[key]
    return True


def _assign(node: JsonObject, key: str, value: str | None) -> None:
    if isinstance(node.get(key), dict | list):
        raise _unreadable("conflicting_keys")
    node[key] = value
