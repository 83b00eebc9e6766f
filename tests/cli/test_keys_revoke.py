"""`commerce-hooks keys revoke`: an old key at its end, or one store's URLs."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.command import REAL, FakeWorld
from support.keys import CANARY, CENTRY, ISET, KONIMBO, Shops, ring_text, shops
from support.state_table import failing

HOUR = timedelta(hours=1)


@pytest.fixture
def acme(world: FakeWorld) -> Shops:
    """k2 signs since three days ago, and all stores have left k1."""
    acme = shops(world, ring_text("k2", "k1", "k2"))
    acme.note_key("k2", accepted_at=acme.now - 73 * HOUR, signs_at=acme.now - 72 * HOUR)
    acme.registered(CENTRY, "k2")
    acme.came(ISET, "k1", acme.now - 80 * HOUR)
    acme.world.run("keys", "confirm", "iset", "acme")
    return acme


def entries(acme: Shops) -> dict[str, Any]:
    return dict(json.loads(acme.secrets.texts[-1]).get("stores", {}))


def test_a_key_that_nothing_uses_is_retired(acme: Shops) -> None:
    result = acme.world.run("keys", "revoke", "k1", "--json")

    assert (result.exit_code, list(acme.ring.keys)) == (0, ["k2"])
    assert result.json == {
        "retired": "k1",
        "may_break": [],
        "noted": True,
        "refused_from": "2026-05-06T12:01:02.500Z",
        "within_seconds": 62.0,
    }
    assert acme.world.table.read("keys", "k1").data["retired_at"] == "2026-05-06T12:00:00.500Z"
    assert acme.world.run("keys", "status").exit_code == 0


@pytest.mark.parametrize("what", ["read back", "confirmed", "lately", "young", "no answer"])
def test_whatever_is_in_the_way_is_said_and_nothing_happens(acme: Shops, what: str) -> None:
    match what:
        case "read back":
            acme.registered(CENTRY, "k1", "k2")
        case "confirmed":
            acme.world.run("keys", "confirm", "iset", "acme", "k1")
        case "lately":
            acme.came(CENTRY, "k1", acme.now - 47 * HOUR)
        case "young":
            acme.note_key("k2", signs_at=acme.now - 47 * HOUR)
        case _:
            acme.world.stores.failure = UnavailableError("stores", "Timeout")

    result = acme.world.run("keys", "revoke", "k1")

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    if what == "no answer":
        assert "stores: Timeout" in result.stderr
        return
    expected = {
        "read back": "centry/acme: its URLs use k1.",
        "confirmed": "iset/acme: its URLs use k1.",
        "lately": "came in the last 48 hours. Until 2026-05-06 13:00 UTC.",
        "young": "k2 has signed for less than 48 hours. Until 2026-05-06 13:00 UTC.",
    }
    assert expected[what] in " ".join(result.stdout.split())


def test_a_url_needs_its_key_under_an_address_that_nobody_told_us_of(acme: Shops) -> None:
    acme.registered(CENTRY, "k1", base_url="https://abc123.execute-api.eu-central-1.amazonaws.com")

    assert acme.world.run("keys", "revoke", "k1").exit_code == 1
    assert "k1" in acme.ring.keys


def test_a_url_that_was_called_and_that_the_platform_does_not_list_needs_its_key(
    acme: Shops,
) -> None:
    """Konimbo lists no webhook that is inactive; switched on again, it calls the same URL."""
    acme.registered(KONIMBO)
    acme.came(KONIMBO, "k1", acme.now - 49 * HOUR)

    unvouched = acme.world.run("keys", "revoke", "k1")
    acme.world.run("keys", "confirm", "konimbo", "acme")
    vouched = acme.world.run("keys", "revoke", "k1")

    assert (unvouched.exit_code, vouched.exit_code, list(acme.ring.keys)) == (1, 0, ["k2"])


def test_while_callbacks_wait_to_be_noted_that_none_was_noted_proves_nothing(
    real_world: FakeWorld,
) -> None:
    acme = shops(real_world, ring_text("k2", "k1", "k2"), REAL)
    acme.note_key("k2", signs_at=acme.now - 72 * HOUR)
    call = ("keys", "revoke", "k1", "--yes", "--stack", "shop-hooks")

    def said() -> str:
        result = real_world.run(*call)
        assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
        return " ".join(result.stdout.split())

    acme.activity.dead_letters = 3
    assert "3 events are not noted: docs/runbook.md#activity-dead-letters" in said()
    acme.activity.dead_letters, acme.activity.ages = 0, [10.0, 1800.0, 20.0]
    assert "Events have waited for 30 minutes to be noted." in said()
    denied = {"Error": {"Code": "AccessDenied"}}
    acme.activity.failure = ClientError(denied, "GetQueueAttributes")  # type: ignore[arg-type]
    assert "Whether all callbacks are noted could not be told" in said()
    outputs = {name: at for name, at in REAL.outputs.items() if not name.startswith("Activity")}
    whole = real_world.find_deployment(None)
    real_world.deployment = replace(whole, outputs=outputs)
    assert "has no output ActivityDeadLettersUrl" in said()
    real_world.deployment = whole
    acme.activity.failure, acme.activity.ages = None, [600.0]
    assert (real_world.run(*call).exit_code, list(acme.ring.keys)) == (0, ["k2"])


def test_a_row_that_does_not_say_what_came_keeps_a_key(acme: Shops) -> None:
    table = acme.world.table
    odd = table.write(table.read("seen", "iset/odd#order-saved#k1"), {"nothing": 1})
    assert odd is not None

    kept = acme.world.run("keys", "revoke", "k1")
    table.remove(odd)
    retired = acme.world.run("keys", "revoke", "k1")

    assert (kept.exit_code, retired.exit_code) == (1, 0)
    assert "cannot be read of iset/odd" in " ".join(kept.stdout.split())


def test_for_programs_too(acme: Shops) -> None:
    acme.registered(CENTRY, "k1")

    told = acme.world.run("keys", "revoke", "k1", "--json").json

    assert (told["retired"], told["in_the_way"][0]["store"]) == (None, "centry/acme")


def test_if_the_signer_s_time_was_lost_the_48_hours_begin_now(acme: Shops) -> None:
    table = acme.world.table
    assert table.remove(table.read("keys", "k2"))

    first = acme.world.run("keys", "revoke", "k1")
    acme.world.clock.sleep(48 * 3600)
    acme.world.run("keys", "revoke", "k1")

    assert "not known since when k2 signs" in " ".join(first.stdout.split())
    assert list(acme.ring.keys) == ["k2"]


def test_a_leaked_key_goes_at_once_and_whose_urls_break_is_said(acme: Shops) -> None:
    acme.registered(CENTRY, "k1")
    acme.came(KONIMBO, "k1", acme.now)

    result = acme.world.run("keys", "revoke", "k1", "--now")

    assert (result.exit_code, list(acme.ring.keys)) == (0, ["k2"])
    assert "will be refused: centry/acme, konimbo/acme." in " ".join(result.stderr.split())


def test_a_leaked_key_goes_even_if_nothing_can_be_looked_up(acme: Shops) -> None:
    acme.world.stores.failure = UnavailableError("stores", "Timeout")

    result = acme.world.run("keys", "revoke", "k1", "--now")

    assert (result.exit_code, list(acme.ring.keys)) == (0, ["k2"])
    assert "could not be looked up (stores: Timeout)" in " ".join(result.stderr.split())


def test_that_a_key_was_retired_is_noted_before_so_that_no_import_brings_it_back(
    acme: Shops,
) -> None:
    put, known = acme.secrets.put_secret_value, []

    def put_secret_value(**how: str) -> dict[str, str]:
        known.append(acme.world.table.read("keys", "k1").data.get("retired_at"))
        return put(**how)

    acme.secrets.put_secret_value = put_secret_value  # type: ignore[method-assign]
    acme.world.run("keys", "revoke", "k1")

    assert known == ["2026-05-06T12:00:00.500Z"]


@pytest.mark.parametrize(("fails", "noted"), [(3, True), (99, False)])
def test_a_leaked_key_goes_though_that_cannot_be_noted_and_then_that_is_said(
    acme: Shops, fails: int, *, noted: bool
) -> None:
    left = fails

    def fail_for_a_while(_: str) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            failing(_)

    acme.world.table.before_call = fail_for_a_while
    result = acme.world.run("keys", "revoke", "k1", "--now", "--json")
    acme.world.table.before_call = lambda _: None

    assert (result.exit_code, list(acme.ring.keys)) == (0, ["k2"])
    assert result.json["noted"] is noted
    assert ("retired_at" in acme.world.table.read("keys", "k1").data) is noted
    assert ("destroy the older ones" in " ".join(result.stderr.split())) is not noted


def test_without_haste_nothing_is_retired_that_cannot_be_noted(acme: Shops) -> None:
    def no_writes(call: str) -> None:
        if call == "write":
            failing(call)

    acme.world.table.before_call = no_writes
    result = acme.world.run("keys", "revoke", "k1")

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    assert "k1 was not retired: it could not be noted" in " ".join(result.stderr.split())


@pytest.mark.parametrize("now", [False, True])
def test_the_key_that_signs_stays(acme: Shops, *, now: bool) -> None:
    result = acme.world.run("keys", "revoke", "k2", *(["--now"] if now else []))

    assert (result.exit_code, len(acme.secrets.texts)) == (2, 1)
    assert "keys rotate" in result.stderr


def test_a_key_that_comes_to_sign_meanwhile_stays(acme: Shops) -> None:
    read = acme.secrets.get_secret_value
    looks = 0

    def get_secret_value(**how: str) -> dict[str, str]:
        nonlocal looks
        looks += 1
        if looks == 3:
            acme.secrets.texts.append(ring_text("k1", "k1", "k2"))
        return read(**how)

    acme.secrets.get_secret_value = get_secret_value  # type: ignore[method-assign]

    assert acme.world.run("keys", "revoke", "k1").exit_code == 2
    assert "k1" in acme.ring.keys


def test_an_id_is_never_used_again(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k2", "k2", "k3")]
    acme.world.run("keys", "revoke", "k3", "--now")

    acme.world.run("keys", "rotate", "--no-wait")

    assert list(acme.ring.keys) == ["k2", "k4"]


def test_a_store_s_urls_are_refused_and_no_other_s(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k2", cenit__acme={"signed_only": True})]
    targets = [CallbackTarget("konimbo", name, "order_created") for name in ("acme", "other")]
    tokens = [acme.ring.mint(target) for target in targets]

    result = acme.world.run("keys", "revoke", "konimbo/acme")

    proved = [acme.ring.proves(*pair) for pair in zip(targets, tokens, strict=True)]
    assert (result.exit_code, proved) == (0, [False, True])
    assert entries(acme) == {"cenit/acme": {"signed_only": True}, "konimbo/acme": {"generation": 2}}
    shown = " ".join(result.stdout.split())
    assert "refused within 62 s, from 12:01:02 UTC on" in shown
    assert "urls konimbo acme`" in shown
    assert acme.ring.proves(targets[0], acme.ring.mint(targets[0]))


def test_each_time_a_generation_more_and_what_else_is_set_stays(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k2", cenit__acme={"generation": 4, "backed_by": "iset/acme"})]

    told = acme.world.run("keys", "revoke", "cenit/acme", "--json").json

    assert entries(acme)["cenit/acme"] == {"generation": 5, "backed_by": "iset/acme"}
    assert (told["generation"], told["within_seconds"]) == (5, 62)


def test_a_store_is_shut_out_and_let_in_again(acme: Shops) -> None:
    acme.world.run("keys", "revoke", "iset/acme")
    shut = acme.world.run("keys", "revoke", "iset/acme", "--disable", "--json").json
    disabled = entries(acme)["iset/acme"]
    opened = acme.world.run("keys", "revoke", "iset/acme", "--enable", "--json").json
    shown = " ".join(acme.world.run("keys", "revoke", "iset/acme", "--enable").stdout.split())

    assert disabled == {"generation": 2, "disabled": True}
    assert entries(acme)["iset/acme"] == {"generation": 2}
    assert (shut["disabled"], opened["disabled"]) == (True, False)
    # A disabled store keeps no key from being retired.
    assert "but for URLs of a key retired since it was disabled. New ones:" in shown


def test_another_store_s_malformed_entry_is_no_hindrance_and_stays(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k2", iset__odd={"from": "the future"})]

    assert acme.world.run("keys", "revoke", "konimbo/acme").exit_code == 0
    assert entries(acme)["iset/odd"] == {"from": "the future"}


@pytest.mark.parametrize("option", [(), ("--enable",), ("--disable",)])
def test_a_malformed_entry_is_not_overwritten(acme: Shops, option: tuple[str, ...]) -> None:
    acme.secrets.texts = [ring_text("k2", iset__odd={"generation": "2"})]

    result = acme.world.run("keys", "revoke", "iset/odd", *option)

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    assert "everything that comes for this store is refused" in " ".join(result.stderr.split())


def test_a_slip_of_the_pen_is_noticed_where_that_can_be_told(acme: Shops) -> None:
    assert "Is it spelled so?" in acme.world.run("keys", "revoke", "iset/acmee").stderr
    assert "Is it spelled so?" not in acme.world.run("keys", "revoke", "iset/acme").stderr
    acme.world.table.before_call = failing
    result = acme.world.run("keys", "revoke", "iset/acme")
    assert (result.exit_code, "could not be looked up" in result.stderr) == (0, True)


@pytest.mark.parametrize(
    "call",
    [
        ("k1", "--disable"),
        ("iset/acme", "--now"),
        ("iset/acme", "--enable", "--disable"),
        ("isset/acme",),
        ("iset/",),
        ("k9",),
    ],
)
def test_what_makes_no_sense_is_bad_usage(acme: Shops, call: tuple[str, ...]) -> None:
    result = acme.world.run("keys", "revoke", *call)

    assert (result.exit_code, len(acme.secrets.texts)) == (2, 1)


@pytest.mark.parametrize("target", ["k1", "konimbo/acme"])
def test_a_deployed_stack_is_changed_only_with_consent(real_world: FakeWorld, target: str) -> None:
    acme = shops(real_world, ring_text("k2", "k1", "k2"), REAL)
    acme.note_key("k2", signs_at=acme.now - 72 * HOUR)
    call = ("keys", "revoke", target, "--stack", "shop-hooks")

    unasked = real_world.run(*call)
    real_world.consent = False
    refused = real_world.run(*call)
    unchanged = len(acme.secrets.texts)
    real_world.consent = True
    agreed = real_world.run(*call)

    assert (unasked.exit_code, refused.exit_code, unchanged) == (2, 1, 1)
    assert (agreed.exit_code, len(acme.secrets.texts)) == (0, 2)
    assert agreed.stderr.startswith("Account 111122223333")


def test_no_key_is_ever_shown(acme: Shops) -> None:
    said = acme.world.run("keys", "revoke", "iset/acme").output
    said += acme.world.run("keys", "revoke", "k1", "--json").output

    assert CANARY not in said
    assert KeyRing.parse(acme.secrets.texts[-1]).keys.keys() == {"k2"}
