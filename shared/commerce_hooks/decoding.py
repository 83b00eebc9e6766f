"""Bytes to JSON, strictly: what EventBridge or a consumer would trip over is refused.

`json` alone would take UTF-16, keep the last of duplicate keys, and pass NaN, lone surrogates
and integers that the bus cannot carry (PutEvents: int64 only).
"""

import json
from math import isfinite
from typing import TypeAlias

from commerce_hooks.errors import Problem, QuarantineError, Reason

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

MAX_PARSED_BYTES = 1_500_000
"""Above this a body is parked unparsed: a few MB of brackets cost hundreds of MB of memory."""
MAX_DEPTH = 100
_INT64 = range(-(2**63), 2**63)
_INT64_CHARACTERS = 20


def decode_object(raw: bytes) -> JsonObject:
    """Decode a body that must be one JSON object. A byte order mark is tolerated.

    Raises:
        QuarantineError: Too big to parse, or unreadable; the problem's type says how.
    """
    value = decode(raw)
    if not isinstance(value, dict):
        raise _unreadable("not_an_object")
    return value


def decode(raw: bytes) -> JsonValue:
    """The same of any JSON value."""
    if len(raw) > MAX_PARSED_BYTES:
        raise QuarantineError(Reason.TOO_BIG_TO_PARSE)
    value = _parse(_text(raw))
    _check_tree(value)
    return value


def _unreadable(kind: str) -> QuarantineError:
    return QuarantineError(Reason.UNREADABLE, (Problem(loc=(), type=kind),))


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # `from None` here and below: the original error carries the body along.
        raise _unreadable("not_utf8") from None


def _parse(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_int64,
            object_pairs_hook=_unique_keys,
        )
    except RecursionError:
        raise _unreadable("too_deep") from None
    except json.JSONDecodeError:
        raise _unreadable("not_json") from None
    return value


def _refuse_constant(_: str) -> float:
    raise _unreadable("non_finite_number")


def _finite_float(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _unreadable("non_finite_number")
    return number


def _int64(text: str) -> int:
    # The length first: converting thousands of digits is slow, and Python limits it.
    if len(text) > _INT64_CHARACTERS or int(text) not in _INT64:
        raise _unreadable("integer_out_of_range")
    return int(text)


def _unique_keys(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    obj = dict(pairs)
    if len(obj) != len(pairs):
        raise _unreadable("duplicate_key")
    return obj


def _check_tree(root: JsonValue) -> None:
    """Depth and surrogates, without recursion."""
    level: list[JsonValue] = [root]
    for _ in range(MAX_DEPTH + 1):
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise _unreadable("too_deep")


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list):
        return value
    if isinstance(value, str) and not _encodable(value):
        raise _unreadable("lone_surrogate")
    return []


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
