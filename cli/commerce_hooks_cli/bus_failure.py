"""When the bus does not take what an operator sends: how long that is tried, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from commerce_hooks.publishing import NotPublishedError

# Somebody sits before it; a bus that fails for so long won't be back at once.
_SECONDS = 30.0
# Ten of them make a call, over a line that may be slow.
_SECONDS_AN_EVENT = 0.05


def bus_seconds(events: int) -> float:
    """How long so many events are tried."""
    return _SECONDS + events * _SECONDS_AN_EVENT


def waiting(events: int | None = None) -> str:
    """What it waits for meanwhile; without a number, nobody knows yet how many events."""
    if events is None:
        return f"waiting for the bus, {_SECONDS:.0f} s at most if the events are few"
    return f"waiting for the bus, {bus_seconds(events):.0f} s at most"


def what_was_sent(error: NotPublishedError) -> str:
    """How many are on the bus, as far as is known."""
    sent = len(error.published.event_ids)
    if error.may_pass:
        # An answer that never came leaves it open.
        unknown = f"{sent} sent, of {len(error.left)} it is not known"
        return unknown if sent else "it is not known whether anything was sent"
    return f"{sent} sent, {len(error.left)} not" if sent else "nothing was sent"


def what_to_do(*, may_pass: bool, local: bool) -> str:
    if not local:
        return _what_to_do(may_pass=may_pass)
    off = f"If it was made to fail, `{command_to_type()} local fault off` ends that."
    return f"{_what_to_do(may_pass=may_pass)} {off}"


def _what_to_do(*, may_pass: bool) -> str:
    if may_pass:
        return (
            "Repeat the command when the bus takes events again: consumers know repeated events "
            "by their event_id."
        )
    return "Repeating won't help: see to it that these credentials may call PutEvents on this bus."
