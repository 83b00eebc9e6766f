"""`commerce-hooks send`."""

from pathlib import Path

import pytest

from commerce_hooks_cli.answer import Answer, NoAnswerError
from support.command import CHECKOUT, FakeWorld, answer
from support.platforms import platforms

EVENTS = CHECKOUT / "events"


@pytest.mark.parametrize(
    ("platform", "topic"), [(p.name, topic) for p in platforms().values() for topic in p.topics]
)
def test_the_sample_of_every_topic_can_be_sent(world: FakeWorld, platform: str, topic: str) -> None:
    result = world.run("send", platform, topic, "--json")

    assert (result.exit_code, world.door.bodies) == (
        0,
        [(EVENTS / platform / f"{topic}.json").read_bytes()],
    )
    off = platforms()[platform].topics[topic].mostly_personal
    assert result.json[0]["outcome"] == ("ignored" if off else "accepted")
    assert ("PersonalTopics" in result.stderr) == off


def test_the_answer_is_shown(world: FakeWorld) -> None:
    shown = world.run("send", "konimbo", "order_created").stdout

    callback_id = "00000000-0000-4000-8000-000000000077"
    assert shown.splitlines()[1].split() == [
        *("200", "accepted", "12", f"{callback_id}.0"),
    ]


QUARANTINED = {
    "status": "quarantined",
    "callback_id": "00000000-0000-4000-8000-000000000077",
    "event_ids": ["00000000-0000-4000-8000-000000000077.q"],
    "reason": "invalid",
    "errors": [
        {"loc": ["order_id"], "type": "missing"},
        {"loc": ["topic"], "type": "missing"},
        {"loc": ["id"], "type": "int_type"},
    ],
}


def test_why_something_is_in_quarantine_is_told(world: FakeWorld) -> None:
    world.door.answers = dict.fromkeys(range(2), answer(200, QUARANTINED))

    shown = world.run("send", "konimbo", "order_created").stdout
    told = world.run("send", "konimbo", "order_created", "--json").json[0]

    assert "quarantined: invalid (missing, int_type)" in shown
    assert (told["reason"], told["errors"]) == (QUARANTINED["reason"], QUARANTINED["errors"])


@pytest.mark.parametrize("columns", ["40", "80", "100"])
def test_ids_stay_in_one_piece_however_narrow_the_screen(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    world.door.answers = {0: answer(200, QUARANTINED)}

    words = world.run("send", "konimbo", "order_created").stdout.split()

    assert QUARANTINED["event_ids"][0] in words
    assert {"quarantined:", "invalid", "(missing,", "int_type)"} <= set(words)


def test_json_has_one_object_a_callback(world: FakeWorld) -> None:
    sent = world.run("send", "konimbo", "order_created", "--count", "2", "--json").json

    assert [one["callback_id"][-2:] for one in sent] == ["77", "78"]
    assert sent[0] == {
        "platform": "konimbo",
        "topic": "order_created",
        "store": "demo",
        "ok": True,
        "status": 200,
        "outcome": "accepted",
        "callback_id": "00000000-0000-4000-8000-000000000077",
        "event_ids": ["00000000-0000-4000-8000-000000000077.0"],
        "queued": 0,
        "milliseconds": 12.3,
        "problem": None,
        "reason": None,
        "errors": [],
    }


def test_how_many_events_a_job_publishes_is_told(world: FakeWorld) -> None:
    queued = {"status": "accepted", "callback_id": "00000000-0000-4000-8000-000000000077"}
    world.door.answers = dict.fromkeys(range(2), answer(200, {**queued, "queued": 60}))
    arguments = ("send", "konimbo", "order_created_bulk", "--variant", "many")

    row = world.run(*arguments).stdout.splitlines()[1]
    (told,) = world.run(*arguments, "--json").json

    assert row.split() == ["200", "accepted", "12", "60", "by", "a", "job"]
    assert (told["queued"], told["event_ids"]) == (60, [])


def test_a_variant_of_a_sample_can_be_chosen(world: FakeWorld) -> None:
    world.run("send", "konimbo", "order_created", "--variant", "with_cart")

    path = EVENTS / "konimbo" / "order_created.with_cart.json"
    assert world.door.bodies == [path.read_bytes()]


def test_an_unknown_variant_names_the_known_ones(world: FakeWorld) -> None:
    result = world.run("send", "konimbo", "order_created_bulk", "--variant", "huge")

    assert result.exit_code == 2
    assert "Its variants: list, many." in result.stderr


@pytest.mark.parametrize(
    ("options", "file"),
    [
        (["--form"], "order_created.form"),
        (["--variant", "with_cart", "--form"], "order_created.with_cart.form"),
        (["--variant", "with_cart"], "order_created.with_cart.json"),
    ],
)
def test_a_sample_goes_out_as_a_form_if_asked_for(
    world: FakeWorld, options: list[str], file: str
) -> None:
    world.run("send", "konimbo", "order_created", *options)

    assert world.door.bodies == [(EVENTS / "konimbo" / file).read_bytes()]
    assert ("form" in world.door.content_types[0]) == ("--form" in options)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["konimbo", "order_created", "--variant", "oversize"], "has no variant 'oversize'"),
        (["konimbo", "order_created_future"], "are in JSON only"),
        (["iset", "order-saved"], "There is no form for iset order-saved"),
    ],
)
def test_what_is_no_form_is_not_sent_in_its_place(
    world: FakeWorld, arguments: list[str], words: str
) -> None:
    result = world.run("send", *arguments, "--form")

    assert result.exit_code in {1, 2}
    assert world.door.urls == []
    assert words in " ".join(result.stderr.split())


def test_any_file_can_be_sent_and_a_form_says_so(world: FakeWorld, tmp_path: Path) -> None:
    form = tmp_path / "order.form"
    form.write_bytes(b"order[id]=1")

    result = world.run("send", "konimbo", "order_created", "--file", str(form))

    assert result.exit_code == 0
    assert world.door.bodies == [b"order[id]=1"]
    assert world.door.content_types == ["application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["--file", "missing.json"], 1, "Could not read missing.json"),
        (["--file", "a", "--variant", "b"], 2, "exclude each other"),
        (["--file", "a", "--form"], 2, "exclude each other"),
        (["--store", "../up"], 2, "cannot be the name of a store"),
        (["--count", "0"], 2, "--count"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_sending(
    world: FakeWorld, arguments: list[str], exit_code: int, words: str
) -> None:
    result = world.run("send", "konimbo", "order_created", *arguments)

    assert (result.exit_code, world.door.urls) == (exit_code, [])
    assert words in result.stderr


def test_an_answer_that_is_not_2xx_is_a_failure(world: FakeWorld) -> None:
    world.door.answers = {1: answer(503, {"error": "unavailable"})}

    result = world.run("send", "konimbo", "order_created", "--count", "3")

    assert (result.exit_code, len(world.door.urls)) == (1, 3)
    assert "1 of 3 callbacks were not taken" in result.stderr
    assert "unavailable" in result.stdout


def test_no_answer_ends_the_sending(world: FakeWorld) -> None:
    world.door.answers = {1: NoAnswerError("connection refused")}

    result = world.run("send", "konimbo", "order_created", "--count", "5", "--json")

    assert (result.exit_code, len(world.door.urls)) == (1, 2)
    assert "no answer: connection refused" in result.stderr
    assert [one["outcome"] for one in result.json] == ["accepted", "no_answer"]


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        (Answer(302, b"", 0.1), "redirect_not_followed"),
        (Answer(502, b"<html>", 0.1), "unreadable_answer"),
        (Answer(200, b"[]", 0.1), "unreadable_answer"),
        (Answer(200, b'{"status": 1, "event_ids": 2}', 0.1), "unreadable_answer"),
        (Answer(200, b'{"reason": 1, "errors": [2, {"type": 3}]}', 0.1), "unreadable_answer"),
        (Answer(200, b"[" * 100_000, 0.1), "unreadable_answer"),
    ],
)
def test_whatever_is_answered_can_be_told(world: FakeWorld, answered: Answer, outcome: str) -> None:
    world.door.answers = {0: answered}

    assert world.run("send", "centry", "on_order_save", "--json").json[0]["outcome"] == outcome


def test_a_deployed_stack_gets_the_synthetic_store_only(real_world: FakeWorld) -> None:
    arguments = ("send", "centry", "on_order_save", "--stack", "shop-hooks")

    assert real_world.run(*arguments, "--json").json[0]["store"] == "synthetic"
    refused = real_world.run(*arguments, "--store", "acme")

    assert (refused.exit_code, len(real_world.door.urls)) == (2, 1)
    assert "'synthetic' only" in refused.stderr


def test_before_sending_to_a_deployed_stack_it_says_where(real_world: FakeWorld) -> None:
    result = real_world.run("send", "centry", "on_order_save", "--stack", "shop-hooks")

    assert result.exit_code == 0
    assert "Account 111122223333, Region eu-central-1, stack shop-hooks" in result.stderr
    assert real_world.questions == []


def test_the_local_stack_is_written_to_without_asking(world: FakeWorld) -> None:
    result = world.run("send", "centry", "on_order_save")

    assert (result.exit_code, world.questions) == (0, [])


def test_calls_of_cenit_are_not_sent(world: FakeWorld) -> None:
    result = world.run("send", "cenit", "create_order")

    assert (result.exit_code, world.door.urls) == (2, [])
    assert "Cenit's calls cannot be sent by this verb." in result.stderr
    assert "urls cenit STORE" in " ".join(result.stderr.split())
    assert "Did you mean" not in result.stderr
