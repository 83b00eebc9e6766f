"""A load's verdict: what an answer promised and what is on the bus have to be the same."""

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from load.accounts import Arrival, Ledger
from load.answers import Answer, answer_to
from load.orders import Outgoing
from load.report import agreement, flaws, times, verdict

REQUEST = Outgoing(
    platform="centry",
    sample="on_order_save.json",
    method="POST",
    target="/centry/acme/a-token",
    headers={},
    body=b"{}",
    ids=("1",),
)
TOLD = '{"status": "accepted", "callback_id": "c", "event_ids": ["c.0"]}'
ARRIVED = Arrival("centry", "c.0", "1")


def answered(text: str | None = TOLD, status: int = 200, milliseconds: float = 5.0) -> Answer:
    return answer_to(REQUEST, ("1",), status, text, milliseconds)


def flaws_of(answers: Sequence[Answer], arrivals: Sequence[Arrival]) -> list[str]:
    return Ledger(list(answers), list(arrivals)).account().flaws


def test_a_promise_that_is_kept_is_no_flaw() -> None:
    assert flaws_of([answered()], [ARRIVED]) == []


def test_a_lying_answer_is_found_out() -> None:
    assert flaws_of([answered()], []) == ["centry c.0 was promised once and came never"]


def test_an_event_that_no_answer_named_is_found_out() -> None:
    stranger = replace(ARRIVED, event_id="d.0")

    assert flaws_of([answered()], [ARRIVED, stranger]) == [
        "centry d.0 came once and was promised never"
    ]


def test_a_repeated_event_is_found_out() -> None:
    assert flaws_of([answered()], [ARRIVED, ARRIVED]) == [
        "centry c.0 came 2 times and was promised once"
    ]


def test_an_id_that_two_answers_name_has_to_come_twice() -> None:
    assert flaws_of([answered(), answered()], [ARRIVED]) == [
        "centry c.0 was promised 2 times and came once"
    ]


def test_another_platform_s_event_keeps_no_promise() -> None:
    assert len(flaws_of([answered()], [replace(ARRIVED, platform="iset")])) == 2


def test_events_that_changed_places_are_found_out() -> None:
    other = answer_to(REQUEST, ("2",), 200, TOLD.replace("c.0", "d.0"), 5)
    swapped = [Arrival("centry", "c.0", "2"), Arrival("centry", "d.0", "1")]

    assert len(flaws_of([answered(), other], swapped)) == 2
    assert flaws_of([answered()], [replace(ARRIVED, about=None)]) == [
        "centry c.0 is about None, and not 1"
    ]


def test_what_went_through_the_outbox_may_come_twice_but_has_to_come() -> None:
    deferred = answered(TOLD.replace("accepted", "deferred"))
    twice = Ledger([deferred], [ARRIVED, ARRIVED]).account()

    assert (twice.flaws, twice.repeated_rightly, twice.arrived) == ([], 1, 1)
    assert "1 of them repeated by the outbox" in verdict(twice)
    assert flaws_of([deferred], []) != []
    assert flaws_of([deferred, answered(TOLD.replace("c.0", "d.0"))], [ARRIVED] * 2) != []


@pytest.mark.parametrize(
    ("status", "text", "flaw"),
    [
        (503, '{"error": "unavailable"}', "503 unavailable, and not accepted"),
        (503, TOLD, "503 accepted, and not accepted"),
        (200, '{"status": "quarantined", "event_ids": ["c.0"]}', "quarantined, and not accepted"),
        (200, '{"status": "accepted"}', "0 events promised, and not 1"),
        (200, '{"status": "accepted", "queued": 2}', "2 events promised, and not 1"),
        (200, "<html>", "unreadable, and not accepted"),
        (200, '{"status": "accepted", "event_ids": "c.0"}', "unreadable, and not accepted"),
        (0, None, "no answer, and not accepted"),
    ],
)
def test_a_wrong_answer_is_an_error(status: int, text: str | None, flaw: str) -> None:
    assert answered(text, status).flaw == f"on_order_save.json: {flaw}"


def test_only_a_200_promises_events() -> None:
    assert answered(status=503).event_ids == ()


def test_what_is_left_to_a_job_is_promised() -> None:
    answer = answered('{"status": "accepted", "callback_id": "c", "event_ids": [], "queued": 3}')

    assert answer.event_ids == ("c.0", "c.1", "c.2")


IDS = st.lists(st.sampled_from(["a.0", "a.1", "b.0", "c.0"]), max_size=8)


@given(promised=IDS, arrived=IDS)
def test_they_agree_if_and_only_if_each_id_is_as_often_here_as_there(
    promised: list[str], arrived: list[str]
) -> None:
    answers = [answered(TOLD.replace("c.0", id_)) for id_ in promised]
    arrivals = [replace(ARRIVED, event_id=id_) for id_ in arrived]

    account = Ledger(answers, arrivals).account()

    assert (account.flaws == []) == (sorted(promised) == sorted(arrived))
    assert account.promised == len(promised)
    assert account.arrived <= min(len(promised), len(arrived))
    assert Ledger(answers, arrivals).settled == (not account.missing)


def test_percentiles_are_times_that_were_measured() -> None:
    account = Ledger([answered(milliseconds=n) for n in range(100, 0, -1)]).account()

    assert [account.percentile(percent) for percent in (1, 50, 90, 99, 100)] == [1, 50, 90, 99, 100]
    assert Ledger([answered(milliseconds=7)]).account().percentile(50) == 7
    assert Ledger([answered(None, 0)]).account().percentile(50) is None


def test_the_tables_tell_each_platform_and_all() -> None:
    cenit = answered().model_copy(update={"platform": "cenit"})
    ledger = Ledger([cenit, answered(), answered('{"error": "unavailable"}', 503)], [ARRIVED])
    console = Console(width=120, file=StringIO(), record=True)

    console.print(times(ledger, seconds=2), agreement(ledger))
    shown = [line.split() for line in console.export_text().splitlines()]

    assert ["all", "3", "1.5", "5", "5", "5", "5"] in shown
    assert ["cenit", "1", "0", "1", "0", "0", "accepted", "1"] in shown
    assert ["centry", "1", "1", "0", "0", "1", "accepted", "1,", "503", "unavailable", "1"] in shown


def test_the_verdict_says_what_is_wrong_and_no_more_than_can_be_read() -> None:
    good, bad = Ledger([answered()], [ARRIVED]).account(), Ledger([answered()]).account()
    many = Ledger([answered(TOLD.replace("c.0", f"c.{n}")) for n in range(30)]).account()

    assert verdict(good) == "1 answers and 1 events agree."
    assert "NOT agree" in verdict(bad)
    assert verdict(Ledger().account()) == "Nothing was answered."
    assert list(flaws(many))[-1] == "... and 10 more"
    assert list(flaws(Ledger([answered(None, 0)] * 2).account())) == [
        "2 times on_order_save.json: no answer, and not accepted"
    ]
