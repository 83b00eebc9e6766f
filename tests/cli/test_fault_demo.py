"""`commerce-hooks local demo --fault bus`, with front door, bus and outbox in memory."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from commerce_hooks_cli import fault_demo
from commerce_hooks_cli.answer import Answer
from commerce_hooks_cli.demo import Script
from commerce_hooks_cli.local.faults import Kind, Service
from commerce_hooks_cli.local.state import LocalState
from support.command import (
    CHECKOUT,
    LOCAL,
    FakeLocalStacks,
    FakeSecrets,
    FakeWorld,
    answer,
    local_state,
)
from support.platforms import platforms

PLATFORMS = [*platforms(), "cenit"]
EVENTS = CHECKOUT / "events"


@dataclass
class FailingStacks(FakeLocalStacks):
    """Tells when the bus fails and when it is back."""

    back: Callable[[], None] = field(default=lambda: None)

    def switch_faults(self, state: LocalState, kinds: Mapping[Service, Kind]) -> None:
        before = self.kinds
        super().switch_faults(state, kinds)
        if before and not kinds:
            self.back()


class Outbox:
    """What the functions and the queue do while the bus fails, and after it."""

    def __init__(self, tmp_path: Path) -> None:
        self.world = FakeWorld(tmp_path, replace(LOCAL, clients=self.client, outputs=OUTPUTS))
        self.stacks = FailingStacks(local_state(tmp_path), back=self.redeliver)
        self.world.local_stacks = self.stacks
        self.genuine = self.world.post
        self.world.post = self.post
        self.waiting = [*self.world.bus.events]
        self.lost = self.stuck = 0
        self.answered = "deferred"
        self._one_at_a_time = Lock()

    def client(self, service: str) -> Any:
        return {"sqs": self, "secretsmanager": FakeSecrets()}[service]

    def get_queue_attributes(self, **_: object) -> Any:
        names = ("", "NotVisible", "Delayed")
        counts = (len(self.waiting), self.stuck, 0)
        named = (f"ApproximateNumberOfMessages{name}" for name in names)
        return {"Attributes": dict(zip(named, map(str, counts), strict=True))}

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with self._one_at_a_time:
            answered = self.genuine(url, body, headers)
            if self.stacks.kinds == {Service.BUS: Kind.ERROR}:
                self.waiting += self.world.bus.events
                self.world.bus.events.clear()
                return answer(200, {**json.loads(answered.body), "status": self.answered})
            return answered

    def redeliver(self) -> None:
        self.world.bus.events += self.waiting[self.lost :]
        self.waiting.clear()


OUTPUTS = {**LOCAL.outputs, "OutboxQueueUrl": "http://127.0.0.1:4320/outbox"}


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_demo, "_REDELIVERED_WITHIN", 0.2)
    monkeypatch.setattr(fault_demo, "_EMPTY_WITHIN", 0.2)


def test_every_platforms_callback_is_deferred_and_its_event_comes_later(outbox: Outbox) -> None:
    result = outbox.world.run("local", "demo", "--fault", "bus", "--json")

    told = result.json
    assert (result.exit_code, told["ok"], told["problems"]) == (0, True, [])
    assert [one["platform"] for one in told["sent"]] == PLATFORMS
    assert {(one["status"], one["outcome"]) for one in told["sent"]} == {(200, "deferred")}
    promised = {id_ for one in told["sent"] for id_ in one["event_ids"]}
    came = [one["event"]["detail"]["metadata"]["event_id"] for one in told["events"]]
    assert (set(came), len(came)) == (promised, len(PLATFORMS))
    assert (told["waited_in_outbox"], told["left_in_outbox"]) == (len(PLATFORMS), 0)
    assert told["fault"] == {"service": "bus", "kind": "error"}


def test_people_see_what_failed_what_waited_and_what_came(outbox: Outbox) -> None:
    result = outbox.world.run("local", "demo", "--fault", "bus")

    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    for words in (
        "InternalException",
        "PutEvents failed 12 times",
        f"{len(PLATFORMS)} events wait there now",
        "The bus is back",
        f"{len(PLATFORMS)} callbacks, each answered 200 while the bus failed",
        "None of them is left in the outbox.",
        "Where to look next",
    ):
        assert words in shown
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[1] for row in rows if row[:1] == ["✓"] and "deferred" in row] == PLATFORMS
    came = [row[2] for row in rows if row[1:2] == ["s"]]
    assert sorted(came) == sorted(PLATFORMS)


def test_the_bus_fails_no_more_whatever_happens(outbox: Outbox) -> None:
    def interrupted(*_: object) -> Answer:
        assert outbox.stacks.kinds == {Service.BUS: Kind.ERROR}
        raise KeyboardInterrupt

    outbox.world.post = interrupted
    outbox.stacks.up = True

    assert outbox.world.run("local", "demo", "--fault", "bus").exit_code == 130
    assert (outbox.stacks.kinds, outbox.stacks.up) == ({}, True)


def test_on_a_running_stack_only_its_own_events_count(outbox: Outbox) -> None:
    outbox.stacks.up = True
    outbox.stuck = 3

    told = outbox.world.run("local", "demo", "--fault", "bus", "--json").json

    assert (told["waited_in_outbox"], told["left_in_outbox"]) == (len(PLATFORMS), 0)
    assert outbox.stacks.stops == 0


def failure(outbox: Outbox) -> str:
    result = outbox.world.run("local", "demo", "--fault", "bus")
    assert result.exit_code == 1
    assert "each answered 200" not in result.stdout
    return " ".join(result.stderr.split())


def test_another_answer_makes_it_fail(outbox: Outbox) -> None:
    outbox.answered = "accepted"

    assert "expected 200 deferred, got 200 accepted." in failure(outbox)


def test_an_event_that_does_not_come_makes_it_fail(outbox: Outbox) -> None:
    outbox.lost = 1

    assert f"1 of {len(PLATFORMS)} events did not come off the bus." in failure(outbox)


def test_an_event_that_was_never_in_the_outbox_makes_it_fail(outbox: Outbox) -> None:
    kept = outbox.get_queue_attributes
    outbox.get_queue_attributes = lambda **_: {  # type: ignore[method-assign]
        "Attributes": dict.fromkeys(kept()["Attributes"], "0")
    }

    assert f"0 events waited in the outbox, not {len(PLATFORMS)}." in failure(outbox)


def test_an_event_that_stays_in_the_outbox_makes_it_fail(outbox: Outbox) -> None:
    def redeliver() -> None:
        outbox.redeliver()
        outbox.stuck = 2

    outbox.stacks.back = redeliver

    assert "2 events are still in the outbox." in failure(outbox)


def test_an_event_that_comes_while_the_bus_fails_makes_it_fail(outbox: Outbox) -> None:
    outbox.stacks.kinds = {}
    deferring = outbox.post

    def leaking(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answered = deferring(url, body, headers)
        outbox.world.bus.events += outbox.waiting[:1]
        return answered

    outbox.world.post = leaking

    assert "events came off the bus while it failed." in failure(outbox)


def test_what_a_platform_need_not_send_is_left_out() -> None:
    """A topic that is off by default is answered, but becomes no event."""
    konimbo = platforms()["konimbo"]
    by_privacy = sorted(konimbo.topics.items(), key=lambda one: not one[1].mostly_personal)
    script = Script(LOCAL, {"konimbo": replace(konimbo, topics=dict(by_privacy))}, EVENTS)

    assert by_privacy[0][1].mostly_personal
    assert [one.outcome for one in script.one_of_each()] == ["accepted", "accepted"]


def test_there_is_no_picture_to_compare(outbox: Outbox, tmp_path: Path) -> None:
    refused = outbox.world.run("local", "demo", "--fault", "bus", "--fixed")
    assert (refused.exit_code, outbox.stacks.starts) == (2, [])

    picture = tmp_path / "fault.svg"
    assert outbox.world.run("local", "demo", "--fault", "bus", "--svg", str(picture)).exit_code == 0
    assert "deferred" in picture.read_text()
