"""What consumers hear of a round."""

import json
from dataclasses import replace

from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.events import Event
from commerce_hooks.http.errors import RateLimitedError
from commerce_hooks.subscriptions.events import DETAIL_TYPES, events_of
from commerce_hooks.subscriptions.rounds import Report
from worlds.memory import Memory
from worlds.world import World

ONE = "order_created"


def world_of(**changed: object) -> World:
    memory = Memory(deletes=False, accounts=False)
    return replace(World(topics=(ONE,), memory=memory), **changed)  # type: ignore[arg-type] # by name


def told(world: World, report: Report) -> list[Event]:
    return events_of(world.shop, report, "shop-hooks/prod", world.now(), "a-run", "schedule")


def test_each_change_is_an_event_with_an_id_of_its_own() -> None:
    world = World(platform=CENTRY)

    [event] = told(world, world.round())

    assert (event.source, event.detail_type) == ("commerce-hooks.system", "subscription.created")
    assert (event.metadata.callback_id, event.event_id) == ("a-run", "a-run.0")
    assert (event.metadata.platform, event.metadata.store) == ("centry", "acme")
    assert event.metadata.account == world.memory.shop
    assert event.metadata.resource
    assert event.metadata.resource.id in world.memory.records
    assert event.data["topics"] == sorted(CENTRY.topics)


def test_drift_is_told_before_what_mends_it() -> None:
    world = world_of()
    world.round()
    world.memory.records.clear()

    events = told(world, world.round())

    assert [one.detail_type for one in events] == ["subscription.drifted", "subscription.created"]
    assert [one.metadata.topic for one in events] == [ONE, ONE]


def test_an_update_tells_its_differences_and_a_deletion_its_reason() -> None:
    world = World(platform=CENTRY, policy="sync")
    for _ in range(2):
        world.memory.put(world.url(None, key="k1"), frozenset(CENTRY.topics))

    updated, deleted = told(world, world.round())

    assert (updated.detail_type, deleted.detail_type) == (
        "subscription.updated",
        "subscription.deleted",
    )
    assert updated.data["differences"] == [{"field": "key", "existing": "k1", "desired": "k2"}]
    assert deleted.data["reason"] == "duplicate"


def test_a_failure_is_told_once_until_it_changes() -> None:
    world = world_of()

    def before(_: str) -> None:
        raise RateLimitedError(60)

    world.memory.before = before

    first, second = (told(world, world.round()) for _ in range(2))

    assert [one.detail_type for one in first] == ["subscription.failed"]
    assert first[0].data["cause"] == str(RateLimitedError(60))
    assert second == []


def test_a_subscription_that_is_hidden_counts_as_failed() -> None:
    world = world_of()
    world.round()
    world.memory.inactive = set(world.memory.records)

    [event] = told(world, world.round())

    assert event.detail_type == "subscription.failed"
    assert event.data["wrong"] == [
        {"action": "conflict", "reason": "hidden", "topic": ONE, "subscription_id": "98"}
    ]


def test_by_the_policy_plan_drift_is_told_once_and_nothing_fails() -> None:
    world = world_of()
    world.round()
    world.memory.records.clear()
    planning = replace(world, policy="plan")

    first, second = (told(planning, planning.round()) for _ in range(2))

    assert [one.detail_type for one in first] == ["subscription.drifted"]
    assert second == []


def test_no_callback_url_is_in_any_event() -> None:
    world = World(platform=CENTRY, policy="sync")
    for key in ("k1", "k2", "k1"):
        world.memory.put(world.url(None, key=key), frozenset({"on_order_save"}))

    events = told(world, world.round())

    assert {one.detail_type for one in events} <= set(DETAIL_TYPES)
    text = json.dumps([one.detail for one in events])
    for key in ("k1", "k2"):
        assert world.url(None, key=key).rpartition(".")[2] not in text
