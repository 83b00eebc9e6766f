"""What bodies look like: the paths in them and the JSON types found there, never the values.

Per platform and topic one set is kept, the union over all bodies. A fingerprint for each body
would not do: every optional field would double the number of fingerprints, so a topic with ten
of them would seem new a thousand times. A union grows once for each field and is then still.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from json import dumps
from typing import Self, TypeAlias

from pydantic import BaseModel, ConfigDict

from commerce_hooks.decoding import MAX_DEPTH, JsonObject, JsonValue
from commerce_hooks.personal_data import MASK

Pair: TypeAlias = tuple[str, str]
"""A path and a type found there, such as `("order.cart.lines[].code", "string")`."""
_Container: TypeAlias = JsonObject | list[JsonValue]

MAX_PAIRS = 2_000
"""A topic's set takes no more: keys that are never the same would let it grow without end."""
MAX_PATH = 300
"""Characters of a path; what lies deeper is left out."""
BODY: Pair = ("", "object")
"""The body itself, so that an empty one, too, has been seen."""
CUT: Pair = ("", "cut")
"""The mark of a set, or of a list, that leaves something out."""

# A key that is no plain word may be somebody's name, number or address.
_PLAIN_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_ANY_KEY = "*"
_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def shape_of(data: JsonObject) -> frozenset[Pair]:
    """The pairs of a body: at most MAX_PAIRS, and CUT if there are more.

    Keys that are no plain words become `*`; what `PersonalData=masked` has hidden is `masked`.
    """
    pairs: set[Pair] = {BODY}
    level: list[tuple[str, _Container]] = [("", data)]
    for _ in range(MAX_DEPTH):
        inside: list[tuple[str, _Container]] = []
        for path, value in (child for parent in level for child in _children(*parent)):
            if len(path) > MAX_PATH:
                pairs.add(CUT)
                continue
            pairs.add((path, _type_of(value)))
            # Only what may have children: a long list of numbers is one path.
            if value and isinstance(value, dict | list):
                inside.append((path, value))
        level = inside
    return bounded(pairs | {CUT} if level else pairs)


def bounded(pairs: Iterable[Pair], most: int = MAX_PAIRS) -> frozenset[Pair]:
    """The first pairs of these in order; with CUT if that leaves some out, or had before."""
    everything = frozenset(pairs)
    ordered = sorted(everything - {CUT})
    if len(ordered) <= most:
        return everything
    return frozenset((CUT, *ordered[:most]))


def fingerprint_of(pairs: Iterable[Pair]) -> str:
    """One word for a set: the same set has the same, whatever the order."""
    return sha256(dumps(sorted(pairs), separators=(",", ":")).encode()).hexdigest()


def _children(path: str, value: _Container) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, child in value.items():
            word = key if _PLAIN_WORD.fullmatch(key) else _ANY_KEY
            yield f"{path}.{word}" if path else word, child
    else:
        element = f"{path}[]"
        for child in value:
            yield element, child


def _type_of(value: JsonValue) -> str:
    return "masked" if value == MASK else _TYPES[type(value)]


class SeenPath(BaseModel):
    """What stood at a path, and when the first callback came that had it (UTC)."""

    model_config = ConfigDict(frozen=True)

    types: tuple[str, ...]
    first_seen: str


class KnownShape(BaseModel):
    """All that was seen of a topic's bodies, as it is kept in the bucket.

    `changes` counts the bodies that showed something new, `updated_at` is when the last came.
    """

    model_config = ConfigDict(frozen=True)

    fingerprint: str = fingerprint_of(())
    updated_at: str | None = None
    changes: int = 0
    paths: dict[str, SeenPath] = {}

    @property
    def pairs(self) -> frozenset[Pair]:
        return frozenset((path, kind) for path, seen in self.paths.items() for kind in seen.types)

    def news_in(self, shape: Iterable[Pair]) -> tuple[Pair, ...]:
        """What this shape would add, sorted; of more than there is room for, only the first."""
        known = self.pairs
        new = frozenset(shape) - known
        room = max(0, MAX_PAIRS - len(known - {CUT}))
        return tuple(sorted(bounded(new, room) - known))

    def with_news(self, news: Iterable[Pair], moment: str) -> Self:
        """The shape once these pairs belong to it; a path keeps the time of its first type."""
        pairs = self.pairs | frozenset(news)
        types: dict[str, list[str]] = {}
        for path, kind in sorted(pairs):
            types.setdefault(path, []).append(kind)
        unseen = SeenPath(types=(), first_seen=moment)
        return type(self)(
            fingerprint=fingerprint_of(pairs),
            updated_at=moment,
            changes=self.changes + 1,
            paths={
                path: SeenPath(
                    types=tuple(kinds), first_seen=self.paths.get(path, unseen).first_seen
                )
                for path, kinds in types.items()
            },
        )


NOTHING = KnownShape()
"""What is known of a topic before its first body."""
