"""`commerce-hooks local demo`, with front door and bus in memory."""

import io
import re
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest

from commerce_hooks.keyring import CallbackTarget
from commerce_hooks_cli.answer import Answer, NoAnswerError
from commerce_hooks_cli.callbacks import Sent
from commerce_hooks_cli.demo import Exchange, Outcome, Script, receive
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.main import app
from commerce_hooks_cli.quarantine_replay import Outcome as ReplayOutcome
from support.command import CHECKOUT, LOCAL, FakeTail, FakeWorld, answer, tokens_in
from support.platforms import platforms

TOPICS = [(p.name, t.name) for p in platforms().values() for t in p.topics.values()]
OFF = [t.mostly_personal for p in platforms().values() for t in p.topics.values()]
SPECIAL = 3
FORGED = len(TOPICS) + SPECIAL
SENT = FORGED + 2


def test_it_sends_one_callback_per_topic_some_special_and_two_bad_ones(world: FakeWorld) -> None:
    sent = world.run("local", "demo", "--json").json["sent"]

    assert [(one["platform"], one["topic"]) for one in sent[: len(TOPICS)]] == TOPICS
    assert [one["outcome"] for one in sent[: len(TOPICS)]] == [
        "ignored" if off else "accepted" for off in OFF
    ]
    assert [(one["note"], one["outcome"]) for one in sent[len(TOPICS) :]] == [
        ("as a form", "accepted"),
        ("large body", "accepted"),
        ("Cenit's call", "accepted"),
        ("forged token", "unauthorized"),
        ("broken body", "quarantined"),
        ("repaired", "replayed"),
    ]


def test_the_repaired_body_is_the_whole_one(world: FakeWorld) -> None:
    world.run("local", "demo")

    (repaired,) = world.repaired
    broken = world.door.bodies[-1]
    assert repaired.startswith(broken)
    assert len(repaired) // 2 == len(broken)


def test_it_shows_every_event_that_was_promised(world: FakeWorld) -> None:
    told = world.run("local", "demo", "--json").json

    promised = [id_ for one in told["sent"] for id_ in one["event_ids"]]
    assert [event["detail"]["metadata"]["event_id"] for event in told["events"]] == promised
    assert len(promised) == SENT - 1 - sum(OFF) + 1
    assert (told["ok"], told["problems"]) == (True, [])


def test_the_forged_token_differs_in_one_character(world: FakeWorld) -> None:
    world.run("local", "demo")

    genuine, forged = tokens_in([world.door.urls[0], world.door.urls[FORGED]])
    assert len(genuine) == len(forged)
    assert sum(a != b for a, b in zip(genuine, forged, strict=True)) == 1


def test_people_see_callbacks_events_and_where_to_go_on(world: FakeWorld) -> None:
    result = world.run("local", "demo")

    assert result.exit_code == 0
    rows = [line.split()[:5] for line in result.stdout.splitlines()]
    for (platform, topic), off in zip(TOPICS, OFF, strict=True):
        assert ["✓", platform, topic, "200", "ignored" if off else "accepted"] in rows
    assert "forged token" in result.stdout
    assert '"detail-type":' in result.stdout
    assert f"✓ {SENT} callbacks" in result.stdout
    for word in ("make up", "urls", "send", "tail", "README.md"):
        assert word in result.stdout.rpartition("Where to look next")[2]


def test_events_stand_together_by_source_with_ids_that_verbs_take(world: FakeWorld) -> None:
    shown = world.run("local", "demo").stdout
    events = shown.partition("as they came off the bus")[2].partition("One of them in full")[0]

    sources = [line for line in events.splitlines() if line.startswith("commerce-hooks.")]
    assert len(sources) == len(set(sources))
    assert "00000000….0" in events
    assert events.count("data in the bucket") == 1


def test_a_stack_that_it_started_is_stopped(world: FakeWorld) -> None:
    world.run("local", "demo")

    # Not detached: the stack would end with the demo even if the demo were killed.
    assert world.local_stacks.starts == [(0, False)]
    assert (world.local_stacks.stops, world.local_stacks.up) == (1, False)


def test_a_running_stack_is_used_and_left_running(world: FakeWorld) -> None:
    world.local_stacks.up = True

    result = world.run("local", "demo")

    assert (world.local_stacks.starts, world.local_stacks.stops) == ([], 0)
    assert "was running already" in result.stdout
    assert "local down" in result.stdout


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(KeyboardInterrupt(), 130), (SystemExit(143), 143), (CommandError("no key ring"), 1)],
)
def test_however_it_ends_the_stack_is_stopped(
    world: FakeWorld, error: BaseException, exit_code: int
) -> None:
    def fail(_: str | None) -> Deployment:
        raise error

    world.find_deployment = fail

    result = world.run("local", "demo")

    assert result.exit_code == exit_code
    assert (world.local_stacks.stops, world.local_stacks.up) == (1, False)


@pytest.mark.parametrize("was_running", [True, False])
def test_after_ctrl_c_it_says_that_nothing_is_left_if_that_is_so(
    world: FakeWorld, *, was_running: bool
) -> None:
    def interrupt(_: str | None) -> Deployment:
        raise KeyboardInterrupt

    world.find_deployment = interrupt
    world.local_stacks.up = was_running

    result = world.run("local", "demo")

    assert result.exit_code == 130
    assert ("Stopped; nothing was left behind." in result.stderr) == (not was_running)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_without_marks_it_is_said_in_letters(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str
) -> None:
    world.door.answers = {1: answer(503, {"error": "unavailable"})}
    written, picture = io.BytesIO(), tmp_path / "demo.svg"
    stdout = io.TextIOWrapper(written, encoding=encoding, errors="replace")
    monkeypatch.setattr(sys, "stdout", stdout)

    app(["local", "demo", "--svg", str(picture)], obj=world._world(), standalone_mode=False)

    shown = [line.split()[:3] for line in written.getvalue().decode(encoding).splitlines()]
    assert ["ok", *TOPICS[0]] in shown
    assert ["FAIL", *TOPICS[1]] in shown
    assert "✓" in picture.read_text(encoding="utf-8")


def test_a_wrong_answer_makes_it_fail_and_says_which(world: FakeWorld) -> None:
    world.door.answers = {1: answer(503, {"error": "unavailable"})}

    result = world.run("local", "demo")

    assert result.exit_code == 1
    platform, topic = TOPICS[1]
    assert f"{platform} {topic}: expected 200 accepted, got 503 unavailable." in result.stderr
    assert result.stdout.count("✗") == 1


def test_many_wrong_answers_are_not_all_spelled_out(world: FakeWorld) -> None:
    world.door.answers = dict.fromkeys(range(1000), answer(503, {"error": "unavailable"}))

    said = world.run("local", "demo").stderr

    assert said.count("expected ") == 3
    assert f"And {SENT - 3} more like this." in said


def test_without_an_answer_it_gives_up_at_once(world: FakeWorld) -> None:
    world.door.answers = {1: NoAnswerError("no answer within 20 seconds")}

    result = world.run("local", "demo")

    assert (result.exit_code, len(world.door.urls)) == (1, 2)
    assert "no answer within 20 seconds" in result.stderr


def test_a_forgery_that_is_taken_makes_it_fail(world: FakeWorld) -> None:
    taken = {"status": "accepted", "callback_id": "x", "event_ids": []}
    world.door.answers = {FORGED: answer(200, taken)}

    result = world.run("local", "demo")

    assert result.exit_code == 1
    assert "forged token: expected 401 unauthorized, got 200 accepted." in result.stderr


def test_an_event_of_the_forgery_makes_it_fail(world: FakeWorld) -> None:
    def leak(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if len(world.door.urls) == FORGED:
            world.bus.put(CallbackTarget("centry", "demo"), "forged.0", "order.saved")
        return world.door.post(url, body, headers)

    world.post = leak

    result = world.run("local", "demo")

    assert result.exit_code == 1
    assert "1 events came off the bus that no answer had promised." in result.stderr


def test_an_event_that_does_not_come_is_missed(world: FakeWorld) -> None:
    sent = Sent("konimbo", "x", "demo", ok=True, status=200, outcome="accepted", event_ids=("a.0",))
    attempt = Script(LOCAL, platforms(), CHECKOUT / "events").attempts()[0]

    events = receive(FakeTail(world.bus, 0), ["a.0"], seconds=0.1)

    problems = Outcome([Exchange(attempt, sent)], events).problems
    assert problems == ["1 of 1 events did not come off the bus."]


def test_other_stores_events_on_a_running_stack_are_none_of_its_business(
    world: FakeWorld,
) -> None:
    world.bus.put(CallbackTarget("konimbo", "acme", "x"), "other.0", "order.created")

    assert world.run("local", "demo").exit_code == 0


def test_what_we_notice_ourselves_meanwhile_is_not_of_its_callbacks(world: FakeWorld) -> None:
    world.bus.put(CallbackTarget("system", "demo", "x"), "c.0.s", "callback.shape_changed")

    told = world.run("local", "demo", "--json").json

    assert told["ok"]
    assert "c.0.s" not in [event["detail"]["metadata"]["event_id"] for event in told["events"]]


def test_a_replay_that_fails_makes_it_fail(world: FakeWorld) -> None:
    world.replay_ends = ReplayOutcome.REFUSED

    result = world.run("local", "demo")

    assert result.exit_code == 1
    assert "repaired: expected replayed, got refused." in result.stderr


def test_an_answer_without_events_makes_it_fail(world: FakeWorld) -> None:
    empty = {"status": "accepted", "callback_id": "x", "event_ids": []}
    world.door.answers = {0: answer(200, empty)}

    assert world.run("local", "demo").exit_code == 1


def test_the_picture_is_the_same_every_time(tmp_path: Path) -> None:
    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for picture in pictures:
        world = FakeWorld(tmp_path)
        world.door.ids = (str(uuid4()) for _ in count())
        assert world.run("local", "demo", "--fixed", "--svg", str(picture)).exit_code == 0

    one, two = (picture.read_text() for picture in pictures)
    assert one == two
    assert ET.fromstring(one).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


def test_the_picture_loads_nothing_from_elsewhere(world: FakeWorld, tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"

    world.run("local", "demo", "--svg", str(picture))

    text = picture.read_text()
    assert "Commerce" in text
    assert not re.search(r"url\((?!#)|href|@font-face|@import", text)


def test_the_picture_has_no_gap_that_depends_on_leading_spaces(
    world: FakeWorld, tmp_path: Path
) -> None:
    picture = tmp_path / "demo.svg"

    world.run("local", "demo", "--svg", str(picture))

    for note in ("forged&#160;token", "broken&#160;body"):
        assert f">{note}<" in picture.read_text()


def test_a_picture_that_cannot_be_written_is_said(world: FakeWorld, tmp_path: Path) -> None:
    result = world.run("local", "demo", "--svg", str(tmp_path / "missing" / "demo.svg"))

    assert result.exit_code == 1
    assert "Could not write" in result.stderr
    assert world.local_stacks.stops == 1


def test_fixed_shows_stand_ins_for_what_changes(world: FakeWorld) -> None:
    shown = world.run("local", "demo", "--fixed").stdout

    assert "http://127.0.0.1:8080 (ready in 2.0 s)" in shown
    assert "00000000-0000-4000-8000-000000000001.0" in shown
    assert "2026-05-06" not in shown
