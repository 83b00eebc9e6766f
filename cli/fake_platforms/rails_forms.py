"""An object as a form with Rails brackets, as Konimbo sends callbacks at times.

The rules are those of Rack's `build_nested_query`: an object's key goes into brackets, a list is
`[]`, null is a name without `=`; empty lists and objects leave no trace. A reader can tell the
objects of a list apart only if all begin with the same key.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

FORM = "application/x-www-form-urlencoded"


def form_of(tree: Mapping[str, Any]) -> bytes:
    """Write the object as a form. What is no text becomes one: a form has no other types."""
    fields = (field for key, value in tree.items() for field in _fields(quote_plus(key), value))
    return "&".join(fields).encode()


def _fields(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _fields(f"{name}%5B{quote_plus(key)}%5D", child)
    elif isinstance(value, list):
        for child in value:
            yield from _fields(f"{name}%5B%5D", child)
    elif value is None:
        yield name
    else:
        yield f"{name}={quote_plus(_text(value))}"


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
