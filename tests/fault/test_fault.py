"""A short run of what is deployed, and whether a run notices what is planted in it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fault.account import Account
from fault.callbacks import Sent
from fault.cases import ViolationError
from fault.command import main, played, played_side_by_side
from fault.counts import Counts
from fault.expected import Entry
from fault.kinds import KINDS, Kind, Service
from fault.report import gaps, lines
from fault.run import Run
from fault.schedule import ALL_SERVICES, OF_BULKS, Scene, combinations, scenes
from support.sqs_queues import Message
from support.strict_s3 import StoredObject
from support.wire import STARTED_AT

CALM = [Scene(12, {})]


def test_nothing_is_lost_while_everything_fails() -> None:
    counts = played_side_by_side(seed=2026, callbacks=400)

    assert isinstance(counts, Counts), counts
    assert sum(counts.answers.values()) >= 400
    assert counts.faults.total() > 400
    assert counts.crashes.total() > 40
    assert counts.found["repeats"] > 0
    assert counts.found["on the bus"] > 0
    assert any(line.endswith("lost 0") for line in lines(counts))


def test_the_same_seed_is_the_same_run() -> None:
    first, second = (played(7, 60, share=0) for _ in range(2))

    assert isinstance(first, Counts)
    assert first == second
    assert first != played(7, 60, share=1)


def test_without_faults_everything_arrives_once() -> None:
    counts = Run(1, turns=0).go([Scene(60, {})])

    assert not counts.faults
    assert counts.found["repeats"] == 0
    assert {said for _, said in counts.answers if said.startswith("5")} <= {
        "500 internal_error",
        "501 not_implemented",
    }


def test_ten_thousand_callbacks_have_room_for_every_combination() -> None:
    run = Run(1)
    played_ = [
        scene
        for share in range(2)
        for scene in scenes(5_000, run.chance, share, 2)
        if scene.combination
    ]

    singles = {scene.combination for scene in played_ if not scene.parts}
    bulks = {scene.combination for scene in played_ if scene.parts}
    assert singles == set(combinations(ALL_SERVICES))
    assert bulks == set(combinations(OF_BULKS))


def test_a_whole_run_says_what_it_left_out() -> None:
    left_out = list(gaps(Counts()))

    assert f"{Service.BUS.value}: {Kind.PARTIAL.value}" in left_out
    assert any("combinations, such as" in gap for gap in left_out)


def test_a_call_of_which_nobody_died_is_a_gap() -> None:
    counts = Counts()
    counts.calls["drain", "bucket.GetObject"] = 1_000
    counts.crashes["drain", "bucket.GetObject", Kind.CRASH_AFTER] = 1

    assert "drain at bucket.GetObject: crash before" in list(gaps(counts))


def test_what_a_service_seldom_did_has_its_turn() -> None:
    run = Run(1)
    ledger = run.account.ledger
    chosen: Counter[Kind] = Counter()
    for _ in range(3 * len(KINDS[Service.DEAD][1:])):
        kind = ledger.rarest_fault(Service.DEAD, run.chance)
        ledger.faults[Service.DEAD, kind] += 1
        chosen[kind] += 1

    assert chosen == dict.fromkeys(KINDS[Service.DEAD][1:], 3)


def test_dead_letters_soon_meet_all_that_can_happen_to_them() -> None:
    """So a whole run, of fifty times as many callbacks, has no gap there for any seed."""
    counts = Run(1, turns=1).go([Scene(200, {Service.BUS: Kind.PARTIAL})])

    assert not [gap for gap in gaps(counts) if gap.startswith(f"{Service.DEAD.value}:")]


def test_a_short_run_prints_its_counts_and_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--callbacks", "40", "--seed", "3"]) == 0

    printed = capsys.readouterr().out
    assert "40 callbacks, seed 3" in printed
    assert "lost 0" in printed


def test_bad_usage_is_told_so() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--callbacks", "many"])

    assert ended.value.code == 2


def an_event(run: Run) -> tuple[str, list[Entry]]:
    """One that came once."""
    bus = run.judge.evidence.bus
    return next((id_, entries) for id_, entries in bus.items() if not id_.endswith(".q"))


def lose(run: Run) -> None:
    del run.judge.evidence.bus[an_event(run)[0]]


def repeat(run: Run) -> None:
    _, entries = an_event(run)
    entries += entries


def put_again(run: Run, **changed: Any) -> None:
    _, entries = an_event(run)
    entry = entries[0]._replace(**changed)
    run.account.event_bridge.accepted.append(
        {
            "Source": entry.source,
            "DetailType": entry.detail_type,
            "Time": entry.time,
            "Detail": entry.detail,
        }
    )


def alter(run: Run) -> None:
    put_again(run, detail=an_event(run)[1][0].detail.replace('"data":{', '"data":{"more":1,'))


def forge(run: Run) -> None:
    id_, entries = an_event(run)
    put_again(run, detail=entries[0].detail.replace(id_, f"another-{id_}"))


def make_late(run: Run) -> None:
    put_again(run, time=an_event(run)[1][0].time + 1)


def leave_in_the_outbox(run: Run) -> None:
    id_, entries = an_event(run)
    letter(run.account, Service.OUTBOX, id_, entries[0].detail)


def bury_what_is_good(run: Run) -> None:
    id_, entries = an_event(run)
    letter(run.account, Service.DEAD, id_, entries[0].detail, cause="bus: MalformedDetail")


def bury_without_cause(run: Run) -> None:
    id_, entries = an_event(run)
    letter(run.account, Service.DEAD, id_, entries[0].detail)


def queue_card_data(run: Run) -> None:
    letter(run.account, Service.BULK, "x", "4111111111111111")


def keep_card_data(run: Run) -> None:
    stored = StoredObject(b"paid with 5555 5555 5555 4444", STARTED_AT)
    run.account.bucket.put("outbox/konimbo/x.json", stored)


def quarantine_what_is_good(run: Run) -> None:
    callback_id = an_event(run)[0].rpartition(".")[0]
    body = run.judge.evidence.cases[callback_id].sent.body
    stored = StoredObject(body, STARTED_AT, metadata={"callback-id": callback_id})
    run.account.bucket.put(f"quarantine/{callback_id}", stored)


def leave_a_job(run: Run) -> None:
    stored = StoredObject(b"{}", STARTED_AT, metadata={"callback-id": "x"})
    run.account.bucket.put("bulk/konimbo/x", stored)


def letter(account: Account, service: Service, id_: str, text: str, **more: str) -> None:
    attributes = {"kind": "event", "event-id": id_, **more}
    filled = {n: {"DataType": "String", "StringValue": v} for n, v in attributes.items()}
    account.queues[service].put(Message("planted", text, filled, account.clock(), 10**9))


@pytest.mark.parametrize(
    ("plant", "noticed"),
    [
        (lose, "lost although promised"),
        (repeat, "came 2 times, for no reason"),
        (put_again, "came 2 times, for no reason"),
        (alter, "came altered"),
        (make_late, "came altered"),
        (forge, "nobody sent"),
        (leave_in_the_outbox, "still waits in the outbox"),
        (bury_what_is_good, "a dead letter that nothing is wrong with"),
        (bury_without_cause, "without its cause"),
        (queue_card_data, "card data on the queue bulk"),
        (keep_card_data, "card data in the bucket under outbox/"),
        (quarantine_what_is_good, "in quarantine, and nothing is wrong with it"),
        (leave_a_job, "is still to be published"),
    ],
)
def test_what_must_not_be_is_noticed(plant: Callable[[Run], None], noticed: str) -> None:
    run = Run(1, turns=0)
    run.go(CALM)
    plant(run)

    with pytest.raises(ViolationError, match=noticed):
        run.judge_all()


def test_a_repeat_is_excused_by_an_answer_that_was_lost() -> None:
    run = Run(1, turns=0)
    run.go(CALM)
    repeat(run)
    run.account.ledger.excuse([an_event(run)[0].rpartition(".")[0]])

    run.judge_all()


def a_request(run: Run, *, kept: bool) -> Sent:
    case = next(iter(run.judge.evidence.cases.values()))
    return Sent(**{**vars(case.sent), "kept": kept})


@pytest.mark.parametrize(("status", "outcome"), [(200, "accepted"), (200, "deferred"), (500, "x")])
def test_a_forged_callback_is_not_accepted(status: int, outcome: str) -> None:
    run = Run(1, turns=0)
    run.go(CALM)

    with pytest.raises(ViolationError, match="was answered"):
        run.judge.refused(a_request(run, kept=False), status, outcome)


def test_of_a_forged_callback_nothing_is_passed_on() -> None:
    run = Run(1, turns=0)
    run.go(CALM)
    run.account.ledger.touched = {Service.RING, Service.BUCKET}

    with pytest.raises(ViolationError, match="bucket was called"):
        run.judge.refused(a_request(run, kept=False), 401, "unauthorized")


@pytest.mark.parametrize(("status", "outcome"), [(401, "unauthorized"), (200, "ignored")])
def test_a_genuine_callback_is_not_sent_away(status: int, outcome: str) -> None:
    run = Run(1, turns=0)
    run.go(CALM)
    callback_id = next(iter(run.judge.evidence.cases))

    with pytest.raises(ViolationError, match="the genuine"):
        run.judge.answered(callback_id, status, outcome)
