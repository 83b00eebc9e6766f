"""`commerce-hooks local demo --rotate`, with front door, bus and key ring in memory."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from commerce_hooks_cli import rotation_demo
from commerce_hooks_cli.answer import Answer
from support.command import LOCAL, FakeWorld, answer
from support.keys import CANARY, Shops, ring_text, shops
from support.platforms import platforms

SHOPS = 2 * (len(platforms()) + 1)
DEMO = ("local", "demo", "--rotate")


@pytest.fixture
def acme(world: FakeWorld) -> Shops:
    acme = shops(world, ring_text("k1"))
    world.door.ring = lambda: acme.secrets.texts[-1]
    return acme


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation_demo, "_DELIVERY_SECONDS", 0.5)
    monkeypatch.setattr(rotation_demo, "refusing_seconds", lambda _: 0.2)


def test_every_callback_is_accepted_while_one_key_takes_the_place_of_another(acme: Shops) -> None:
    began = acme.now

    result = acme.world.run(*DEMO, "--json")

    told = result.json
    assert (result.exit_code, told["ok"], told["problems"]) == (0, True, [])
    assert told["shops"] == SHOPS
    assert told["callbacks"] == told["events"] >= 6 * SHOPS
    assert [step["not_accepted"] for step in told["steps"]] == [0] * 7
    assert told["in_the_way_at_first"] == ["k2 has signed for less than 48 hours."]
    assert set(told["refused_after_seconds"]) == {"k1", "centry/south"}
    assert (list(acme.ring.keys), acme.now - began) == (["k2"], timedelta(seconds=74))
    assert acme.ring.stores["centry/south"].generation == 2


def test_it_plays_on_a_stack_of_its_own_that_forgets_the_ring_soon(acme: Shops) -> None:
    acme.world.run(*DEMO)
    own = acme.world.local_stacks.parameters, acme.world.local_stacks.stops
    acme.world.local_stacks.up = True

    refused = acme.world.run(*DEMO)

    assert own == ({"KeyRingCacheSeconds": "1"}, 1)
    assert (refused.exit_code, acme.world.local_stacks.stops) == (1, 1)
    assert "local down" in refused.stderr


def test_people_see_each_step_and_that_the_clock_was_set_forward(acme: Shops) -> None:
    shown = " ".join(acme.world.run(*DEMO).stdout.split())

    for words in (
        "k2 is accepted, k1 signs on",
        "k2 has signed for less than 48 hours.",
        "its clock was set forward by 49 hours",
        "for that decision only",
        "At most 0 s: functions keep the key ring for 60 s here",
        f"of {SHOPS} shops while k2 took the place of k1: each accepted",
    ):
        assert words in shown
    assert CANARY not in shown


def failure(acme: Shops) -> str:
    result = acme.world.run(*DEMO)
    assert result.exit_code == 1
    assert "each accepted" not in result.stdout
    return " ".join(result.stderr.split())


def test_a_genuine_callback_that_is_refused_makes_it_fail(acme: Shops) -> None:
    def refusing(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if "k2" in acme.ring.keys and acme.ring.sign == "k1" and "/iset/north/" in url:
            return answer(401, {"error": "unauthorized"})
        return acme.world.door.post(url, body, headers)

    acme.world.post = refusing

    assert "iset/north: expected accepted, got unauthorized." in failure(acme)


def test_an_event_that_does_not_come_makes_it_fail(acme: Shops) -> None:
    put = acme.world.door.post

    def losing(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answered = put(url, body, headers)
        if "/konimbo/south/" in url:
            acme.world.bus.events.pop()
        return answered

    acme.world.post = losing

    assert "events did not come off the bus." in failure(acme)


def test_what_stays_accepted_after_its_revocation_makes_it_fail(acme: Shops) -> None:
    acme.world.door.ring = lambda: acme.secrets.texts[:3][-1]

    said = failure(acme)

    assert "k1 was still taken after 0 s." in said
    assert "centry/south was still taken after 0 s." in said


def test_a_key_that_could_go_at_once_makes_it_fail(
    acme: Shops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation_demo, "obstacles", lambda *_: [])

    assert "k1 could have been retired at once." in failure(acme)


@pytest.mark.parametrize("other", [("--fixed",), ("--fault", "bus")])
def test_it_is_a_demo_of_its_own(acme: Shops, other: tuple[str, ...]) -> None:
    refused = acme.world.run(*DEMO, *other)

    assert (refused.exit_code, acme.world.local_stacks.starts) == (2, [])


def test_its_screen_can_be_saved(acme: Shops, tmp_path: Path) -> None:
    picture = tmp_path / "rotation.svg"

    assert acme.world.run(*DEMO, "--svg", str(picture)).exit_code == 0
    assert "refused" in picture.read_text()
    assert LOCAL.base_url in picture.read_text()
