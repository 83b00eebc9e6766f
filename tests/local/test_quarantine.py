"""The quarantine on a running stack: what comes in broken is listed, shown and replayed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from commerce_hooks.aws import Patience, S3PayloadBucket
from commerce_hooks.callback import Callback
from commerce_hooks.errors import Reason
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.parking import QUARANTINE_PREFIX, park
from commerce_hooks_cli.deployment import local_deployment
from local.stacks import STORE, ask, callback_path_for
from support.command import FakeWorld
from support.platforms import platforms

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox

pytestmark = pytest.mark.emulator

RECEIVED_AT = datetime(2026, 3, 9, 12, 30, 15, 123_000, tzinfo=UTC)


@pytest.fixture
def command(local_stack: LocalState, tmp_path: Path) -> FakeWorld:
    return FakeWorld(tmp_path, local_deployment(local_stack))


def parked(state: LocalState, body: bytes) -> str:
    """A body in quarantine for a fault of ours that is repaired by now."""
    callback = Callback(
        CallbackTarget("centry", "repaired"), str(uuid4()), RECEIVED_AT, "application/json", body
    )
    patience = Patience(time.monotonic, time.sleep)
    name = state.outputs["PayloadBucketName"]
    bucket = S3PayloadBucket(name, lambda: state.client("s3"), patience)
    park(bucket, callback, QUARANTINE_PREFIX, Reason.INTERNAL_ERROR.value, 3.0)
    return callback.callback_id


@pytest.mark.parametrize("platform", platforms().values(), ids=platforms())
def test_a_broken_callback_is_listed_and_shown_and_stays(
    local_stack: LocalState, command: FakeWorld, platform: Platform
) -> None:
    path = callback_path_for(local_stack, platform, next(iter(platform.topics)))
    answered = ask(local_stack.base_url, path, b'{"cut": off').json()
    id_ = answered["callback_id"]

    filters = ("--platform", platform.name, "--store", STORE, "--since", "1h")
    listed = command.run("quarantine", "list", *filters, "--json").json
    shown = command.run("quarantine", "show", id_)
    replayed = command.run("quarantine", "replay", id_, "--json")

    assert answered["status"] == "quarantined"
    assert id_ in [record["callback_id"] for record in listed]
    assert "not_json: line 1, column 9" in shown.stdout
    assert (replayed.exit_code, replayed.json[0]["outcome"]) == (1, "refused")
    assert id_ in command.run("quarantine", "list", *filters).stdout


def test_what_is_valid_by_now_is_replayed_once_with_its_own_time_and_ids(
    local_stack: LocalState, inbox: Inbox, command: FakeWorld
) -> None:
    id_ = parked(local_stack, b'{"topic": "on_order_save", "order_id": "66e01c4f1746bf5a700000a1"}')

    shown = command.run("quarantine", "show", id_)
    first = command.run("quarantine", "replay", id_)
    (event,) = inbox.wait_for([f"{id_}.0"])
    second = command.run("quarantine", "replay", id_, "--json")
    before = len(inbox.everything())
    forced = command.run("quarantine", "replay", id_, "--force")

    metadata = event["detail"]["metadata"]
    assert "accepted, as order.saved" in shown.stdout
    assert (first.exit_code, second.exit_code, forced.exit_code) == (0, 1, 0)
    assert second.json[0]["outcome"] == "done_already"
    assert (event["time"], metadata["received_at"]) == (
        "2026-03-09T12:30:15Z",
        "2026-03-09T12:30:15.123Z",
    )
    assert (metadata["store"], metadata["callback_id"]) == ("repaired", id_)
    assert metadata["deployment"] == f"{local_stack.stack}/dev"
    again = inbox.everything()[before:]
    assert [one["detail"]["metadata"]["event_id"] for one in again] == [f"{id_}.0"]
    (listed,) = command.run("quarantine", "list", "--store", "repaired", "--all", "--json").json
    assert listed["state"] == "done"
