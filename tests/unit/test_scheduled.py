"""An event of a schedule names a task, and nothing else is one."""

from typing import Any

import pytest

from commerce_hooks.scheduled import UnknownTaskError, task_of

TASKS = {"drain": 1, "sweep": 2}


def test_the_task_is_the_one_that_is_named() -> None:
    assert task_of({"task": "sweep"}, TASKS) == TASKS["sweep"]


@pytest.mark.parametrize("event", [{}, {"task": "tidy"}, {"task": ["drain"]}, {"drain": 1}])
def test_any_other_event_is_refused_without_a_word_of_it(event: dict[str, Any]) -> None:
    with pytest.raises(UnknownTaskError, match=r"^an event of the schedules is [^i]*$"):
        task_of(event, TASKS)
