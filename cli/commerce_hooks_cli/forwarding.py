"""Hands events on to a developer's own service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from commerce_hooks_cli.answer import NoAnswerError, Post
from commerce_hooks_cli.errors import BadUsageError

if TYPE_CHECKING:
    from commerce_hooks_cli.bus_event import BusEvent

_LOOPBACK_NAMES = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Forwarder:
    """POSTs each event as JSON, just as the bus delivered it."""

    url: str = field(repr=False)
    post: Post

    def __post_init__(self) -> None:
        if not _acceptable(self.url):
            # Events hold personal data, so they leave this machine encrypted or not at all.
            raise BadUsageError(
                "--forward-to takes an https:// address, or http:// on this machine.",
                "For example: --forward-to http://localhost:8000/events",
            )

    def forward(self, event: BusEvent) -> str | None:
        """Why it failed, in words; None if it was taken with 2xx."""
        try:
            answer = self.post(self.url, event.raw.encode(), {"Content-Type": "application/json"})
        except NoAnswerError as error:
            return str(error)
        return None if answer.successful else f"it answered {answer.status}"


def _acceptable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK_NAMES)
