"""`commerce-hooks keys status` and `keys confirm`: who uses which key, and how that is known."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.read_back import NotReadBackError
from support.command import LOCAL, FakeWorld
from support.keys import CANARY, CENIT, CENTRY, ISET, KONIMBO, Shops, ring_text, shops, url_of
from support.state_table import failing

HOUR = timedelta(hours=1)


@pytest.fixture
def acme(world: FakeWorld) -> Shops:
    """k2 signs since three days ago."""
    acme = shops(world, ring_text("k2", "k1", "k2"))
    acme.note_key("k2", accepted_at=acme.now - 73 * HOUR, signs_at=acme.now - 72 * HOUR)
    return acme


def store(acme: Shops, which: StoreId) -> dict[str, Any]:
    (found,) = (
        one
        for one in acme.world.run("keys", "status", "--json").json["stores"]
        if (one["platform"], one["store"]) == which
    )
    return dict(found)


def test_a_ring_of_one_key_leaves_nothing_to_do(world: FakeWorld) -> None:
    acme = shops(world, ring_text("k1"))
    acme.came(ISET, "k1", acme.now)

    result = world.run("keys", "status")

    assert result.exit_code == 0
    assert "k1  signs since an unknown time" in result.stdout
    assert "Nothing is left to do." in result.stdout


def test_where_a_platform_can_be_asked_its_answer_counts(acme: Shops) -> None:
    acme.registered(KONIMBO, "k1", "k2")
    acme.registered(CENTRY, "k2")

    konimbo, centry = store(acme, KONIMBO), store(acme, CENTRY)

    assert (konimbo["keys"], konimbo["known_by"], konimbo["certain"]) == (
        ["k1", "k2"],
        "platform",
        True,
    )
    assert "subscriptions apply konimbo acme`" in konimbo["left_to_do"]
    assert "urls konimbo acme`, and remove the old ones." in konimbo["left_to_do"]
    assert (centry["keys"], centry["left_to_do"]) == (["k2"], None)


def test_urls_that_began_otherwise_before_are_ours_too_and_so_is_what_our_key_proves(
    acme: Shops,
) -> None:
    acme.world.deployment = replace(
        acme.world.find_deployment(None),
        outputs={**LOCAL.outputs, "FormerBaseUrls": "https://old.example,https://older.example"},
    )
    acme.registered(KONIMBO, "k1", base_url="https://older.example")
    acme.registered(CENTRY, "k1", base_url="https://abc123.execute-api.us-east-1.amazonaws.com")

    assert store(acme, KONIMBO)["keys"] == ["k1"]
    assert store(acme, CENTRY)["keys"] == ["k1"]


def test_a_url_of_a_key_that_is_no_more_is_told(acme: Shops) -> None:
    acme.registered(KONIMBO, "k2", "k3")

    assert store(acme, KONIMBO)["refused_urls"] == 1
    assert "1 refused URLs are registered" in " ".join(
        acme.world.run("keys", "status").stdout.split()
    )


def test_a_platform_that_does_not_tell_is_told_and_never_counts_as_done(acme: Shops) -> None:
    acme.registered(KONIMBO, "k2")
    acme.world.platforms_say[KONIMBO] = NotReadBackError("the platform failed (status 503)")
    acme.world.run("keys", "confirm", "konimbo", "acme")

    found, result = store(acme, KONIMBO), acme.world.run("keys", "status")

    assert (found["known_by"], found["certain"]) == ("no_answer", False)
    assert result.exit_code == 2
    assert "status 503" in " ".join(result.stdout.split())


def test_elsewhere_the_operator_s_word_counts_until_a_callback_says_otherwise(acme: Shops) -> None:
    acme.came(ISET, "k1", acme.now - 60 * HOUR)
    assert store(acme, ISET)["known_by"] == "callbacks"

    confirmed = acme.world.run("keys", "confirm", "iset", "acme")
    after = store(acme, ISET)
    acme.came(ISET, "k1", acme.now + HOUR)
    later = store(acme, ISET)

    assert confirmed.exit_code == 0
    assert (after["keys"], after["known_by"], after["left_to_do"]) == (["k2"], "operator", None)
    assert (later["keys"], later["certain"]) == (["k1", "k2"], True)
    assert "in the shop's panel, replace the URLs by those of" in later["left_to_do"]
    assert "another key's callback came since" in " ".join(
        acme.world.run("keys", "status").stdout.split()
    )


def test_stores_are_all_that_are_configured_in_the_ring_confirmed_or_seen(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k2", "k1", "k2", cenit__acme={"backed_by": "iset/acme"})]
    acme.world.stores.known[CENTRY] = None
    acme.came(ISET, "k2", acme.now)
    acme.came(StoreId("iset", "synthetic"), "k1", acme.now)
    acme.world.run("keys", "confirm", "konimbo", "acme")

    told = acme.world.run("keys", "status", "--json").json

    assert [(one["platform"], one["known_by"]) for one in told["stores"]] == [
        ("cenit", "nobody"),
        ("centry", "nobody"),
        ("iset", "callbacks"),
        ("konimbo", "operator"),
    ]
    assert "template parameter at Cenit" in told["stores"][0]["left_to_do"]


def test_a_disabled_store_needs_nothing_and_a_malformed_one_is_no_such_store(acme: Shops) -> None:
    entries = {"iset__acme": {"disabled": True}, "cenit__acme": {"from": "the future"}}
    acme.secrets.texts = [ring_text("k2", "k1", "k2", **entries)]

    result = acme.world.run("keys", "status")

    assert store(acme, ISET)["known_by"] == "disabled"
    assert store(acme, CENIT)["known_by"] == "nobody"
    assert "entry of cenit/acme is malformed" in result.stderr
    assert acme.world.run("keys", "status", "--json").json["malformed"] == ["cenit/acme"]


def test_an_entry_of_a_store_of_an_odd_platform_is_no_hindrance(acme: Shops) -> None:
    acme.secrets.texts = [ring_text("k2", "k1", "k2", _x__acme={"generation": 2})]

    assert store(acme, StoreId("_x", "acme"))["known_by"] == "nobody"


def test_it_says_from_when_a_key_can_be_retired(acme: Shops) -> None:
    acme.came(ISET, "k1", acme.now - HOUR)

    shown = " ".join(acme.world.run("keys", "status").stdout.split())

    assert "1 of 1 stores may need it; not to be retired before 2026-05-08 11:00 UTC" in shown


def test_what_can_be_retired_is_left_to_do(acme: Shops) -> None:
    acme.registered(CENTRY, "k2")

    result = acme.world.run("keys", "status")

    assert result.exit_code == 2
    assert "keys revoke k1`: nothing needs it any more" in " ".join(result.stdout.split())


def test_a_rotation_that_is_not_finished_is_left_to_do(world: FakeWorld) -> None:
    shops(world, ring_text("k1", "k1", "k2"))

    result = world.run("keys", "status")

    assert (result.exit_code, "k2 does not sign yet" in result.stdout) == (2, True)


def test_many_stores_share_one_line_of_what_to_do_and_it_fits_the_terminal(acme: Shops) -> None:
    for number in range(12):
        acme.came(StoreId("iset", f"shop-{number:02}"), "k1", acme.now - 100 * HOUR)

    lines = acme.world.run("keys", "status").stdout.splitlines()

    assert sum("in the shop's panel" in line for line in lines) == 1
    assert any("shop-00, shop-01" in line for line in lines)


def test_times_and_words_that_cannot_be_read_count_for_nothing(acme: Shops) -> None:
    table = acme.world.table
    table.write(table.read("confirmations", "iset/acme"), {"key_id": "k2", "confirmed_at": "soon"})
    table.write(table.read("confirmations", "nonsense"), {})
    table.write(table.read("keys", "k2"), {"signs_at": "2026-05-06T12:00:00"})
    acme.came(ISET, "k2", acme.now)

    told = acme.world.run("keys", "status", "--json").json

    assert [one["known_by"] for one in told["stores"]] == ["callbacks"]
    assert {key["id"]: key["signs_at"] for key in told["keys"]} == {"k1": None, "k2": None}


def test_a_word_is_refused_while_callbacks_say_otherwise(acme: Shops) -> None:
    acme.came(ISET, "k2", acme.now - 2 * HOUR)
    acme.came(ISET, "k1", acme.now - HOUR)

    result = acme.world.run("keys", "confirm", "iset", "acme")

    assert (result.exit_code, store(acme, ISET)["known_by"]) == (1, "callbacks")
    assert "a-topic" in result.stderr


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("iset", "acme", "k9"), "'k9' is no accepted key"),
        (("isset", "acme"), "Did you mean iset?"),
        (("iset", "Acme"), "cannot be the name of a store"),
    ],
)
def test_a_word_about_nothing_is_bad_usage(acme: Shops, call: tuple[str, ...], said: str) -> None:
    result = acme.world.run("keys", "confirm", *call)

    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True)


def test_nobody_vouches_for_what_can_be_looked_up(acme: Shops) -> None:
    acme.registered(KONIMBO, "k1")

    result = acme.world.run("keys", "confirm", "konimbo", "acme")

    assert (result.exit_code, "read back" in result.stderr) == (2, True)


def test_of_a_url_that_was_called_and_is_not_listed_somebody_has_to_vouch(acme: Shops) -> None:
    acme.registered(KONIMBO)
    acme.came(KONIMBO, "k1", acme.now - 49 * HOUR)
    before, shown = store(acme, KONIMBO), acme.world.run("keys", "status").stdout

    confirmed = acme.world.run("keys", "confirm", "konimbo", "acme")
    after = store(acme, KONIMBO)

    assert (before["keys"], before["keys_of_unlisted_urls"]) == ([], ["k1"])
    assert "is one switched off? Then" in before["left_to_do"]
    assert "keys confirm konimbo acme`" in before["left_to_do"]
    assert "not all URLs that were called are listed" in " ".join(shown.split())
    assert (confirmed.exit_code, after["left_to_do"]) == (0, None)
    assert after["keys_of_unlisted_urls"] == ["k2"]


def test_a_store_that_nobody_knows_may_be_a_slip_of_the_pen(acme: Shops) -> None:
    acme.came(ISET, "k1", acme.now - HOUR)

    assert "Is it spelled so?" in acme.world.run("keys", "confirm", "iset", "acmee").stderr
    known = acme.world.run("keys", "confirm", "iset", "acme", "k1", "--json")
    assert ("Is it spelled so?" in known.stderr, known.json["key_id"]) == (False, "k1")


def test_without_the_table_nothing_is_said_to_be_done(acme: Shops) -> None:
    acme.world.table.before_call = failing

    assert acme.world.run("keys", "status").exit_code == 1


def test_no_key_token_or_url_is_ever_shown(acme: Shops) -> None:
    acme.registered(KONIMBO, "k1", "k3")
    stranger = Subscription("9", frozenset(), "https://stranger.example/secret-of-theirs")
    acme.world.platforms_say[CENTRY] = [stranger]
    acme.world.stores.known[CENTRY] = None
    tokens = [url_of(KONIMBO, key).rpartition("/")[2] for key in ("k1", "k3")]

    said = (
        acme.world.run("keys", "status").output + acme.world.run("keys", "status", "--json").output
    )
    said += acme.world.run("keys", "confirm", "iset", "acme").output

    assert not any(word in said for word in (CANARY, "secret-of-theirs", *tokens))
    assert json.loads(acme.secrets.texts[-1])["k1"] not in said
