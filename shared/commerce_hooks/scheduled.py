"""Scheduled tasks: an event of a schedule names one of a function's."""

from collections.abc import Mapping
from typing import Any, TypeVar

from commerce_hooks.errors import CommerceHooksError

T = TypeVar("T")


class UnknownTaskError(CommerceHooksError):
    """The template's schedules name tasks that this code doesn't have, or somebody else does."""


def task_of(event: Mapping[str, Any], tasks: Mapping[str, T]) -> T:
    """The task that an event asks for.

    Raises:
        UnknownTaskError: None of these.
    """
    task = tasks.get(str(event.get("task")))
    if task is None:
        raise UnknownTaskError('an event of the schedules is {"task": <name>}')
    return task
