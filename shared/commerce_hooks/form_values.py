"""A form's texts as the JSON that they stand for, so that both spellings give the same data."""

import re
from collections.abc import Callable, Mapping
from math import isfinite

from pydantic import BaseModel

from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.schemas.fields import UNKNOWN, Documented, Kind, described

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_INT64 = range(-(2**63), 2**63)
# Not of digits alone: those beyond int64 stay as they are, for a float would change them.
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*+)(?=[.eE])(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_FLAGS: Mapping[str, bool] = {"true": True, "false": False}


def typed(schema: type[BaseModel] | None, data: JsonObject) -> JsonObject:
    """The data with numbers and flags for texts, where the schema documents them.

    What is not spelled as JSON spells it stays a text, and so does every field that the schema
    does not know: a guess would give one field two types, for `12345` may be a product's code.
    """
    fields = described(schema)
    return {name: _typed(fields.get(name, UNKNOWN), value) for name, value in data.items()}


def without_blanks(data: JsonObject) -> JsonObject:
    """The data as both spellings can tell it: an empty text is null, and what is empty is gone.

    A form can carry neither `{}` nor `[]`, and a list that holds only nulls is how Rails writes an
    empty one. What holds nothing else goes as well. A member that is null stays null.
    """
    return {name: value for name, old in data.items() if (value := _filled(old)) not in ({}, [])}


def _typed(field: Documented, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return typed(field.record, value)
    if isinstance(value, list):
        return [_typed(field, item) for item in value]
    read = _READ.get(field.kind)
    return read(value) if read and isinstance(value, str) else value


def _number(text: str) -> JsonValue:
    if _INTEGER.fullmatch(text) and int(text) in _INT64:
        return int(text)
    if _DECIMAL.fullmatch(text) and isfinite(float(text)):
        return float(text)
    return text


def _flag(text: str) -> JsonValue:
    return _FLAGS.get(text, text)


_READ: Mapping[Kind, Callable[[str], JsonValue]] = {Kind.NUMBER: _number, Kind.FLAG: _flag}


def _filled(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return without_blanks(value)
    if isinstance(value, list):
        items = [item for old in value if (item := _filled(old)) not in ({}, [])]
        return items if any(item is not None for item in items) else []
    return None if value == "" else value
