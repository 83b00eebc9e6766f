"""`commerce-hooks keys rotate`: accepted everywhere, then signing, whatever comes in between."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commerce_hooks.aws import SecretsManagerKeyRing
from commerce_hooks.deadline import KEY_RING_SECONDS, Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks_cli.key_rotation import settling_seconds
from support.command import LOCAL, REAL, FakeWorld
from support.keys import CANARY, ISET, Secrets, Shops, ring_text, shops
from support.state_table import failing

TARGET = CallbackTarget("konimbo", "acme", "order_created")
WAIT = 74


@pytest.fixture
def acme(world: FakeWorld) -> Shops:
    return shops(world, ring_text("k1", konimbo__acme={"generation": 2}))


def test_a_new_key_signs_and_every_url_goes_on_working(acme: Shops) -> None:
    before = acme.ring.mint(TARGET)

    result = acme.world.run("keys", "rotate", "--json")

    assert (result.exit_code, result.json["key_id"], result.json["signs_now"]) == (0, "k2", True)
    assert (acme.ring.sign, list(acme.ring.keys)) == ("k2", ["k1", "k2"])
    assert acme.ring.proves(TARGET, before)
    assert acme.ring.mint(TARGET).startswith("k2.2.")
    assert json.loads(acme.secrets.texts[-1])["stores"] == {"konimbo/acme": {"generation": 2}}


def test_it_signs_only_after_every_cache_has_seen_it(acme: Shops) -> None:
    began = acme.now

    acme.world.run("keys", "rotate")

    accepted, signs = (KeyRing.parse(text) for text in acme.secrets.texts[1:])
    assert ("k2" in accepted.keys, accepted.sign, signs.sign) == (True, "k1", "k2")
    assert acme.now - began == timedelta(seconds=WAIT)
    known = acme.world.table.read("keys", "k2").data
    assert known["accepted_at"] == "2026-05-06T12:00:00.500Z"
    assert known["signs_at"] == "2026-05-06T12:01:14.500Z"


class SlowSecret:
    """A secret that changes at a moment, as a function sees it: reads take their time, one fails.

    Args:
        changes_at: From then on reads that begin bring the new ring.
        fails: The number of the read that fails.
    """

    def __init__(self, changes_at: float, fails: int) -> None:
        self.time = 0.0
        self.reads = 0
        self._changes_at = changes_at
        self._fails = fails

    def get_secret_value(self, **_: str) -> dict[str, str]:
        begun = self.time
        self.time += KEY_RING_SECONDS
        self.reads += 1
        if self.reads == self._fails:
            raise TimeoutError
        text = ring_text("k1") if begun < self._changes_at else ring_text("k1", "k1", "k2")
        return {"SecretString": text}

    def call(self, service: str, seconds: float, call: Any) -> Any:
        assert Deadline(lambda: self.time, seconds).remaining() > 0
        try:
            return call()
        except TimeoutError:
            raise UnavailableError(service, "Timeout") from None

    @property
    def clock(self) -> Any:
        return lambda: self.time


@pytest.mark.parametrize("fails", [1, 2, 3, 99])
def test_the_wait_is_longer_than_a_busy_function_goes_on_without_the_new_key(fails: int) -> None:
    """Against the real cache: the worst is a read begun just before, and one that fails."""
    for cache in (1, 60):
        # Just after the first good read has begun.
        secret = SlowSecret(changes_at=0.001, fails=fails)
        held: Any = SecretsManagerKeyRing(secret, "arn", secret, lambda _: None, cache)  # type: ignore[arg-type]
        last_without = 0.0
        while secret.time < cache + 60:
            served_at = secret.time
            try:
                ring = held.current()
            except UnavailableError:
                secret.time += 1.0
                continue
            if "k2" not in ring.keys:
                last_without = max(last_without, served_at)
            secret.time += 0.25
        assert last_without < settling_seconds(cache)


def test_without_waiting_it_says_when_to_come_back(acme: Shops) -> None:
    first = acme.world.run("keys", "rotate", "--no-wait")
    told = acme.world.run("keys", "rotate", "--no-wait", "--json").json

    assert (first.exit_code, acme.ring.sign, list(acme.ring.keys)) == (0, "k1", ["k1", "k2"])
    assert "From 12:01:14 UTC on" in first.stdout
    assert told == {"key_id": "k2", "signs_now": False, "ready_at": "2026-05-06T12:01:14.500Z"}
    acme.world.clock.sleep(WAIT)
    acme.world.run("keys", "rotate", "--no-wait")
    assert (acme.ring.sign, len(acme.secrets.texts)) == ("k2", 3)


def test_the_rest_of_the_wait_is_waited(acme: Shops) -> None:
    acme.world.run("keys", "rotate", "--no-wait")
    acme.world.clock.sleep(70)
    acme.world.clock.slept.clear()

    acme.world.run("keys", "rotate")

    assert (sum(acme.world.clock.slept), acme.ring.sign) == (4, "k2")


@pytest.mark.parametrize("minutes", [-2, 2])
def test_it_is_waited_by_aws_s_time_whatever_the_computer_s_clock_says(
    acme: Shops, minutes: int
) -> None:
    """Begun at one whose clock is right, gone on with at another."""
    acme.world.run("keys", "rotate", "--no-wait")
    acme.secrets.date = acme.now
    acme.world.clock.moment += timedelta(minutes=minutes)
    acme.world.clock.slept.clear()

    acme.world.run("keys", "rotate")

    # A Date is in whole seconds.
    assert WAIT <= sum(acme.world.clock.slept) <= WAIT + 1
    assert acme.ring.sign == "k2"
    signs_at = acme.world.table.read("keys", "k2").data["signs_at"]
    assert str(signs_at).startswith("2026-05-06T12:01:14")


def test_what_aws_says_of_its_time_decides_when_a_key_was_accepted(acme: Shops) -> None:
    acme.secrets.date = acme.now + timedelta(minutes=2)

    acme.world.run("keys", "rotate", "--no-wait")

    accepted_at = acme.world.table.read("keys", "k2").data["accepted_at"]
    assert accepted_at == "2026-05-06T12:02:00.000Z"


def test_a_key_of_unknown_age_is_as_good_as_new(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k1", "k1", "k2")]

    acme.world.run("keys", "rotate")

    assert sum(acme.world.clock.slept) == WAIT
    assert (acme.ring.sign, list(acme.ring.keys)) == ("k2", ["k1", "k2"])


class Crash(BaseException):
    """The process ends: nothing catches it."""


class Crashing:
    """Everything that rotate writes to, which ends the process at its n-th call."""

    def __init__(self, acme: Shops, at: int, *, after: bool) -> None:
        self.left = at
        self._after = after
        secrets, table = acme.secrets, acme.world.table
        for owner, names in (
            (secrets, ("get_secret_value", "put_secret_value")),
            (table, ("read", "rows", "write")),
        ):
            for name in names:
                self._wrap(owner, name)

    def _wrap(self, owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self._after:
                raise Crash
            answer = real(*args, **kwargs)
            if self.left == 0:
                raise Crash
            return answer

        setattr(owner, name, call)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after it"])
@pytest.mark.parametrize("at", range(1, 30))
def test_however_it_is_interrupted_the_next_one_goes_on_with_the_same_key(
    tmp_path: Path, at: int, *, after: bool
) -> None:
    acme = shops(FakeWorld(tmp_path), ring_text("k1"))
    before = acme.ring.mint(TARGET)
    crashing = Crashing(acme, at, after=after)
    crashed = False
    try:
        acme.world.run("keys", "rotate")
    except Crash:
        crashed = True
    crashing.left = 0

    done = acme.world.table.read("keys", "k2").data.get("signs_at") is not None
    assert acme.ring.proves(TARGET, before)
    if crashed and not done:
        acme.world.run("keys", "rotate")

    assert at < 28 or not crashed, "there are more calls than this goes through"
    assert acme.ring.sign != "k1"
    assert len(acme.ring.keys) == 2
    assert acme.ring.proves(TARGET, before)
    accepted_at = [KeyRing.parse(text) for text in acme.secrets.texts]
    assert [len(ring.keys) for ring in accepted_at] == [1, 2, 2]
    assert sum(acme.world.clock.slept) >= WAIT


def test_of_two_at_the_same_moment_one_gives_way(acme: Shops) -> None:
    table = acme.world.table

    def other_was_first(call: str) -> None:
        if call == "write":
            table.before_call = lambda _: None
            assert table.write(table.read("keys", "k2"), {})

    table.before_call = other_was_first

    result = acme.world.run("keys", "rotate")

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    assert "Somebody else is adding a key" in result.stderr


def test_two_at_once_never_make_two_keys_of_one_id(acme: Shops) -> None:
    acme.world.run("keys", "rotate", "--no-wait")
    # Another's write took its place; the id stays taken.
    acme.secrets.texts.append(ring_text("k1"))

    acme.world.run("keys", "rotate")

    assert list(acme.ring.keys) == ["k1", "k3"]


def test_a_key_that_somebody_takes_out_meanwhile_does_not_sign(acme: Shops) -> None:
    def sleep(_: float) -> None:
        acme.secrets.texts.append(ring_text("k1"))
        acme.world.clock.moment += timedelta(seconds=WAIT)

    acme.world.clock.sleep = sleep  # type: ignore[assignment,method-assign]

    result = acme.world.run("keys", "rotate")

    assert (result.exit_code, acme.ring.sign) == (1, "k1")
    assert "took k2 out of the key ring" in result.stderr


def test_a_malformed_entry_stays_as_it_is_and_is_told(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k1", iset__odd={"from": "the future"})]

    result = acme.world.run("keys", "rotate")

    assert (result.exit_code, acme.ring.sign) == (0, "k2")
    assert json.loads(acme.secrets.texts[-1])["stores"] == {"iset/odd": {"from": "the future"}}
    assert "entry of iset/odd is malformed" in result.stderr


def test_then_it_says_what_has_to_change_where(acme: Shops) -> None:
    acme.came(ISET, "k1", acme.now)

    result = acme.world.run("keys", "rotate")

    shown = " ".join(result.stdout.split())
    assert "k2 signs since 2026-05-06 12:01 UTC" in shown
    assert "iset: in the shop's panel, replace the URLs" in shown


def test_without_the_table_nothing_is_begun(acme: Shops) -> None:
    acme.world.table.before_call = failing

    result = acme.world.run("keys", "rotate")

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    assert "table: Timeout" in result.stderr


def test_a_deployed_stack_is_changed_only_with_consent(real_world: FakeWorld) -> None:
    acme = shops(real_world, ring_text("k1"), REAL)
    call = ("keys", "rotate", "--no-wait", "--stack", "shop-hooks")

    unasked = real_world.run(*call)
    real_world.consent = False
    refused = real_world.run(*call)
    unchanged = len(acme.secrets.texts)
    agreed = real_world.run(*call, "--yes")

    assert (unasked.exit_code, refused.exit_code, unchanged) == (2, 1, 1)
    assert (agreed.exit_code, list(acme.ring.keys)) == (0, ["k1", "k2"])
    assert "keys rotate --stack shop-hooks`" in " ".join(agreed.stdout.split())


def test_a_ring_that_is_none_is_not_changed(world: FakeWorld) -> None:
    broken = Secrets("{}")
    world.deployment = replace(LOCAL, clients=lambda _: broken)

    result = world.run("keys", "rotate")

    assert (result.exit_code, len(broken.texts)) == (1, 1)
    assert "keys import" in result.stderr


def test_a_ring_that_is_lost_is_not_made_anew(acme: Shops) -> None:
    acme.secrets.lost = True

    result = acme.world.run("keys", "rotate")

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    assert "keys import" in result.stderr


def test_no_key_is_ever_shown(acme: Shops) -> None:
    said = acme.world.run("keys", "rotate").output
    said += acme.world.run("keys", "rotate", "--json").output

    assert CANARY not in said
    assert not any(key in said for key in acme.ring.keys.values())
