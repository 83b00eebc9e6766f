"""`commerce-hooks subscriptions plan`: what would change and why, and that nothing does."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from commerce_hooks.http.errors import MissingRightError, NoResponseError
from commerce_hooks.stores import StoreId, configuration_path
from support.state_table import failing
from support.store_world import ACME
from support.subscribed_shops import CENTRY, OTHER_RING, STRANGER, SubscribedShops

ONE = ("--topic", "order_created")
OLD = "https://former.example"


def words(text: str) -> str:
    return " ".join(text.split())


def reasons(shops: SubscribedShops, *arguments: str) -> list[tuple[str, str, str | None]]:
    """Action, reason and id of each entry of the store's plan."""
    (told,) = shops.subscriptions("plan", *ACME, "--json", *arguments).json
    return [(one["action"], one["reason"], one["id"]) for one in told["entries"]]


def test_what_is_missing_would_be_created_and_the_exit_code_says_so(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)

    result = subscribed.subscriptions("plan", *ACME)

    assert result.exit_code == 2
    assert "konimbo/acme  1 to change; policy upsert\n" in result.stdout
    assert "  create    order_created: there is none\n" in result.stdout


def test_where_all_is_as_desired_a_line_says_so_and_the_exit_code_is_0(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created")
    subscribed.put("ticket_created", STRANGER)

    result = subscribed.subscriptions("plan", *ACME)

    assert (result.exit_code, result.stdout) == (
        0,
        "konimbo/acme  1 as desired, 1 of others; policy upsert\n",
    )


def test_differences_are_told_field_by_field(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    former = subscribed.url("order_created", base=OLD)
    subscribed.set_entry("konimbo/acme", generation=2)
    outputs = {**subscribed.deployed.outputs, "FormerBaseUrls": OLD}
    subscribed.deployment = replace(subscribed.deployed, outputs=outputs)
    id_ = subscribed.put("order_created", former)

    result = subscribed.subscriptions("plan", *ACME)

    assert f"  update    order_created (id {id_}): not as it should be\n" in result.stdout
    assert "base_url: https://former.example -> http://127.0.0.1:4321" in result.stdout
    assert "generation: 1 -> 2" in result.stdout
    (told,) = subscribed.subscriptions("plan", *ACME, "--json").json
    assert told["entries"][0]["differences"] == [
        {"field": "base_url", "existing": OLD, "desired": "http://127.0.0.1:4321"},
        {"field": "generation", "existing": "1", "desired": "2"},
    ]


def test_a_duplicate_at_a_platform_that_cannot_delete_names_the_id_for_its_support(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created")
    second = subscribed.put("order_created")

    result = subscribed.subscriptions("plan", *ACME)

    assert "there is another one for the same topic" in result.stdout
    assert f"Ask its support to delete the webhook with the id {second}." in result.stdout


def test_at_one_that_can_the_verb_that_deletes_is_named(subscribed: SubscribedShops) -> None:
    subscribed.add(store=CENTRY)
    topics = frozenset({"on_order_save"})
    for _ in range(2):
        subscribed.memories[CENTRY].put(subscribed.url(None, store=CENTRY), topics)

    result = subscribed.subscriptions("plan", *CENTRY)

    assert "`commerce-hooks subscriptions delete centry acme 99` deletes it" in result.stdout


def test_what_looks_like_ours_is_taken_over_only_with_adopt(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    id_ = subscribed.put("order_created", subscribed.url("order_created", ring=OTHER_RING))

    told = subscribed.subscriptions("plan", *ACME)

    assert "subscriptions apply konimbo acme --adopt` takes it over" in told.stdout
    assert reasons(subscribed) == [
        ("create", "missing", None),
        ("conflict", "unproved", id_),
    ]
    assert reasons(subscribed, "--adopt") == [("update", "different", id_)]


def test_what_is_hidden_is_not_made_twice_but_to_be_activated(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply", *ACME)
    subscribed.acme.inactive = set(subscribed.acme.records)

    result = subscribed.subscriptions("plan", *ACME)

    assert result.exit_code == 2
    assert "Activate 98 in the shop's panel" in result.stdout
    assert reasons(subscribed) == [("conflict", "hidden", "98")]


def test_what_was_asked_for_a_moment_ago_is_waited_for(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)

    def lost(call: str) -> None:
        if call == "create":
            raise NoResponseError("Timeout")

    subscribed.acme.before = lost
    subscribed.subscriptions("apply", *ACME)

    result = subscribed.subscriptions("plan", *ACME)

    assert (result.exit_code, reasons(subscribed)) == (2, [("conflict", "pending", None)])
    assert "Look again in ten minutes." in result.stdout


def test_what_was_created_and_is_not_listed_has_a_way_out(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.acme.tells_ids, subscribed.acme.hides_new = False, True
    subscribed.subscriptions("apply", *ACME)

    result = subscribed.subscriptions("plan", *ACME)

    assert reasons(subscribed) == [("conflict", "unlisted", None)]
    assert "`commerce-hooks subscriptions delete konimbo acme --unlisted`" in result.stdout


def test_too_many_deletions_are_none_unless_so_many_are_allowed(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add("--topic", "on_order_save", "--policy", "sync", store=CENTRY)
    url, topics = subscribed.url(None, store=CENTRY), frozenset({"on_order_save"})
    for _ in range(3):
        subscribed.memories[CENTRY].put(url, topics)

    few = subscribed.subscriptions("plan", *CENTRY, "--max-deletions", "1")
    enough = subscribed.subscriptions("plan", *CENTRY, "--max-deletions", "2")

    assert "subscriptions apply centry acme --max-deletions N" in few.stdout
    assert (few.exit_code, enough.exit_code) == (0, 2)
    assert enough.stdout.count("\n  delete ") == 2


def test_nothing_is_written_anywhere(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created", subscribed.url("order_created", ring=OTHER_RING))
    subscribed.put("ticket_created")
    subscribed.table.writes.clear()

    subscribed.subscriptions("plan", "--adopt", "--policy", "sync")

    assert (subscribed.table.writes, subscribed.acme.writes, subscribed.told()) == ([], [], [])


def test_all_of_a_platform_or_of_a_deployment_are_planned(subscribed: SubscribedShops) -> None:
    subscribed.add()
    subscribed.add(store=StoreId("konimbo", "other"))
    subscribed.add(store=CENTRY)
    subscribed.run("stores", "add", "iset", "acme", "--no-wait")

    every = subscribed.subscriptions("plan", "--json").json
    some = subscribed.subscriptions("plan", "konimbo", "--json").json

    assert [(one["platform"], one["store"]) for one in every] == [
        ("centry", "acme"),
        ("konimbo", "acme"),
        ("konimbo", "other"),
    ]
    assert [one["store"] for one in some] == ["acme", "other"]


def test_one_store_that_cannot_be_looked_at_hides_no_other(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.add(store=CENTRY)
    subscribed.add(store=StoreId("centry", "spoiled"))
    name = f"{configuration_path(subscribed.deployed.name)}/centry/spoiled"
    subscribed.book.ssm.put_parameter(Name=name, Value="{}", Overwrite=True)

    def refuse(_: str) -> None:
        raise MissingRightError("webhooks")

    subscribed.memories[CENTRY].before = refuse

    result = subscribed.subscriptions("plan")

    assert result.exit_code == 1
    assert "no right to webhooks." in result.stdout
    assert "`commerce-hooks stores check centry acme` says what is missing." in result.stdout
    assert "The configuration of centry/spoiled cannot be read." in result.stdout
    assert "  create    order_created: there is none" in result.stdout
    assert "2 of 3 stores could not be looked at" in result.stderr


def test_a_store_without_credentials_says_how_to_give_them(subscribed: SubscribedShops) -> None:
    subscribed.add()
    configuration = subscribed.configuration()
    subscribed.book.remove(ACME)
    subscribed.book.write(ACME, configuration)

    result = subscribed.subscriptions("plan", *ACME)

    assert result.exit_code == 1
    assert "The store konimbo/acme has no credentials." in result.stdout


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda shops: shops.set_entry("konimbo/acme", disabled=True), "its URLs are disabled"),
        (lambda shops: shops.set_entry("konimbo/acme", odd=1), "key ring cannot be read"),
        (lambda shops: shops.add("--replace", "--policy", "off"), "policy off"),
    ],
)
def test_a_store_that_is_off_is_not_looked_at(
    subscribed: SubscribedShops, spoil: Callable[[SubscribedShops], object], said: str
) -> None:
    subscribed.add()
    spoil(subscribed)

    result = subscribed.subscriptions("plan", "--policy", "sync")

    assert (result.exit_code, subscribed.acme.calls) == (0, [])
    assert "konimbo/acme  left alone: " in result.stdout
    assert said in result.stdout
    (told,) = subscribed.subscriptions("plan", "--json").json
    assert (told["outcome"], told["entries"]) == ("off", [])


def test_a_store_that_is_only_planned_for_says_how_to_do_it_once(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE, "--policy", "plan")

    result = subscribed.subscriptions("plan")

    assert result.exit_code == 2
    assert "`commerce-hooks subscriptions apply konimbo acme --policy upsert`" in result.stdout


def test_the_shop_has_to_be_the_one_that_it_was_at_first(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply", *ACME)
    for id_, one in subscribed.acme.records.items():
        subscribed.acme.records[id_] = replace(one, account="another-shop")

    result = subscribed.subscriptions("plan", *ACME)

    assert result.exit_code == 1
    assert "The credentials are of another shop than they were at first." in result.stdout
    assert "subscriptions apply konimbo acme --new-account" in result.stdout


def test_a_ledger_that_cannot_be_read_ends_it(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.table.write(subscribed.table.read("ledger", "konimbo/acme#x"), {"odd": 1})

    result = subscribed.subscriptions("plan", *ACME, "--json")

    assert (result.exit_code, result.json[0]["outcome"]) == (1, "failed")
    assert result.json[0]["problem"]["message"] == "An entry of the ledger cannot be read."


def test_a_table_that_does_not_answer_is_told_of_each_store(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.table.before_call = failing

    result = subscribed.subscriptions("plan")

    assert result.exit_code == 1
    assert "Try again later." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "exit_code", "hint"),
    [
        (("konimo",), 2, "Did you mean konimbo?"),
        (("iset",), 1, "There is no API of iset"),
        (("iset", "acme"), 1, "There is no API of iset"),
        (("konimbo", "Acme"), 2, "a-z, 0-9 and -"),
        (("konimbo", "acne"), 1, "Did you mean konimbo/acme?"),
        (("konimbo", "acme", "--policy", "off"), 2, "--policy upsert, or --policy sync"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_a_hint(
    subscribed: SubscribedShops, arguments: tuple[str, ...], exit_code: int, hint: str
) -> None:
    subscribed.add()

    result = subscribed.subscriptions("plan", *arguments)

    assert result.exit_code == exit_code
    assert hint in words(result.stderr)


def test_without_stores_that_is_said(subscribed: SubscribedShops) -> None:
    result = subscribed.subscriptions("plan")

    assert (result.exit_code, result.stdout) == (
        0,
        "There is no store whose platform can be asked.\n",
    )
