"""`commerce-hooks subscriptions apply`: the plan, consent, the rounds, and what is told of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from commerce_hooks.http.errors import CallRefusedError, CredentialsRefusedError, NoResponseError
from commerce_hooks.state.leases import Leases
from commerce_hooks.stores import StoreId
from support.state_table import failing
from support.store_world import ACME
from support.subscribed_shops import CENTRY, OTHER_RING, STRANGER, SubscribedShops

ONE = ("--topic", "order_created")
REAL = ("--stack", "shop-hooks")


def types(shops: SubscribedShops) -> list[str]:
    return [event["detail-type"] for event in shops.told()]


def test_what_is_missing_is_made_and_the_next_plan_is_empty(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.put("ticket_created", STRANGER)

    result = subscribed.subscriptions("apply", *ACME)

    assert result.exit_code == 0
    assert "  create    order_created: there is none\n" in result.stdout  # the plan comes first
    assert "konimbo/acme  as desired now\n  created   order_created (id 99)\n" in result.stdout
    assert subscribed.acme.records["99"].callback_url == subscribed.url("order_created")
    assert subscribed.subscriptions("plan").exit_code == 0


def test_what_was_done_is_told_on_the_bus_as_an_operators_doing(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)

    subscribed.subscriptions("apply", *ACME)

    (event,) = subscribed.told()
    assert (event["source"], event["detail-type"]) == (
        "commerce-hooks.system",
        "subscription.created",
    )
    metadata = event["detail"]["metadata"]
    assert (metadata["store"], metadata["topic"], metadata["origin"]) == (
        "acme",
        "order_created",
        "operator",
    )
    assert metadata["deployment"] == "commerce-hooks-local/prod"


def test_what_was_done_is_on_record_and_in_the_ledger(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)

    subscribed.subscriptions("apply", *ACME)

    record = subscribed.record()
    assert (record.outcome, [line.id for line in record.lines]) == ("changed", ["98"])
    assert [row.data["subscription_id"] for row in subscribed.ledger()] == ["98"]


def test_programs_are_told_what_was_done_and_what_is_left(subscribed: SubscribedShops) -> None:
    subscribed.add("--topic", "order_created", "--topic", "ticket_created")
    refused = iter([CallRefusedError(422)])

    def refuse_once(call: str) -> None:
        if call == "create" and (error := next(refused, None)):
            raise error

    subscribed.acme.before = refuse_once

    result = subscribed.subscriptions("apply", *ACME, "--json")

    (told,) = result.json
    assert (result.exit_code, told["outcome"]) == (1, "failed")
    assert [(one["topic"], one["action"]) for one in told["done"]] == [("ticket_created", "create")]
    assert [(one["topic"], one["problem"]) for one in told["failed"]] == [
        ("order_created", "the platform does not take our call (status 422)")
    ]
    assert [one["topic"] for one in told["left"]] == ["order_created"]
    assert "1 of 1 stores failed" in result.stderr


@pytest.mark.parametrize("consent", [False, True])
def test_a_deployed_stack_is_changed_only_with_consent(
    real_subscribed: SubscribedShops, *, consent: bool
) -> None:
    real_subscribed.add(*ONE, *REAL)
    real_subscribed.consent = consent

    result = real_subscribed.subscriptions("apply", *ACME, *REAL)

    assert real_subscribed.questions == [
        "1 changes are made at the platforms, for 1 stores. Go on?"
    ]
    assert (result.exit_code, bool(real_subscribed.acme.records)) == (int(not consent), consent)
    assert "Account 111122223333, Region eu-central-1, stack shop-hooks" in result.stderr


def test_without_a_terminal_it_takes_yes(real_subscribed: SubscribedShops) -> None:
    real_subscribed.add(*ONE, *REAL)

    unasked = real_subscribed.subscriptions("apply", *ACME, *REAL)
    meant = real_subscribed.subscriptions("apply", *ACME, *REAL, "--yes")

    assert (unasked.exit_code, meant.exit_code) == (2, 0)
    assert "--yes" in unasked.stderr
    assert len(real_subscribed.acme.records) == 1


def test_where_nothing_is_to_be_changed_nobody_is_asked_and_the_look_is_on_record(
    real_subscribed: SubscribedShops,
) -> None:
    real_subscribed.add(*ONE, *REAL)
    real_subscribed.put("order_created")

    result = real_subscribed.subscriptions("apply", *ACME, *REAL)

    assert (result.exit_code, real_subscribed.questions) == (0, [])
    assert real_subscribed.record().outcome == "as_desired"


@pytest.mark.parametrize("policy", ["upsert", "sync"])
def test_a_store_that_is_only_planned_for_is_changed_only_if_a_policy_is_given(
    subscribed: SubscribedShops, policy: str
) -> None:
    subscribed.add(*ONE, "--policy", "plan")

    planned = subscribed.subscriptions("apply", *ACME)
    assert (planned.exit_code, subscribed.acme.writes) == (2, [])

    meant = subscribed.subscriptions("apply", *ACME, "--policy", policy)
    assert (meant.exit_code, subscribed.acme.writes) == (0, ["create"])
    assert subscribed.configuration().policy == "plan"  # it was for once


def test_a_store_that_is_off_is_never_changed(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.add("--replace", "--policy", "off")

    result = subscribed.subscriptions("apply", *ACME, "--policy", "sync")

    assert (result.exit_code, subscribed.acme.calls) == (0, [])
    assert "Nothing was done." in result.stdout


def test_what_is_too_much_is_deleted_by_the_policy_sync_alone(subscribed: SubscribedShops) -> None:
    subscribed.add("--topic", "on_order_save", store=CENTRY)
    memory, topics = subscribed.memories[CENTRY], frozenset({"on_order_save"})
    for _ in range(3):
        memory.put(subscribed.url(None, store=CENTRY), topics)

    subscribed.subscriptions("apply", *CENTRY)
    assert memory.deleted == []

    subscribed.subscriptions("apply", *CENTRY, "--policy", "sync", "--max-deletions", "1")
    assert memory.deleted == []

    result = subscribed.subscriptions("apply", *CENTRY, "--policy", "sync")
    assert [one.id for one in memory.deleted] == ["99", "100"]
    assert "deleted   all topics (id 99): there is another one" in result.stdout
    assert types(subscribed)[-2:] == ["subscription.deleted"] * 2


def test_what_looks_like_ours_is_taken_over_with_adopt(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    id_ = subscribed.put("order_created", subscribed.url("order_created", ring=OTHER_RING))

    result = subscribed.subscriptions("apply", *ACME, "--adopt")

    assert result.exit_code == 0
    assert subscribed.acme.records[id_].callback_url == subscribed.url("order_created")
    assert "  updated   order_created (id 98): key: - -> k1, generation: - -> 1" in result.stdout


def test_what_does_not_hold_is_left_and_the_exit_code_2(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.set_entry("konimbo/acme", generation=2)
    subscribed.put("order_created")
    subscribed.set_entry("konimbo/acme", generation=3)
    subscribed.acme.ignores_updates = True

    result = subscribed.subscriptions("apply", *ACME)

    assert result.exit_code == 2
    assert "konimbo/acme  not as desired yet\n" in result.stdout
    assert "  left      order_created (id 98): not as it should be" in result.stdout


def test_what_is_hidden_once_it_is_made_is_left_with_what_to_do(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.acme.hides_new = True

    result = subscribed.subscriptions("apply", *ACME)

    assert result.exit_code == 2
    assert "Activate 98 in the shop's panel" in result.stdout.partition("not as desired yet")[2]


def test_one_store_that_fails_keeps_no_other_from_being_done(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.add(store=CENTRY)

    def refuse(call: str) -> None:
        if call == "create":
            raise CredentialsRefusedError

    subscribed.memories[CENTRY].before = refuse

    result = subscribed.subscriptions("apply")

    assert (result.exit_code, len(subscribed.acme.records)) == (1, 1)
    assert "centry/acme  failed\n" in result.stdout
    assert "`commerce-hooks stores check centry acme`" in result.stdout
    assert "1 of 2 stores failed" in result.stderr
    assert sorted(types(subscribed)) == ["subscription.created", "subscription.failed"]


def test_one_that_cannot_be_looked_at_is_not_changed(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.add(store=CENTRY)
    silent = iter([NoResponseError("Timeout")])

    def silent_once(_: str) -> None:
        if error := next(silent, None):
            raise error

    subscribed.memories[CENTRY].before = silent_once

    result = subscribed.subscriptions("apply")

    assert (result.exit_code, len(subscribed.memories[CENTRY].records)) == (1, 0)
    assert len(subscribed.acme.records) == 1


def test_while_somebody_else_works_on_a_store_it_is_left_and_others_are_done(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    subscribed.add(store=CENTRY)
    lease = Leases(subscribed.table, subscribed.clock.now).acquire(ACME, "a round", 60)

    result = subscribed.subscriptions("apply")

    assert (result.exit_code, subscribed.acme.records) == (1, {})
    assert "konimbo/acme is being worked on by a round" in result.stdout
    assert len(subscribed.memories[CENTRY].records) == 1
    with lease:
        pass
    assert subscribed.subscriptions("apply").exit_code == 0
    assert subscribed.subscriptions("apply").exit_code == 0  # it was given back


def test_a_store_that_goes_before_its_turn_is_left(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.acme.after = lambda _: subscribed.book.remove(ACME)

    result = subscribed.subscriptions("apply", *ACME)

    assert (result.exit_code, subscribed.acme.writes) == (1, [])


def test_another_shop_is_taken_for_the_right_one_only_if_that_is_said(
    real_subscribed: SubscribedShops,
) -> None:
    shops = real_subscribed
    shops.add(*ONE, *REAL)
    shops.subscriptions("apply", *ACME, *REAL, "--yes")
    for id_, one in shops.acme.records.items():
        shops.acme.records[id_] = replace(one, account="another-shop")

    refused = shops.subscriptions("apply", *ACME, *REAL, "--yes")
    assert (refused.exit_code, shops.record().account) == (1, "59c000000000000000000001")

    shops.consent = True
    meant = shops.subscriptions("apply", *ACME, *REAL, "--new-account")
    assert (meant.exit_code, shops.record().account) == (0, "another-shop")
    assert shops.questions == [
        "These credentials' shops are taken for the right ones from now on. Go on?"
    ]


@pytest.mark.parametrize("stores", [1, 2])
def test_a_bus_that_cannot_be_told_is_a_warning_and_no_failure(
    subscribed: SubscribedShops, stores: int
) -> None:
    for number in range(stores):
        subscribed.add(*ONE, store=StoreId("konimbo", f"shop{number}"))
    gone = subscribed.deployed.event_bus_arn.replace("/events", "/gone")
    known = subscribed.deployed.clients
    refusals: list[int] = []

    class Refusing:
        def put_events(self, **entries: list[object]) -> dict[str, object]:
            refusals.append(len(entries["Entries"]))
            codes = [{"ErrorCode": "AccessDeniedException"} for _ in entries["Entries"]]
            return {"FailedEntryCount": len(codes), "Entries": codes}

    subscribed.deployment = replace(
        subscribed.deployed,
        event_bus_arn=gone,
        clients=lambda name: Refusing() if name == "events" else known(name),
    )

    result = subscribed.subscriptions("apply")

    assert result.exit_code == 0
    assert f"{stores} events about this are not on the bus (AccessDeniedException)" in result.stderr
    assert refusals == [1]  # the second store's is not even tried: each would take its time


def test_events_that_the_bus_refuses_for_good_are_a_warning_too(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    known = subscribed.deployed.clients

    class Refusing:
        def put_events(self, **_: object) -> dict[str, object]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail"}]}

    subscribed.deployment = replace(
        subscribed.deployed, clients=lambda name: Refusing() if name == "events" else known(name)
    )

    result = subscribed.subscriptions("apply")

    assert result.exit_code == 0
    assert "1 events about this are not on the bus (MalformedDetail)" in result.stderr


def test_what_was_done_before_the_table_failed_is_told(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.add(store=CENTRY)

    def fail(call: str) -> None:
        if call == "create":
            subscribed.table.before_call = failing

    subscribed.acme.before = fail

    result = subscribed.subscriptions("apply")

    assert result.exit_code == 1
    assert "centry/acme  as desired now" in result.stdout
    assert "AWS did not do its part: table: Timeout" in result.stderr


def test_a_round_that_comes_later_finds_nothing_to_do(subscribed: SubscribedShops) -> None:
    subscribed.add()
    subscribed.subscriptions("apply")
    made = len(subscribed.acme.records)
    subscribed.clock.sleep(timedelta(hours=1).total_seconds())
    subscribed.told()

    again = subscribed.subscriptions("apply")

    assert (again.exit_code, len(subscribed.acme.records), subscribed.told()) == (0, made, [])


def test_a_store_that_is_switched_off_before_its_turn_is_left(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    off = subscribed.configuration().model_copy(update={"policy": "off"})
    subscribed.acme.after = lambda _: subscribed.book.write(ACME, off)

    result = subscribed.subscriptions("apply", *ACME, "--policy", "sync")

    assert (result.exit_code, subscribed.acme.writes) == (0, [])
    assert "konimbo/acme  left alone\n" in result.stdout


def test_nobody_is_asked_about_what_is_only_planned_for(real_subscribed: SubscribedShops) -> None:
    real_subscribed.add(*ONE, *REAL, "--policy", "plan")
    real_subscribed.consent = True

    result = real_subscribed.subscriptions("apply", *REAL)

    assert (result.exit_code, real_subscribed.acme.writes) == (2, [])
    assert real_subscribed.questions == []


def test_urls_are_made_by_the_key_ring_as_it_is_when_a_stores_turn_comes(
    subscribed: SubscribedShops,
) -> None:
    """While somebody thinks about the plan another one revokes the store's URLs, and applies."""
    subscribed.add(*ONE)
    subscribed.subscriptions("apply", *ACME)
    [id_] = subscribed.acme.records

    def revoked() -> None:
        subscribed.set_entry(str(ACME), generation=2)
        known = subscribed.acme.records[id_]
        url = subscribed.url("order_created")
        subscribed.acme.records[id_] = replace(known, callback_url=url)

    subscribed.meanwhile(ACME, revoked)

    result = subscribed.subscriptions("apply", *ACME)

    assert result.exit_code == 0
    assert subscribed.proves(subscribed.acme.records[id_].callback_url)


def test_a_store_that_is_disabled_before_its_turn_is_left(subscribed: SubscribedShops) -> None:
    subscribed.add(*ONE)
    subscribed.meanwhile(ACME, lambda: subscribed.set_entry(str(ACME), disabled=True))

    result = subscribed.subscriptions("apply", *ACME)

    assert (result.exit_code, subscribed.acme.writes) == (0, [])
    assert "konimbo/acme  left alone\n" in result.stdout


SAVED = ("--topic", "on_order_save", "--policy", "sync")
SAVES, LOAD = frozenset({"on_order_save"}), frozenset({"on_product_save"})


@pytest.mark.parametrize("adopted", [False, True])
def test_what_was_not_in_the_plan_that_was_agreed_to_is_not_deleted(
    subscribed: SubscribedShops, *, adopted: bool
) -> None:
    subscribed.add(*SAVED, store=CENTRY)
    subscribed.subscriptions("apply", *CENTRY)
    memory = subscribed.memories[CENTRY]
    shown = memory.put(subscribed.url(None, store=CENTRY), SAVES)
    unseen = subscribed.url(None, store=CENTRY, ring=OTHER_RING if adopted else None)
    subscribed.meanwhile(CENTRY, lambda: memory.put(unseen, LOAD))

    result = subscribed.subscriptions("apply", *CENTRY, *(["--adopt"] if adopted else []))

    assert result.exit_code == 1
    assert [one.id for one in memory.deleted] == [shown]
    said = " ".join(result.stdout.split())
    assert "Something changed meanwhile: the webhook 100 was not in the plan" in said
    assert "Look at the plan again: repeat the command." in said
    assert "left all topics (id 100)" in said
    assert unseen.rpartition("/")[2] not in result.output
    # Now that it is shown, that is what is agreed to.
    assert subscribed.subscriptions("apply", *CENTRY, "--adopt").exit_code == 0
    assert [one.id for one in memory.deleted] == [shown, "100"]


def test_what_was_not_in_the_plan_that_was_agreed_to_is_not_taken_over(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    theirs = subscribed.url("order_created", ring=OTHER_RING)
    subscribed.meanwhile(ACME, lambda: subscribed.put("order_created", theirs))

    result = subscribed.subscriptions("apply", *ACME, "--adopt")

    assert (result.exit_code, subscribed.acme.writes) == (1, [])
    assert "Something changed meanwhile" in result.stdout
    assert subscribed.subscriptions("apply", *ACME, "--adopt").exit_code == 0
    assert subscribed.acme.records["98"].callback_url == subscribed.url("order_created")


def test_what_proved_to_be_ours_and_became_anothers_meanwhile_is_not_taken_over(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    id_ = subscribed.put("order_created")
    subscribed.set_entry(str(ACME), generation=2)
    theirs = subscribed.url("order_created", ring=OTHER_RING)

    def edited() -> None:
        subscribed.acme.records[id_] = replace(subscribed.acme.records[id_], callback_url=theirs)

    subscribed.meanwhile(ACME, edited)

    result = subscribed.subscriptions("apply", *ACME, "--adopt")

    assert (result.exit_code, subscribed.acme.writes) == (1, [])


def test_what_is_ours_and_broke_meanwhile_is_mended_though_nobody_saw_it(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE)
    id_ = subscribed.put("order_created")
    subscribed.meanwhile(ACME, lambda: subscribed.set_entry(str(ACME), generation=2))

    result = subscribed.subscriptions("apply", *ACME, "--adopt")

    assert (result.exit_code, subscribed.acme.writes) == (0, ["update"])
    assert subscribed.acme.records[id_].callback_url == subscribed.url("order_created")


def test_about_what_was_only_planned_for_nobody_was_asked_so_nothing_is_taken_over(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add(*ONE, "--policy", "plan")
    subscribed.put("order_created", subscribed.url("order_created", ring=OTHER_RING))
    acting = subscribed.configuration().model_copy(update={"policy": "upsert"})
    subscribed.meanwhile(ACME, lambda: subscribed.book.write(ACME, acting))

    result = subscribed.subscriptions("apply", *ACME, "--adopt")

    assert (result.exit_code, subscribed.acme.writes) == (1, [])


def test_a_store_is_listed_no_more_often_for_having_been_agreed_to(
    subscribed: SubscribedShops,
) -> None:
    """Konimbo takes twenty calls in ten minutes."""
    subscribed.add(*ONE)
    subscribed.put("order_created")

    subscribed.subscriptions("apply", *ACME, "--adopt")

    assert subscribed.acme.calls == ["list", "list"]
