"""`commerce-hooks local up`, `down` and `status`."""

from support.command import FakeWorld

FACTS = {
    "running": True,
    "stack": "commerce-hooks-local",
    "base_url": "http://127.0.0.1:4321",
    "started_at": "2026-05-06T07:00:00Z",
    "region": "us-east-1",
    "account": "000000000000",
    "event_bus_arn": "arn:aws:events:us-east-1:000000000000:event-bus/events",
    "functions": ["centry", "konimbo"],
}


def test_up_leaves_the_stack_running_and_says_where(world: FakeWorld) -> None:
    result = world.run("local", "up", "--port", "8080")

    assert result.exit_code == 0
    assert world.local_stacks.starts == [(8080, True)]
    assert world.local_stacks.up
    assert "http://127.0.0.1:4321" in result.stdout
    assert "local down" in result.stdout


def test_up_and_status_say_the_same_to_programs(world: FakeWorld) -> None:
    assert world.run("local", "up", "--json").json == FACTS
    assert world.run("local", "status", "--json").json == FACTS


def test_nothing_that_is_said_helps_to_sign_requests(world: FakeWorld) -> None:
    said = world.run("local", "up").output + world.run("local", "status", "--json").output

    assert "local-secret" not in said
    assert "LOCALKEY" not in said


def test_a_port_that_is_none_is_bad_usage(world: FakeWorld) -> None:
    assert world.run("local", "up", "--port", "70000").exit_code == 2


def test_status_shows_what_runs_and_since_when(world: FakeWorld) -> None:
    world.local_stacks.up = True

    shown = world.run("local", "status").stdout

    for words in ("http://127.0.0.1:4321", "2026-05-06T07:00:00Z", "centry", "konimbo"):
        assert words in shown


def test_status_without_a_stack_fails_and_says_how_to_start_one(world: FakeWorld) -> None:
    result = world.run("local", "status")

    assert result.exit_code == 1
    assert "commerce-hooks local up" in result.stdout
    assert world.run("local", "status", "--json").json == {"running": False}


def test_down_stops_the_stack_and_may_be_repeated(world: FakeWorld) -> None:
    world.local_stacks.up = True

    first = world.run("local", "down", "--json")
    second = world.run("local", "down", "--json")

    assert (first.exit_code, first.json) == (0, {"stopped": True})
    assert (second.exit_code, second.json) == (0, {"stopped": False})
    assert world.local_stacks.stops == 1
    assert "No local stack was running." in world.run("local", "down").stdout
