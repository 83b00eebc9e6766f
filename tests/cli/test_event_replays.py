"""What EventBridge is asked for a replay: at the SDK's wire, and played by moto."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from commerce_hooks_cli.archives import Progress, ReplayOrder, ReplayState, Rule, Window
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.event_replays import EventBridgeReplays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_events import EventBridgeClient

ARN = "arn:aws:events:eu-central-1:123456789012"
ARCHIVE = f"{ARN}:archive/shop-EventArchive-1A"
BUS = f"{ARN}:event-bus/shop"
BEGIN, END = (datetime(2026, 5, 6, hour, tzinfo=UTC) for hour in (7, 9))
ORDER = ReplayOrder("again", ARCHIVE, BUS, Window(BEGIN, END), "replay")


@pytest.fixture
def events() -> "EventBridgeClient":
    return boto3.client("events")


@pytest.fixture
def stub(events: "EventBridgeClient") -> "Iterator[Stubber]":
    with Stubber(events) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def replays(events: "EventBridgeClient") -> EventBridgeReplays:
    return EventBridgeReplays(events)


@pytest.mark.parametrize(
    ("rule_arns", "destination"),
    [
        ((), {"Arn": BUS}),
        ((f"{ARN}:rule/shop/a",), {"Arn": BUS, "FilterArns": [f"{ARN}:rule/shop/a"]}),
    ],
)
def test_a_replay_is_ordered_as_it_is_meant(
    stub: Stubber, replays: EventBridgeReplays, rule_arns: tuple[str, ...], destination: Any
) -> None:
    asked = {
        "ReplayName": "again",
        "Description": "Started by `commerce-hooks replay`.",
        "EventSourceArn": ARCHIVE,
        "EventStartTime": BEGIN,
        "EventEndTime": END,
        "Destination": destination,
    }
    stub.add_response("start_replay", {"State": "STARTING"}, asked)

    replays.start(ReplayOrder("again", ARCHIVE, BUS, ORDER.window, "replay", rule_arns))


def test_too_many_replays_at_once_are_told(stub: Stubber, replays: EventBridgeReplays) -> None:
    stub.add_client_error("start_replay", "LimitExceededException")

    with pytest.raises(CommandError, match="ten replays at once") as told:
        replays.start(ORDER)

    assert "list-replays" in told.value.hint


def test_other_refusals_stay_what_they_are(stub: Stubber, replays: EventBridgeReplays) -> None:
    stub.add_client_error("start_replay", "AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDeniedException"):
        replays.start(ORDER)


@pytest.mark.parametrize(
    ("told", "progress"),
    [
        ({"State": "STARTING"}, Progress(ReplayState.STARTING)),
        (
            {"State": "RUNNING", "EventLastReplayedTime": BEGIN},
            Progress(ReplayState.RUNNING, BEGIN),
        ),
        (
            {"State": "FAILED", "StateReason": "It fell over."},
            Progress(ReplayState.FAILED, reason="It fell over."),
        ),
    ],
)
def test_its_progress_is_what_eventbridge_tells(
    stub: Stubber, replays: EventBridgeReplays, told: Any, progress: Progress
) -> None:
    stub.add_response("describe_replay", told, {"ReplayName": "again"})

    assert replays.progress("again") == progress


def test_only_an_end_is_final() -> None:
    final = {state for state in ReplayState if state.final}

    assert final == {ReplayState.COMPLETED, ReplayState.CANCELLED, ReplayState.FAILED}


@pytest.mark.parametrize(
    "code", ["IllegalStatusException", "ValidationException", "ResourceNotFoundException"]
)
def test_what_has_ended_or_never_began_need_not_be_cancelled(
    stub: Stubber, replays: EventBridgeReplays, code: str
) -> None:
    stub.add_client_error("cancel_replay", code)
    stub.add_response("cancel_replay", {"State": "CANCELLING"}, {"ReplayName": "again"})

    assert [replays.cancel("again"), replays.cancel("again")] == [False, True]


def test_a_cancellation_that_is_refused_is_an_error(
    stub: Stubber, replays: EventBridgeReplays
) -> None:
    stub.add_client_error("cancel_replay", "AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDeniedException"):
        replays.cancel("again")


def test_all_rules_that_events_can_match_are_found(
    stub: Stubber, replays: EventBridgeReplays
) -> None:
    def told(name: str, **more: str) -> dict[str, str]:
        pattern = {"EventPattern": "{}"}
        return {
            "Name": name,
            "Arn": f"{ARN}:rule/shop/{name}",
            "State": "ENABLED",
            **pattern,
            **more,
        }

    scheduled = {"Name": "c", "Arn": "arn:c", "ScheduleExpression": "rate(1 day)"}
    pages = (
        {"Rules": [told("a"), told("b", State="DISABLED"), scheduled], "NextToken": "more"},
        {"Rules": [told("d", ManagedBy="prod.vhs.events.aws.internal")]},
    )
    stub.add_response("list_rules", pages[0], {"EventBusName": "shop"})
    stub.add_response("list_rules", pages[1], {"EventBusName": "shop", "NextToken": "more"})

    assert replays.rules("shop") == [
        Rule("a", f"{ARN}:rule/shop/a"),
        Rule("b", f"{ARN}:rule/shop/b", enabled=False),
        Rule("d", f"{ARN}:rule/shop/d", managed=True),
    ]


def test_an_archive_is_asked_for_by_its_name(stub: Stubber, replays: EventBridgeReplays) -> None:
    name = {"ArchiveName": "shop-EventArchive-1A"}
    stub.add_response("describe_archive", {"RetentionDays": 14, "CreationTime": BEGIN}, name)

    archive = replays.archive(ARCHIVE)

    assert (archive.name, archive.retention_days) == ("shop-EventArchive-1A", 14)
    assert archive.created_at == BEGIN


def test_moto_takes_it_all() -> None:
    """Its checks of names, times and buses are AWS's."""
    with mock_aws():
        events = boto3.client("events")
        bus = events.create_event_bus(Name="shop")["EventBusArn"]
        arn = events.create_archive(ArchiveName="kept", EventSourceArn=bus)["ArchiveArn"]
        replays = EventBridgeReplays(events)

        replays.start(ReplayOrder("again", arn, bus, ORDER.window, "resend"))

        assert replays.archive(arn).retention_days == 0
        assert replays.progress("again").state is ReplayState.COMPLETED
        assert replays.cancel("never-begun") is False
        assert events.describe_replay(ReplayName="again")["EventStartTime"] == BEGIN
