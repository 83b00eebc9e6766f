"""Replays and events sent again, on a running stack: the same ids, and nothing for nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks_cli.deployment import local_deployment
from commerce_hooks_cli.main import app
from commerce_hooks_cli.wiring import real_world
from local.stacks import accepted_sample, ask, callback_path_for, key_ring, post_sample
from support.command import Result
from support.platforms import platforms

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox

pytestmark = pytest.mark.emulator


@dataclass(frozen=True)
class Command:
    """The real one, on this stack."""

    state: LocalState

    def run(self, *args: str) -> Result:
        deployment = local_deployment(self.state)
        world = replace(real_world(), find_deployment=lambda _: deployment)
        result = CliRunner().invoke(app, list(args), obj=world)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)

    def replay(self, begin: str, *options: str) -> Result:
        """From then until now."""
        return self.run("replay", "--from", begin, "--to", "0m", "--json", *options)


@pytest.fixture
def command(local_stack: LocalState) -> Command:
    return Command(local_stack)


@pytest.fixture
def lately() -> str:
    """A second ago: between two moments has to be one."""
    return f"{datetime.now(UTC) - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["detail"]["metadata"]["event_id"] for event in events]


def order_saved(state: LocalState, inbox: Inbox) -> dict[str, Any]:
    """A callback's event, as it came off the bus."""
    centry = platforms()["centry"]
    sample = accepted_sample(centry)
    path = callback_path_for(state, centry, next(iter(centry.topics)))
    (event,) = inbox.wait_for(post_sample(state, path, sample).json()["event_ids"])
    return event


def order_requested(state: LocalState, inbox: Inbox) -> dict[str, Any]:
    """A request of Cenit's, as it came off the bus."""
    token = key_ring(state).mint(CallbackTarget("cenit", "acme"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = b'{"order":{"name":"#7","line_items":[]}}'
    address = state.outputs["CenitBaseUrl"]
    answer = ask(address, "/cenit/acme/create_order", body, headers).json()
    (event,) = inbox.wait_for(answer["event_ids"])
    return event


def left_over(state: LocalState) -> tuple[list[str], list[str]]:
    """Rules and queues that are temporary."""
    bus = state.outputs["EventBusName"]
    rules = state.client("events").list_rules(EventBusName=bus)["Rules"]
    queues = state.client("sqs").list_queues(QueueNamePrefix="commerce-hooks-resend")
    names = [rule["Name"] for rule in rules]
    temporary = [name for name in names if name.startswith("commerce-hooks-resend")]
    return temporary, queues.get("QueueUrls", [])


# --- replay -------------------------------------------------------------------------------------


def test_a_replay_brings_the_same_events_again_and_says_so(
    local_stack: LocalState, inbox: Inbox, command: Command, lately: str
) -> None:
    saved, requested = order_saved(local_stack, inbox), order_requested(local_stack, inbox)
    before = len(inbox.everything())

    told = command.replay(lately).json

    (replay,) = told["replays"]
    again = {
        event["detail"]["metadata"]["event_id"]: event for event in inbox.everything()[before:]
    }
    assert replay["state"] == "COMPLETED"
    assert set(ids([saved, requested])) & set(again) == set(ids([saved]))
    assert again[ids([saved])[0]] == {**saved, "replay-name": replay["name"]}


def test_requests_are_replayed_only_if_asked_for(
    local_stack: LocalState, inbox: Inbox, command: Command, lately: str
) -> None:
    saved, requested = order_saved(local_stack, inbox), order_requested(local_stack, inbox)
    before = len(inbox.everything())

    told = command.replay(lately, "--requests").json

    again = inbox.everything()[before:]
    assert {replay["state"] for replay in told["replays"]} == {"COMPLETED"}
    assert set(ids([saved, requested])) <= set(ids(again))
    assert all("replay-name" in event for event in again)


def test_a_replay_for_one_rule_is_for_no_other(
    local_stack: LocalState, inbox: Inbox, command: Command, lately: str
) -> None:
    saved = order_saved(local_stack, inbox)
    before = len(inbox.everything())
    rules = command.replay(lately, "--rule", "inbox").json["rules"]
    shapes = next(name for name in command.replay(lately).json["rules"] if "ShapesRule" in name)
    twice = len(inbox.everything())

    command.replay(lately, "--rule", shapes)

    assert rules == ["inbox"]
    assert ids(inbox.everything()[before:]).count(*ids([saved])) == 2
    assert len(inbox.everything()) == twice


def test_a_replayed_event_is_not_archived_again(
    local_stack: LocalState, inbox: Inbox, command: Command, lately: str
) -> None:
    saved = order_saved(local_stack, inbox)
    command.replay(lately)
    before = len(inbox.everything())

    command.replay(lately)

    assert ids(inbox.everything()[before:]).count(*ids([saved])) == 1


def test_a_rule_that_is_not_there_is_told_with_those_that_are(command: Command) -> None:
    result = command.run("replay", "--from", "1h", "--to", "0m", "--rule", "ordres")

    assert result.exit_code == 2
    assert "commerce-hooks-local-ShapesRule" in result.stderr


# --- resend -------------------------------------------------------------------------------------


def test_one_event_is_sent_again_as_it_was_and_nothing_else_is(
    local_stack: LocalState, inbox: Inbox, command: Command
) -> None:
    saved = order_saved(local_stack, inbox)
    order_saved(local_stack, inbox)
    (id_,) = ids([saved])
    before = len(inbox.everything())

    result = command.run("resend", id_, "--json")

    (again,) = inbox.everything()[before:]
    assert (result.exit_code, result.json["sent"]) == (0, [id_])
    assert again == {**saved, "id": again["id"]}
    assert again["id"] != saved["id"]
    assert left_over(local_stack) == ([], [])


def test_a_callback_is_sent_again_though_it_was_before(
    local_stack: LocalState, inbox: Inbox, command: Command
) -> None:
    saved = order_saved(local_stack, inbox)
    callback_id = saved["detail"]["metadata"]["callback_id"]
    before = len(inbox.everything())

    results = [command.run("resend", callback_id) for _ in range(2)]

    assert [result.exit_code for result in results] == [0, 0]
    assert ids(inbox.everything()[before:]) == ids([saved]) * 2


def test_a_request_is_sent_again_only_if_asked_for(
    local_stack: LocalState, inbox: Inbox, command: Command
) -> None:
    (id_,) = ids([order_requested(local_stack, inbox)])
    before = len(inbox.everything())

    refused = command.run("resend", id_)
    sent = command.run("resend", id_, "--requests")

    assert (refused.exit_code, sent.exit_code) == (1, 0)
    assert f"no event {id_} from" in refused.stderr
    assert ids(inbox.everything()[before:]) == [id_]
    assert left_over(local_stack) == ([], [])


def test_what_waits_in_quarantine_is_pointed_out(local_stack: LocalState, command: Command) -> None:
    iset = platforms()["iset"]
    path = callback_path_for(local_stack, iset, next(iter(iset.topics)))
    id_ = ask(local_stack.base_url, path, b'{"cut": off').json()["callback_id"]

    result = command.run("resend", id_)

    assert result.exit_code == 1
    assert f"quarantine replay {id_}" in result.stderr


# --- What is archived ---------------------------------------------------------------------------


def test_heartbeats_are_in_no_archive(
    local_stack: LocalState, inbox: Inbox, command: Command, lately: str
) -> None:
    detail = {"metadata": {"event_id": "a-heartbeat"}, "data": {}}
    local_stack.client("events").put_events(
        Entries=[
            {
                "EventBusName": local_stack.outputs["EventBusArn"],
                "Source": "commerce-hooks.tests",
                "DetailType": "system.heartbeat",
                "Detail": json.dumps(detail),
            }
        ]
    )
    inbox.wait_for(["a-heartbeat"])
    before = len(inbox.everything())

    command.replay(lately, "--requests")

    assert "a-heartbeat" not in ids(inbox.everything()[before:])


def test_an_event_has_the_time_that_it_is_given(local_stack: LocalState, inbox: Inbox) -> None:
    entries = [
        {
            "EventBusName": local_stack.outputs["EventBusArn"],
            "Source": "commerce-hooks.tests",
            "DetailType": "order.saved",
            "Detail": json.dumps({"metadata": {"event_id": f"of-{year}"}}),
            "Time": datetime(year, 3, 9, tzinfo=UTC),
        }
        for year in (2024, 2025)
    ]

    answer = local_stack.client("events").put_events(Entries=entries)

    times = [event["time"] for event in inbox.wait_for(["of-2024", "of-2025"])]
    assert times == ["2024-03-09T00:00:00Z", "2025-03-09T00:00:00Z"]
    assert (answer["FailedEntryCount"], len(answer["Entries"])) == (0, 2)
