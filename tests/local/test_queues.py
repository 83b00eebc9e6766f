"""Rules, queues and batches of the emulator: what the functions behind the bus rely on."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator

SOON = 2.0


def put(state: LocalState, *details: dict[str, Any]) -> None:
    entries = [
        {
            "EventBusName": state.stack,
            "Source": "test",
            "DetailType": "x",
            "Detail": json.dumps(detail),
        }
        for detail in details
    ]
    assert state.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0


def batches(state: LocalState) -> list[list[dict[str, Any]]]:
    lines = state.logs("BatchFunction").splitlines()
    return [json.loads(line)["batch"] for line in lines if line.startswith('{"batch"')]


def times_seen(state: LocalState, detail: dict[str, Any]) -> int:
    return sum(batch.count(detail) for batch in batches(state))


def dead_letters(state: LocalState) -> list[dict[str, Any]]:
    received = state.client("sqs").receive_message(
        QueueUrl=state.outputs["DeadLettersUrl"], WaitTimeSeconds=1, MaxNumberOfMessages=10
    )
    return [json.loads(message["Body"])["detail"] for message in received.get("Messages", [])]


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> float:
    """How long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds
        time.sleep(0.02)
    return time.monotonic() - began


def test_an_event_is_soon_in_a_batch_of_the_function_behind_the_queue(
    echo_stack: LocalState,
) -> None:
    put(echo_stack, {"first": 1})
    wait_until(lambda: times_seen(echo_stack, {"first": 1}) > 0)
    put(echo_stack, {"second": 1})
    assert wait_until(lambda: times_seen(echo_stack, {"second": 1}) > 0) < SOON


def test_of_a_batch_only_what_failed_comes_again_and_then_lies_with_the_dead_letters(
    echo_stack: LocalState,
) -> None:
    put(echo_stack, {"good": 1}, {"fail": 1})
    wait_until(lambda: {"fail": 1} in dead_letters(echo_stack))
    assert [times_seen(echo_stack, detail) for detail in ({"good": 1}, {"fail": 1})] == [1, 2]
