"""The heartbeat: an event with our envelope, and the truth about what the bus said to it."""

from datetime import UTC, datetime

import pytest

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.publishing import Publisher
from commerce_hooks.schemas.envelope import Metadata
from support.receiving import FakeClock
from support.strict_eventbridge import BUS_ARN, StrictEventBridge
from upkeep.heartbeat import Heart

MOMENT = datetime(2026, 3, 9, 12, 0, 0, 123_000, tzinfo=UTC)


@pytest.fixture
def event_bridge() -> StrictEventBridge:
    return StrictEventBridge()


def beat(event_bridge: StrictEventBridge, seconds: float = 20.0) -> str | None:
    clock = FakeClock()
    publisher = Publisher(EventBridgeBus(event_bridge.client(), BUS_ARN), clock.sleep)
    heart = Heart(publisher, "test/unit", lambda: MOMENT, lambda: "beat-1")
    return heart.beat(Deadline(clock, seconds))


def test_a_heartbeat_is_an_event_of_ours_about_no_platform(event_bridge: StrictEventBridge) -> None:
    assert beat(event_bridge) is None

    (entry,), (detail,) = event_bridge.accepted, event_bridge.details
    assert (entry["Source"], entry["DetailType"]) == ("commerce-hooks.system", "system.heartbeat")
    assert detail["data"] == {}
    metadata = Metadata.model_validate(detail["metadata"])
    assert (metadata.deployment, metadata.platform, metadata.store) == (
        *("test/unit", "system", "system"),
    )
    assert (metadata.action, metadata.origin, metadata.topic) == ("heartbeat", "schedule", None)
    assert (metadata.callback_id, metadata.event_id) == ("beat-1", "beat-1.0")
    assert metadata.received_at == "2026-03-09T12:00:00.123Z"


def test_a_bus_that_fails_in_passing_is_tried_again(event_bridge: StrictEventBridge) -> None:
    event_bridge.fail_next.extend(["ThrottlingException", {0: "InternalFailure"}])

    assert beat(event_bridge) is None
    assert event_bridge.detail_types == ["system.heartbeat"]


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        ("AccessDeniedException", "bus: AccessDeniedException"),
        ({0: "MalformedDetail"}, "bus: MalformedDetail"),
        ({0: "NotAuthorizedForSourceException"}, "bus: NotAuthorizedForSourceException"),
    ],
)
def test_why_the_bus_did_not_take_it_is_told(
    event_bridge: StrictEventBridge, failure: str | dict[int, str], cause: str
) -> None:
    event_bridge.fail_next.append(failure)

    assert beat(event_bridge) == cause
    assert event_bridge.accepted == []


def test_a_bus_that_fails_for_too_long_is_given_up(event_bridge: StrictEventBridge) -> None:
    event_bridge.fail_next.extend(["ThrottlingException"] * 10_000)

    assert beat(event_bridge) == "bus: ThrottlingException"
