"""What a round must never do, whatever others do meanwhile and platforms make of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.deadline import Deadline
from commerce_hooks.http.errors import CallRefusedError, NoResponseError, UnreadableAnswerError
from commerce_hooks.http.transport import ApiResponse
from commerce_hooks.platform_access import Desired, Subscription
from commerce_hooks.state.leases import LEASE_SECONDS, Leases
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.looking import AnotherShopError
from commerce_hooks.subscriptions.planning import Action, Reason
from commerce_hooks.subscriptions.records import ROUNDS, record_of
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS, Outcome
from ensure_subscriptions.errands import Errand
from konimbo.access import ACCESS as KONIMBO_ACCESS
from support.ensuring import ACME, Ensured
from support.surroundings import FakeTransport, surroundings
from worlds.memory import Memory
from worlds.world import FORMER, World

ONE, TWO = "order_created", "ticket_created"
SAVE = "on_order_save"
STRANGERS = "https://elsewhere.example.net/hooks"
OTHER_SHOP = "59c0000000000000000000ff"


def konimbo(*topics: str, **more: Any) -> World:
    memory = Memory(deletes=False, accounts=False)
    return World(topics=topics or (ONE,), memory=memory, **more)


def centry(**more: Any) -> World:
    return World(platform=CENTRY, topics=(SAVE,), **more)


class StrictKonimbo(Memory):
    """As Konimbo's access: an event is exactly one (functions/konimbo/api.py `_write`)."""

    def update_subscription(self, id_: str, desired: Desired) -> None:
        (_,) = desired.topics
        super().update_subscription(id_, desired)


def test_a_duplicate_of_an_unknown_event_does_not_crash_every_round_of_its_store() -> None:
    world = World(topics=(ONE,), memory=StrictKonimbo(deletes=False, accounts=False))
    world.memory.put(world.url(ONE), frozenset({ONE}))
    # An older one of ours; in the panel its event was set to one that is newer than our code.
    world.memory.put(world.url(ONE, key="k1"), frozenset({"order_cancelled"}))

    report = world.round()

    assert report.outcome in {Outcome.AS_DESIRED, Outcome.CHANGED, Outcome.DIFFERENT}


def test_a_creation_is_not_repeated_because_of_a_record_that_only_looks_like_ours() -> None:
    world = konimbo()
    world.memory.put(world.url(ONE, stranger=True), frozenset({ONE}))
    world.memory.hides_new, world.memory.tells_ids = True, False

    for _ in range(4):
        world.round()

    assert world.memory.writes == ["create"]


def test_what_may_still_come_to_be_is_waited_for_beside_one_that_only_looks_like_ours() -> None:
    world = konimbo()
    world.memory.put(world.url(ONE, stranger=True), frozenset({ONE}))
    world.memory.listed_after = timedelta(minutes=5)
    world.memory.after = _raising_at("create", NoResponseError("Timeout"))
    world.round()
    world.memory.after = lambda _: None

    world.round(minutes=1)

    assert world.memory.writes == ["create"]


def _raising_at(name: str, error: Exception) -> Callable[[str], None]:
    def called(call: str) -> None:
        if call == name:
            raise error

    return called


@pytest.mark.parametrize("key", ["k1", "k2"])
def test_a_run_with_an_old_key_ring_does_not_bring_back_a_revoked_url(key: str) -> None:
    world = konimbo()  # its ring is as it was before `keys revoke`: generation 2
    url = world.url(ONE, key=key, generation=3)
    id_ = world.memory.put(url, frozenset({ONE}))

    world.round()

    assert world.memory.records[id_].callback_url == url


def test_what_became_a_strangers_since_the_listing_is_not_deleted() -> None:
    world = centry(policy="sync")
    world.memory.put(world.url(None), frozenset({SAVE}))
    id_ = world.memory.put(world.url(None, key="k1"), frozenset({SAVE}))
    _becomes_foreign_after_listing(world, id_)

    world.round()

    assert id_ in world.memory.records
    assert world.memory.records[id_].callback_url == STRANGERS


def _becomes_foreign_after_listing(world: World, id_: str) -> None:
    def edited(call: str) -> None:
        if call == "list" and id_ in world.memory.records:
            record = world.memory.records[id_]
            world.memory.records[id_] = replace(record, callback_url=STRANGERS)
            world.memory.after = lambda _: None

    world.memory.after = edited


def test_one_creation_without_an_id_is_told_once() -> None:
    world = konimbo()
    world.memory.tells_ids = False

    report = world.round()

    assert world.memory.writes == ["create"]
    assert [one.action for one in report.done] == [Action.CREATE]


def test_the_shop_stays_pinned_when_the_round_that_first_saw_it_fails() -> None:
    world = centry()
    world.memory.after = _raising_at("create", NoResponseError("Timeout"))
    lists = 0

    def second_listing_fails(call: str) -> None:
        nonlocal lists
        lists += call == "list"
        if lists > 1:
            raise NoResponseError("Timeout")

    world.memory.before = second_listing_fails
    world.round()
    assert world.memory.writes == ["create"]
    world.memory.before = world.memory.after = lambda _: None
    world.memory.shop = OTHER_SHOP
    world.memory.records.clear()
    world.memory.put(STRANGERS, frozenset({SAVE}))

    report = world.round()

    assert isinstance(report.error, AnotherShopError)


def test_a_record_that_cannot_be_read_does_not_let_in_another_shop() -> None:
    world = centry()
    world.round()
    known = record_of(world.table, world.store)
    assert known.account
    world.table.write(known.row, {**known.row.data, "lines": "spoilt"})
    world.memory.shop = OTHER_SHOP
    world.memory.records.clear()
    world.memory.put(STRANGERS, frozenset({SAVE}))
    world.memory.calls.clear()

    world.round()

    assert world.memory.writes == []


def test_who_has_lost_the_lease_changes_nothing_any_more() -> None:
    """A laptop that slept: the wall clock went on, the monotonic one did not."""
    shop = Ensured()
    shop.stores.put()
    until = Deadline(lambda: 0.0, ROUND_SECONDS)

    def slept(call: str) -> None:
        if call == "list":
            shop.time.passed += LEASE_SECONDS + 60
            Leases(shop.table, shop.time.now).acquire(ACME, "another", LEASE_SECONDS)
            shop.platform.memory.after = lambda _: None

    shop.platform.memory.after = slept

    shop.worker.work(Errand(store=ACME), until)

    assert shop.platform.memory.writes == []


@pytest.mark.parametrize("until", ["garbage", "2026-03-09T12:00:00"])
def test_a_lease_that_cannot_be_read_does_not_keep_its_store_from_rounds_for_ever(
    until: str,
) -> None:
    shop = Ensured()
    shop.stores.put()
    shop.table.write(Row("leases", str(ACME)), {"owner": "x", "until": until})

    shop.work()

    assert shop.noted.outcomes


def test_a_time_without_an_offset_in_the_ledger_is_the_store_s_own_failure() -> None:
    world = konimbo()
    world.ledger.intend(world.addresses.current(ONE), frozenset({ONE}))
    [row] = world.table.rows("ledger")
    world.table.write(row, {**row.data, "intended_at": "2026-03-09T12:00:00"})

    report = world.round()

    assert report.outcome is Outcome.FAILED
    assert world.memory.writes == []


def test_of_too_many_to_be_deleted_the_old_keys_are_replaced_all_the_same() -> None:
    world = centry(policy="sync")
    world.memory.put(world.url(None), frozenset({SAVE}))
    old = [world.memory.put(world.url(None, key="k1"), frozenset({SAVE})) for _ in range(6)]

    world.round()

    assert not world.memory.deleted
    assert {world.memory.records[id_].callback_url for id_ in old} == {world.url(None)}


def test_adopting_a_duplicate_does_not_let_each_callback_come_twice() -> None:
    world = konimbo(adopt=True)
    world.memory.put(world.url(ONE), frozenset({ONE}))
    dead = world.memory.put(world.url(ONE, stranger=True), frozenset({ONE}))

    world.round()

    # Nobody can delete it at Konimbo, and its callbacks were refused.
    assert world.memory.records[dead].callback_url == world.url(ONE, stranger=True)


def test_a_duplicate_whose_url_is_revoked_is_not_brought_back_to_life() -> None:
    world = konimbo()
    world.memory.put(world.url(ONE), frozenset({ONE}))
    dead = world.memory.put(world.url(ONE, generation=1), frozenset({ONE}))

    world.round()

    assert world.memory.records[dead].callback_url == world.url(ONE, generation=1)


def test_the_default_port_makes_no_stranger_of_ours() -> None:
    world = konimbo()
    url = world.url(ONE).replace("example.com/", "example.com:443/")
    world.memory.put(url, frozenset({ONE}))

    report = world.round()

    assert report.look is not None
    assert not report.look.plan.of(Action.FOREIGN)
    assert "create" not in world.memory.writes


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda url: url.replace("/acme/", "/ac\tme/"),
        lambda url: url.replace("/acme/", "/acme%2F"),
    ],
    ids=["a tab in it", "an encoded slash"],
)
def test_a_url_that_leads_nowhere_is_not_as_desired(spoilt: Callable[[str], str]) -> None:
    world = konimbo()
    world.memory.put(spoilt(world.url(ONE)), frozenset({ONE}))

    world.round()

    assert world.url(ONE) in {one.callback_url for one in world.memory.records.values()}


def test_a_page_that_shrinks_between_two_calls_is_no_complete_listing() -> None:
    def webhook(number: int) -> dict[str, Any]:
        return {"id": number, "event": ONE, "callback_url": STRANGERS}

    def page(numbers: range, total: int) -> ApiResponse:
        body = json.dumps([webhook(number) for number in numbers]).encode()
        return ApiResponse(200, {"x-pagination-total": str(total)}, body)

    # Of 40 the fifth is deleted between the calls: the 21st moves to the first page, unseen.
    transport = FakeTransport([page(range(1, 21), 40), page(range(22, 41), 39)])
    credentials = KONIMBO_ACCESS.credentials.model_validate({"token": "token"})
    access = KONIMBO_ACCESS.open(
        StoreId("konimbo", "acme"),
        "https://api.konimbo.co.il",
        credentials,
        surroundings(transport),
    )

    with pytest.raises(UnreadableAnswerError, match="change"):
        access.subscriptions()


def test_an_error_page_that_is_no_answer_of_konimbo_s_does_not_say_that_a_record_is_gone() -> None:
    page = ApiResponse(404, {"content-type": "text/html"}, b"<html>Not Found</html>")
    credentials = KONIMBO_ACCESS.credentials.model_validate({"token": "token"})
    access = KONIMBO_ACCESS.open(
        StoreId("konimbo", "acme"),
        "https://api.konimbo.co.il",
        credentials,
        surroundings(FakeTransport([page])),
    )

    with pytest.raises(CallRefusedError):
        access.subscription("1")


def test_two_stores_of_one_shop_are_strangers_to_each_other() -> None:
    world = konimbo(policy="sync")
    other = world.memory.put(world.url(ONE, store="acme-2"), frozenset({ONE}))

    world.round()

    assert world.memory.records[other].callback_url == world.url(ONE, store="acme-2")
    assert len(world.memory.records) == 2


def test_an_id_that_is_a_strangers_by_now_is_not_touched() -> None:
    world = centry()
    world.round()
    [(id_, record)] = world.memory.records.items()
    world.memory.records[id_] = replace(record, callback_url=STRANGERS)

    world.round()

    assert world.memory.records[id_].callback_url == STRANGERS
    assert len(world.memory.records) == 2


def test_records_of_two_shops_stop_the_round() -> None:
    world = centry()
    world.memory.put(STRANGERS, frozenset({SAVE}))
    world.memory.records["500"] = Subscription("500", frozenset({SAVE}), STRANGERS, OTHER_SHOP)

    assert world.round().outcome is Outcome.FAILED
    assert world.memory.writes == []


def test_former_base_urls_move_in_place() -> None:
    world = konimbo()
    id_ = world.memory.put(world.url(ONE, base=FORMER, key="k1"), frozenset({ONE}))

    report = world.round()

    assert [one.action for one in report.done] == [Action.UPDATE]
    assert world.memory.records[id_].callback_url == world.url(ONE)


def test_a_token_in_the_place_of_a_topic_is_never_shown() -> None:
    world = centry()
    token = world.url(None).rpartition("/")[2]
    world.memory.put(world.url(None) + "/", frozenset({SAVE}))

    report = world.round()

    assert report.look is not None
    assert token not in repr(report.look.plan)
    assert [one.reason for one in report.look.plan.conflicts] == [Reason.UNPROVED]
    assert all(token not in str(row.data) for row in world.table.rows(ROUNDS))
