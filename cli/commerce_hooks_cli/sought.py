"""What `find` looks for: the id that was typed, and the log lines that are about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from commerce_hooks.plain_ids import PLAIN_ID
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.log_lines import LogLine, Wanted
from commerce_hooks_cli.program import command_to_type

_UUID = re.compile(r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})((?:\.[0-9a-z]+)*)")
CALLBACK, JOB_PART = "callback", "bulk_part"
"""The messages of receivers' lines, and of what a job has published so far."""


@dataclass(frozen=True)
class Sought:
    """An id, and what it can be: a UUID is a callback's or event's, and may be a resource's."""

    text: str
    callback_id: str | None = None
    event_id: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """An id as our events, answers and logs show it.

        Raises:
            BadUsageError: The logs never have it: what is no plain id may be about a person.
        """
        if not PLAIN_ID.fullmatch(text):
            raise BadUsageError(
                f"{text[:80]!r} is in no log: ids with other characters than letters, digits and "
                "._~#:/- are left out of it, as are those of more than 64.",
                f"Look at the store instead: `{command_to_type()} status PLATFORM STORE`, or find "
                "it by the callback's id.",
            )
        found = _UUID.fullmatch(text)
        if found is None:
            return cls(text)
        return cls(text, found[1], text if found[2] else None)

    @property
    def in_receivers(self) -> Wanted:
        """Lines of callbacks about it. No quotes or backslashes can be in the id."""
        parts = [f'$.resource = "{self.text}"', f'$.resources[*] = "{self.text}"']
        if self.callback_id:
            parts.append(f'$.callback_id = "{self.callback_id}"')
        return Wanted(_any(parts), self._is_about)

    @property
    def in_bulks(self) -> Wanted:
        """Lines of jobs that have published something about it."""
        return Wanted(
            _any([f'$.resources[*] = "{self.text}"']),
            lambda line: line.text("message") == JOB_PART and self.text in line.texts("resources"),
        )

    def _is_about(self, line: LogLine) -> bool:
        if line.text("message") != CALLBACK:
            return False
        by_id = self.callback_id is not None and line.text("callback_id") == self.callback_id
        by_resource = line.text("resource") == self.text or self.text in line.texts("resources")
        return by_id or by_resource


def by_callback(callback_id: str) -> Wanted:
    """The line of the callback itself, as its platform's function wrote it."""
    return Wanted(
        _any([f'$.callback_id = "{callback_id}"']),
        lambda line: line.text("message") == CALLBACK and line.text("callback_id") == callback_id,
    )


def afterwards(callback_id: str) -> Wanted:
    """Lines of jobs about a callback: its own, its events', and its body's in the bucket."""

    def is_about(line: LogLine) -> bool:
        ids = (line.text("callback_id"), *line.texts("ids"), *line.texts("event_ids"))
        return any(id_ and callback_id == id_.partition(".")[0] for id_ in ids) or (
            callback_id in (line.text("body") or "").split("/")
        )

    parts = [
        f'$.callback_id = "{callback_id}"',
        f'$.ids[*] = "{callback_id}*"',
        f'$.event_ids[*] = "{callback_id}*"',
        f'$.body = "*{callback_id}"',
    ]
    return Wanted(_any(parts), is_about)


def _any(parts: list[str]) -> str:
    return "{ " + " || ".join(f"({part})" for part in parts) + " }"
