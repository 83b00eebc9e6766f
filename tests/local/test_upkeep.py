"""Upkeep on the running stack, with its role enforced: the heartbeat arrives, gauges are right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from commerce_hooks_cli.deployment import local_deployment
from local.stacks import (
    accepted_sample,
    ask,
    callback_path_for,
    physical_id,
    post_sample,
    run_task,
    schedules_of,
)
from support.command import FakeWorld
from support.platforms import platforms

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator


def received(state: LocalState, queue: str) -> list[dict[str, Any]]:
    url = physical_id(state, queue)
    messages = state.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


def test_a_heartbeat_reaches_its_queue_and_a_callback_s_event_does_not(
    local_stack: LocalState,
) -> None:
    platform = platforms()["centry"]
    sample = accepted_sample(platform)
    post_sample(local_stack, callback_path_for(local_stack, platform, sample.topic), sample)

    assert run_task(local_stack, "UpkeepFunction", "heartbeat") == {
        "published": True,
        "cause": None,
    }

    arrived = received(local_stack, "HeartbeatQueue")
    assert {event["detail-type"] for event in arrived} == {"system.heartbeat"}
    about = arrived[0]["detail"]["metadata"]
    assert about["deployment"] == f"{local_stack.stack}/dev"
    assert received(local_stack, "HeartbeatDeadLetters") == []


def test_the_schedules_hand_the_function_its_tasks(local_stack: LocalState) -> None:
    assert schedules_of(local_stack, "UpkeepFunction") == {
        "rate(5 minutes)": {"task": "heartbeat"},
        "cron(0 5 * * ? *)": {"task": "gauges"},
        "rate(1 hour)": {"task": "silence"},
    }


def test_what_is_open_is_counted_until_it_is_dealt_with(
    local_stack: LocalState, tmp_path: Path
) -> None:
    command = FakeWorld(tmp_path, local_deployment(local_stack))
    before = run_task(local_stack, "UpkeepFunction", "gauges")["open"]
    path = callback_path_for(local_stack, platforms()["centry"], "on_order_save")
    kept = ask(local_stack.base_url, path, b"{").json()["callback_id"]

    counted = run_task(local_stack, "UpkeepFunction", "gauges")["open"]
    command.run("quarantine", "discard", kept)
    afterwards = run_task(local_stack, "UpkeepFunction", "gauges")["open"]

    assert counted == {**before, "quarantine": before["quarantine"] + 1}
    assert afterwards == before
