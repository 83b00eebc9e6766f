"""`commerce-hooks subscriptions status`: what the last looks found, and no platform called."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.text import Text

from commerce_hooks.http.errors import CredentialsRefusedError
from commerce_hooks.state.seen import Seen, note_seen
from commerce_hooks.stores import StoreId, configuration_path
from commerce_hooks.subscriptions.records import keep_record
from support.store_world import ACME
from support.subscribed_shops import CENTRY, OTHER_RING, SubscribedShops

ONE = ("--topic", "order_created")


def heard(shops: SubscribedShops, topic: str, hours: float, store: StoreId = ACME) -> None:
    at = shops.clock.now() - timedelta(hours=hours)
    note_seen(shops.table, Seen(store, topic, "k1", at, "order.created", f"c.{hours}"))


def standing(shops: SubscribedShops, *arguments: str) -> dict[str, object]:
    (told,) = shops.subscriptions("status", *(arguments or ACME), "--json").json
    return dict(told)


def test_each_topic_has_its_subscription_key_and_last_callback(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add("--topic", "order_created", "--topic", "ticket_created")
    subscribed.subscriptions("apply")
    subscribed.clock.sleep(7200)
    heard(subscribed, "order_created", 1)
    heard(subscribed, "order_created", 5)

    result = subscribed.subscriptions("status", *ACME)

    heading, titles, *rows = result.stdout.splitlines()
    assert heading == "konimbo/acme  as desired  policy upsert, looked at 2h ago, changed 2h ago"
    assert titles.split() == ["topic", "id", "key", "last", "callback", "remarks"]
    assert [row.split() for row in rows] == [
        ["✓", "order_created", "98", "k1", "1h", "ago"],
        ["✓", "ticket_created", "99", "k1", "-"],
    ]
    assert result.exit_code == 0


def test_one_record_for_all_topics_has_a_row_for_each(subscribed: SubscribedShops) -> None:
    subscribed.add("--topic", "on_order_save", "--topic", "on_product_save", store=CENTRY)
    subscribed.subscriptions("apply")
    heard(subscribed, "on_product_save", 1, CENTRY)

    told = standing(subscribed, *CENTRY)

    assert told["topics"] == [
        {
            "topic": topic,
            "id": "98",
            "key_id": "k1",
            "base_url": "http://127.0.0.1:4321",
            "action": "keep",
            "reason": "as_desired",
            "last_callback": last,
        }
        for topic, last in (
            ("on_order_save", None),
            ("on_product_save", "2026-05-06T11:00:00.500Z"),
        )
    ]


def test_of_one_that_is_missing_for_all_topics_the_last_of_any_is_told(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add("--policy", "plan", store=CENTRY)
    subscribed.subscriptions("apply")
    heard(subscribed, "on_order_save", 3, CENTRY)
    heard(subscribed, "on_product_save", 2, CENTRY)

    shown = subscribed.subscriptions("status").stdout

    assert "✗  all    -   -    2h ago         create: there is none" in shown


def test_no_platform_is_called(subscribed: SubscribedShops) -> None:
    subscribed.add()

    subscribed.subscriptions("status")

    assert subscribed.acme.calls == []


def test_what_is_wrong_is_said_in_words_with_what_to_do(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.acme.hides_new = True
    subscribed.subscriptions("apply")
    subscribed.clock.sleep(3 * 3600)

    result = subscribed.subscriptions("status")

    assert result.exit_code == 2
    assert "konimbo/acme  not as desired, since 3h  policy upsert" in result.stdout
    assert "conflict: it is there, but the platform does not list it" in result.stdout
    assert "  Activate 98 in the shop's panel" in result.stdout
    assert standing(subscribed)["wrong_since"] == "2026-05-06T12:00:00.500Z"


def test_a_round_that_failed_says_why_and_which_verb_looks_anew(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply")

    look = iter([None, CredentialsRefusedError()])  # only the round's own look is refused

    def refuse_the_second(_: str) -> None:
        if error := next(look):
            raise error

    subscribed.acme.before = refuse_the_second
    subscribed.subscriptions("apply")

    result = subscribed.subscriptions("status")

    assert result.exit_code == 2
    assert "failed: the platform refuses the store's credentials" in result.stdout
    assert "`commerce-hooks subscriptions plan konimbo acme` looks anew" in result.stdout


def test_a_conflict_that_loses_nothing_is_told_and_is_not_wrong(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.put("order_created", subscribed.url("order_created", ring=OTHER_RING))
    subscribed.subscriptions("apply")

    result = subscribed.subscriptions("status")

    assert result.exit_code == 0
    assert "it looks like ours" in result.stdout
    assert "--adopt` takes it over" in result.stdout


def test_stores_that_nobody_has_looked_at_are_told(subscribed: SubscribedShops) -> None:
    subscribed.add()

    result = subscribed.subscriptions("status")

    assert (result.exit_code, result.stdout) == (
        0,
        "konimbo/acme  never looked at yet  policy upsert\n",
    )
    assert standing(subscribed)["looked_at"] is False


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda shops: shops.set_entry("konimbo/acme", disabled=True), "its URLs are disabled"),
        (lambda shops: shops.add("--replace", "--policy", "off"), "policy off"),
    ],
)
def test_what_was_found_of_a_store_that_is_off_is_over(
    subscribed: SubscribedShops, spoil: Callable[[SubscribedShops], object], said: str
) -> None:
    subscribed.add(*ONE)
    subscribed.acme.hides_new = True
    subscribed.subscriptions("apply")
    spoil(subscribed)

    result = subscribed.subscriptions("status")

    assert result.exit_code == 0
    assert f"konimbo/acme  left alone: {said}" in result.stdout
    assert "Activate" not in result.stdout


def test_where_differences_are_only_planned_for_they_are_no_alarm(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE, "--policy", "plan")
    subscribed.subscriptions("apply")

    result = subscribed.subscriptions("status")

    assert result.exit_code == 0
    assert "create: there is none" in result.stdout


def test_a_record_that_cannot_be_read_is_told_and_hides_no_other(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.add(store=CENTRY)
    subscribed.subscriptions("apply")
    row = subscribed.table.read("rounds", "konimbo/acme")
    subscribed.table.write(row, {"from": "the future"})

    shown = subscribed.subscriptions("status").stdout

    assert "konimbo/acme  what was found last cannot be read" in shown
    assert "centry/acme  as desired" in shown


def test_a_configuration_that_cannot_be_read_is_told(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    name = f"{configuration_path(subscribed.deployed.name)}/konimbo/acme"
    subscribed.book.ssm.put_parameter(Name=name, Value="{}", Overwrite=True)

    shown = subscribed.subscriptions("status").stdout

    assert shown == "konimbo/acme  its configuration cannot be read  \n"


def test_a_reason_of_a_newer_version_is_shown_as_it_is(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.subscriptions("apply")
    record = subscribed.record()
    line = replace(record.lines[0], action="conflict", reason="of_the_future")
    keep_record(subscribed.table, replace(record, lines=(line,)))

    assert "conflict: of the future" in subscribed.subscriptions("status").stdout


def test_many_stores_fit_one_screen_with_a_row_each_and_trouble_first(
    subscribed: SubscribedShops, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    shops = [StoreId("konimbo", f"shop-{number:02}") for number in range(22)]
    subscribed.add(*ONE, store=shops[0])
    kept = subscribed.configuration(shops[0])
    for store in shops[1:-1]:
        subscribed.book.write(store, kept, {"token": "a-token"})
    subscribed.subscriptions("apply")
    subscribed.memories[shops[7]].inactive = set(subscribed.memories[shops[7]].records)
    subscribed.subscriptions("apply", *shops[7])
    subscribed.book.write(shops[-1], kept, {"token": "a-token"})

    result = subscribed.subscriptions("status")

    lines = Text.from_ansi(result.stdout).plain.splitlines()
    assert result.exit_code == 2
    assert len(lines) < 27
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[:4] == ["✗", "konimbo/shop-07", "upsert", "0/1"]
    assert "never looked at yet" in lines[2]
    assert "subscriptions status PLATFORM STORE` shows the topics of one" in lines[-1]


def test_ids_are_never_cut_however_narrow_the_terminal(
    subscribed: SubscribedShops, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": "30", "FORCE_COLOR": "1", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    subscribed.add("--topic", "order_after_payment_paypal")
    subscribed.subscriptions("apply")
    long = "59c000000000000000000001"
    one = subscribed.acme.records.pop("98")
    subscribed.acme.records[long] = type(one)(long, one.topics, one.callback_url, one.account)
    subscribed.subscriptions("apply")

    assert f" {long} " in subscribed.subscriptions("status").stdout
    assert f"{long} " in subscribed.subscriptions("list", *ACME).stdout


def test_without_stores_that_is_said(subscribed: SubscribedShops) -> None:
    shown = subscribed.subscriptions("status").stdout

    assert shown == "There is no store whose platform can be asked.\n"
