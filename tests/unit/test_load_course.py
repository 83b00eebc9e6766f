"""A load is followed until all that was promised has come, and not for ever."""

import json
from collections.abc import Iterable, Iterator

import pytest

from commerce_hooks_cli.bus_event import BusEvent
from load.accounts import Ledger
from load.answers import Answer
from load.course import DELIVERY_SECONDS, Course
from load.report import Progress
from support.receiving import FakeClock


def answer(number: int) -> Answer:
    return Answer(
        platform="centry",
        sample="on_order_save.json",
        status=200,
        outcome="accepted",
        expected="accepted",
        events=1,
        milliseconds=5,
        event_ids=(f"{number}.0",),
    )


def event(number: int, platform: str = "centry") -> BusEvent:
    metadata = {"platform": platform, "event_id": f"{number}.0", "resource": None}
    tree = {"source": f"commerce-hooks.{platform}", "detail": {"metadata": metadata}}
    return BusEvent.parse(json.dumps(tree))


class Told:
    """A load whose answers come in this many steps."""

    def __init__(self, *steps: Iterable[int]) -> None:
        self._steps = list(steps)

    @property
    def over(self) -> bool:
        return len(self._steps) <= 1

    def answers(self) -> Iterator[Answer]:
        yield from map(answer, self._steps.pop(0) if self._steps else ())


class Bus:
    """A bus off which this comes, poll by poll; each poll takes a second, events or not."""

    def __init__(self, clock: FakeClock, *polls: Iterable[BusEvent]) -> None:
        self._clock = clock
        self._polls = list(polls)

    def poll(self, seconds: float) -> list[BusEvent]:
        self._clock.sleep(seconds)
        return list(self._polls.pop(0)) if self._polls else []


def followed(told: Told, *polls: Iterable[BusEvent]) -> tuple[Ledger, float]:
    clock = FakeClock()
    began = clock()
    ledger = Course(told, Bus(clock, *polls), lambda _: None, clock).to_the_end()
    return ledger, clock() - began


def test_answers_and_events_are_taken_as_they_come() -> None:
    ledger, _ = followed(Told([1], [2], [3]), [event(1)], [event(3), event(2)])

    assert ledger.account().flaws == []
    assert ledger.account().arrived == 3


def test_late_events_are_waited_for_and_no_longer_than_needed() -> None:
    ledger, seconds = followed(Told([1], [2]), [event(1)], [], [], [event(2)])

    assert ledger.account().flaws == []
    assert seconds < DELIVERY_SECONDS / 2


def test_a_stranger_behind_the_last_event_is_seen() -> None:
    ledger, _ = followed(Told([1]), [event(1)], [event(2)])

    assert ledger.account().unexpected == ["centry 2.0 came once and was promised never"]


def test_a_dropped_event_is_not_waited_for_longer_than_may_be() -> None:
    ledger, seconds = followed(Told([1, 2]), [event(1)])

    assert ledger.account().missing == ["centry 2.0 was promised once and came never"]
    assert DELIVERY_SECONDS <= seconds < DELIVERY_SECONDS + 5


def test_events_that_never_end_are_not_followed_for_ever() -> None:
    ledger, seconds = followed(Told([1]), *([event(number)] for number in range(1_000)))

    assert ledger.account().unexpected != []
    assert seconds < DELIVERY_SECONDS + 5


def test_events_of_the_system_are_nobody_s_promise() -> None:
    ledger, _ = followed(Told([1]), [event(1), event(9, "system")])

    assert ledger.account().flaws == []


def test_a_load_that_fails_is_not_followed_any_further() -> None:
    class Failing(Told):
        @property
        def over(self) -> bool:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        followed(Failing())


def test_progress_is_told_in_intervals() -> None:
    clock, said = FakeClock(), list[str]()
    progress = Progress(said.append, clock, every=5, seconds=20)

    for _ in range(12):
        clock.sleep(1)
        progress.tell(Ledger([answer(1), answer(2)]))

    assert said == [
        "5 s (sending for 20): 2 answers, 0 of them wrong; 0 of 2 events",
        "10 s (sending for 20): 2 answers, 0 of them wrong; 0 of 2 events",
    ]
