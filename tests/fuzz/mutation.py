"""Changes to a body that keep it JSON or a form: bytes changed blindly end in the parser."""

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any, Final

from commerce_hooks.decoding import MAX_DEPTH

_WRITTEN = "<written>"
"""Stands for one of the next, which only a text of JSON can say."""
_ODD_SPELLINGS: Final = (
    *("NaN", "-Infinity", "1e400", "-0", "1E+2", "01", "+1", "0x1", "1_000", "9" * 5_000),
    *('"\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '{"a": 1, "a": 2}', "[" * 2_000 + "]" * 2_000),
)
_ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 2**63 - 1, 2**63, 0.5, 1e308, 4111111111111111, _WRITTEN),
    *("", " ", "0", "1_000", "null", "א", "\x00", "\ud800", "%5B]=&+", _WRITTEN),
    *("4111 1111 1111 1111", "111.444.777-35", "11.111.111-1"),
    *("2026-03-09T12:00:00Z", "9999-12-31T23:59:59-23:59", "on_order_save", "order_created"),
    *([], {}, [[]], [{}], {"": {}}, {"id": 1}, {"__proto__": []}),
)
_BRACKETS: Final = (b"[]", b"[a]", b"%5B%5D", b"[", b"]", b"[a]" * 40, b"[][a]" * 16)


def mutated(data: bytes, seed: int, blindly: Callable[[bytes], bytes]) -> bytes:
    """The input with one change, the same for the same seed; `blindly` changes what is neither."""
    random = Random(seed)  # noqa: S311 - no secret
    body = data[1:]
    if random.random() < 0.2:
        return blindly(data)
    if b"=" in body and not body.startswith(b"{"):
        return data[:1] + _other_form(body, random)
    try:
        tree = _other_tree(json.loads(body), random)
        changed = json.dumps(tree, ensure_ascii=random.random() < 0.5)
    except (ValueError, RecursionError):
        return blindly(data)
    spelled = changed.replace(f'"{_WRITTEN}"', random.choice(_ODD_SPELLINGS))
    return data[:1] + spelled.encode("utf-8", "surrogatepass")


def _other_form(body: bytes, random: Random) -> bytes:
    fields = body.split(b"&")
    here, there = random.randrange(len(fields)), random.randrange(len(fields))
    name, _, value = fields[here].partition(b"=")
    nested = name + random.choice(_BRACKETS) + b"=" + value
    fields[here] = random.choice([fields[there], name, nested, b"", value])
    if random.random() < 0.5:
        fields.insert(there, random.choice(fields))
    return b"&".join(fields)


def _other_tree(tree: Any, random: Random) -> Any:
    root = [tree]
    places = _places(root)
    container, key = random.choice(places)
    source, other = random.choice(places)
    match random.randrange(5):
        case 0:
            container[key] = random.choice(_ODD_VALUES)
        case 1:
            container[key] = deepcopy(source[other])
        case 2:
            container[key] = [container[key]] * random.choice([1, 2, 60])
        case 3:
            for _ in range(random.choice([1, MAX_DEPTH - 1, MAX_DEPTH])):
                container[key] = random.choice([[container[key]], {"a": container[key]}])
        case _ if container is not root:
            del container[key]
    return root[0] if root else None


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """Every place in the tree, as a container and a key or an index."""
    places: list[tuple[Any, Any]] = []
    containers: list[Any] = [root]
    while containers:
        container = containers.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        places += [(container, key) for key in keys]
        containers += [container[key] for key in keys if isinstance(container[key], dict | list)]
    return places
