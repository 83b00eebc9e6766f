"""What must not go out of a callback's data, and what a deployment may hide of it."""

import re
from collections.abc import Mapping
from itertools import count

from pydantic import BaseModel

from commerce_hooks.decoding import JsonObject, JsonValue
from commerce_hooks.forbidden_names import is_forbidden
from commerce_hooks.forbidden_numbers import REMOVED, without_numbers
from commerce_hooks.schemas.fields import UNKNOWN, Documented, Kind, described

MASK = "***"

# As validation allows them; any other value of a field that names a record is looked at.
_ID = re.compile(r"[0-9]{1,19}|[0-9A-Fa-f]{24}")
# A card's number has 14 to 19 digits. Spelling out the 309 of 1e308 is slow, and many fit into a
# body.
_SHORTEST_CARD, _BEYOND_CARDS = 10**13, 10**19
# A pair such as {"name": "CPF", "value": "..."}: shops keep their own fields so.
_LABELS = frozenset({"name", "title", "label", "key"})
_LABELLED = frozenset({"value", "answer"})
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")
_PLAIN_VALUES: Mapping[Kind, re.Pattern[str]] = {
    Kind.TEXT: re.compile(r".*", re.DOTALL),
    Kind.NUMBER: re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
    Kind.FLAG: re.compile(r"true|false"),
}


def without_forbidden(data: JsonObject, schema: type[BaseModel] | None = None) -> JsonObject:
    """The data without card data and national ids, wherever they stand.

    A field whose name says that it holds one is gone (`forbidden_names`), and so is a `value` or
    `answer` that stands beside such a name in a `name`, `title`, `label` or `key`. A number that
    has the shape of one is `[removed]` in the text around it, in a field's name too
    (`forbidden_numbers`).
    The schema tells which fields have such a name and nothing of the kind, and which values are
    ids: those stay as they are, for the event's metadata has them as well.
    """
    fields = described(schema)
    labels = [text for name, text in data.items() if name in _LABELS and isinstance(text, str)]
    permitted: JsonObject = {}
    numbers = count(2)
    for name, value in data.items():
        field = fields.get(name, UNKNOWN)
        names = [name, *labels] if name in _LABELLED else [name]
        if field.cleared or not any(is_forbidden(each, value) for each in names):
            clean = free = without_numbers(name)
            while free in permitted:
                free = f"{clean}{next(numbers)}"
            permitted[free] = _permitted(field, clean, value)
    return permitted


def masked(schema: type[BaseModel] | None, data: JsonObject) -> JsonObject:
    """The data with `***` for every text and number that may be personal.

    Only what the schema documents as not personal is shown, and only where the value is of the
    documented kind: what nobody has described may be about a person. Null, true, false and the
    structure stay; a field's name stays if it is a plain word, and is else `*`, `*2`, ...
    """
    fields = described(schema)
    stars = count(1)
    hidden: JsonObject = {}
    for name, value in data.items():
        shown = name if _PLAIN_NAME.fullmatch(name) else _star(next(stars))
        hidden[shown] = _masked(fields.get(name, UNKNOWN), value)
    return hidden


def _permitted(field: Documented, name: str, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return without_forbidden(value, field.record)
    if isinstance(value, list):
        return [_permitted(field, name, item) for item in value]
    if isinstance(value, bool | None) or (field.is_id and _ID.fullmatch(str(value))):
        return value
    if isinstance(value, str):
        return without_numbers(value, name)
    if not _SHORTEST_CARD <= abs(value) < _BEYOND_CARDS:
        return value
    # Not those behind a decimal point: any division makes sixteen of them.
    digits = str(int(value))
    return value if without_numbers(digits, name) == digits else REMOVED


def _masked(field: Documented, value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return masked(field.record, value)
    if isinstance(value, list):
        return [_masked(field, item) for item in value]
    if isinstance(value, bool | None):
        return value
    plain = None if field.personal else _PLAIN_VALUES.get(field.kind)
    return value if plain and plain.fullmatch(str(value)) else MASK


def _star(number: int) -> str:
    return "*" if number == 1 else f"*{number}"
