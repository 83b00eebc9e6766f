"""`find`, `status` and `doctor` on the running stack: what came is found, and all is well."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.event_tail import EventTail
from commerce_hooks_cli.posting import post
from local.stacks import accepted_sample, ask, callback_path_for, post_sample, run_task
from support.command import FakeWorld
from support.platforms import platforms

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator
_LOGGED_WITHIN = 10.0


@pytest.fixture
def world(local_stack: LocalState, tmp_path: Path) -> FakeWorld:
    """The command on the running stack, over its network and at this time."""
    world = FakeWorld(tmp_path, local_deployment(local_stack))
    world.clock.moment = datetime.now(UTC)
    world.post = post
    world.open_tail = EventTail
    return world


def found(world: FakeWorld, what: str) -> Any:
    """What `find` says once the function's lines are in its log."""
    deadline = time.monotonic() + _LOGGED_WITHIN
    while True:
        world.clock.moment = datetime.now(UTC)
        result = world.run("find", what, "--json")
        if result.exit_code == 0 or time.monotonic() > deadline:
            return result.json
        time.sleep(0.1)


def test_an_order_is_found_by_its_id_and_what_was_kept_by_its_callback(
    local_stack: LocalState, world: FakeWorld
) -> None:
    platform = platforms()["iset"]
    sample = accepted_sample(platform)
    path = callback_path_for(local_stack, platform, sample.topic)
    accepted = post_sample(local_stack, path, sample).json()
    kept = ask(local_stack.base_url, path, b"{").json()["callback_id"]

    (by_callback,) = found(world, accepted["callback_id"])
    by_resource = found(world, by_callback["resource"])
    (in_quarantine,) = found(world, kept)

    assert by_callback["fate"] == "on the bus"
    assert by_callback["event_ids"] == accepted["event_ids"]
    assert by_callback["next"]["command"] == f"resend {accepted['callback_id']}"
    assert accepted["callback_id"] in [one["callback_id"] for one in by_resource]
    assert in_quarantine["next"]["command"] == f"quarantine show {kept}"
    world.run("quarantine", "discard", kept)
    assert found(world, kept)[0]["fate"] == "discarded"


def test_the_local_stack_is_all_well_and_its_doctor_shows_no_secret(
    local_stack: LocalState, world: FakeWorld
) -> None:
    run_task(local_stack, "UpkeepFunction", "heartbeat")
    sent: list[str] = []

    def noting(url: str, body: bytes, headers: Any) -> Any:
        sent.append(url)
        return post(url, body, headers)

    world.post = noting

    result = world.run("doctor", "--json")

    # Other tests leave letters in the queues of the same stack.
    checked = [one for one in json.loads(result.stdout) if one["group"] != "queues"]
    assert [one for one in checked if one["result"] not in {"good", "left out"}] == []
    assert not any(url in result.output for url in sent if not url.endswith("/doctor"))


def test_the_daily_look_can_be_had_on_the_running_stack(world: FakeWorld) -> None:
    result = world.run("status")

    assert result.exit_code == 0
    assert "k1 signs" in result.stdout
