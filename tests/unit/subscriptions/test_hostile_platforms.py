"""Whose address it is, how platforms keep it, and what they add to their records."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from centry.access import ACCESS as CENTRY_ACCESS
from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.deadline import Deadline
from commerce_hooks.http.errors import NoResponseError, NotFoundError
from commerce_hooks.http.transport import ApiResponse
from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.addresses import Addresses
from commerce_hooks.subscriptions.planning import Action
from support.surroundings import FakeTransport, surroundings
from template.reading import as_written
from worlds.memory import Memory
from worlds.world import World

ONE, SAVE = "order_created", "on_order_save"


@pytest.mark.parametrize("value", ["all", 3, {"a": 1}], ids=["text", "number", "object"])
def test_a_field_that_centry_adds_does_not_keep_its_webhooks_from_being_read(value: Any) -> None:
    record = {
        "_id": "59c285f81746bf2096000001",
        "callback_url": "https://elsewhere.example/",
        "on_order_save": True,
        "on_failure_notify": value,
    }
    token = {"access_token": "t", "token_type": "bearer", "expires_in": 7200, "created_at": 1}
    answers = [token, [record], []]
    transport = FakeTransport([ApiResponse(200, {}, json.dumps(one).encode()) for one in answers])
    credentials = CENTRY_ACCESS.credentials.model_validate(
        {"client_id": "client", "client_secret": "secret"}
    )
    access = CENTRY_ACCESS.open(
        StoreId("centry", "acme"), "https://www.centry.cl", credentials, surroundings(transport)
    )

    assert [one.topics for one in access.subscriptions()] == [{"on_order_save"}]


def test_what_the_ledger_knows_to_be_ours_is_not_doubled_when_the_base_url_changes() -> None:
    """Somebody changed PublicBaseUrl, or set DomainName, and forgot FormerBaseUrls."""
    world = World(topics=(ONE,), memory=Memory(deletes=False, accounts=False))
    world.round()
    addresses = Addresses(world.ring, ("https://new.example.com",), world.store)
    moved = replace(world.shop, addresses=addresses)

    report = world.rounds.go(moved, Deadline(lambda: 0.0, 240.0))

    assert len(world.memory.records) == 1
    assert [one.action for one in report.done] in ([], [Action.UPDATE])


def test_the_gateway_s_own_address_is_always_one_of_ours() -> None:
    """With a domain it works on, and what was registered before the domain leads there."""
    variables = as_written().properties("EnsureSubscriptionsFunction")["Environment"]["Variables"]

    assert "ApiEndpoint" in json.dumps(variables)


@dataclass
class Mangling(Memory):
    """A platform that keeps URLs in its own way: in lower case, cut, or masked."""

    def put(self, url: str, topics: frozenset[str]) -> str:
        return super().put(url.lower(), topics)


def test_a_platform_that_keeps_another_url_than_it_was_given_gets_no_new_one_each_hour() -> None:
    world = World(topics=(ONE,), memory=Mangling(deletes=False, accounts=False))

    for _ in range(5):
        world.round()

    assert len(world.memory.records) == 1


@dataclass
class Lagging(Memory):
    """What was created a moment ago is neither listed nor found."""

    def subscription(self, id_: str) -> Subscription:
        if id_ not in {one.id for one in self.listed}:
            self.calls.append("show")
            raise NotFoundError
        return super().subscription(id_)


def test_what_was_created_a_moment_ago_and_is_not_found_yet_is_waited_for() -> None:
    memory = Lagging(deletes=False, accounts=False, listed_after=timedelta(minutes=5))
    world = World(topics=(ONE,), memory=memory)
    world.round()

    world.round(minutes=1)

    assert world.memory.writes == ["create"]


def test_adopting_makes_no_url_of_a_topic_that_the_platform_does_not_have() -> None:
    world = World(platform=CENTRY, topics=(SAVE,), adopt=True)
    url = "https://hooks.example.com/centry/acme/whatever/x"
    id_ = world.memory.put(url, frozenset({SAVE}))

    world.round()

    # No door of ours is there, whatever token is behind it.
    assert "/whatever/k2." not in world.memory.records[id_].callback_url


def test_adopting_one_that_has_a_slash_too_many_makes_no_second_one() -> None:
    """The token stands where other platforms have their topic."""
    world = World(platform=CENTRY, topics=(SAVE,), adopt=True)
    world.memory.put(world.url(None) + "/", frozenset({SAVE}))

    world.round()

    right = [one for one in world.memory.records.values() if one.callback_url == world.url(None)]
    assert len(right) == 1


def test_an_update_whose_answer_was_lost_and_that_took_effect_is_told() -> None:
    world = World(topics=(ONE,), memory=Memory(deletes=False, accounts=False))
    world.memory.put(world.url(ONE, key="k1"), frozenset({ONE}))

    def lost(call: str) -> None:
        if call == "update":
            raise NoResponseError("Timeout")

    world.memory.after = lost

    report = world.round()

    assert [one.action for one in report.done] == [Action.UPDATE]
