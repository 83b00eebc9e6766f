"""Subscriptions on a running stack, whose stores are at fake platforms: by the verbs, for real."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.event_tail import EventTail
from commerce_hooks_cli.local.shops import FakeShops
from commerce_hooks_cli.local.stack import StartOptions, start, stop
from commerce_hooks_cli.main import app
from commerce_hooks_cli.wiring import real_world
from support.command import CHECKOUT, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_hooks_cli.local.shops import Webhook
    from commerce_hooks_cli.local.state import LocalState
    from commerce_hooks_cli.world import World

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(120)]

WITHIN = 60.0


@dataclass(frozen=True)
class Stack:
    """The verbs on a stack of their own, whose functions forget the ring after a second."""

    state: LocalState

    def run(self, *arguments: str, typed: str = "") -> Result:
        local = local_deployment(self.state)
        world: World = replace(
            real_world(),
            checkout=lambda: CHECKOUT,
            find_deployment=lambda _: local,
            read_input=lambda: typed,
            ask=None,
            prompt=None,
        )
        told = CliRunner().invoke(app, arguments, obj=world)
        return Result(told.exit_code, told.stdout, told.stderr)

    @property
    def shops(self) -> FakeShops:
        return FakeShops.of(self.state)

    def add(self, platform: str, store: str, **credentials: str) -> list[Webhook]:
        """A store; what is registered at its platform once the function has looked at it."""
        before = {one.id for one in self.shops.webhooks(platform)}
        arguments = ("--credentials-from", "-", "--no-wait", "--json")
        added = self.run(
            "stores", "add", platform, store, *arguments, typed=json.dumps(credentials)
        )
        assert added.exit_code == 0, added.stderr
        self.until(lambda: self.run("subscriptions", "status", platform, store).exit_code == 0)
        self.until(lambda: self.standing(platform, store)["outcome"] is not None)
        return [one for one in self.shops.webhooks(platform) if one.id not in before]

    def standing(self, platform: str, store: str) -> dict[str, Any]:
        (told,) = self.run("subscriptions", "status", platform, store, "--json").json
        return dict(told)

    def until(self, seen: Callable[[], bool]) -> None:
        end = time.monotonic() + WITHIN
        while not seen():
            assert time.monotonic() < end, "it did not come in time"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("subscribed") / ".local"
    parameters = {"KeyRingCacheSeconds": "1"}
    state = start(StartOptions(directory=directory, parameters=parameters))
    yield Stack(state)
    stop(state)


def test_what_is_deleted_at_the_platform_is_planned_applied_and_there_again(stack: Stack) -> None:
    made = stack.add("konimbo", "by-hand", token="token-by-hand")
    (gone,) = (one for one in made if one.topics == ("order_created",))
    which = ("konimbo", "by-hand")

    before = stack.run("subscriptions", "plan", *which)
    stack.shops.delete("konimbo", gone.id)
    difference = stack.run("subscriptions", "plan", *which)
    applied = stack.run("subscriptions", "apply", *which)
    after = stack.run("subscriptions", "plan", *which)

    assert [one.exit_code for one in (before, difference, applied, after)] == [0, 2, 0, 0]
    assert "order_created" in difference.stdout
    again = stack.shops.webhooks("konimbo")
    assert sum(one.topics == ("order_created",) and one.shop == gone.shop for one in again) == 1


def test_a_store_of_centry_is_subscribed_with_one_record_and_called_back(stack: Stack) -> None:
    (webhook,) = stack.add("centry", "called", client_id="called", client_secret="secret")

    with EventTail(local_deployment(stack.state), lambda _: None) as events:
        (attempt,) = stack.shops.happen(
            "centry", "on_order_save", {"order_id": "66e01c4f1746bf5a700000a1"}, webhook.shop
        )
        came: list[str] = []

        def has_come() -> bool:
            came.extend(one.detail_type for one in events.poll(1.0) if one.store == "called")
            return bool(came)

        stack.until(has_come)

    assert (attempt.status, attempt.accepted) == (200, True)
    assert came == ["order.saved"]


def test_a_new_key_reaches_the_platforms_by_the_function(stack: Stack) -> None:
    stack.add("centry", "rotated", client_id="rotated", client_secret="secret")
    rotated = stack.run("keys", "rotate", "--yes", "--json")
    assert rotated.exit_code == 0, rotated.stderr

    def has_new_key() -> bool:
        (topic, *_) = stack.standing("centry", "rotated")["topics"]
        return bool(topic["key_id"] == "k2")

    stack.until(has_new_key)
    assert stack.run("subscriptions", "plan", "centry", "rotated").exit_code == 0
