"""Every letter has one fate, whatever becomes of those that are delivered with it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from commerce_hooks.deadline import ANSWER_SECONDS
from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter
from commerce_hooks.publishing import BusEntry
from redeliver.fates import Fate, Verdict
from support.outbox import NOW, OutboxRig, callback, letter, message, waiting

BULK = ("konimbo", "order_created_bulk")


def verdicts(fates: Sequence[Fate]) -> list[Verdict]:
    return [fate.verdict for fate in fates]


def deliver(rig: OutboxRig, *letters: Letter, seconds: float = 45) -> list[Fate]:
    return rig.redelivery.deliver(letters, rig.until(seconds))


def test_events_go_out_as_they_waited_ten_to_a_call() -> None:
    rig = OutboxRig()
    detail = '{"metadata":{"event_id":"c0.0"},"data":{"n":1e400,"s":"\\ud800"}}'.replace(
        "1e400", "1"
    )

    fates = deliver(rig, letter(0, detail=detail), *map(letter, range(1, 12)))

    assert verdicts(fates) == [Verdict.DELIVERED] * 12
    assert [len(call) for call in rig.event_bridge.calls] == [10, 2]
    first = rig.event_bridge.accepted[0]
    assert first["Detail"] == detail
    assert (first["Source"], first["DetailType"]) == ("commerce-hooks.centry", "order.saved")
    assert waiting(0).time == NOW


def test_of_no_letters_nothing_becomes() -> None:
    rig = OutboxRig()

    assert deliver(rig) == []
    assert not rig.event_bridge.calls


def test_an_event_that_the_bus_refuses_for_good_lies_with_the_dead_letters_and_why() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append({1: "MalformedDetail"})

    fates = deliver(rig, letter(0), letter(1), letter(2))

    assert verdicts(fates) == [Verdict.DELIVERED, Verdict.POISON, Verdict.DELIVERED]
    (dead,) = rig.dead_letters.letters
    assert dead.text == letter(1).text
    assert dead.attributes == {**letter(1).attributes, "cause": "bus: MalformedDetail"}


def test_an_event_that_is_too_large_for_the_bus_is_poison() -> None:
    rig = OutboxRig()

    fates = deliver(rig, letter(0, detail=json.dumps({"data": "x" * 1_000_000})))

    assert verdicts(fates) == [Verdict.POISON]
    assert rig.dead_letters.letters[0].attributes["cause"] == "bus: EntryTooLarge"


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (Letter("hello", {}), "no attribute kind"),
        (Letter("{}", {"kind": "event"}), "no attribute event-id"),
        (Letter("%%%", callback(1).attributes), "a malformed attribute or text"),
        (letter(0, source="aws.ec2"), "the source is not ours"),
        (callback(1, platform="gone"), "no such platform"),
    ],
    ids=["no letter", "half a letter", "no base64", "a foreign source", "no platform of ours"],
)
def test_what_nobody_can_deliver_is_poison_and_spoils_nothing_else(bad: Letter, cause: str) -> None:
    rig = OutboxRig()

    fates = deliver(rig, letter(1), bad, letter(2))

    assert verdicts(fates) == [Verdict.DELIVERED, Verdict.POISON, Verdict.DELIVERED]
    (dead,) = rig.dead_letters.letters
    assert (dead.text, dead.attributes["cause"]) == (bad.text, cause)


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.InternalError", None])
def test_poison_that_cannot_be_buried_comes_again(code: str | None) -> None:
    rig = OutboxRig()
    rig.dead_letters.code, rig.dead_letters.failing = code, code is None

    (fate,) = deliver(rig, Letter("hello", {}))

    assert fate.verdict is Verdict.UNBURIED
    assert fate.cause == f"no attribute kind, queue: {code or 'Throttled'}"
    assert not fate.done


def test_while_the_bus_fails_everything_comes_again_after_no_longer_than_the_bus_may_take() -> None:
    rig = OutboxRig()

    def hang(_entries: Sequence[BusEntry]) -> None:
        rig.clock.sleep(3.0)
        raise UnavailableError("bus", "Timeout")

    rig.bus.before = hang

    fates = deliver(rig, letter(0), callback(1), letter(2))

    assert verdicts(fates) == [Verdict.UNAVAILABLE, Verdict.UNTRIED, Verdict.UNAVAILABLE]
    assert fates[0].cause == "bus: Timeout"
    assert rig.clock.seconds <= 7


def test_what_the_bus_took_before_it_failed_does_not_come_again() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append({})
    rig.event_bridge.fail_next.append("AccessDeniedException")

    fates = deliver(rig, *map(letter, range(12)))

    assert verdicts(fates) == [Verdict.DELIVERED] * 10 + [Verdict.UNAVAILABLE] * 2


def test_a_callback_is_received_again_with_its_id_and_time() -> None:
    rig = OutboxRig()

    (fate,) = deliver(rig, callback(1))

    assert fate == Fate(Verdict.DELIVERED, event_ids=("k1.0",))
    (detail,) = rig.event_bridge.details
    assert detail["metadata"]["callback_id"] == "k1"
    assert detail["metadata"]["received_at"] == "2026-03-09T12:00:00.000Z"


def test_a_callback_that_still_cannot_become_an_event_is_quarantined() -> None:
    rig = OutboxRig()

    (fate,) = deliver(rig, callback(1, body=b"{broken"))

    assert fate.verdict is Verdict.DELIVERED
    assert rig.published == ["k1.q"]
    assert rig.bucket.objects["quarantine/centry/acme/2026-03-09/k1"] == b"{broken"


def test_a_callback_in_quarantine_comes_again_until_something_points_to_it() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")

    (fate,) = deliver(rig, callback(1, body=b"{broken"))

    assert fate == Fate(Verdict.UNAVAILABLE, "bus: AccessDeniedException")
    assert verdicts(deliver(rig, callback(1, body=b"{broken"))) == [Verdict.DELIVERED]
    assert rig.published == ["k1.q"]


def test_a_pointer_that_the_bus_refuses_for_good_is_told_and_the_bytes_are_kept_once() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append({0: "MalformedDetail"})

    assert rig.work(message(1, callback(1, body=b"{broken"))) == []

    assert rig.bucket.objects["quarantine/centry/acme/2026-03-09/k1"] == b"{broken"
    (line,) = rig.told.lines
    assert (line["level"], line["outcome"], line["cause"]) == (
        *("warning", "delivered"),
        "bus: MalformedDetail",
    )


def test_a_bulk_is_parked_and_left_to_a_job_or_if_that_fails_to_the_sweep() -> None:
    rig = OutboxRig()
    body = json.dumps({"orders": [{"id": number} for number in range(80)]}).encode()

    first = deliver(rig, callback(1, body, *BULK))
    rig.bulk_queue.failing = True
    second = deliver(rig, callback(2, body, *BULK))

    assert verdicts(first) == verdicts(second) == [Verdict.DELIVERED]
    assert rig.bulk_queue.keys == ["bulk/konimbo/acme/2026-03-09/k1"]
    assert rig.bucket.objects.keys() == {f"bulk/konimbo/acme/2026-03-09/k{n}" for n in (1, 2)}


def test_a_callback_that_no_service_takes_comes_again_and_is_not_put_back() -> None:
    rig = OutboxRig()
    rig.bucket.failing = True

    (fate,) = deliver(rig, callback(1, body=b"{broken"))

    assert fate == Fate(Verdict.UNAVAILABLE, "bucket: SlowDown, queue: NoOutbox")


def test_after_a_callback_that_no_service_took_no_other_is_begun() -> None:
    rig = OutboxRig()
    rig.bucket.failing = True

    fates = deliver(rig, callback(1, b"{broken"), callback(2))

    assert verdicts(fates) == [Verdict.UNAVAILABLE, Verdict.UNTRIED]


def test_a_callback_is_begun_only_with_the_time_that_it_had_when_it_came() -> None:
    rig = OutboxRig()

    assert verdicts(deliver(rig, callback(1), seconds=11.9)) == [Verdict.UNTRIED]
    assert verdicts(deliver(rig, callback(1), seconds=12.0)) == [Verdict.DELIVERED]


def test_a_callback_takes_no_longer_than_when_it_came() -> None:
    rig = OutboxRig()

    def hang(_entries: Sequence[BusEntry]) -> None:
        rig.clock.sleep(3.0)
        raise UnavailableError("bus", "Timeout")

    rig.bus.before = hang

    assert verdicts(deliver(rig, callback(1))) == [Verdict.UNAVAILABLE]
    assert rig.clock.seconds < ANSWER_SECONDS + 3


def test_a_fault_of_ours_with_one_letter_holds_up_no_other() -> None:
    rig = OutboxRig()

    def fault(entries: Sequence[BusEntry]) -> None:
        if any(entry.event_id == "c1.0" for entry in entries):
            raise KeyError("CANARY")

    rig.bus.before = fault

    fates = deliver(rig, *map(letter, range(3)), callback(1))

    assert verdicts(fates) == [
        Verdict.DELIVERED,
        Verdict.FAULT,
        Verdict.DELIVERED,
        Verdict.DELIVERED,
    ]
    assert fates[1].cause == "KeyError"
    assert fates[1].trace
    assert "CANARY" not in str(fates)


def test_a_platform_whose_code_is_broken_waits_for_its_repair() -> None:
    rig = OutboxRig()
    rig.broken_platforms["centry"] = SyntaxError("CANARY")

    fates = deliver(rig, callback(1), callback(2, b"", *BULK))

    assert verdicts(fates) == [Verdict.FAULT, Verdict.DELIVERED]
    assert not rig.dead_letters.letters


def test_our_fault_while_even_the_bucket_fails_comes_again() -> None:
    rig = OutboxRig()
    rig.bucket.failing = True

    def fault(_entries: Sequence[BusEntry]) -> None:
        raise KeyError("CANARY")

    rig.bus.before = fault

    (fate,) = deliver(rig, callback(1))

    assert fate.verdict is Verdict.FAULT
    assert fate.trace


def test_a_letter_that_came_twice_is_the_same_event_twice() -> None:
    rig = OutboxRig()

    fates = deliver(rig, letter(0), letter(0))

    assert verdicts(fates) == [Verdict.DELIVERED] * 2
    assert rig.published == ["c0.0"] * 2


def test_times_are_kept_to_the_millisecond() -> None:
    rig = OutboxRig()
    at = NOW + timedelta(milliseconds=1)

    deliver(rig, letter(0, time=at))

    assert rig.event_bridge.accepted[0]["Time"] == pytest.approx(at.timestamp(), abs=0.5)
    assert replace(waiting(0), time=at).time == at
