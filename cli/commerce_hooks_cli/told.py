"""Asking several sources of which each may fail: what they told, and what they did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks.errors import UnavailableError
from commerce_hooks_cli.aws import in_plain_words
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
FAILURES = (BotoCoreError, ClientError, UnavailableError, CommandError)
"""What asking may raise. Faults of ours are none of these."""


@dataclass(frozen=True)
class Told(Generic[T]):
    """What a source told; None, and why, where it did not."""

    value: T | None
    error: str | None = None


def ask(what: str, source: Callable[[], T]) -> Told[T]:
    """Ask a source; its failure is told like anything else."""
    try:
        return Told(source())
    except FAILURES as error:
        return Told(None, f"{what}: {in_words(error)}")


def in_words(error: Exception) -> str:
    """Why a source told nothing, in a sentence."""
    if isinstance(error, CommandError):
        return error.message
    if isinstance(error, (BotoCoreError, ClientError)):
        return in_plain_words(error).message
    return f"AWS did not answer ({error})."
