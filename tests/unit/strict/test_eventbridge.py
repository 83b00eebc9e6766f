"""The strict EventBridge says no where AWS does, and loses what AWS loses."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.faults import Partly, Refused, Script
from support.strict_eventbridge import BUS_ARN, StrictEventBridge, entry_bytes
from support.wire import NotModelledError

GOOD: dict[str, Any] = {
    "EventBusName": BUS_ARN,
    "Source": "commerce-hooks.centry",
    "DetailType": "order.saved",
    "Detail": "{}",
}


def put(event_bridge: StrictEventBridge, *entries: dict[str, Any]) -> Any:
    return event_bridge.client().put_events(Entries=entries)  # type: ignore[arg-type]


def code_of(**changed: str) -> str | None:
    found: str | None = put(StrictEventBridge(), GOOD | changed)["Entries"][0].get("ErrorCode")
    return found


def test_a_good_entry_is_on_the_bus_as_it_was_sent() -> None:
    event_bridge = StrictEventBridge()
    moment = datetime(2026, 3, 9, 12, tzinfo=UTC)

    answer = put(event_bridge, GOOD | {"Time": moment, "Detail": '{"n": 1}'})

    assert answer["FailedEntryCount"] == 0
    assert answer["Entries"] == [{"EventId": "aws-1"}]
    assert event_bridge.accepted == [
        GOOD | {"Time": moment.timestamp(), "Detail": '{"n": 1}'},
    ]
    assert event_bridge.details == [{"n": 1}]
    assert event_bridge.detail_types == ["order.saved"]
    assert event_bridge.wire.counts == {"PutEvents": 1}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": ""}, "InvalidArgument"),
        ({"Detail": ""}, "InvalidArgument"),
        ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException"),
        ({"Detail": "text"}, "MalformedDetail"),
        ({"Detail": '"text"'}, "MalformedDetail"),
        ({"Detail": "[]"}, "MalformedDetail"),
        ({"Detail": "null"}, "MalformedDetail"),
        ({"Detail": "{"}, "MalformedDetail"),
        ({"Detail": '{"n": NaN}'}, "MalformedDetail"),
        ({"Detail": '{"n": Infinity}'}, "MalformedDetail"),
        ({"Detail": '{"n": 9223372036854775807}'}, None),
        ({"Detail": '{"n": 9223372036854775808}'}, "MalformedDetail"),
        ({"Detail": '{"n": -9223372036854775808}'}, None),
        ({"Detail": '{"n": [-9223372036854775809]}'}, "MalformedDetail"),
    ],
)
def test_an_entry_at_fault_fails_alone(changed: dict[str, str], code: str | None) -> None:
    assert code_of(**changed) == code


@pytest.mark.parametrize("missing", ["Source", "DetailType", "Detail"])
def test_an_entry_without_one_of_its_parts_fails_alone(missing: str) -> None:
    event_bridge = StrictEventBridge()
    partial = {name: part for name, part in GOOD.items() if name != missing}

    answer = put(event_bridge, GOOD, partial)

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == "InvalidArgument"
    assert event_bridge.accepted == [GOOD]


def test_brackets_in_text_are_no_nesting() -> None:
    assert code_of(Detail=json.dumps({"text": "[" * 2_000})) is None


def test_many_levels_are_told_from_many_brackets() -> None:
    assert code_of(Detail=json.dumps({"wide": [[]] * 2_000})) is None
    assert code_of(Detail='{"deep":' + "[" * 1_000 + "]" * 1_000 + "}") == "MalformedDetail"


def test_a_thousand_levels_are_taken_and_no_more() -> None:
    """Python's parser gives up before that, unless it is told not to."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(5_000)
    try:
        codes = [code_of(Detail='{"deep":' + "[" * n + "]" * n + "}") for n in (999, 1_000)]
    finally:
        sys.setrecursionlimit(limit)

    assert codes == [None, "MalformedDetail"]


def test_what_just_fits_is_taken() -> None:
    event_bridge = StrictEventBridge()
    longest = GOOD | {"DetailType": "x" * 128, "Source": "x" * 256}

    answer = put(event_bridge, *[longest] * 10)

    assert answer["FailedEntryCount"] == 0
    assert len({result["EventId"] for result in answer["Entries"]}) == 10
    assert event_bridge.accepted == [longest] * 10


@pytest.mark.parametrize(
    "entries",
    [
        [GOOD] * 11,
        [GOOD | {"Detail": json.dumps({"fill": "x" * 1024 * 1024})}],
        [GOOD | {"Detail": json.dumps({"fill": "é" * 100_000}, ensure_ascii=False)}] * 6,
        [GOOD | {"EventBusName": "no bus is called so"}],
    ],
)
def test_a_malformed_call_is_refused_as_a_whole(entries: list[dict[str, Any]]) -> None:
    event_bridge = StrictEventBridge()

    with pytest.raises(ClientError, match="ValidationException"):
        put(event_bridge, *entries)

    assert event_bridge.accepted == []
    assert event_bridge.calls == [entries]


def test_a_call_has_to_stay_below_its_limit() -> None:
    room = 1024 * 1024 - entry_bytes(GOOD) - len('"f":""')
    fitting = GOOD | {"Detail": json.dumps({"f": "x" * (room - 1)}, separators=(",", ":"))}
    reaching = GOOD | {"Detail": json.dumps({"f": "x" * room}, separators=(",", ":"))}
    event_bridge = StrictEventBridge()

    put(event_bridge, fitting)

    assert entry_bytes(fitting) == 1024 * 1024 - 1
    with pytest.raises(ClientError, match="ValidationException"):
        put(event_bridge, reaching)


def test_an_entry_is_measured_with_its_time_and_resources() -> None:
    assert entry_bytes(GOOD) == len("commerce-hooks.centry") + len("order.saved") + len("{}")
    assert entry_bytes(GOOD | {"Time": 0}) == entry_bytes(GOOD) + 14
    assert entry_bytes(GOOD | {"Resources": ["arn:é"]}) == entry_bytes(GOOD) + 6


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"EventBusName": "another"}, "unknown bus"),
        ({"EventBusName": BUS_ARN + "-2"}, "unknown bus"),
        ({"EventBusName": BUS_ARN.replace("123456789012", "210987654321")}, "unknown bus"),
        ({"DetailType": "x" * 129}, "detail-type too long"),
        ({"Source": "x" * 257}, "source too long"),
    ],
)
def test_what_vanishes_is_answered_with_success_and_seen_by_the_test(
    changed: dict[str, str], reason: str
) -> None:
    event_bridge = StrictEventBridge()

    answer = put(event_bridge, GOOD | changed, GOOD)

    assert answer["FailedEntryCount"] == 0
    assert all("EventId" in result for result in answer["Entries"])
    assert [dropped.reason for dropped in event_bridge.dropped] == [reason]
    assert event_bridge.accepted == [GOOD]


def test_without_a_name_an_event_goes_to_a_bus_that_nobody_listens_to() -> None:
    event_bridge = StrictEventBridge()

    put(event_bridge, {name: part for name, part in GOOD.items() if name != "EventBusName"})

    assert [dropped.reason for dropped in event_bridge.dropped] == ["unknown bus"]


def test_a_bus_may_be_named_or_given_by_its_arn() -> None:
    event_bridge = StrictEventBridge()

    put(event_bridge, GOOD | {"EventBusName": "commerce-hooks-test"}, GOOD)

    names = [entry["EventBusName"] for entry in event_bridge.accepted]
    assert names == ["commerce-hooks-test", BUS_ARN]


def test_scripted_failures_come_before_the_plan() -> None:
    plan = Script().then("events", Refused("InternalException", 500), Partly({0: "Planned"}))
    event_bridge = StrictEventBridge(plan=plan)
    event_bridge.fail_next.extend(["ThrottlingException", {1: "Scripted"}, OSError("network")])

    with pytest.raises(ClientError, match="ThrottlingException"):
        put(event_bridge, GOOD)
    assert put(event_bridge, GOOD, GOOD)["Entries"][1]["ErrorCode"] == "Scripted"
    with pytest.raises(OSError, match="network"):
        put(event_bridge, GOOD)
    with pytest.raises(ClientError, match="InternalException"):
        put(event_bridge, GOOD)
    assert put(event_bridge, GOOD)["Entries"][0]["ErrorCode"] == "Planned"
    assert len(event_bridge.accepted) == 1
    assert len(event_bridge.calls) == 5


def test_what_it_does_not_model_is_no_failure_of_the_service() -> None:
    client = StrictEventBridge().client()

    with pytest.raises(NotModelledError, match="EndpointId"):
        client.put_events(Entries=[GOOD], EndpointId="abcde.veo")  # type: ignore[list-item]
    with pytest.raises(NotModelledError, match="ListRules"):
        client.list_rules()
