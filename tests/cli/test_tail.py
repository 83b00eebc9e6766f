"""`commerce-hooks tail`, over a bus in memory."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.text import Text

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks_cli.answer import NoAnswerError
from commerce_hooks_cli.bus_event import BusEvent
from commerce_hooks_cli.deployment import Deployment
from support.command import FakeTail, FakeWorld, answer

ORDER = CallbackTarget("konimbo", "acme", "order_created")
FORWARD = ("--forward-to", "http://localhost:8000/events")


def put(world: FakeWorld, *event_ids: str) -> None:
    for event_id in event_ids:
        world.bus.put(ORDER, event_id, "order.created")


def test_events_are_shown_in_the_order_they_arrive(world: FakeWorld) -> None:
    put(world, "b.0", "a.0", "c.0")

    result = world.run("tail", "--limit", "3")

    assert result.exit_code == 0
    heading, *rows = (line.split() for line in result.stdout.splitlines())
    assert " ".join(heading) == "time UTC source detail-type resource store event id"
    assert rows == [
        ["07:08:09", "konimbo", "order.created", "42", "acme", event_id]
        for event_id in ("b.0", "a.0", "c.0")
    ]


MONGO_ID = "66e01c4f1746bf5a700000a1"
EVENT_ID = "00000000-0000-4000-8000-000000000077.0"


@pytest.mark.parametrize(
    ("columns", "store", "shown"),
    [
        ("40", "synthetic", ["…"]),
        ("80", "synthetic", ["synthetic"]),
        ("80", "a-rather-long-store", ["a-rather-l…"]),
        ("100", "a-rather-long-store", ["a-rather-long-store"]),
        ("118", "synthetic", ["synthetic"]),
        ("119", "synthetic", ["synthetic", EVENT_ID]),
    ],
)
def test_a_narrow_terminal_leaves_out_the_event_id_and_never_cuts_the_resource(
    world: FakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
    store: str,
    shown: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    target = CallbackTarget("konimbo", store)
    world.bus.put(target, EVENT_ID, "integration_config.deleted")
    event = world.bus.events.pop()
    world.bus.events.append(BusEvent.parse(event.raw.replace('"42"', f'"{MONGO_ID}"')))

    said = world.run("tail", "--limit", "1").stdout
    heading, row = Text.from_ansi(said).plain.splitlines()

    assert row.split()[2:] == ["integration_config.deleted", MONGO_ID, *shown]
    assert ("event id" in heading) == (EVENT_ID in shown)


def test_a_replayed_event_is_told_from_what_just_happened(world: FakeWorld) -> None:
    put(world, "a.0", "b.0")
    replayed = world.bus.events.pop()
    raw = replayed.raw.replace('"source"', '"replay-name": "again", "source"', 1)
    world.bus.events.append(BusEvent.parse(raw))

    _, *rows = world.run("tail", "--limit", "2").stdout.splitlines()

    assert [" order.created (replay) " in row for row in rows] == [False, True]


def test_whole_events_have_no_heading(world: FakeWorld) -> None:
    put(world, "a.0")

    assert "UTC" not in world.run("tail", "--limit", "1", "--full").stdout


def test_json_lines_are_the_events_as_delivered(world: FakeWorld) -> None:
    put(world, "a.0", "b.0")

    result = world.run("tail", "--limit", "2", "--json")

    assert result.stdout.splitlines() == [event.raw for event in world.bus.events]


def test_an_event_with_line_breaks_still_takes_one_line(world: FakeWorld) -> None:
    tree = {"detail": {"metadata": {"event_id": "a.0"}}}
    world.bus.events.append(BusEvent.parse(json.dumps(tree, indent=2)))

    result = world.run("tail", "--limit", "1", "--json")

    assert [json.loads(line) for line in result.stdout.splitlines()] == [tree]


def test_full_shows_all_of_an_event(world: FakeWorld) -> None:
    put(world, "a.0")

    assert (
        json.loads(world.run("tail", "--limit", "1", "--full").stdout) == world.bus.events[0].tree
    )


def test_no_more_than_the_limit_is_shown(world: FakeWorld) -> None:
    put(world, *(f"{number}.0" for number in range(25)))

    assert len(world.run("tail", "--limit", "12", "--json").stdout.splitlines()) == 12


def test_too_few_events_within_the_time_are_a_failure(world: FakeWorld) -> None:
    put(world, "a.0")

    result = world.run("tail", "--limit", "2", "--timeout", "1")

    assert result.exit_code == 1
    assert "1 of 2 events came within 1 seconds" in result.stderr


def test_without_a_limit_the_end_of_the_time_is_no_failure(world: FakeWorld) -> None:
    assert world.run("tail", "--timeout", "1").exit_code == 0


def test_the_bus_is_left_alone_afterwards(world: FakeWorld) -> None:
    world.run("tail", "--limit", "1", "--timeout", "1")

    assert (world.followed, world.unfollowed) == (1, 1)


def test_what_is_left_over_is_said_after_the_error_that_led_to_it(tmp_path: Path) -> None:
    class Refused(FakeWorld):
        @contextmanager
        def _follow(
            self, _: Deployment, left_over: Callable[[str], None], __: Any = None, /
        ) -> Iterator[FakeTail]:
            left_over("The rule is still there.")
            error: Any = {"Error": {"Code": "AccessDenied"}}
            raise ClientError(error, "CreateQueue")
            yield

    said = Refused(tmp_path).run("tail").stderr.splitlines()

    assert [line.partition(":")[0].strip() for line in said[1:]] == ["error", "try", "warning"]


def test_on_a_deployed_stack_it_says_where_and_what_it_creates(real_world: FakeWorld) -> None:
    put(real_world, "a.0")

    result = real_world.run("tail", "--limit", "1", "--stack", "shop-hooks", "--json")

    assert result.exit_code == 0
    assert "Account 111122223333, Region eu-central-1, stack shop-hooks" in result.stderr
    assert "Temporary rule and queue: commerce-hooks-tail-0000" in result.stderr


def test_events_are_handed_on_as_they_are(world: FakeWorld) -> None:
    put(world, "a.0", "b.0")
    world.door.answers = {0: answer(204, None), 1: answer(200, None)}

    result = world.run("tail", "--limit", "2", *FORWARD)

    assert world.door.urls == ["http://localhost:8000/events"] * 2
    assert world.door.bodies == [event.raw.encode() for event in world.bus.events]
    assert "not forwarded" not in result.stderr


def test_a_failing_service_is_reported_and_does_not_end_the_tail(world: FakeWorld) -> None:
    put(world, "a.0", "b.0", "c.0")
    world.door.answers = {
        0: NoAnswerError("connection refused"),
        1: answer(302, None),
        2: answer(200, None),
    }

    result = world.run("tail", "--limit", "3", *FORWARD)

    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1 + 3)
    assert "event a.0 was not forwarded: connection refused" in result.stderr
    assert "event b.0 was not forwarded: it answered 302" in result.stderr
    assert "c.0" not in result.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/events",
        "http://127.0.0.1.example.com/",
        "ftp://localhost/",
        "localhost:8000",
        "https://",
        "https://user:password@example.com/",
        "http://localhost:port/",
        "http://[::1/",
    ],
)
def test_events_leave_this_machine_encrypted_or_not_at_all(world: FakeWorld, url: str) -> None:
    result = world.run("tail", "--limit", "1", "--forward-to", url)

    assert (result.exit_code, world.followed) == (2, 0)
    assert "https://" in result.stderr


@pytest.mark.parametrize("url", ["https://example.com/x", "http://127.0.0.1:1/", "http://[::1]:1/"])
def test_https_and_this_machine_are_fine(world: FakeWorld, url: str) -> None:
    put(world, "a.0")
    world.door.answers = {0: answer(200, None)}

    assert world.run("tail", "--limit", "1", "--forward-to", url).exit_code == 0


def test_control_characters_of_others_do_not_reach_the_terminal(world: FakeWorld) -> None:
    world.bus.put(ORDER, "\x1b]0;title\x07\u202e.0", "order.\x9b31mcreated")

    for option in ("--full", "--limit"):
        result = world.run("tail", "--limit", "1", *([option] if option == "--full" else []))
        assert not set("\x1b\x07\x9b\u202e") & set(result.stdout)
