"""An event as a bus delivers it, and what people look for in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
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
    def stored(self) -> bool:
        """Whether it refers to something in the payload bucket."""
        return isinstance(self.metadata.get("payload"), dict)
