"""`commerce-hooks local fault`."""

import pytest

from commerce_hooks_cli.local.faults import Kind, Service
from support.command import FakeWorld

KINDS = [kind for kind in Kind if kind is not Kind.PARTIAL]


@pytest.fixture
def up(world: FakeWorld) -> FakeWorld:
    world.local_stacks.up = True
    return world


@pytest.mark.parametrize("service", Service)
@pytest.mark.parametrize("kind", KINDS)
def test_every_service_fails_in_every_way(up: FakeWorld, service: Service, kind: Kind) -> None:
    result = up.run("local", "fault", service, "--kind", kind, "--json")

    assert result.exit_code == 0
    assert up.local_stacks.kinds == {service: kind}
    assert result.json == {"faults": {service.value: {"kind": kind.value, "calls": 12}}}


def test_unless_told_otherwise_it_fails_with_an_error(up: FakeWorld) -> None:
    result = up.run("local", "fault", "bus")

    assert up.local_stacks.kinds == {Service.BUS: Kind.ERROR}
    assert "Fails now: bus (error" in result.stdout
    assert "local fault off" in result.stderr


def test_what_fails_already_goes_on_failing(up: FakeWorld) -> None:
    up.run("local", "fault", "bus")
    up.run("local", "fault", "queues", "--kind", "hang")
    up.run("local", "fault", "bus", "--kind", "throttle")

    assert up.local_stacks.kinds == {Service.BUS: Kind.THROTTLE, Service.QUEUES: Kind.HANG}


def test_off_ends_all(up: FakeWorld) -> None:
    up.local_stacks.kinds = {Service.BUS: Kind.HANG, Service.BUCKET: Kind.ERROR}

    result = up.run("local", "fault", "off")

    assert (result.exit_code, up.local_stacks.kinds) == (0, {})
    assert result.stdout == "Nothing fails on purpose.\n"


def test_only_calls_of_the_bus_can_fail_in_part(up: FakeWorld) -> None:
    assert up.run("local", "fault", "bus", "--kind", "partial").exit_code == 0
    refused = up.run("local", "fault", "queues", "--kind", "partial")

    assert (refused.exit_code, up.local_stacks.kinds) == (2, {Service.BUS: Kind.PARTIAL})
    assert "Only the bus can be partial." in refused.stderr


@pytest.mark.parametrize("arguments", [["disk"], ["bus", "--kind", "sulk"], []])
def test_what_is_unknown_is_bad_usage(up: FakeWorld, arguments: list[str]) -> None:
    assert up.run("local", "fault", *arguments).exit_code == 2
    assert up.local_stacks.kinds == {}


def test_without_a_stack_nothing_can_fail(world: FakeWorld) -> None:
    result = world.run("local", "fault", "bus")

    assert result.exit_code == 1
    assert "local up" in result.stderr


def test_status_shows_what_fails_and_how_many_calls_met_it(up: FakeWorld) -> None:
    assert "made to fail" not in up.run("local", "status").stdout
    up.local_stacks.kinds = {Service.BUS: Kind.HANG}

    assert "bus (hang, met by 12 calls)" in up.run("local", "status").stdout
    assert up.run("local", "status", "--json").json["faults"] == {
        "bus": {"kind": "hang", "calls": 12}
    }


@pytest.mark.parametrize("more", [(), ("--fault", "bus")])
def test_the_demo_does_not_play_on_a_stack_that_fails(up: FakeWorld, more: tuple[str, ...]) -> None:
    up.local_stacks.kinds = {Service.BUS: Kind.HANG}

    result = up.run("local", "demo", *more)

    assert (result.exit_code, up.door.urls) == (1, [])
    assert "local fault off" in result.stderr
    assert up.local_stacks.kinds == {Service.BUS: Kind.HANG}
