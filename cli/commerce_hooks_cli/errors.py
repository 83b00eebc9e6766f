"""The base classes of the errors that the command shows to whoever typed it."""

from typing import ClassVar


class CommandError(Exception):
    """Something the operator can act on: what happened, and what to do about it.

    Neither text ever holds a token, a callback URL or a body.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadUsageError(CommandError):
    """What was asked for cannot work as it was typed."""

    exit_code: ClassVar[int] = 2
