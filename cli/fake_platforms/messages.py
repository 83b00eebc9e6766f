"""A request to a fake platform, and what becomes of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from urllib.parse import parse_qsl


class Ending(StrEnum):
    """How an answer ends on the wire."""

    WHOLE = "whole"
    CUT = "cut"
    """Half of the body comes, and then nothing more."""
    RESET = "reset"
    """Nothing comes, and the connection is torn."""
    SILENT = "silent"
    """Nothing comes, and the connection stays."""


@dataclass(frozen=True)
class Asked:
    """A request. Header names are lower case; of a repeated parameter the last counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Mapping[str, Any]:
        """The object in its body; an empty one if it has none."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}

    def fields(self) -> Mapping[str, Any]:
        """The same for a body that may also be a form."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.body.decode("utf-8", "replace")))
        return self.json()


@dataclass(frozen=True)
class Answered:
    """What is answered. `seconds`: what the platform takes for it."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    ending: Ending = Ending.WHOLE

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        """As JSON."""
        told = {"content-type": "application/json; charset=utf-8", **(headers or {})}
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), told)


class RefusalError(Exception):
    """A request is refused with this answer."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(f"refused with status {answered.status}")
        self.answered = answered


class UnfitError(ValueError):
    """What somebody wants of a fake platform cannot be; the text says why."""
