"""`commerce-hooks local up`, `down` and `status`."""

from dataclasses import dataclass

import pytest
from rich.text import Text

from commerce_hooks_cli.local.errors import StaleStateError
from commerce_hooks_cli.local.state import LocalState
from support.command import FakeLocalStacks, FakeWorld

FACTS = {
    "running": True,
    "stack": "commerce-hooks-local",
    "base_url": "http://127.0.0.1:4321",
    "started_at": "2026-05-06T07:00:00Z",
    "region": "us-east-1",
    "account": "000000000000",
    "event_bus_arn": "arn:aws:events:us-east-1:000000000000:event-bus/events",
    "functions": ["centry", "konimbo"],
    "platforms": {},
    "faults": {},
}


def facts(world: FakeWorld) -> dict[str, object]:
    return {**FACTS, "emulator_log": str(world.local_stacks.state.directory / "emulator.log")}


def test_up_leaves_the_stack_running_and_says_where(world: FakeWorld) -> None:
    result = world.run("local", "up", "--port", "8080")

    assert result.exit_code == 0
    assert world.local_stacks.starts == [(8080, True)]
    assert world.local_stacks.up
    assert "http://127.0.0.1:4321" in result.stdout
    assert "local down" in result.stdout


def test_up_and_status_say_the_same_to_programs(world: FakeWorld) -> None:
    assert world.run("local", "up", "--json").json == facts(world)
    assert world.run("local", "status", "--json").json == facts(world)


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


@pytest.mark.parametrize("verb", ["up", "status"])
def test_addresses_and_paths_are_in_one_piece_on_a_narrow_terminal(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    world.local_stacks.up = True

    words = Text.from_ansi(world.run("local", verb).stdout).plain.split()

    for fact in ("event_bus_arn", "emulator_log"):
        assert facts(world)[fact] in words


def test_status_of_a_stack_that_died_says_so_to_programs_too(world: FakeWorld) -> None:
    @dataclass
    class Stale(FakeLocalStacks):
        def running(self) -> LocalState | None:
            raise StaleStateError("It no longer runs.", "Clean up.")

    world.local_stacks = Stale(world.local_stacks.state)

    result = world.run("local", "status", "--json")

    assert result.exit_code == 1
    assert result.json == {"running": False, "problem": "It no longer runs."}
    assert "try: Clean up." in result.stderr


def test_after_ctrl_c_up_says_that_nothing_is_left(world: FakeWorld) -> None:
    @dataclass
    class Interrupted(FakeLocalStacks):
        def start(self, *_: object, **__: object) -> LocalState:
            raise KeyboardInterrupt

    world.local_stacks = Interrupted(world.local_stacks.state)

    result = world.run("local", "up")

    assert (result.exit_code, result.stderr) == (130, "Stopped; nothing was left behind.\n")


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
