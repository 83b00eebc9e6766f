"""Last-seen and silence on the running stack, with the functions' roles enforced."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from commerce_hooks.aws import Patience
from commerce_hooks.callback_urls import callback_path
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.state.seen import Seen, all_seen
from commerce_hooks.stores import StoreConfiguration, StoreId, configuration_path
from local.stacks import accepted_sample, key_ring, post_sample, run_task
from support.platforms import platforms
from upkeep.silence import Silence

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox

pytestmark = pytest.mark.emulator

QUIET = StoreId("iset", "quiet")
ADDED = datetime(2026, 1, 1, tzinfo=UTC)
_KEPT_WITHIN = 20.0


def call(state: LocalState, store: StoreId) -> str:
    """Post a callback of a store; the id of its event."""
    platform = platforms()[store.platform]
    sample = accepted_sample(platform)
    target = CallbackTarget(*store, sample.topic if platform.topic_in_url else None)
    path = callback_path(target, key_ring(state).mint(target))
    (event_id,) = post_sample(state, path, sample).json()["event_ids"]
    return str(event_id)


def seen(state: LocalState, store: StoreId, event_id: str) -> Seen:
    """What is kept of an event, once it is."""
    table = DynamoStateTable(
        state.outputs["StateTableName"],
        lambda: state.client("dynamodb"),
        Patience(time.monotonic, time.sleep),
        lambda: "the test",
    )
    deadline = time.monotonic() + _KEPT_WITHIN
    while True:
        found = [one for one in all_seen(table, store) if one.event_id == event_id]
        if found:
            return found[0]
        assert time.monotonic() < deadline, "the event was not kept"
        time.sleep(0.05)


def test_a_callback_is_kept_as_the_last_of_its_store_topic_and_key(
    local_stack: LocalState,
) -> None:
    store = StoreId("konimbo", "first-steps")

    event_id = call(local_stack, store)

    kept = seen(local_stack, store, event_id)
    assert (kept.topic, kept.key_id) == (accepted_sample(platforms()["konimbo"]).topic, "k1")
    assert 0 <= (datetime.now(UTC) - kept.received_at).total_seconds() < 60


def test_a_silent_store_is_told_once_and_told_again_when_it_is_heard(
    local_stack: LocalState, inbox: Inbox
) -> None:
    configuration = StoreConfiguration(silence_hours=1, added_at=ADDED.isoformat())
    name = f"{configuration_path(local_stack.stack)}/{QUIET}"
    local_stack.client("ssm").put_parameter(
        Name=name, Type="String", Value=configuration.model_dump_json()
    )
    episode = Silence(QUIET, ADDED, 1, everything=True, topics=()).id

    for _ in range(2):
        assert run_task(local_stack, "UpkeepFunction", "silence") == {"silent": [str(QUIET)]}
    (silent,) = inbox.wait_for([f"{episode}.silent"])
    seen(local_stack, QUIET, call(local_stack, QUIET))
    assert run_task(local_stack, "UpkeepFunction", "silence") == {"silent": []}

    (heard,) = inbox.wait_for([f"{episode}.heard"])
    assert (silent["detail-type"], heard["detail-type"]) == ("store.silent", "store.heard")
    assert inbox.times(f"{episode}.silent") == 1
    local_stack.client("ssm").delete_parameter(Name=name)
