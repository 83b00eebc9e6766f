"""`commerce-hooks find`, with logs in memory and a bucket played by moto."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.errors import Reason
from commerce_hooks.plain_ids import PLAIN_ID
from commerce_hooks_cli import log_lines
from commerce_hooks_cli.archives import Window
from commerce_hooks_cli.callback_history import Fate, followed, received
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.find_screen import next_step
from commerce_hooks_cli.log_lines import FunctionLogs, LogLine
from commerce_hooks_cli.sought import Sought, afterwards
from support.command import LOCAL, REAL, FakeWorld
from support.logs import CALLBACK, FakeLogs
from support.quarantine import Quarantined
from support.replays import NOW

OTHER = "5c1b8d4e-0000-4000-8000-000000000003"
LONG_AGO = timedelta(days=3)


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs(LOCAL.name)


@pytest.fixture
def world(tmp_path: Path, quarantine: Quarantined, logs: FakeLogs) -> FakeWorld:
    known = quarantine.deployment
    return FakeWorld(
        tmp_path,
        replace(
            known,
            outputs={**LOCAL.outputs, **known.outputs},
            clients=lambda service: logs if service == "logs" else known.clients(service),
        ),
    )


def commands(result: Any) -> list[str]:
    return [one["next"]["command"] for one in result.json]


def fates(result: Any) -> list[str]:
    return [one["fate"] for one in result.json]


def test_an_order_that_arrived_is_told_with_its_event_and_how_to_send_it_again(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback(resource="4711", event_ids=[f"{CALLBACK}.0"])
    logs.callback(callback_id=OTHER, resource="47110", event_ids=[f"{OTHER}.0"])
    logs.text("konimbo", "START RequestId: 4711")
    logs.text("konimbo", '{"4711": 1}')

    result = world.run("find", "4711")

    assert result.exit_code == 0
    assert "konimbo/acme order_created  4711" in result.stdout
    assert "on the bus" in result.stdout
    assert f"resend {CALLBACK}" in result.stdout
    assert "47110" not in result.stdout
    assert OTHER not in result.stdout


@pytest.mark.parametrize("what", [CALLBACK, f"{CALLBACK}.0", f"{CALLBACK}.q"])
def test_a_callback_is_found_by_its_id_and_its_events_ids(
    world: FakeWorld, logs: FakeLogs, what: str
) -> None:
    logs.callback(event_ids=[f"{CALLBACK}.0"])
    logs.callback(callback_id=OTHER)

    told = world.run("find", what, "--json").json

    assert [one["callback_id"] for one in told] == [CALLBACK]


def test_what_was_deferred_is_followed_until_it_is_on_the_bus(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback(
        "deferred", resource="1", cause="bus: Timeout", event_ids=[f"{CALLBACK}.0", f"{CALLBACK}.1"]
    )
    waiting = world.run("find", "1", "--json")
    logs.line("redeliver", "redeliver", outcome="unavailable", ids=[f"{CALLBACK}.0"])
    logs.line("redeliver", "redeliver", outcome="delivered", event_ids=[f"{CALLBACK}.0", "x.0"])
    partly = world.run("find", "1", "--json")
    logs.line("redeliver", "drain", outcome="delivered", event_ids=[f"{CALLBACK}.1"])
    whole = world.run("find", "1", "--json")

    assert fates(waiting) == fates(partly) == ["waits for the bus"]
    assert commands(waiting) == ["outbox status"]
    assert fates(whole) == ["on the bus"]
    assert [step["what"] for step in whole.json[0]["steps"]] == [
        "came in: deferred (bus: Timeout)",
        "redeliver: unavailable",
        "redeliver: delivered",
        "drain: delivered",
    ]
    assert whole.json[0]["event_ids"] == [f"{CALLBACK}.0", f"{CALLBACK}.1"]


def test_what_redelivery_gave_up_is_told_to_be_stuck(world: FakeWorld, logs: FakeLogs) -> None:
    logs.callback("deferred", resource="1", event_ids=[f"{CALLBACK}.0"])
    logs.line("redeliver", "redeliver", outcome="given_up", ids=[f"{CALLBACK}.0"], cause="bus: X")

    result = world.run("find", "1", "--json")

    assert fates(result) == ["stuck among the dead letters"]
    assert commands(result) == ["outbox status"]


def test_a_callback_whose_bytes_waited_and_that_ended_in_quarantine_is_followed_there(
    world: FakeWorld, logs: FakeLogs, quarantine: Quarantined
) -> None:
    kept = quarantine.put({"item": {}}, reason=Reason.INVALID)
    logs.callback("deferred", callback_id=kept)
    logs.line("redeliver", "redeliver", outcome="delivered", event_ids=[f"{kept}.q"], ids=[kept])

    result = world.run("find", kept, "--json")

    assert fates(result) == ["in quarantine"]
    assert commands(result) == [f"quarantine show {kept}"]


def test_an_order_of_a_large_bulk_is_found_by_what_the_job_published(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback(queued=60, event_ids=[])
    begun = world.run("find", CALLBACK, "--json")
    about = {"platform": "konimbo", "store": "acme", "callback_id": CALLBACK}
    logs.line("bulk", "bulk_part", event_ids=[f"{CALLBACK}.0"], resources=["4711"], **about)
    logs.line("bulk", "bulk", outcome="done", parts=60, **about)

    result = world.run("find", "4711", "--json")

    assert fates(begun) == ["being published by a job"]
    assert fates(result) == ["on the bus"]
    assert result.json[0]["steps"][0]["what"] == "came in: accepted (60 events left to a job)"
    assert commands(result) == [f"resend {CALLBACK}"]


def test_a_bulk_whose_own_line_is_gone_is_told_by_its_job(world: FakeWorld, logs: FakeLogs) -> None:
    about = {"platform": "konimbo", "store": "acme", "callback_id": CALLBACK}
    logs.line("bulk", "bulk_part", event_ids=[f"{CALLBACK}.0"], resources=["4711"], **about)
    logs.line("bulk", "bulk", outcome="done", **about)

    assert fates(world.run("find", "4711", "--json")) == ["on the bus"]


def test_bytes_of_a_bulk_that_waited_are_redelivered_to_a_job_that_has_yet_to_work(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback("deferred", queued=60)
    logs.line("redeliver", "redeliver", outcome="delivered", ids=[CALLBACK])

    assert fates(world.run("find", CALLBACK, "--json")) == ["being published by a job"]


def test_a_body_that_the_sweep_queued_a_job_for_is_told(world: FakeWorld, logs: FakeLogs) -> None:
    logs.callback("deferred", queued=60)
    body = f"bulk/konimbo/acme/2026-05-06/{CALLBACK}"
    logs.line("redeliver", "sweep", outcome="queued", body=body)

    result = world.run("find", CALLBACK, "--json")

    assert fates(result) == ["being published by a job"]
    assert result.json[0]["steps"][-1]["what"] == "sweep: a job was queued"


def test_of_a_callback_in_quarantine_it_is_told_how_it_was_dealt_with(
    world: FakeWorld, logs: FakeLogs, quarantine: Quarantined
) -> None:
    open_, discarded = quarantine.put({}), quarantine.put({})
    for kept in (open_, discarded):
        logs.callback("quarantined", callback_id=kept, reason="invalid", event_ids=[f"{kept}.q"])
    logs.callback("quarantined", callback_id=OTHER, event_ids=[f"{OTHER}.q"])
    world.run("quarantine", "discard", discarded, "--yes")

    told = {id_: world.run("find", id_, "--json") for id_ in (open_, discarded, OTHER)}

    assert [fates(one) for one in told.values()] == [
        ["in quarantine"],
        ["discarded"],
        ["its bytes have expired"],
    ]
    assert commands(told[open_]) == [f"quarantine show {open_}"]
    assert commands(told[discarded]) == [f"quarantine replay {discarded} --force"]


def test_a_record_tells_of_a_callback_that_no_log_has_any_more(
    world: FakeWorld, quarantine: Quarantined
) -> None:
    kept = quarantine.put({})

    assert fates(world.run("find", kept, "--json")) == ["in quarantine"]
    assert world.run("find", kept, "konimbo", "other").exit_code == 1


def test_what_was_refused_says_what_the_platform_does(world: FakeWorld, logs: FakeLogs) -> None:
    logs.callback("unavailable", cause="bus: Timeout, queue: Timeout")

    shown = world.run("find", CALLBACK).stdout

    assert "refused, and kept nowhere" in shown
    assert "Centry repeats for 48 hours" in shown


def test_only_one_platform_and_store_can_be_looked_at(world: FakeWorld, logs: FakeLogs) -> None:
    logs.callback(resource="1", callback_id=CALLBACK)
    logs.callback(resource="1", callback_id=OTHER, store="other")
    logs.callback(resource="1", callback_id=OTHER, platform="iset")

    both = world.run("find", "1", "konimbo", "--json").json
    one = world.run("find", "1", "konimbo", "other", "--json").json

    assert [found["store"] for found in both] == ["acme", "other"]
    assert [(found["platform"], found["store"]) for found in one] == [("konimbo", "other")]


def test_of_many_callbacks_the_last_are_shown_and_the_others_counted(
    world: FakeWorld, logs: FakeLogs
) -> None:
    for minutes in range(5):
        logs.callback(at=NOW - timedelta(minutes=minutes), resource="1")

    result = world.run("find", "1", "--limit", "2")

    assert result.stdout.count("came in") == 2
    assert "12:00:00" in result.stdout
    assert "3 older ones are left out" in result.stderr


def test_what_came_days_ago_is_sent_again_out_of_its_own_minutes(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback(at=NOW - LONG_AGO, resource="1", event_ids=[f"{CALLBACK}.0"])
    logs.callback(
        at=NOW - LONG_AGO, platform="cenit", resource="1", event_ids=[f"{OTHER}.0"], topic="x"
    )

    found = commands(world.run("find", "1", "--json"))

    window = "--from 2026-05-03T11:59:00 --to 2026-05-03T12:01:00"
    assert set(found) == {f"resend {CALLBACK} --requests {window}", f"resend {CALLBACK} {window}"}


def test_what_the_archive_has_no_more_is_said_to_be_gone(world: FakeWorld, logs: FakeLogs) -> None:
    world.replays.retention_days = 2
    logs.callback(at=NOW - LONG_AGO, resource="1", event_ids=[f"{CALLBACK}.0"])

    result = world.run("find", "1")

    assert "they are gone" in result.stdout
    assert "resend" not in result.stdout


def test_what_the_deployment_was_only_tried_with_is_no_order_that_arrived(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback(resource="4711", store="synthetic", event_ids=[f"{CALLBACK}.0"])

    assert world.run("find", "4711", "--json").json == []
    assert len(world.run("find", CALLBACK, "--json").json) == 1
    assert len(world.run("find", "4711", "konimbo", "synthetic", "--json").json) == 1


def test_nothing_found_says_what_that_can_mean(world: FakeWorld, logs: FakeLogs) -> None:
    logs.callback(resource="1", at=NOW - timedelta(days=8))
    logs.text("centry", "{}")

    result = world.run("find", "1")

    assert result.exit_code == 1
    assert "from 2026-04-29 12:00:00 to 2026-05-06 12:00:00 UTC" in result.stderr
    assert "kept for 30 days" in result.stderr
    assert "status PLATFORM STORE" in result.stderr
    assert world.run("find", "1", "--from", "9d").exit_code == 0


@pytest.mark.parametrize(
    "args",
    [
        ("Jane Doe",),
        ('1" || $.store = "',),
        ("1", "konimb"),
        ("1", "konimbo", "A"),
        ("1", "--from", "1h", "--to", "2h"),
    ],
)
def test_what_cannot_be_looked_for_is_bad_usage(world: FakeWorld, args: tuple[str, ...]) -> None:
    assert world.run("find", *args).exit_code == 2


def test_a_log_that_is_too_long_is_said_not_to_be_looked_through(
    world: FakeWorld, logs: FakeLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        logs.callback(resource="1")
    monkeypatch.setattr(log_lines, "MOST_PAGES", 1)
    window = Window(NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    looked: list[int] = []

    found = FunctionLogs(cast("Any", logs), LOCAL.name).search(
        "konimbo", Sought.parse("1").in_receivers, window, lambda: looked.append(1)
    )

    assert not found.complete
    assert (len(found.lines), len(looked)) == (3, 1)
    assert "more in the logs than could be looked at" in world.run("find", "1").stderr


def test_no_token_or_body_is_on_the_screen_even_if_a_line_had_one(
    world: FakeWorld, logs: FakeLogs
) -> None:
    logs.callback(resource="1", url="https://x/CANARY", body="CANARY", trace=["CANARY"])

    for result in (world.run("find", "1"), world.run("find", "1", "--json")):
        assert "CANARY" not in result.output


@given(st.from_regex(PLAIN_ID, fullmatch=True))
def test_whatever_may_be_looked_for_stays_within_its_quotes(text: str) -> None:
    pattern = Sought.parse(text).in_receivers.pattern

    assert pattern.count('"') % 2 == 0
    assert f'"{text}"' in pattern
    assert "\\" not in pattern


_lines = st.lists(
    st.builds(
        lambda function, fields: LogLine(function, NOW, fields),
        st.sampled_from(["redeliver", "bulk"]),
        st.fixed_dictionaries(
            {"message": st.sampled_from(["redeliver", "bulk", "bulk_part"])},
            optional={
                "outcome": st.sampled_from(["delivered", "poison", "done", "quarantined", "x"]),
                "event_ids": st.lists(st.sampled_from([f"{CALLBACK}.0", f"{OTHER}.0"])),
                "cause": st.text(),
            },
        ),
    )
)
_outcomes = st.sampled_from(
    ["accepted", "deferred", "quarantined", "ignored", "repeated", "unavailable", "new"]
)


@given(
    outcome=_outcomes,
    queued=st.booleans(),
    lines=_lines,
    days=st.none() | st.integers(0, 365),
)
def test_whatever_the_lines_say_there_is_one_fate_and_a_next_step(
    outcome: str, *, queued: bool, lines: list[LogLine], days: int | None
) -> None:
    fields = {"message": "callback", "outcome": outcome, "callback_id": CALLBACK}
    first = LogLine("konimbo", NOW, {**fields, **({"queued": 60} if queued else {})})

    history = followed(received(first), lines)

    assert history.fate in Fate
    assert len(history.steps) == 1 + len(lines)
    assert not any(id_.startswith(OTHER) for id_ in history.event_ids)
    assert next_step(history, days, NOW).say


@given(st.text(), st.text())
def test_lines_about_a_callback_are_those_that_name_it(one: str, other: str) -> None:
    wanted = afterwards(CALLBACK)

    def line(**fields: object) -> LogLine:
        return LogLine("redeliver", NOW, fields)

    assert wanted.matches(line(ids=[one, CALLBACK, other]))
    assert wanted.matches(line(event_ids=[f"{CALLBACK}.{other}"]))
    assert not wanted.matches(
        line(ids=[OTHER], event_ids=[f"{CALLBACK}0.0"], body=f"x/{CALLBACK}0")
    )


def test_on_a_deployed_stack_the_commands_name_it(world: FakeWorld, logs: FakeLogs) -> None:
    logs.callback(resource="1", event_ids=[f"{CALLBACK}.0"])
    assert isinstance(world.deployment, Deployment)
    world.deployment = replace(world.deployment, local=False, account=REAL.account)

    shown = world.run("find", "1", "--stack", "shop-hooks").stdout

    assert f"resend {CALLBACK} --stack shop-hooks" in shown
