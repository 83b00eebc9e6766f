"""What a platform documents of its fields: what kind of value, and which are personal.

The marks stand beside a field's type and are read by `described`; validation does not see them.
A field that has nothing but a mark takes any value: a callback is a hint to look again, so a
price that is no number is for the consumer to see, not a reason to hold back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Kind(Enum):
    TEXT = auto()
    NUMBER = auto()
    FLAG = auto()
    RECORD = auto()
    """An object, or a list of objects, with fields of its own."""
    OPEN = auto()
    """Whatever the shop or its customers put there."""


@dataclass(frozen=True, slots=True)
class Documented:
    """What is documented of a field.

    Args:
        kind: Of its value, or of each value if it is a list.
        personal: It tells something of a person, or may.
        record: What the fields of its objects are, where that is documented.
        is_id: It names a record, so its value is looked at in no other way.
        cleared: It has a name that card data goes by, and holds none.
    """

    kind: Kind
    personal: bool = False
    record: type[BaseModel] | None = None
    is_id: bool = False
    cleared: bool = False


class Description(BaseModel):
    """A record that is described and not validated; deferred, its validator is never built."""

    model_config = ConfigDict(defer_build=True)


UNKNOWN = Documented(Kind.OPEN, personal=True)
"""What we say of a field that no documentation names."""

Text = Annotated[Any, Documented(Kind.TEXT)]
Number = Annotated[Any, Documented(Kind.NUMBER)]
Flag = Annotated[Any, Documented(Kind.FLAG)]
PersonalText = Annotated[Any, Documented(Kind.TEXT, personal=True)]
Open = Annotated[Any, UNKNOWN]
NUMBER_AS_ID = Documented(Kind.NUMBER, is_id=True)
TEXT_AS_ID = Documented(Kind.TEXT, is_id=True)
"""For the strict types of ids, beside what checks them."""


def records(model: type[BaseModel], *, cleared: bool = False) -> Documented:
    """The mark of a field that holds one such object or a list of them."""
    return Documented(Kind.RECORD, record=model, cleared=cleared)


@cache
def described(model: type[BaseModel] | None) -> Mapping[str, Documented]:
    """The documented fields of an object, by every name that they have in a body."""
    fields = model.model_fields if model else {}
    return {
        alias: _documented(field) for name, field in fields.items() for alias in _names(name, field)
    }


def _names(name: str, field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [alias if isinstance(alias, str) else name]


def _documented(field: FieldInfo) -> Documented:
    """Its mark; without one, what its type says: a model is a record, all else a text."""
    parts = [*field.metadata, *_parts(field.annotation)]
    models = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    unmarked = records(models[0]) if models else Documented(Kind.TEXT)
    return next((part for part in parts if isinstance(part, Documented)), unmarked)


def _parts(annotation: Any) -> Iterator[Any]:
    """A type and everything inside it, such as the `str` and the marks of `Marked | None`."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
