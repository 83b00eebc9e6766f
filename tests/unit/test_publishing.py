"""Publishing: chunks as AWS counts, failed entries alone, nothing past the deadline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.publishing import (
    MAX_CALL_BYTES,
    MAX_ENTRIES,
    PERMANENT_CODES,
    RETRYABLE_CODES,
    BusCallRefusedError,
    BusEntry,
    NotPublishedError,
    Published,
    Publisher,
    batches,
    entry_size,
)
from commerce_hooks.schemas.envelope import Metadata
from support.receiving import FakeClock
from support.strict_eventbridge import BUS_ARN, StrictEventBridge, entry_bytes


def event(number: int, size: int = 0) -> Event:
    metadata = Metadata(
        deployment="test/unit",
        platform="centry",
        store="acme",
        topic="on_order_save",
        action="saved",
        callback_id="c",
        event_id=f"c.{number}",
        received_at="2026-03-09T12:00:00.000Z",
        content_sha256="0" * 64,
    )
    moment = datetime(2026, 3, 9, 12, tzinfo=UTC)
    return Event("commerce-hooks.centry", "order.saved", moment, metadata, {"fill": "x" * size})


def events(count: int) -> list[Event]:
    return [event(number) for number in range(count)]


def ids(published: Sequence[BusEntry]) -> list[str]:
    return [event.event_id for event in published]


@given(st.lists(st.integers(0, 600_000), max_size=30))
def test_batches_keep_order_and_limits_and_are_few(sizes: list[int]) -> None:
    wanted = [event(number, size) for number, size in enumerate(sizes)]

    made = list(batches(wanted, entry_size))

    assert [e for batch in made for e in batch] == wanted
    assert all(1 <= len(batch) <= MAX_ENTRIES for batch in made)
    assert all(sum(map(entry_size, batch)) <= MAX_CALL_BYTES for batch in made)
    for batch, following in pairwise(made):
        joined = [*batch, following[0]]
        too_large = sum(map(entry_size, joined)) > MAX_CALL_BYTES
        assert too_large or len(joined) > MAX_ENTRIES


@dataclass
class OnAws:
    """A publisher on the strict EventBridge, with a clock that only sleeping moves."""

    event_bridge: StrictEventBridge = field(default_factory=StrictEventBridge)
    clock: FakeClock = field(default_factory=FakeClock)

    def publish(self, wanted: Sequence[Event], seconds: float = 4.0) -> Published:
        bus = EventBridgeBus(self.event_bridge.client(), BUS_ARN)
        return Publisher(bus, self.clock.sleep).publish(wanted, Deadline(self.clock, seconds))


@pytest.fixture
def on_aws() -> OnAws:
    return OnAws()


def test_an_entry_is_measured_as_aws_does(on_aws: OnAws) -> None:
    on_aws.publish([event(1, 1000)])

    assert entry_bytes(on_aws.event_bridge.accepted[0]) == entry_size(event(1, 1000))


def test_the_limits_are_those_of_aws() -> None:
    assert (MAX_ENTRIES, MAX_CALL_BYTES) == (10, 1_000_000)


def test_more_than_ten_events_take_several_calls(on_aws: OnAws) -> None:
    published = on_aws.publish(events(23))

    assert [len(call) for call in on_aws.event_bridge.calls] == [10, 10, 3]
    assert published.event_ids == ids(events(23))


@pytest.mark.parametrize("code", sorted(RETRYABLE_CODES))
def test_only_the_entries_that_failed_are_tried_again(on_aws: OnAws, code: str) -> None:
    on_aws.event_bridge.fail_next.append({1: code, 3: code})

    published = on_aws.publish(events(5))

    assert [len(call) for call in on_aws.event_bridge.calls] == [5, 2]
    assert sorted(published.event_ids) == ids(events(5))
    assert published.refused == {}


@pytest.mark.parametrize("code", sorted(PERMANENT_CODES))
def test_an_entry_refused_for_good_is_not_tried_again(on_aws: OnAws, code: str) -> None:
    on_aws.event_bridge.fail_next.append({1: code})

    published = on_aws.publish(events(3))

    assert len(on_aws.event_bridge.calls) == 1
    assert published.refused == {"c.1": code}
    assert published.event_ids == ["c.0", "c.2"]


def test_an_event_over_the_limit_is_refused_without_a_call(on_aws: OnAws) -> None:
    published = on_aws.publish([event(1, MAX_CALL_BYTES), event(2)])

    assert published.refused == {"c.1": "EntryTooLarge"}
    assert published.event_ids == ["c.2"]


def test_a_call_refused_as_a_whole_is_bisected_to_the_entry_at_fault() -> None:
    bus = PickyBus(poison="c.6")
    clock = FakeClock()

    published = Publisher(bus, clock.sleep).publish(events(10), Deadline(clock, 4))

    assert published.refused == {"c.6": "ValidationException"}
    assert sorted(published.event_ids) == sorted(set(ids(events(10))) - {"c.6"})
    assert bus.calls <= 8


def test_a_refused_call_is_told_from_one_that_failed(on_aws: OnAws) -> None:
    on_aws.event_bridge.fail_next.append("ValidationException")

    published = on_aws.publish(events(1))

    assert published.refused == {"c.0": "ValidationException"}


@dataclass
class PickyBus:
    """Refuses every call that holds the poison."""

    poison: str
    calls: int = 0

    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        assert seconds > 0
        self.calls += 1
        if self.poison in ids(entries):
            raise BusCallRefusedError("ValidationException")
        return [None] * len(entries)


def test_a_failing_bus_is_given_up_at_the_deadline_and_named(on_aws: OnAws) -> None:
    on_aws.event_bridge.fail_next.extend(["ThrottlingException"] * 1000)

    with pytest.raises(UnavailableError, match="bus: ThrottlingException"):
        on_aws.publish(events(1))

    assert on_aws.clock.seconds <= 4
    assert 5 <= len(on_aws.event_bridge.calls) <= 60


def test_no_call_is_begun_after_the_deadline(on_aws: OnAws) -> None:
    with pytest.raises(UnavailableError, match="bus: deadline"):
        on_aws.publish(events(1), seconds=0)

    assert on_aws.event_bridge.calls == []


def test_a_missing_permission_is_not_tried_again(on_aws: OnAws) -> None:
    on_aws.event_bridge.fail_next.extend(["AccessDeniedException"] * 3)

    with pytest.raises(UnavailableError) as failed:
        on_aws.publish(events(1))

    assert (failed.value.may_pass, len(on_aws.event_bridge.calls)) == (False, 1)


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "NotAuthorizedForSourceException", "SomethingNew"]
)
def test_an_entry_our_role_may_not_put_is_not_the_event_s_fault(on_aws: OnAws, code: str) -> None:
    on_aws.event_bridge.fail_next.append({0: code})

    with pytest.raises(UnavailableError, match=code):
        on_aws.publish(events(1))


@given(
    st.integers(1, 25),
    st.lists(
        st.dictionaries(st.integers(0, 9), st.sampled_from(sorted(RETRYABLE_CODES))), max_size=6
    ),
)
def test_whatever_fails_in_passing_everything_arrives_exactly_once(
    count: int, failures: list[dict[int, str]]
) -> None:
    on_aws = OnAws()
    on_aws.event_bridge.fail_next.extend(failures)

    published = on_aws.publish(events(count), seconds=60)

    assert sorted(published.event_ids) == sorted(ids(events(count)))
    assert len(on_aws.event_bridge.accepted) == count


def test_an_entry_that_has_neither_id_nor_code_is_not_taken_for_published() -> None:
    class Vague:
        def put_events(self, **_: object) -> dict[str, object]:
            return {"FailedEntryCount": 1, "Entries": [{}, {"EventId": "e"}]}

    bus = EventBridgeBus(Vague(), BUS_ARN)  # type: ignore[arg-type]

    assert bus.put(events(2), 1) == ["AnswerCutShort", None]


def test_what_is_left_of_very_many_is_found_quickly_and_in_order() -> None:
    class HalfBus:
        calls = 0

        def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
            assert seconds > 0
            self.calls += 1
            if self.calls > 100:
                raise UnavailableError("bus", "Timeout", may_pass=False)
            return [None] * len(entries)

    clock, many = FakeClock(), events(2_000)
    with pytest.raises(NotPublishedError) as failed:
        Publisher(HalfBus(), clock.sleep).publish(many, Deadline(clock, 4))

    assert failed.value.left == tuple(many[1_000:])
    assert failed.value.published.event_ids == ids(many[:1_000])


@pytest.mark.parametrize("answer", [{}, {"Entries": []}, {"FailedEntryCount": 0, "Entries": []}])
def test_an_answer_for_fewer_entries_is_not_believed(answer: dict[str, object]) -> None:
    class Forgetful:
        def put_events(self, **_: object) -> dict[str, object]:
            return answer

    bus = EventBridgeBus(Forgetful(), BUS_ARN)  # type: ignore[arg-type]

    with pytest.raises(UnavailableError, match="AnswerCutShort"):
        bus.put(events(1), 1)
