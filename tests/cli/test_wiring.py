"""The real parts behind the verbs, as far as they need no stack."""

import io
import json
import sys
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from commerce_hooks_cli.following import Following
from commerce_hooks_cli.main import main
from commerce_hooks_cli.wiring import real_world
from support.command import CHECKOUT, REAL, local_state
from support.loopback import http_server


def test_the_checkout_is_the_one_that_the_command_belongs_to() -> None:
    assert real_world().checkout() == CHECKOUT


def test_posts_go_over_http() -> None:
    with http_server() as server:
        assert (
            real_world()
            .post(f"{server.url}/path", b"{}", {"Content-Type": "application/json"})
            .status
            == 200
        )


def test_following_a_bus_makes_and_removes_a_rule() -> None:
    with mock_aws():
        events = boto3.client("events")
        events.create_event_bus(Name=REAL.event_bus_name)
        clients: Any = boto3.client
        with real_world().follow(replace(REAL, clients=clients), lambda _: None) as followed:
            rules = events.list_rules(EventBusName=REAL.event_bus_name)["Rules"]
            assert [rule["Name"] for rule in rules] == [followed.name]
        assert events.list_rules(EventBusName=REAL.event_bus_name)["Rules"] == []


def test_a_bus_is_followed_for_some_events_only() -> None:
    with mock_aws():
        events = boto3.client("events")
        events.create_event_bus(Name=REAL.event_bus_name)
        clients: Any = boto3.client
        deployment = replace(REAL, clients=clients)
        following = Following({"source": ["x"]}, "resend")
        with real_world().follow(deployment, lambda _: None, following) as followed:
            (rule,) = real_world().replays(deployment).rules(REAL.event_bus_name)
            described = events.describe_rule(Name=rule.name, EventBusName=REAL.event_bus_name)

    assert rule.arn == followed.rule_arn
    assert json.loads(described["EventPattern"]) == {"source": ["x"]}


def test_the_time_passes() -> None:
    clock = real_world().clock
    before = clock.now()

    clock.sleep(0.001)

    assert clock.now() >= before
    assert before.tzinfo is UTC


def test_functions_are_named_as_in_the_template(tmp_path: Path) -> None:
    class CloudFormation:
        def describe_stack_resources(self, **_: str) -> dict[str, Any]:
            kinds = {"B": "AWS::Lambda::Function", "A": "AWS::Lambda::Function", "C": "AWS::X::Y"}
            return {
                "StackResources": [
                    {"LogicalResourceId": name, "ResourceType": kind}
                    for name, kind in kinds.items()
                ]
            }

    class State:
        stack = local_state(tmp_path).stack

        def client(self, _: str) -> CloudFormation:
            return CloudFormation()

    state: Any = State()
    assert real_world().local_stacks.functions(state) == ["A", "B"]


@pytest.mark.parametrize(("typed", "expected"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_questions_are_asked_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, typed: str, *, expected: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    ask = real_world().ask

    assert ask is not None
    assert ask("Send?") == expected


def test_without_a_terminal_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    assert real_world().ask is None


def test_a_screen_that_lacks_a_character_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    monkeypatch.setattr(sys, "argv", ["commerce-hooks", "send", "--help"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    screen.write("✓")
