"""`local platform`: what somebody does at a fake platform, over real HTTP."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fake_platforms import FakeCentry, FakeKonimbo, serving
from support.command import FakeWorld
from support.loopback import http_server
from support.platforms import FUNCTIONS

EVENTS = FUNCTIONS.parent / "events"
SECRET = "a-secret-of-the-fakes"
TOKEN = "callback-canary-token"


class Shops(FakeWorld):
    """A local stack whose platforms are real fakes."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__(tmp_path)
        self.centry = FakeCentry(admin_secret=SECRET)
        self.konimbo = FakeKonimbo(admin_secret=SECRET)


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Shops]:
    world = Shops(tmp_path)
    with serving(world.centry) as centry, serving(world.konimbo) as konimbo:
        world.local_stacks.state = replace(
            world.local_stacks.state,
            platforms={"centry": centry, "konimbo": konimbo},
            platform_secret=SECRET,
        )
        world.local_stacks.up = True
        yield world


def registered(world: Shops, event: str, url: str) -> str:
    return str(world.konimbo.add_webhook(world.konimbo.shop_of_token("any"), url, event))


def test_everybodys_webhooks_are_listed_without_their_urls(shops: Shops) -> None:
    id_ = registered(shops, "order_created", f"https://hooks.example.com/x/{TOKEN}")
    company = shops.centry.company_of("client")
    shops.centry.add_webhook(company, f"https://other.example/{TOKEN}", on_order_save=True)

    told = shops.run("local", "platform", "list")
    as_json = shops.run("local", "platform", "list", "konimbo", "--json").json

    assert "order_created" in told.output
    assert "on_order_save" in told.output
    assert "hooks.example.com" in told.output
    assert TOKEN not in told.output
    assert [(one["id"], one["topics"]) for one in as_json] == [(id_, ["order_created"])]


def test_where_nothing_is_registered_that_is_said(shops: Shops) -> None:
    assert "No webhook" in shops.run("local", "platform", "list").output


def test_somebody_deletes_a_webhook(shops: Shops) -> None:
    id_ = registered(shops, "order_created", "https://hooks.example.com/")

    told = shops.run("local", "platform", "delete", "konimbo", id_)

    assert told.exit_code == 0
    assert not shops.konimbo.records.all()


def test_one_that_is_not_there_cannot_be_deleted(shops: Shops) -> None:
    told = shops.run("local", "platform", "delete", "konimbo", "17")

    assert (told.exit_code, "no such webhook" in told.output) == (1, True)


@pytest.mark.parametrize(
    ("platform", "topic"), [("konimbo", "order_created"), ("centry", "on_product_save")]
)
def test_whoever_subscribed_is_called_with_the_sample(
    shops: Shops, platform: str, topic: str
) -> None:
    with http_server() as receiver:
        registered(shops, "order_created", f"{receiver.url}/hook")
        company = shops.centry.company_of("client")
        shops.centry.add_webhook(company, f"{receiver.url}/hook", on_product_save=True)

        told = shops.run("local", "platform", "call", platform, topic)

    assert (told.exit_code, "answered 200" in told.output) == (0, True)
    [heard] = receiver.heard
    sample = json.loads((EVENTS / platform / f"{topic}.json").read_bytes())
    assert json.loads(heard.body).keys() == sample.keys()


def test_an_answer_that_is_not_good_fails(shops: Shops) -> None:
    with http_server() as receiver:
        receiver.status = 500
        registered(shops, "order_created", f"{receiver.url}/hook")

        told = shops.run("local", "platform", "call", "konimbo", "order_created")

    assert (told.exit_code, "answered 500" in told.output) == (1, True)


def test_where_nobody_subscribed_the_way_to_it_is_said(shops: Shops) -> None:
    told = shops.run("local", "platform", "call", "konimbo", "order_created")

    assert (told.exit_code, "stores add konimbo" in told.output) == (1, True)


def test_a_platform_that_has_no_fake_is_named(shops: Shops) -> None:
    told = shops.run("local", "platform", "list", "iset")

    assert (told.exit_code, "centry, konimbo" in told.output) == (1, True)


def test_what_a_fake_does_not_take_is_said_in_its_words(shops: Shops) -> None:
    shops.centry.admin_secret = "another"

    told = shops.run("local", "platform", "list", "centry")

    assert (told.exit_code, "does not take that" in told.output) == (1, True)


def test_without_a_local_stack_there_is_nothing_to_see(shops: Shops) -> None:
    shops.local_stacks.up = False

    assert shops.run("local", "platform", "list").exit_code == 1


def test_a_fake_that_is_gone_is_told(shops: Shops) -> None:
    state = shops.local_stacks.state
    shops.local_stacks.state = replace(state, platforms={"centry": "http://127.0.0.1:1"})

    told = shops.run("local", "platform", "list")

    assert (told.exit_code, "does not answer" in told.output) == (1, True)
