"""`commerce-hooks shapes`: what was seen, beside what the schemas declare."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cenit.services import PLATFORM as CENIT
from commerce_hooks.decoding import JsonObject
from commerce_hooks.platform import Platform
from commerce_hooks.schemas.konimbo import OrderBody
from commerce_hooks_cli.seen_shapes import is_declared
from shapes.shapes import CUT, NOTHING, shape_of
from shapes.sightings import WatchedTopic
from support.command import LOCAL, FakeWorld
from support.platforms import platforms

THEN, LATER = "2026-03-09T12:00:00.000Z", "2026-03-10T09:30:00.000Z"
ORDER: JsonObject = {"order": {"id": 7, "invented": None, "name": "x"}}
Keep = Callable[[str, str, Any], None]


@pytest.fixture
def keep(world: FakeWorld) -> Iterator[Keep]:
    """Keeps a set in the local stack's bucket: of a body, or the very bytes."""
    with mock_aws():
        clients: Any = cache(boto3.client)
        s3 = boto3.client("s3")
        s3.create_bucket(
            Bucket="payloads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        world.deployment = replace(LOCAL, clients=clients)

        def put(platform: str, topic: str, body: Any) -> None:
            known = body
            if isinstance(body, dict):
                learned = NOTHING.with_news(shape_of(body), THEN)
                known = learned.model_dump_json().encode()
            s3.put_object(Bucket="payloads", Key=WatchedTopic(platform, topic).key, Body=known)

        yield put


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_topic_s_paths_are_shown_with_types_since_when_and_whether_declared(
    world: FakeWorld, keep: Keep
) -> None:
    keep("konimbo", "order_created", ORDER)

    result = world.run("shapes", "konimbo", "order_created")

    assert result.exit_code == 0
    assert "konimbo order_created: 4 paths, 1 of them undeclared" in result.stdout
    shown = rows(result.stdout)
    assert ["order.id", "integer", "2026-03-09", "12:00", "declared"] in shown
    assert ["order.invented", "null", "2026-03-09", "12:00", "undeclared"] in shown


def test_for_programs_everything_is_there(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "order_created", ORDER)

    (topic,) = world.run("shapes", "konimbo", "--json").json

    assert topic.pop("fingerprint") == NOTHING.with_news(shape_of(ORDER), THEN).fingerprint
    paths = {path.pop("path"): path for path in topic.pop("paths")}
    assert topic == {
        "platform": "konimbo",
        "topic": "order_created",
        "updated_at": THEN,
        "changes": 1,
        "cut": False,
    }
    assert paths["order.invented"] == {"types": ["null"], "first_seen": THEN, "declared": False}
    assert paths["order.name"]["declared"] is True


def test_only_what_is_new_is_shown_on_request(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "order_created", ORDER)
    keep("konimbo", "order_after_payment", {"order": {"id": 7}})

    (topic,) = world.run("shapes", "--new", "--json").json
    shown = world.run("shapes", "konimbo", "--new").stdout

    assert topic["topic"] == "order_created"
    assert [path["path"] for path in topic["paths"]] == ["order.invented"]
    assert "order.invented" in shown
    assert "order.name" not in shown
    assert "order_after_payment" not in shown


def test_without_a_platform_each_topic_is_a_line(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "order_created", ORDER)
    keep("iset", "stock-changed", {"type": "x", "surprise": 1})

    shown = rows(world.run("shapes").stdout)

    assert shown == [
        ["platform", "topic", "paths", "undeclared", "last", "change", "UTC"],
        ["iset", "stock-changed", "2", "1", "2026-03-09", "12:00"],
        ["konimbo", "order_created", "4", "1", "2026-03-09", "12:00"],
    ]


def test_other_platforms_and_topics_are_left_out(world: FakeWorld, keep: Keep) -> None:
    for topic in ("order_created", "customer_created"):
        keep("konimbo", topic, ORDER)
    keep("iset", "stock-changed", {})

    assert len(world.run("shapes", "konimbo", "--json").json) == 2
    assert len(world.run("shapes", "konimbo", "customer_created", "--json").json) == 1


def test_bodies_of_unknown_topics_have_no_schema(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "unrecognized", ORDER)

    (topic,) = world.run("shapes", "konimbo", "unrecognized", "--json").json

    assert [path["declared"] for path in topic["paths"]] == [False] * 4


def test_calls_of_cenit_are_held_against_their_schemas(world: FakeWorld, keep: Keep) -> None:
    keep("cenit", "create_order", {"order": {}, "invented": 1})

    (topic,) = world.run("shapes", "cenit", "create_order", "--json").json

    assert {path["path"]: path["declared"] for path in topic["paths"]} == {
        "invented": False,
        "order": True,
    }


def test_a_platform_that_is_gone_from_the_code_is_still_shown(world: FakeWorld, keep: Keep) -> None:
    keep("tiendita", "order_made", {"id": 1})

    (topic,) = world.run("shapes", "tiendita", "order_made", "--json").json

    assert [path["declared"] for path in topic["paths"]] == [False]


def test_a_set_that_leaves_something_out_says_so(world: FakeWorld, keep: Keep) -> None:
    known = NOTHING.with_news({CUT, *shape_of(ORDER)}, THEN).with_news([("x", "null")], LATER)
    keep("konimbo", "order_created", known.model_dump_json().encode())

    assert "some paths are left out" in world.run("shapes", "konimbo").stdout
    assert rows(world.run("shapes").stdout)[1][:3] == ["konimbo", "order_created", "5+"]
    (topic,) = world.run("shapes", "--json").json
    assert topic["cut"] is True
    assert "" not in [path["path"] for path in topic["paths"]]


@pytest.mark.usefixtures("keep")
@pytest.mark.parametrize("arguments", [(), ("konimbo",), ("konimbo", "ticket_created")])
def test_before_anything_came_that_is_said(world: FakeWorld, arguments: tuple[str, ...]) -> None:
    result = world.run("shapes", *arguments)

    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing was seen yet." in result.stderr
    assert world.run("shapes", *arguments, "--json").json == []


def test_that_nothing_is_undeclared_is_said(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "order_created", {"order": {"id": 7}})

    assert "Nothing undeclared was seen." in world.run("shapes", "--new").stderr


@pytest.mark.usefixtures("keep")
@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["konimo"], "Did you mean konimbo?"),
        (["konimbo", "order_create"], "Did you mean order_created?"),
        (["tiendita"], "There are: cenit, centry, iset, konimbo."),
    ],
)
def test_what_cannot_be_is_bad_usage_with_a_hint(
    world: FakeWorld, arguments: list[str], hint: str
) -> None:
    result = world.run("shapes", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr


def test_what_else_lies_in_the_bucket_is_passed_over(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "order_created", ORDER)
    boto3.client("s3").put_object(Bucket="payloads", Key="shapes/README", Body=b"")
    boto3.client("s3").put_object(Bucket="payloads", Key="quarantine/konimbo/x", Body=b"")

    assert len(world.run("shapes", "--json").json) == 1


def test_a_set_that_was_spoiled_is_named_and_not_quoted(world: FakeWorld, keep: Keep) -> None:
    keep("konimbo", "order_created", b'{"paths": "canary"}')

    result = world.run("shapes", "konimbo")

    assert result.exit_code == 1
    assert "shapes/konimbo/order_created.json in the bucket payloads" in result.stderr
    assert "canary" not in result.output


def test_a_path_cannot_drive_the_terminal(world: FakeWorld, keep: Keep) -> None:
    known = NOTHING.with_news([("\x1b[31mred", "\x1b[0m")], THEN)
    keep("konimbo", "order_created", known.model_dump_json().encode())

    assert "\x1b" not in world.run("shapes", "konimbo").stdout


def test_a_named_stack_is_said_with_its_account_and_region(
    real_world: FakeWorld, world: FakeWorld, keep: Keep
) -> None:
    keep("konimbo", "order_created", ORDER)
    assert not isinstance(world.deployment, Exception)
    assert not isinstance(real_world.deployment, Exception)
    real_world.deployment = replace(real_world.deployment, clients=world.deployment.clients)

    result = real_world.run("shapes", "--stack", "shop-hooks", "--json")

    assert result.stderr == "Account 111122223333, Region eu-central-1, stack shop-hooks\n"
    assert len(result.json) == 1


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ("order", True),
        ("order.id", True),
        ("order.invented", False),
        ("invented", False),
        ("order.id.deeper", False),
        ("order[]", True),
        ("order[].id", True),
        ("*", False),
        ("order.data_record_var.anything.at_all", True),
    ],
)
def test_a_path_is_declared_if_each_of_its_words_is(path: str, *, declared: bool) -> None:
    assert is_declared(OrderBody, path) is declared


def test_nothing_is_declared_without_a_schema() -> None:
    assert not is_declared(None, "order")


@pytest.mark.parametrize("platform", [*platforms().values(), CENIT], ids=lambda p: str(p.name))
def test_every_topic_s_schema_can_be_held_against_a_path(platform: Platform) -> None:
    for topic in platform.topics.values():
        assert not is_declared(topic.schema, "no_field_has_this_name")
