"""A bulk's events all go out, wherever its job dies, and what can't go out is kept."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bulk.job import SLICE_EVENTS, SLICE_SECONDS
from commerce_hooks.deadline import BUCKET_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.publishing import BusEntry
from support.bulk import BulkRig, Crashes
from support.faults import CrashError

ORDERS = SLICE_EVENTS + 30


def orders(count: int = ORDERS) -> bytes:
    return json.dumps({"orders": [{"id": number} for number in range(count)]}).encode()


def ids(count: int = ORDERS) -> list[str]:
    return [f"c.{number}" for number in range(count)]


def test_every_order_of_a_bulk_becomes_an_event_with_an_id_of_the_callback() -> None:
    rig = BulkRig(orders())

    assert rig.work()

    assert rig.published == ids()
    resources = [detail["metadata"]["resource"]["id"] for detail in rig.event_bridge.details]
    assert resources == [str(number) for number in range(ORDERS)]


def test_each_slice_is_noted_with_what_it_is_about_so_that_an_order_can_be_found() -> None:
    rig = BulkRig(orders().replace(b'"id": 7}', b'"id": "a b"}'))

    rig.work()

    first, second = rig.told.notes
    assert first["callback_id"] == second["callback_id"] == "c"
    assert first["resources"] == [str(number) for number in range(SLICE_EVENTS) if number != 7]
    assert second["event_ids"] == ids()[SLICE_EVENTS:]


def test_a_body_that_is_dealt_with_is_gone_and_its_job_does_nothing_more() -> None:
    rig = BulkRig(orders())
    rig.work()

    assert rig.work()

    assert rig.published == ids()
    assert sorted(rig.bucket.objects) == [f"{rig.key}.done", f"{rig.key}.progress"]


def calls_of_a_whole_job(body: bytes) -> int:
    rig = BulkRig(body)
    rig.work()
    return rig.crashes.calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "body", [orders(), orders().replace(b'"id": 7}', b'"id": "x"}')], ids=["valid", "one_invalid"]
)
def test_wherever_the_function_dies_every_event_goes_out(body: bytes, *, after: bool) -> None:
    whole = BulkRig(body)
    whole.work()
    for at in range(calls_of_a_whole_job(body)):
        rig = BulkRig(body, Crashes(at, after))
        with pytest.raises(CrashError):
            rig.work()

        assert rig.work()

        assert sorted(set(rig.published)) == sorted(whole.published), at
        assert len(rig.published) <= len(whole.published) + SLICE_EVENTS, at
        assert rig.bucket.objects == whole.bucket.objects, at


def test_what_was_published_twice_is_the_same_event_twice() -> None:
    rig = BulkRig(orders(), Crashes(at=5, after=True))
    with pytest.raises(CrashError):
        rig.work()
    rig.work()

    details = [json.dumps(detail) for detail in rig.event_bridge.details]
    assert len(details) > len(set(details)) == ORDERS


def test_a_job_that_runs_out_of_time_goes_on_at_once_where_it_was() -> None:
    rig = BulkRig(orders())
    rig.bus.before = lambda _: rig.clock.sleep(0.4)

    assert not rig.work(SLICE_SECONDS + 1)
    first = list(rig.published)
    assert rig.messages.handed_back == ["receipt"]
    assert rig.work()

    assert first == ids(SLICE_EVENTS)
    assert rig.published == ids()
    assert [line["outcome"] for line in rig.told.lines] == ["to_be_continued", "done"]


def test_a_bus_that_is_slow_holds_no_job_up() -> None:
    rig = BulkRig(orders())
    rig.bus.before = lambda _: rig.clock.sleep(3.0)

    while not rig.work():
        assert len(rig.told.lines) < ORDERS / SLICE_EVENTS + 1

    assert rig.published == ids()


def test_a_run_that_began_earlier_undoes_nothing() -> None:
    """The queue may deliver a message twice, and both runs may be under way."""
    rig = BulkRig(orders())
    late = rig.worker.job.open(rig.key)
    assert late is not None
    assert rig.work()

    rig.worker.job.run(late, Deadline(rig.clock, SLICE_SECONDS + 1))

    assert rig.work()
    assert rig.told.lines[-1]["outcome"] == "done"
    assert set(rig.published) == set(ids())


def test_an_invalid_order_holds_no_other_back_and_is_kept() -> None:
    rig = BulkRig(orders().replace(b'"id": 7}', b'"id": true}'))

    assert rig.work()

    assert rig.published == [*(id_ for id_ in ids() if id_ != "c.7"), "c.q"]
    pointer = rig.event_bridge.details[-1]
    assert pointer["data"] == {
        "reason": "invalid",
        "errors": [{"loc": [7, "order", "id"], "type": "identifier"}],
    }
    assert rig.bucket.objects[pointer["metadata"]["payload"]["stored"]["key"]]
    assert rig.told.lines[-1]["outcome"] == "quarantined"


def test_an_order_that_the_bus_refuses_for_good_is_kept_as_well() -> None:
    rig = BulkRig(orders())
    rig.event_bridge.fail_next.append({3: "MalformedDetail"})

    assert rig.work()

    assert "c.3" not in rig.published
    assert rig.event_bridge.details[-1]["data"] == {
        "reason": "refused_by_bus",
        "errors": [{"loc": [3], "type": "MalformedDetail"}],
    }


def test_invalid_and_refused_orders_of_one_slice_are_both_told() -> None:
    rig = BulkRig(orders().replace(b'"id": 7}', b'"id": true}'))
    rig.event_bridge.fail_next.append({3: "MalformedDetail"})

    rig.work()

    errors: list[dict[str, Any]] = rig.event_bridge.details[-1]["data"]["errors"]
    assert [error["loc"][0] for error in errors] == [3, 7]


def test_a_body_that_can_no_longer_be_read_is_quarantined() -> None:
    rig = BulkRig(b"{broken")

    assert rig.work()

    assert rig.published == ["c.q"]
    assert rig.key not in rig.bucket.objects


def test_while_a_service_fails_the_message_comes_again() -> None:
    rig = BulkRig(orders())
    rig.event_bridge.fail_next.append("AccessDeniedException")

    assert not rig.work()
    assert rig.work()

    assert rig.published == ids()
    assert rig.told.lines[0] == {
        "level": "warning",
        "outcome": "unavailable",
        "cause": "bus: AccessDeniedException",
    }


def test_a_body_that_is_gone_before_it_was_published_is_told_and_not_forgotten() -> None:
    rig = BulkRig(orders())
    rig.bucket.objects.clear()

    assert not rig.work()

    assert rig.told.lines == [
        {"level": "error", "outcome": "lost", "cause": "the body of a bulk is gone"}
    ]


def test_what_cannot_be_opened_comes_again_and_is_told() -> None:
    rig = BulkRig(orders())
    rig.bucket.attributes[rig.key] = {}

    assert not rig.work()

    (line,) = rig.told.lines
    assert (line["outcome"], line["cause"]) == ("internal_error", "RecordUnreadableError")


def test_progress_that_another_version_saved_is_begun_anew() -> None:
    rig = BulkRig(orders())
    rig.bucket.put(f"{rig.key}.progress", b'{"parts": 100}', {})

    assert rig.work()

    assert rig.published == ids()


def test_a_body_whose_pointer_the_bus_refuses_for_good_is_kept_once_and_that_is_told() -> None:
    rig = BulkRig(b"{broken")
    rig.event_bridge.fail_next.append({0: "MalformedDetail"})

    assert rig.work()

    (line,) = rig.told.lines
    assert (line["level"], line["outcome"], line["cause"]) == (
        *("warning", "quarantined"),
        "bus: MalformedDetail",
    )
    assert f"{rig.key}.done" in rig.bucket.objects


def test_a_body_whose_pointer_cannot_be_published_stays() -> None:
    rig = BulkRig(orders().replace(b'"id": 7}', b'"id": true}'))

    def refuse_pointers(events: Sequence[BusEntry]) -> None:
        if events[0].detail_type == "callback.quarantined" and not rig.told.lines:
            raise UnavailableError("bus", "AccessDeniedException", may_pass=False)

    rig.bus.before = refuse_pointers

    assert not rig.work()
    assert rig.told.lines[0]["cause"] == "bus: bus: AccessDeniedException"
    assert rig.work()
    assert rig.published[-1] == "c.q"


def test_problems_of_all_slices_are_told_with_the_first_reason() -> None:
    rig = BulkRig(orders().replace(b'"id": 7}', b'"id": true}').replace(b'"id": 77}', b'"id": []}'))
    rig.event_bridge.fail_next.extend([{}] * 6)
    rig.event_bridge.fail_next.append({0: "MalformedDetail"})

    rig.work()

    told = rig.event_bridge.details[-1]["data"]
    assert told["reason"] == "invalid"
    assert [error["loc"][0] for error in told["errors"]] == [7, 60, 77]


def test_a_fault_of_ours_keeps_the_body_and_is_told_without_its_message() -> None:
    rig = BulkRig(orders())

    def fault(events: Sequence[BusEntry]) -> None:
        if events[0].detail_type == "order.created":
            raise KeyError("CANARY")

    rig.bus.before = fault

    assert rig.work()

    assert rig.published == ["c.q"]
    (line,) = rig.told.lines
    trace = line.pop("trace")
    assert isinstance(trace, list)
    assert "test_bulk_job.py" in trace[-1]
    assert line == {
        "level": "error",
        "platform": "konimbo",
        "store": "acme",
        "topic": "order_created_bulk",
        "callback_id": "c",
        "outcome": "internal_error",
        "cause": "KeyError",
    }


def test_a_message_that_cannot_be_handed_back_comes_again_later() -> None:
    rig = BulkRig(orders())
    rig.messages.failing = True

    assert not rig.work(SLICE_SECONDS - 1)

    assert rig.told.lines[-1]["outcome"] == "unavailable"


def test_the_time_for_large_events_is_bounded_by_the_run() -> None:
    rig = BulkRig(orders())
    given: list[float] = []
    object.__setattr__(rig.worker.job, "max_inline_bytes", 100)
    rig.bucket.on_put = lambda key, seconds: given.append(seconds) if "oversize" in key else None

    rig.work(SLICE_SECONDS + 1)

    assert given
    assert max(given) <= BUCKET_SECONDS
