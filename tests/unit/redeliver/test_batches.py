"""Of a batch only what is not dealt with comes again, each message at its own time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.outbox import Letter
from commerce_hooks.publishing import BusEntry
from redeliver.backoff import MOST_TRIES, backoff
from redeliver.batches import OLD, Message
from support.bulk import Crashes
from support.faults import CrashError
from support.outbox import NOW, OutboxRig, callback, letter, message, record

POISON = Letter("hello", {"kind": "event"})


def test_a_message_is_a_letter_as_it_was_put_into_the_queue() -> None:
    told = record(7, receive_count=3)

    assert Message.of(told) == Message("m7", "receipt-7", 3, NOW, letter(7))


@pytest.mark.parametrize(
    "attribute",
    [{"binaryValue": "AAEC", "dataType": "Binary"}, {"stringValue": "", "dataType": "String"}],
    ids=["binary", "empty"],
)
def test_attributes_that_are_no_text_are_left_out(attribute: dict[str, Any]) -> None:
    told = record(7)
    told["messageAttributes"]["foreign"] = attribute

    assert Message.of(told).letter == letter(7)


def test_a_batch_that_went_out_leaves_nothing_and_is_told_in_one_line() -> None:
    rig = OutboxRig()

    assert rig.work(*map(message, range(10))) == []

    assert rig.published == [f"c{number}.0" for number in range(10)]
    assert rig.told.lines == [
        {
            "level": "info",
            "outcome": "delivered",
            "letters": 10,
            "event_ids": rig.published,
            "ids": None,
            "cause": None,
        }
    ]
    assert not rig.times.after


def test_only_what_failed_comes_again_and_later_the_more_often_it_failed() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append({1: "NotAuthorizedForSourceException"})
    rig.event_bridge.fail_next.extend(["AccessDeniedException"] * 2)

    again = rig.work(message(0), message(1, receive_count=9), message(2))

    assert again == ["m1"]
    assert rig.times.after.keys() == {"receipt-1"}
    assert 450 <= rig.times.after["receipt-1"] <= 600
    assert rig.outcomes == ["delivered", "unavailable"]
    assert rig.told.lines[1]["cause"] == "bus: NotAuthorizedForSourceException"
    assert rig.work(message(1)) == ["m1"]
    assert rig.times.after["receipt-1"] <= 5


def test_what_waits_is_told_with_its_ids_so_that_a_callback_can_be_followed() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.extend(["AccessDeniedException"] * 9)

    rig.work(message(0), message(1, callback(7)))

    told = {str(line["outcome"]): line["ids"] for line in rig.told.lines}
    assert told == {"unavailable": ["c0.0"], "untried": ["k7"]}


def test_what_looks_like_no_id_is_not_told() -> None:
    rig = OutboxRig()
    strange = Letter("hello", {"kind": "event", "event-id": "a name and more"})

    rig.work(message(0, strange))

    assert rig.told.lines[0]["ids"] is None


def test_poison_is_told_alone_without_what_is_in_it() -> None:
    rig = OutboxRig()

    assert rig.work(message(0), message(1, POISON)) == []

    assert rig.told.lines[1] == {
        "level": "error",
        "outcome": "poison",
        "letter": "m1",
        "ids": None,
        "cause": "no attribute event-id",
        "trace": None,
    }
    assert "hello" not in str(rig.told.lines)


def test_poison_that_cannot_be_buried_comes_again() -> None:
    rig = OutboxRig()
    rig.dead_letters.failing = True

    assert rig.work(message(0), message(1, POISON)) == ["m1"]

    assert rig.outcomes == ["delivered", "unburied"]


def test_a_fault_of_ours_comes_again_and_is_told_without_its_message() -> None:
    rig = OutboxRig()

    def fault(_entries: Sequence[BusEntry]) -> None:
        raise KeyError("CANARY")

    rig.bus.before = fault

    assert rig.work(message(0)) == ["m0"]

    (line,) = rig.told.lines
    trace = line.pop("trace")
    assert isinstance(trace, list)
    assert "test_batches.py" in trace[-1]
    assert line == {
        "level": "error",
        "outcome": "internal_error",
        "letter": "m0",
        "ids": ["c0.0"],
        "cause": "KeyError",
    }


def test_what_there_was_no_time_for_comes_again_as_late_as_what_failed() -> None:
    rig = OutboxRig()
    often = message(1, callback(1), receive_count=20)

    assert rig.work(message(0), often, message(2, callback(2)), seconds=15) == ["m1", "m2"]

    assert rig.times.after["receipt-1"] >= 450
    assert rig.times.after["receipt-2"] <= 5
    assert rig.told.lines[1]["outcome"] == "untried"


def test_a_callback_among_events_of_an_outage_of_days_is_not_used_up() -> None:
    """It is received with others that fail first, and not tried; the queue counts all the same."""
    rig = OutboxRig()

    def fail(_entries: Sequence[BusEntry]) -> None:
        raise UnavailableError("bus", "AccessDenied", may_pass=False)

    rig.bus.before = fail
    received, seconds = 0, 0

    while seconds < timedelta(days=5) / timedelta(seconds=1):
        received += 1
        rig.work(message(0), message(1, callback(1), receive_count=received))
        seconds += rig.times.after["receipt-1"]

    assert {line["outcome"] for line in rig.told.lines} == {"unavailable", "untried"}
    assert received < MOST_TRIES


def test_where_the_queue_fails_too_messages_come_again_when_their_visibility_timeout_ends() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    rig.times.failing = True

    assert rig.work(message(0), message(1)) == ["m0", "m1"]

    assert rig.outcomes == ["unavailable", "not_spread"]
    assert rig.told.lines[1]["cause"] == "queue: Throttled"


def test_spreading_what_failed_takes_no_longer_than_a_call_of_the_queue_may() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    rig.times.on_call = lambda _: rig.clock.sleep(0.9)

    assert len(rig.work(*map(message, range(10)))) == 10

    assert len(rig.times.after) == 3
    assert rig.clock.seconds < 4


def test_a_batch_ends_in_time_while_everything_hangs() -> None:
    rig = OutboxRig()

    def hang(_entries: Sequence[BusEntry]) -> None:
        rig.clock.sleep(3.0)
        raise UnavailableError("bus", "Timeout")

    rig.bus.before = hang
    rig.times.failing = rig.dead_letters.failing = True

    rig.work(*map(message, range(9)), message(9, POISON))

    assert rig.clock.seconds < 12


def aged(number: int, age: timedelta, content: Letter | None = None) -> Message:
    return message(number, content)._replace(sent_at=NOW - age)


def test_what_waited_almost_as_long_as_the_queue_keeps_it_begins_anew_with_the_dead_letters() -> (
    None
):
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")

    again = rig.work(aged(0, OLD), aged(1, OLD - timedelta(seconds=1)))

    assert again == ["m1"]
    (dead,) = rig.dead_letters.letters
    assert dead.text == letter(0).text
    assert dead.attributes["cause"] == "given up: bus: AccessDeniedException"
    assert rig.outcomes == ["unavailable", "given_up"]


def test_what_is_handed_out_for_the_last_time_is_given_up_for_the_queue_would_not_say_why() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    young = message(0, receive_count=MOST_TRIES - 1)

    again = rig.work(young, message(1, receive_count=MOST_TRIES))

    assert again == ["m0"]
    (dead,) = rig.dead_letters.letters
    assert (dead.text, dead.attributes["cause"]) == (
        *(letter(1).text,),
        "given up: bus: AccessDeniedException",
    )


def test_what_was_not_even_tried_is_given_up_with_these_words() -> None:
    rig = OutboxRig()

    rig.work(message(0), aged(1, OLD, callback(1)), seconds=15)

    assert rig.dead_letters.letters[0].attributes["cause"] == "given up: untried"


def test_what_is_old_and_goes_out_is_not_given_up() -> None:
    rig = OutboxRig()

    assert rig.work(aged(0, OLD)) == []

    assert rig.outcomes == ["delivered"]
    assert not rig.dead_letters.letters


def test_what_is_old_and_cannot_be_given_up_comes_again() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    rig.dead_letters.failing = True

    assert rig.work(aged(0, OLD)) == ["m0"]
    assert rig.outcomes == ["unavailable"]


MIXED = (message(0), message(1, POISON), message(2, callback(2)), aged(3, OLD), message(4))


def mixed_rig(crashes: Crashes | None = None) -> OutboxRig:
    rig = OutboxRig(crashes)
    rig.event_bridge.fail_next.append({1: "NotAuthorizedForSourceException"})
    return rig


def calls_of_a_batch() -> int:
    rig = mixed_rig()
    rig.work(*MIXED)
    return rig.crashes.calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(calls_of_a_batch()))
def test_wherever_the_function_dies_every_letter_is_somewhere(at: int, *, after: bool) -> None:
    """It dies before it answered, so all its messages come again."""
    rig = mixed_rig(Crashes(at, after))
    with pytest.raises(CrashError):
        rig.work(*MIXED)

    again = rig.work(*MIXED)
    again = rig.work(*(one for one in MIXED if one.id in again))

    assert not again
    dead = [one.text for one in rig.dead_letters.letters]
    assert {"c0.0", "k2.0", "c4.0"} <= set(rig.published)
    assert "hello" in dead
    assert "c3.0" in rig.published or letter(3).text in dead
    assert all(ids.count(id_) <= 2 for ids in (rig.published, dead) for id_ in ids)


def test_a_pause_counts_how_often_a_message_was_received() -> None:
    rig = OutboxRig()
    rig.event_bridge.fail_next.append("AccessDeniedException")
    often = message(0, receive_count=MOST_TRIES - 1)

    rig.work(often)

    assert rig.times.after["receipt-0"] >= 450 > backoff(1)
    assert replace(often.letter) == letter(0)
