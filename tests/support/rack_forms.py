"""Forms as Rails writes them, to check our reader against: a writer that shares no code with it.

What Rack's `build_nested_query` does, and Rails' `to_query`: an object's key goes into brackets, a
list is `[]`, null is a name without `=`. Empty lists and objects leave no trace. A list of objects
can only be read again if all begin with the same key; that is the caller's business.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from commerce_hooks.decoding import JsonObject, JsonValue


@dataclass(frozen=True)
class Spelling:
    """How a sender escapes a space and the brackets of names; senders differ in both."""

    space: str = "+"
    opening: str = "%5B"
    closing: str = "%5D"

    def escaped(self, text: str) -> str:
        return quote(text, safe="").replace("%20", self.space)


RAILS = Spelling()
BARE_BRACKETS = Spelling(opening="[", closing="]")
PERCENT_SPACES = Spelling(space="%20")


def form_of(tree: JsonObject, spelling: Spelling = RAILS) -> bytes:
    """Write the object as a form. Leaves are texts or null: a form has no other types."""
    fields = [
        field
        for key, value in tree.items()
        for field in _fields(spelling.escaped(key), value, spelling)
    ]
    return "&".join(fields).encode()


def _fields(name: str, value: JsonValue, spelling: Spelling) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            inner = spelling.opening + spelling.escaped(key) + spelling.closing
            yield from _fields(name + inner, child, spelling)
    elif isinstance(value, list):
        for child in value:
            yield from _fields(name + spelling.opening + spelling.closing, child, spelling)
    elif value is None:
        yield name
    elif isinstance(value, str):
        yield f"{name}={spelling.escaped(value)}"
    else:
        raise TypeError(f"a form cannot tell a {type(value).__name__} from its text")
