"""An event as a bus delivers it, and what people look for in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True)
class BusEvent:
    """An event as the bus delivered it. `raw` is the JSON text, untouched."""

    raw: str = field(repr=False)
    tree: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, raw: str) -> Self:
        tree = json.loads(raw)
        return cls(raw, tree if isinstance(tree, dict) else {})

    @property
    def one_line(self) -> str:
        """The text as it is, unless it has line breaks, which would end a line of output."""
        if "\n" not in self.raw and "\r" not in self.raw:
            return self.raw
        return json.dumps(self.tree, ensure_ascii=False, separators=(",", ":"))

    @property
    def metadata(self) -> dict[str, Any]:
        detail = self.tree.get("detail")
        metadata = detail.get("metadata") if isinstance(detail, dict) else None
        return metadata if isinstance(metadata, dict) else {}

    @property
    def source(self) -> str:
        return str(self.tree.get("source", ""))

    @property
    def detail_type(self) -> str:
        return str(self.tree.get("detail-type", ""))

    @property
    def time(self) -> str:
        return str(self.tree.get("time", ""))

    @property
    def store(self) -> str:
        return str(self.metadata.get("store", ""))

    @property
    def event_id(self) -> str:
        return str(self.metadata.get("event_id", ""))

    @property
    def resource_id(self) -> str:
        """The platform's id of what the event is about, or a dash."""
        resource = self.metadata.get("resource")
        return str(resource.get("id", "-")) if isinstance(resource, dict) else "-"

    @property
    def replay_name(self) -> str:
        """The replay that it came out of an archive with; empty for what just happened."""
        return str(self.tree.get("replay-name", ""))

    def as_before_its_replay(self) -> Self:
        """The same as it went onto the bus; `raw` stays what was delivered."""
        before = {name: value for name, value in self.tree.items() if name != "replay-name"}
        return replace(self, tree=before)

    @property
    def detail_text(self) -> str:
        """The detail's JSON, as it was delivered to the letter."""
        return _text_of(self.raw, "detail")

    @property
    def stored(self) -> bool:
        """Whether it refers to something in the payload bucket."""
        return isinstance(self.metadata.get("payload"), dict)


def _text_of(raw: str, name: str) -> str:
    """The text of one of an object's values: as tree and text again, a number may look otherwise.

    Raises:
        KeyError: There is none of that name.
    """
    decoder = json.JSONDecoder()
    at = _skip(raw, 0, "{")
    while at < len(raw) and raw[at] == '"':
        key, at = decoder.raw_decode(raw, at)
        begin = _skip(raw, at, ":")
        _, at = decoder.raw_decode(raw, begin)
        if key == name:
            return raw[begin:at]
        at = _skip(raw, at, ",")
    raise KeyError(name)


def _skip(raw: str, at: int, sign: str) -> int:
    """Where the next thing begins, behind one sign and the white space around it."""
    found = _AROUND[sign].match(raw, at)
    return found.end() if found else len(raw)


_AROUND = {sign: re.compile(rf"\s*{re.escape(sign)}\s*") for sign in "{:,"}
