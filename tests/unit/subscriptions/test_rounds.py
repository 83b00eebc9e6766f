"""A round: what it does at the platform, in the ledger, and what it says of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import (
    CallRefusedError,
    MissingRightError,
    NoResponseError,
    NotOfferedError,
    PlatformBrokenError,
    PlatformError,
    RateLimitedError,
    UnreadableAnswerError,
)
from commerce_hooks.keyring import KeyRing, StoreKeys
from commerce_hooks.platform_access import Desired, Subscription
from commerce_hooks.state.table import Row
from commerce_hooks.subscriptions.applying import CHANGE_SECONDS, Applying
from commerce_hooks.subscriptions.ledger import LEDGER
from commerce_hooks.subscriptions.looking import AnotherShopError
from commerce_hooks.subscriptions.planning import Action, Change, Reason
from commerce_hooks.subscriptions.records import ROUNDS, all_records, record_of
from commerce_hooks.subscriptions.rounds import Outcome
from commerce_hooks.subscriptions.shops import Deployed, shop_of
from commerce_hooks.subscriptions.wanted import wanted
from support.state_table import failing
from support.stores import FakeStoreAccess, platform_access
from worlds.memory import Memory
from worlds.world import BASE, FORMER, KEYS, World

ONE, TWO = "order_created", "ticket_created"
OTHER_SHOP = "59c0000000000000000000ff"


def konimbo(*topics: str) -> World:
    memory = Memory(deletes=False, accounts=False)
    return World(topics=topics or (ONE,), memory=memory)


def centry() -> World:
    return World(platform=CENTRY, topics=("on_order_save",))


def test_the_first_round_creates_and_the_second_costs_one_listing() -> None:
    world = konimbo(ONE, TWO)

    first = world.round()
    world.memory.calls.clear()
    second = world.round()

    assert (first.outcome, second.outcome) == (Outcome.CHANGED, Outcome.AS_DESIRED)
    assert [one.slot for one in first.done] == [ONE, TWO]
    assert world.memory.calls == ["list"]


def test_what_was_deleted_at_the_platform_comes_back_and_counts_as_drift() -> None:
    world = konimbo()
    world.round()
    world.memory.records.clear()

    report = world.round()

    assert [(one.action, one.slot) for one in report.drifted] == [(Action.CREATE, ONE)]
    assert [one.callback_url for one in world.memory.listed] == [world.url(ONE)]


def test_what_somebody_edited_is_put_right_and_counts_as_drift() -> None:
    world = centry()
    world.round()
    [(id_, record)] = world.memory.records.items()
    world.memory.records[id_] = replace(record, topics=frozenset({"on_product_save"}))

    report = world.round()

    assert [one.id for one in report.drifted] == [id_]
    assert world.memory.records[id_].topics == {"on_order_save"}


def test_a_new_generation_is_no_drift() -> None:
    world = konimbo()
    world.round()
    world.generation += 1

    report = world.round()

    assert [one.action for one in report.done] == [Action.UPDATE]
    assert report.drifted == []


def test_a_record_that_is_hidden_is_told_and_not_made_again() -> None:
    world = konimbo()
    world.round()
    world.memory.inactive = set(world.memory.records)

    report = world.round()

    assert (report.outcome, len(world.memory.records)) == (Outcome.DIFFERENT, 1)
    assert [one.reason for one in report.wrong] == [Reason.HIDDEN]


def test_a_creation_that_is_never_listed_is_not_repeated_for_ever() -> None:
    world = konimbo()
    world.memory.hides_new, world.memory.tells_ids = True, False

    reports = [world.round() for _ in range(5)]

    assert world.memory.writes == ["create"]
    assert [one.reason for one in reports[-1].wrong] == [Reason.UNLISTED]


def test_a_creation_whose_answer_was_lost_is_found_and_counted() -> None:
    world = konimbo()
    world.memory.after = raising_at("create", NoResponseError("Timeout"))

    report = world.round()

    assert (report.outcome, report.cause) == (Outcome.CHANGED, None)
    assert [one.action for one in report.done] == [Action.CREATE]
    [entry] = world.ledger.entries()
    assert entry.subscription_id in world.memory.records


def raising_at(name: str, error: Exception) -> Callable[[str], None]:
    def called(call: str) -> None:
        if call == name:
            raise error

    return called


@pytest.mark.parametrize(
    "error",
    [
        UnreadableAnswerError("more than 50 pages of webhooks"),
        NoResponseError("Timeout"),
        PlatformBrokenError(502),
        RateLimitedError(60),
    ],
    ids=lambda error: type(error).__name__,
)
def test_without_a_whole_listing_nothing_is_done(error: PlatformError) -> None:
    world = konimbo()
    world.memory.after = raising_at("list", error)

    report = world.round()

    assert (report.outcome, report.cause) == (Outcome.FAILED, str(error))
    assert world.memory.calls == ["list"]
    assert record_of(world.table, world.store).listed_at is None


def test_while_the_platform_does_not_say_what_became_of_a_record_nothing_is_done() -> None:
    world = konimbo(ONE, TWO)
    world.round()
    world.memory.records.popitem()
    world.memory.calls.clear()
    world.memory.before = raising_at("show", PlatformBrokenError(500))

    report = world.round()

    assert report.outcome is Outcome.FAILED
    assert world.memory.writes == []


def test_with_a_ledger_that_cannot_be_read_nothing_is_done() -> None:
    world = konimbo()
    world.table.write(Row(LEDGER, f"{world.store}#odd"), {"by": "hand"})

    report = world.round()

    assert report.cause == "an entry of the ledger cannot be read"
    assert world.memory.writes == []


def test_without_the_table_the_round_fails_as_a_whole() -> None:
    world = konimbo()
    world.table.before_call = failing

    with pytest.raises(UnavailableError):
        world.round()

    assert world.memory.writes == []


def test_a_topic_that_the_platform_refuses_keeps_no_other_from_being_made() -> None:
    world = konimbo(ONE, TWO)
    refusing = [CallRefusedError(422)]

    def before(call: str) -> None:
        if call == "create" and refusing:
            raise refusing.pop()

    world.memory.before = before

    report = world.round()

    assert (report.outcome, report.cause) == (Outcome.FAILED, str(CallRefusedError(422)))
    assert [one.slot for one in report.done] == [TWO]
    assert [one.slot for one in report.wrong] == [ONE]
    # Nothing of it is left in the ledger, so it is tried again.
    assert world.round().outcome is Outcome.CHANGED


@pytest.mark.parametrize("error", [RateLimitedError(60), MissingRightError("write_webhook")])
def test_after_a_refusal_that_holds_for_all_no_more_calls_are_made(error: PlatformError) -> None:
    world = konimbo(ONE, TWO)
    world.memory.before = raising_at("create", error)

    report = world.round()

    assert (report.outcome, report.cause) == (Outcome.FAILED, str(error))
    assert world.memory.calls == ["list", "account", "create"]


def test_what_somebody_deletes_meanwhile_is_made_anew_in_the_same_round() -> None:
    world = konimbo()
    world.memory.put(world.url(ONE, key="k1"), frozenset({ONE}))

    def before(call: str) -> None:
        if call == "update":
            world.memory.records.clear()

    world.memory.before = before

    report = world.round()

    assert (report.outcome, [one.action for one in report.done]) == (
        Outcome.CHANGED,
        [Action.CREATE],
    )


@pytest.mark.parametrize("moment", ["show", "delete"])
def test_what_somebody_deletes_before_us_counts_as_deleted(moment: str) -> None:
    world = replace(centry(), policy="sync")
    for _ in range(2):
        world.memory.put(world.url(None), frozenset({"on_order_save"}))

    def before(call: str) -> None:
        if call == moment:
            world.memory.records.popitem()

    world.memory.before = before

    report = world.round()

    assert (report.outcome, [one.action for one in report.done]) == (
        Outcome.CHANGED,
        [Action.DELETE],
    )


def test_a_change_that_does_not_hold_is_not_believed_and_not_tried_twice() -> None:
    world = konimbo()
    world.memory.put(world.url(ONE, key="k1"), frozenset({ONE}))
    world.memory.ignores_updates = True

    report = world.round()

    assert report.outcome is Outcome.DIFFERENT
    assert world.memory.writes == ["update"]


def test_no_change_is_begun_without_time_to_see_whether_it_holds() -> None:
    world = konimbo(ONE, TWO)
    clock = [0.0]

    def before(_: str) -> None:
        clock[0] += 50

    world.memory.before = before

    report = world.rounds.go(world.shop, Deadline(lambda: clock[0], 2 * 50 + CHANGE_SECONDS))

    assert (report.outcome, world.memory.calls) == (
        Outcome.DIFFERENT,
        ["list", "account", "create", "list"],
    )
    assert [one.slot for one in report.wrong] == [TWO]


def test_a_round_makes_only_so_many_changes() -> None:
    world = World(memory=Memory(deletes=False))
    rounds = replace(world.rounds, max_changes=3)

    report = rounds.go(world.shop, Deadline(lambda: 0.0, 240))

    assert (report.outcome, len(report.done)) == (Outcome.DIFFERENT, 3)
    assert world.round().outcome is Outcome.CHANGED


def test_by_the_policy_plan_nothing_is_changed_neither_there_nor_in_the_ledger() -> None:
    world = replace(konimbo(), policy="plan")

    report = world.round()

    assert (report.outcome, [one.slot for one in report.wrong]) == (Outcome.DIFFERENT, [ONE])
    assert (world.memory.calls, world.ledger.entries()) == (["list"], ())


def test_by_the_policy_off_nobody_looks_and_nothing_is_wrong_any_more() -> None:
    world = replace(konimbo(), policy="plan")
    world.round()
    off = replace(world, policy="off")

    assert off.round().outcome is Outcome.OFF
    record = record_of(world.table, world.store)
    assert (record.wrong_since, record.lines) == (None, ())
    assert world.memory.calls == ["list"]


def test_the_shop_is_pinned_and_another_is_not_touched() -> None:
    world = centry()
    world.round()
    world.memory.records.clear()
    world.memory.shop = OTHER_SHOP
    world.memory.put("https://elsewhere.example.net", frozenset())
    world.memory.calls.clear()

    report = world.round()

    assert isinstance(report.error, AnotherShopError)
    assert (report.outcome, world.memory.writes) == (Outcome.FAILED, [])
    accepted = replace(world.rounds, new_account=True)
    assert accepted.go(world.shop, Deadline(lambda: 0.0, 240)).outcome is Outcome.CHANGED


def test_where_no_record_tells_whose_the_shop_is_it_is_asked_before_anything_is_made() -> None:
    world = centry()
    world.round()
    world.memory.records.clear()
    world.memory.calls.clear()
    world.memory.shop = OTHER_SHOP

    report = world.round()

    assert isinstance(report.error, AnotherShopError)
    assert world.memory.calls == ["list", "show", "account"]


def test_records_of_several_shops_in_one_listing_are_an_error() -> None:
    world = centry()
    world.memory.put("https://a.example", frozenset())
    world.memory.records["7"] = Subscription("7", frozenset(), "https://b.example", "another")

    assert world.round().outcome is Outcome.FAILED
    assert world.memory.writes == []


def test_what_was_there_already_is_written_down_and_kept() -> None:
    world = konimbo()
    id_ = world.memory.put(world.url(ONE), frozenset({ONE}))

    report = world.round()

    assert (report.outcome, report.done) == (Outcome.AS_DESIRED, [])
    assert [entry.subscription_id for entry in world.ledger.entries()] == [id_]


def test_the_record_says_since_when_something_is_wrong_and_when_it_was_changed() -> None:
    world = konimbo()
    world.memory.before = raising_at("create", RateLimitedError(60))
    world.round()
    world.round()
    wrong = record_of(world.table, world.store)
    world.memory.before = lambda _: None
    world.round()
    right = record_of(world.table, world.store)

    assert (wrong.wrong_since, wrong.changed_at) == (world.now() - timedelta(hours=2), None)
    assert (right.wrong_since, right.changed_at, right.outcome) == (None, world.now(), "changed")
    assert [(line.slot, line.key_id, line.is_right) for line in right.lines] == [(ONE, "k2", True)]


def test_the_same_failure_is_news_only_once() -> None:
    world = konimbo()
    world.memory.before = raising_at("list", RateLimitedError(60))

    assert [world.round().news for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize("spoilt", [{"by": "hand"}, {"lines": "none"}, {"lines": ["none"]}])
def test_while_a_record_cannot_be_read_nothing_is_done_and_it_stays(
    spoilt: dict[str, Any],
) -> None:
    world = centry()
    world.round()
    good = record_of(world.table, world.store)
    data = spoilt if "by" in spoilt else {**good.row.data, **spoilt}
    row = world.table.write(good.row, data)
    world.memory.records.clear()
    world.memory.calls.clear()

    report = world.round()

    assert (report.outcome, world.memory.calls) == (Outcome.FAILED, [])
    assert world.table.read(ROUNDS, str(world.store)) == row
    accepted = replace(world.rounds, new_account=True)
    assert accepted.go(world.shop, Deadline(lambda: 0.0, 240)).outcome is Outcome.CHANGED


def test_nothing_but_changes_can_be_applied() -> None:
    world = konimbo()
    applying = Applying(
        world.memory, world.ledger, world.addresses, Deadline(lambda: 0.0, 240), lambda: None
    )

    with pytest.raises(ValueError, match="keep"):
        applying.apply([Change(Action.KEEP, Reason.AS_DESIRED, ONE, "1")])


def test_a_platform_that_cannot_delete_ends_the_round_and_not_the_program() -> None:
    world = replace(centry(), policy="sync")
    for _ in range(2):
        world.memory.put(world.url(None), frozenset({"on_order_save"}))
    world.memory.before = raising_at("delete", NotOfferedError("ask its support"))

    report = world.round()

    assert (report.outcome, report.cause) == (Outcome.FAILED, "ask its support")


def test_a_desired_record_shows_no_url() -> None:
    assert "secret" not in repr(Desired(ONE, frozenset({ONE}), "https://x.example/secret"))


def test_the_records_of_all_stores_are_told_and_one_that_is_odd_spoils_no_other() -> None:
    world, odd = konimbo(), list[Row]()
    world.round()
    world.table.write(Row(ROUNDS, "konimbo/odd"), {"by": "hand"})

    assert [one.store for one in all_records(world.table, odd.append)] == [world.store]
    assert [row.id for row in odd] == ["konimbo/odd"]


def test_what_a_round_needs_of_a_store_is_put_together_of_what_was_said_of_it() -> None:
    world = World(platform=CENTRY, topics=("on_order_save",))
    deployed = Deployed(world.ring, (BASE, FORMER))
    known = platform_access("centry", FakeStoreAccess())

    shop = shop_of(deployed, world.store, world.configuration, CENTRY, known, world.memory)

    assert (shop.rules, shop.wanted) == (world.rules, world.wanted)
    assert shop.addresses.url(None) == world.url(None)
    disabled = KeyRing("k2", KEYS, {"centry/acme": StoreKeys(disabled=True)})
    off = shop_of(
        replace(deployed, ring=disabled),
        world.store,
        world.configuration,
        CENTRY,
        known,
        world.memory,
    )
    assert off.rules.policy == "off"


@pytest.mark.parametrize(
    ("chosen", "taken", "wanted_topics"),
    [
        (None, (), {"order_created", "ticket_created"}),
        (("customer_logged_in", "order_created", "no_such"), (), {"order_created"}),
        (("customer_logged_in",), ("konimbo/customer_logged_in",), {"customer_logged_in"}),
    ],
)
def test_topics_that_are_off_or_unknown_are_not_asked_for(
    chosen: tuple[str, ...] | None, taken: tuple[str, ...], wanted_topics: set[str]
) -> None:
    world = World(topics=chosen)

    found = set(wanted(world.platform, world.configuration, taken))

    assert wanted_topics <= found
    assert chosen is None or found == wanted_topics
    assert "customer_logged_in" not in found - set(wanted_topics)
