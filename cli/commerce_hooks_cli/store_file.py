"""The file that `stores apply` takes, read: which stores, and where in the file each is said.

Only what is said is looked at here, not whether a platform has it. Nothing that a problem says
quotes a value: somebody may have written a secret where it does not belong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml

from commerce_hooks.stores import StoreId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

REFERENCES = ("from_env", "from_file", "from_ssm", "from_secret")
_NULL = "tag:yaml.org,2002:null"
_LITERAL = (
    "credentials do not belong into this file. Say where they are: "
    "`credentials: {from_env: NAME}`, or from_file, from_ssm, from_secret."
)


@dataclass(frozen=True)
class Problem:
    """What is wrong, in words that quote no value; `line` counts from 1."""

    line: int
    text: str
    store: str | None = None

    def __str__(self) -> str:
        where = f"line {self.line}"
        return f"{where}, {self.store}: {self.text}" if self.store else f"{where}: {self.text}"


@dataclass(frozen=True)
class Reference:
    """Where credentials are: one of REFERENCES, and what it names."""

    kind: str
    name: str


@dataclass(frozen=True)
class Entry:
    """What the file says of a store, with its defaults.

    Args:
        defaulted: Those of the settings that are the file's defaults, not its own.
    """

    store: StoreId
    line: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Reference | None = None
    defaulted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StoreFile:
    """A file as it was read. With problems it is good for nothing."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()


class _WrongError(Exception):
    """A value is not what its setting takes."""


def read_store_file(text: str) -> StoreFile:
    """Everything that it says, and everything that is wrong with how it says it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        # Its own words would quote the place, and what stands there.
        mark = getattr(error, "problem_mark", None)
        return StoreFile(problems=(Problem(mark.line + 1 if mark else 1, "this is not YAML."),))
    reading = _Reading()
    return StoreFile(tuple(reading.entries(root)), tuple(reading.problems))


class _Reading:
    """One look at a file; it remembers the problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def entries(self, root: yaml.Node | None) -> Iterator[Entry]:
        if not isinstance(root, yaml.MappingNode):
            self._wrong(root, "the file has to be a mapping with `stores:`.")
            return
        parts = self._pairs(root, ("defaults", "stores"))
        defaults: dict[str, Any] = {}
        if "defaults" in parts:
            defaults = self._settings(parts["defaults"], _OF_ALL, None)
        stores = parts.get("stores")
        if not isinstance(stores, yaml.MappingNode):
            self._wrong(stores or root, "`stores:` has to be a mapping from <platform>/<store>.")
            return
        for name, node in self._pairs(stores, None).items():
            entry = self._entry(name, node, defaults)
            if entry is not None:
                yield entry

    def _entry(self, name: str, node: yaml.Node, defaults: dict[str, Any]) -> Entry | None:
        try:
            store = StoreId.parse(name)
        except ValueError:
            self._wrong(node, "a store is called <platform>/<store>, of a-z, 0-9 and -.")
            return None
        reference = None
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == "credentials"]
            reference = self._reference(found[0], name) if found else None
        own = self._settings(node, _OF_A_STORE, name)
        line = node.start_mark.line + 1
        return Entry(store, line, {**defaults, **own}, reference, frozenset(defaults) - own.keys())

    def _settings(
        self, node: yaml.Node, takes: Mapping[str, Callable[[yaml.Node], Any]], store: str | None
    ) -> dict[str, Any]:
        if node.tag == _NULL:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, "settings have to be a mapping.", store)
            return {}
        known = (*takes, "credentials") if store else tuple(takes)
        found: dict[str, Any] = {}
        for name, value in self._pairs(node, known, store).items():
            if name in takes:
                try:
                    found[name] = takes[name](value)
                except _WrongError as error:
                    self._wrong(value, f"{name} {error}", store)
        return found

    def _reference(self, node: yaml.Node, store: str) -> Reference | None:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        if len(pairs) != 1 or pairs[0][0].value not in REFERENCES:
            self._wrong(node, _LITERAL, store)
            return None
        (kind, value) = pairs[0]
        try:
            return Reference(kind.value, _text(value))
        except _WrongError as error:
            self._wrong(value, f"{kind.value} {error}", store)
            return None

    def _pairs(
        self, node: yaml.MappingNode, known: tuple[str, ...] | None, store: str | None = None
    ) -> dict[str, yaml.Node]:
        """By key, each once and all of them known; YAML itself takes the last of two."""
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, "a key has to be a word.", store)
            elif key.value in found:
                self._wrong(key, "stands here for the second time.", store)
            elif known is not None and key.value not in known:
                self._wrong(key, _unknown(key.value, known), store)
            else:
                found[key.value] = value
        return found

    def _wrong(self, node: yaml.Node | None, text: str, store: str | None = None) -> None:
        self.problems.append(Problem(node.start_mark.line + 1 if node else 1, text, store))


def _unknown(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key, known, n=1)
    if close:
        return f"there is no such setting. Did you mean {close[0]}?"
    told = f"there is no such setting. There are: {', '.join(known)}."
    may_be_secret = "credentials" in known
    return f"{told} If it is one of the credentials: {_LITERAL}" if may_be_secret else told


def _text(node: yaml.Node) -> str:
    """As it is written, so that `off` and `007` are what they look like."""
    if not isinstance(node, yaml.ScalarNode) or node.tag == _NULL:
        raise _WrongError("has to be a text.")
    text: str = node.value
    return text


def _texts(node: yaml.Node) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise _WrongError("has to be a list.")
    return tuple(_text(each) for each in node.value)


def _number(node: yaml.Node) -> int:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004
        raise _WrongError("has to be a whole number.")
    return int(text)


def _flag(node: yaml.Node) -> bool:
    if not isinstance(node, yaml.ScalarNode) or node.value not in {"true", "false"}:
        raise _WrongError("has to be true or false.")
    return bool(node.value == "true")


_OF_ALL: Mapping[str, Callable[[yaml.Node], Any]] = {
    "label": _text,
    "policy": _text,
    "silence_hours": _number,
}
_OF_A_STORE: Mapping[str, Callable[[yaml.Node], Any]] = {
    **_OF_ALL,
    "environment": _text,
    "topics": _texts,
    "expected_topics": _texts,
    "backed_by": _text,
    "signed_only": _flag,
}
