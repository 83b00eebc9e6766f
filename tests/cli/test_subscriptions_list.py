"""`commerce-hooks subscriptions list|show`: what is registered now, and no URL of it."""

from dataclasses import replace
from hashlib import sha256

import pytest

from commerce_hooks.http.errors import MissingRightError, NoResponseError
from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import configuration_path
from support.state_table import failing
from support.store_world import ACME
from support.subscribed_shops import OTHER_RING, STRANGER, SubscribedShops

ONE = ("--topic", "order_created")


def test_ours_come_first_then_what_looks_so_then_strangers(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.put("ticket_created", STRANGER)
    unproved = subscribed.url("order_created", ring=OTHER_RING)
    subscribed.put("order_created", unproved)
    url = subscribed.url("order_created")
    subscribed.put("order_created", url)

    result = subscribed.subscriptions("list", *ACME)

    titles, *rows = result.stdout.splitlines()
    assert titles.split() == ["id", "whose", "host", "key", "gen", "url", "topics"]
    digests = [sha256(one.encode()).hexdigest()[:12] for one in (url, unproved)]
    assert [" ".join(row.split()) for row in rows] == [
        f"100 ours 127.0.0.1 k1 1 {digests[0]} order_created",
        f"99 looks like ours 127.0.0.1 - - {digests[1]} order_created",
        "98 foreign stranger.example - - - ticket_created",
    ]
    assert result.exit_code == 0


def test_a_url_that_is_not_todays_has_a_mark(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created")
    subscribed.set_entry("konimbo/acme", generation=2)

    result = subscribed.subscriptions("list", *ACME)

    assert " k1*  1 " in result.stdout
    assert "* not the URL that would be made today" in result.stdout
    (told,) = subscribed.subscriptions("list", *ACME, "--json").json
    assert (told["current"], told["generation"], told["key_id"]) == (False, 1, "k1")


def test_of_a_stranger_the_host_is_told_and_nothing_that_could_be_guessed(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created", f"https://user:pass-canary@{STRANGER.split('/')[2]}/x?t=canary")

    result = subscribed.subscriptions("list", *ACME, "--json")

    assert result.json == [
        {
            "id": "98",
            "topics": ["order_created"],
            "whose": "foreign",
            "host": "stranger.example",
            "account": "59c000000000000000000001",
            "topic": None,
            "base_url": None,
            "key_id": None,
            "generation": None,
            "current": None,
            "url_sha256": None,
        }
    ]
    assert "canary" not in result.output


@pytest.mark.parametrize("url", ["http://[bad", "nonsense", ""])
def test_what_is_no_url_has_no_host(subscribed: SubscribedShops, url: str) -> None:
    subscribed.add(*ONE)
    subscribed.acme.records["1"] = Subscription("1", frozenset(), url)

    (told,) = subscribed.subscriptions("list", *ACME, "--json").json

    assert (told["host"], told["whose"]) == ("?", "foreign")
    assert " foreign  ?" in subscribed.subscriptions("list", *ACME).stdout


def test_what_strangers_wrote_drives_no_terminal(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    topics = frozenset({"a\x1b[2Jb"})
    subscribed.acme.records["1"] = Subscription("1", topics, "https://evil\x1b[2J.example/")

    assert "\x1b" not in subscribed.subscriptions("list", *ACME).output
    assert "\x1b" not in subscribed.subscriptions("show", *ACME, "1").output


def test_where_none_is_listed_that_is_said(subscribed: SubscribedShops) -> None:
    subscribed.add()

    assert subscribed.subscriptions("list", *ACME).stdout == "The platform lists none.\n"


def test_a_store_that_is_off_can_be_listed(subscribed: SubscribedShops) -> None:
    subscribed.add("--policy", "off")
    subscribed.put("order_created")

    assert len(subscribed.subscriptions("list", *ACME, "--json").json) == 1


@pytest.mark.parametrize("verb", [("list", *ACME), ("show", *ACME, "98")])
def test_a_platform_that_does_not_tell_is_an_error(
    subscribed: SubscribedShops, verb: tuple[str, ...]
) -> None:
    subscribed.add()

    def refuse(_: str) -> None:
        raise MissingRightError("webhooks")

    subscribed.acme.before = refuse

    result = subscribed.subscriptions(*verb)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "`commerce-hooks stores check konimbo acme` says what is missing." in result.stderr


def test_one_is_shown_with_the_ledgers_entry_and_what_the_last_look_found(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply")

    result = subscribed.subscriptions("show", *ACME, "98")

    digest = sha256(subscribed.url("order_created").encode()).hexdigest()[:12]
    facts = [line.split(maxsplit=1) for line in result.stdout.splitlines()]
    assert [" ".join(fact) for fact in facts if fact[0] != "account"] == [
        "id 98",
        "whose ours",
        "host 127.0.0.1",
        "topic in URL    order_created",
        "token k1, generation 1, as it would be today",
        f"hash of URL     {digest}",
        "topics order_created",
        "listed yes",
        "ledger since 2026-05-06T12:00:00.500Z, left with k1, generation 1",
        "last look       keep: as desired",
    ]


def test_programs_are_shown_the_same(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply")

    told = subscribed.subscriptions("show", *ACME, "98", "--json").json

    assert told["ledger"] == {
        "topic": "order_created",
        "base_url": "http://127.0.0.1:4321",
        "key_id": "k1",
        "generation": 1,
        "topics": ["order_created"],
        "intended_at": "2026-05-06T12:00:00.500Z",
    }
    assert (told["listed"], told["last_look"]["reason"]) == (True, "as_desired")


def test_one_that_is_not_listed_is_shown_and_said_to_be_hidden(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    id_ = subscribed.put("order_created")
    subscribed.set_entry("konimbo/acme", generation=2)
    subscribed.acme.inactive.add(id_)

    shown = subscribed.subscriptions("show", *ACME, id_).stdout

    assert "listed          no: it may be inactive" in shown
    assert "k1, generation 1, not as it would be today" in shown
    assert "ledger          -\nlast look       -\n" in shown


@pytest.mark.parametrize("stranger", [False, True])
def test_of_what_is_not_proved_no_token_is_told(
    subscribed: SubscribedShops, *, stranger: bool
) -> None:
    subscribed.add(*ONE)
    url = STRANGER if stranger else subscribed.url("order_created", ring=OTHER_RING)
    id_ = subscribed.put("order_created", url)

    shown = subscribed.subscriptions("show", *ACME, id_).stdout

    assert ("token           none of ours" in shown) is not stranger
    assert ("hash of URL" in shown) is not stranger


def test_one_that_is_gone_is_an_error_that_says_if_we_had_it(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply")
    subscribed.acme.records.clear()

    known = subscribed.subscriptions("show", *ACME, "98")
    unknown = subscribed.subscriptions("show", *ACME, "4711")

    assert (known.exit_code, unknown.exit_code) == (1, 1)
    assert "Our ledger has it" in known.stderr
    assert "Our ledger" not in unknown.stderr


def test_a_ledger_that_cannot_be_told_is_an_error(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created")

    def fail(_: str) -> None:
        subscribed.table.before_call = failing

    subscribed.acme.after = fail

    result = subscribed.subscriptions("show", *ACME, "98")

    assert result.exit_code == 1
    assert "Table: Timeout." in result.stderr


def test_a_listing_that_does_not_come_is_an_error_too(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created")

    def silent(call: str) -> None:
        if call == "list":
            raise NoResponseError("Timeout")

    subscribed.acme.before = silent

    assert subscribed.subscriptions("show", *ACME, "98").exit_code == 1


def test_a_store_that_cannot_be_read_is_an_error(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    name = f"{configuration_path(subscribed.deployed.name)}/konimbo/acme"
    subscribed.book.ssm.put_parameter(Name=name, Value="{}", Overwrite=True)

    result = subscribed.subscriptions("list", *ACME)

    assert result.exit_code == 1
    assert "The configuration of konimbo/acme cannot be read." in result.stderr


def test_whose_account_it_is_is_shown(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    id_ = subscribed.put("order_created")
    one = subscribed.acme.records[id_]
    subscribed.acme.records[id_] = replace(one, account=None)

    assert "account         -" in subscribed.subscriptions("show", *ACME, id_).stdout


@pytest.mark.parametrize("part", ["url", "token"])
def test_a_url_typed_in_the_place_of_an_id_is_not_shown(
    subscribed: SubscribedShops, part: str
) -> None:
    subscribed.add("--topic", "order_created")
    url = subscribed.url("order_created")
    token = url.rpartition("/")[2]

    result = subscribed.subscriptions("show", *ACME, url if part == "url" else token)

    assert result.exit_code == 1
    assert "konimbo has no webhook of that id of this shop." in result.stderr
    assert token not in result.output
