"""A store is added, subscribed and called; its subscription is deleted, and comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING

from commerce_hooks.callback import iso_utc
from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.healing_outcome import HealingOutcome, Step
from commerce_hooks_cli.local.shops import FakeShops
from commerce_hooks_cli.samples import find_sample
from commerce_hooks_cli.store_book import StoreBook
from commerce_hooks_cli.store_removal import remove_rows
from commerce_hooks_cli.subscription_requests import request_looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from commerce_hooks.state.table import StateTable
    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.local.shops import Webhook
    from commerce_hooks_cli.local.state import LocalState
    from commerce_hooks_cli.world import Clock, Events

STORE = StoreId("konimbo", "demo-shop")
TOPIC, DETAIL_TYPE = "order_created", "order.created"
OWN_EVENTS = ("subscription.created", "subscription.drifted", "subscription.created")
"""What the function tells, in this order."""
_TOKEN = "any-token-is-a-shop-of-its-own"  # noqa: S105 - of a fake platform
_WITHIN = 40.0
_LOOK_EVERY = 0.1


class NotSeenError(Exception):
    """What was waited for did not come in time."""


@dataclass
class Healing:
    """The play, on a local stack."""

    deployment: Deployment
    state: LocalState
    samples: Path
    clock: Clock
    table: StateTable
    events: Events
    now: Callable[[str], None]
    came: list[BusEvent] = field(default_factory=list)

    def play(self) -> HealingOutcome:
        steps: list[Step] = []
        try:
            steps += self._steps()
        except (NotSeenError, CommandError) as error:
            steps.append(Step("it goes on", str(error), good=False))
        finally:
            self._clean_up()
        return HealingOutcome(steps, [one.detail_type for one in self.came])

    def _steps(self) -> Iterator[Step]:
        self._add()
        yield Step("The store is added", f"{STORE}, subscribed to {TOPIC}")
        self.now("Waiting for the subscription ...")
        first = self._subscribed(other_than=None)
        yield Step("The function subscribes it", f"webhook {first.id} at the platform")
        yield self._called(first)
        self._shops.delete(STORE.platform, first.id)
        yield Step("Somebody deletes the webhook", f"{first.id} is gone from the platform")
        self.now("Waiting for the subscription to come back ...")
        request_looks(self.deployment, [STORE])
        second = self._subscribed(other_than=first.id)
        yield Step("The function makes it again", f"webhook {second.id} at the platform")
        yield self._called(second)
        yield self._told()

    @property
    def _shops(self) -> FakeShops:
        return FakeShops.of(self.state)

    @property
    def _book(self) -> StoreBook:
        return StoreBook.of(self.deployment, self.clock)

    def _add(self) -> None:
        configuration = StoreConfiguration(
            label="The demo's", topics=(TOPIC,), added_at=iso_utc(self.clock.now())
        )
        self._book.write(STORE, configuration, {"token": _TOKEN})
        request_looks(self.deployment, [STORE])

    def _subscribed(self, other_than: str | None) -> Webhook:
        end = monotonic() + _WITHIN
        while monotonic() < end:
            for one in self._ours():
                if one.id != other_than:
                    return one
            sleep(_LOOK_EVERY)
        raise NotSeenError("no subscription was made")

    def _ours(self) -> list[Webhook]:
        shop = str(_shop_number())
        return [one for one in self._shops.webhooks(STORE.platform) if one.shop == shop]

    def _called(self, webhook: Webhook) -> Step:
        """The platform's callback, and its event."""
        sample = json.loads(find_sample(self.samples, STORE.platform, TOPIC).body)
        (attempt,) = self._shops.happen(STORE.platform, TOPIC, sample, webhook.shop)
        known = len(self.came)
        end = monotonic() + _WITHIN
        while monotonic() < end:
            self._take(end - monotonic())
            if any(one.detail_type == DETAIL_TYPE for one in self.came[known:]):
                seen = f"answered {attempt.status}, and {DETAIL_TYPE} comes off the bus"
                return Step("The platform calls", seen, attempt.accepted)
        raise NotSeenError(f"answered {attempt.status}, and no event came off the bus")

    def _told(self) -> Step:
        """What the function said of it."""
        end = monotonic() + _WITHIN
        while self._own() != list(OWN_EVENTS) and monotonic() < end:
            self._take(1.0)
        seen = ", ".join(one.removeprefix("subscription.") for one in self._own())
        return Step("Events say so", f"subscription: {seen}", self._own() == list(OWN_EVENTS))

    def _own(self) -> list[str]:
        types = (one.detail_type for one in self.came)
        return [one for one in types if one.startswith("subscription.")]

    def _take(self, seconds: float) -> None:
        self.came += [one for one in self.events.poll(seconds) if one.store == STORE.name]

    def _clean_up(self) -> None:
        """Nothing of it is left, if the stack stays."""
        for webhook in self._ours():
            self._shops.delete(STORE.platform, webhook.id)
        self._book.remove(STORE)
        remove_rows(self.table, STORE)


def _shop_number() -> int:
    from fake_platforms.konimbo import shop_of_token

    return shop_of_token(_TOKEN)
