"""A bulk's body that nobody works on gets a job, and not more of them than it needs."""

from datetime import timedelta

import pytest

from redeliver.sweeping import AGAIN, QUIET
from support.bulk import Crashes
from support.faults import CrashError
from support.outbox import NOW, OutboxRig

FOLDER = "bulk/konimbo/acme/2026-03-09"
A_MINUTE = timedelta(minutes=1)


def keep(rig: OutboxRig, name: str, age: timedelta = QUIET) -> str:
    key = f"{FOLDER}/{name}"
    rig.bucket.put(key, b"", {})
    rig.objects.kept_at[key] = NOW - age
    return key


def sweep(rig: OutboxRig, seconds: float = 45) -> list[str]:
    """The bodies that got a job."""
    before = len(rig.bulk_queue.keys)
    queued = rig.sweep.run(rig.until(seconds))
    names = [key.rpartition("/")[2] for key in rig.bulk_queue.keys[before:]]
    assert queued <= len(names) <= queued + 1
    return names


def test_a_body_that_nothing_happens_to_gets_a_job_and_an_operator_is_told() -> None:
    rig = OutboxRig()
    body = keep(rig, "c1")

    assert sweep(rig) == ["c1"]

    assert rig.told.lines == [{"level": "warning", "outcome": "queued", "body": body}]


@pytest.mark.parametrize(
    ("note", "age"),
    [("", QUIET - A_MINUTE), (".progress", A_MINUTE), (".swept", A_MINUTE)],
    ids=["it is young", "a job is at it", "it got a job"],
)
def test_a_body_that_something_has_just_happened_to_gets_none(note: str, age: timedelta) -> None:
    rig = OutboxRig()
    keep(rig, "c1")
    keep(rig, f"c1{note}", age)

    assert sweep(rig) == []


def test_a_body_that_is_done_with_gets_none_however_old_it_is() -> None:
    rig = OutboxRig()
    keep(rig, "c1", timedelta(days=4))
    keep(rig, "c1.done", timedelta(days=3))
    keep(rig, "c1.progress", timedelta(days=3))

    assert sweep(rig) == []


def test_notes_whose_body_is_gone_get_none() -> None:
    rig = OutboxRig()
    for note in (".done", ".progress", ".swept"):
        keep(rig, f"c1{note}")
    keep(rig, "c2.progress")

    assert sweep(rig) == []


def test_a_job_that_stopped_halfway_for_good_gets_another() -> None:
    rig = OutboxRig()
    keep(rig, "c1", timedelta(hours=2))
    keep(rig, "c1.progress", QUIET)

    assert sweep(rig) == ["c1"]


def test_one_that_got_a_job_gets_no_other_for_a_day_for_its_job_may_not_get_on() -> None:
    rig = OutboxRig()
    keep(rig, "c1", AGAIN)
    keep(rig, "c1.swept", AGAIN - A_MINUTE)

    assert sweep(rig) == []

    rig.now += A_MINUTE
    assert sweep(rig) == ["c1"]


def test_after_a_day_too_a_job_that_gets_on_is_left_alone() -> None:
    rig = OutboxRig()
    keep(rig, "c1", timedelta(days=2))
    keep(rig, "c1.swept", AGAIN)
    keep(rig, "c1.progress", A_MINUTE)

    assert sweep(rig) == []


def test_in_an_outage_of_a_day_a_body_gets_one_job_more_and_not_a_hundred() -> None:
    rig = OutboxRig()
    keep(rig, "c1", A_MINUTE)
    began = rig.now
    while rig.now < began + AGAIN:
        sweep(rig)
        rig.objects.kept_at.setdefault(f"{FOLDER}/c1.swept", rig.now)
        rig.now += 5 * A_MINUTE

    assert len(rig.bulk_queue.keys) == 1


def test_bodies_are_told_apart_across_the_pages_of_a_listing() -> None:
    rig = OutboxRig()
    for number in range(20):
        keep(rig, f"c{number:02}")
        keep(rig, f"c{number:02}.progress")
        if number % 2:
            keep(rig, f"c{number:02}.done")

    assert sweep(rig) == [f"c{number:02}" for number in range(0, 20, 2)]


def test_while_a_service_fails_the_rest_is_left_to_the_next_sweep() -> None:
    rig = OutboxRig()
    keep(rig, "c1")
    keep(rig, "c2")
    rig.bulk_queue.failing = True

    assert sweep(rig) == []

    assert rig.told.lines == [
        {"level": "warning", "outcome": "unavailable", "cause": "queue: Throttled"}
    ]
    rig.bulk_queue.failing = False
    assert sweep(rig) == ["c1", "c2"]


def test_a_mark_that_cannot_be_set_costs_a_job_too_many_and_none_too_few() -> None:
    rig = OutboxRig()
    keep(rig, "c1")
    rig.objects.failing.add("put")

    assert sweep(rig) == ["c1"]
    assert rig.outcomes == ["unavailable"]
    rig.objects.failing.clear()
    assert sweep(rig) == ["c1"]


def test_a_sweep_ends_in_time() -> None:
    rig = OutboxRig()
    for number in range(100):
        keep(rig, f"c{number:03}")
    rig.objects.on_call = lambda _: rig.clock.sleep(1)

    first = sweep(rig, 45)

    assert 0 < len(first) < 100
    assert rig.clock.seconds <= 48
    assert sweep(rig, 100)[0] not in first


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(5))
def test_wherever_the_function_dies_every_body_gets_its_job(at: int, *, after: bool) -> None:
    rig = OutboxRig(Crashes(at, after))
    keep(rig, "c1")
    keep(rig, "c2")
    with pytest.raises(CrashError):
        sweep(rig)

    sweep(rig)

    names = [key.rpartition("/")[2] for key in rig.bulk_queue.keys]
    assert set(names) == {"c1", "c2"}
    assert len(names) <= 3
