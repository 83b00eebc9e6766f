"""Ctrl-C, SIGTERM and a closed terminal all end a verb the same way: cleaning up first."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_EXIT_CODE_BASE = 128


@contextmanager
def signals_end_the_verb() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, as Ctrl-C does, so that clean-ups run.

    A signal that comes while an extension module calls back into Python can be swallowed, or
    come out as an error of that module; so it is remembered, and ends the verb at the latest here.
    """
    came: list[int] = []

    def leave(number: int, _: FrameType | None) -> None:
        came.append(number)
        _leave(number)

    before = {number: signal.signal(number, leave) for number in _ENDING}
    try:
        yield
    except Exception:
        if not came:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        _leave(came[0])


@contextmanager
def postponed_interruptions() -> Iterator[None]:
    """Let a clean-up finish: a signal that comes meanwhile takes effect after it."""
    if current_thread() is not main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _leave(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(_EXIT_CODE_BASE + number)
