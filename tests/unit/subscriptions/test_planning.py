"""The plan: one record for each slot, everybody else's left alone, and why."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.platform_access import Subscription
from commerce_hooks.subscriptions.planning import (
    Action,
    Change,
    Difference,
    Evidence,
    Plan,
    Reason,
    plan,
)
from worlds.generated import generated
from worlds.memory import Memory
from worlds.world import FORMER, World

ONE = "order_created"
SAVE, DELETE = "on_order_save", "on_order_delete"


def konimbo(*topics: str, policy: str = "upsert") -> World:
    return World(topics=topics or (ONE,), memory=Memory(deletes=False), policy=policy)  # type: ignore[arg-type] # parametrised


def centry(policy: str = "upsert") -> World:
    return World(platform=CENTRY, topics=(SAVE, DELETE), policy=policy)  # type: ignore[arg-type] # parametrised


def planned(world: World, evidence: Evidence | None = None) -> Plan:
    listed = world.memory.listed
    return plan(world.wanted, listed, evidence or Evidence(), world.addresses, world.rules)


def said(plan: Plan) -> list[tuple[Action, Reason, str | None]]:
    return [(one.action, one.reason, one.id) for one in plan.entries]


def test_what_is_missing_is_created_with_its_own_url() -> None:
    world = konimbo("order_created", "ticket_created")

    changes = planned(world).changes

    assert [(one.action, one.reason, one.slot) for one in changes] == [
        (Action.CREATE, Reason.MISSING, "order_created"),
        (Action.CREATE, Reason.MISSING, "ticket_created"),
    ]
    assert [one.desired and one.desired.callback_url for one in changes] == [
        world.url("order_created"),
        world.url("ticket_created"),
    ]
    assert [one.desired and one.desired.topics for one in changes] == [
        frozenset({"order_created"}),
        frozenset({"ticket_created"}),
    ]


def test_what_is_as_desired_is_kept() -> None:
    world = konimbo()
    id_ = world.memory.put(world.url(ONE), frozenset({ONE}))

    assert said(planned(world)) == [(Action.KEEP, Reason.AS_DESIRED, id_)]


def test_one_record_has_all_topics_where_the_url_has_none() -> None:
    world = centry()

    [change] = planned(world).changes

    assert change.slot is None
    assert change.desired
    assert change.desired.topics == {SAVE, DELETE}


@pytest.mark.parametrize(
    ("made", "difference"),
    [
        ({"key": "k1"}, Difference("key", "k1", "k2")),
        ({"generation": 1}, Difference("generation", "1", "2")),
        ({"base": FORMER}, Difference("base_url", FORMER, "https://hooks.example.com")),
    ],
)
def test_an_old_url_is_moved_in_place(made: dict[str, str], difference: Difference) -> None:
    world = konimbo()
    id_ = world.memory.put(world.url(ONE, **made), frozenset({ONE}))  # type: ignore[arg-type] # parametrised

    [change] = planned(world).changes

    assert (change.action, change.reason, change.id) == (Action.UPDATE, Reason.DIFFERENT, id_)
    assert change.differences == (difference,)
    assert change.desired
    assert change.desired.callback_url == world.url(ONE)


def test_flags_are_put_right_in_place_and_unknown_ones_left() -> None:
    world = centry()
    world.memory.put(world.url(None), frozenset({SAVE, "on_product_save", "on_foo_save"}))

    [change] = planned(world).changes

    assert change.differences == (
        Difference("topics", f"{SAVE} on_product_save", f"{DELETE} {SAVE}"),
    )


def test_a_flag_that_we_do_not_know_is_no_difference() -> None:
    world = centry()
    world.memory.put(world.url(None), frozenset({SAVE, DELETE, "on_foo_save"}))

    assert planned(world).changes == ()


def test_of_duplicates_the_one_that_is_right_stays() -> None:
    world = centry("sync")
    old = world.memory.put(world.url(None, key="k1"), frozenset({SAVE, DELETE}))
    right = world.memory.put(world.url(None), frozenset({SAVE, DELETE}))

    assert said(planned(world)) == [
        (Action.DELETE, Reason.DUPLICATE, old),
        (Action.KEEP, Reason.AS_DESIRED, right),
    ]


def test_of_duplicates_none_of_which_is_right_the_oldest_stays() -> None:
    world = centry("sync")
    oldest, *younger = (world.memory.put(world.url(None), frozenset({SAVE})) for _ in range(4))

    made = planned(world)

    # Ids are numbers, of which 100 comes after 99.
    assert (oldest, younger[-1]) == ("98", "101")
    assert said(made)[0] == (Action.UPDATE, Reason.DIFFERENT, oldest)
    assert [one.id for one in made.of(Action.DELETE)] == younger


def test_without_the_right_to_delete_duplicates_are_told_and_moved_all_the_same() -> None:
    world = konimbo()
    keeps = world.memory.put(world.url(ONE), frozenset({ONE}))
    extra = world.memory.put(world.url(ONE, key="k1"), frozenset({ONE}))

    assert said(planned(world)) == [
        (Action.UPDATE, Reason.DUPLICATE, extra),
        (Action.KEEP, Reason.AS_DESIRED, keeps),
        (Action.CONFLICT, Reason.DUPLICATE, extra),
    ]


@pytest.mark.parametrize(
    ("policy", "action"), [("upsert", Action.CONFLICT), ("sync", Action.DELETE)]
)
def test_what_is_not_wanted_goes_only_by_the_policy_sync(policy: str, action: Action) -> None:
    world = konimbo(policy=policy)
    world.memory.deletes = True
    world.memory.put(world.url(ONE), frozenset({ONE}))
    extra = world.memory.put(world.url("ticket_created"), frozenset({"ticket_created"}))

    assert (action, Reason.UNWANTED, extra) in said(planned(world))


def test_where_nothing_is_wanted_nothing_is_deleted() -> None:
    world = replace(centry("sync"), topics=("no_such_topic",))
    world.memory.put(world.url(None), frozenset({SAVE}))

    assert planned(world).of(Action.DELETE) == ()


def test_a_plan_that_would_delete_many_deletes_none() -> None:
    world = centry("sync")
    for _ in range(7):
        world.memory.put(world.url(None), frozenset({SAVE, DELETE}))

    made = planned(world)

    assert made.of(Action.DELETE) == ()
    assert [one.reason for one in made.conflicts] == [Reason.TOO_MANY] * 6
    rules = replace(world.rules, max_deletions=6)
    allowed = plan(world.wanted, world.memory.listed, Evidence(), world.addresses, rules)
    assert len(allowed.of(Action.DELETE)) == 6


def test_what_only_looks_like_ours_is_a_conflict_and_keeps_nothing_from_being_made() -> None:
    world = konimbo()
    id_ = world.memory.put(world.url(ONE, stranger=True), frozenset({ONE}))

    made = planned(world)

    assert said(made)[1] == (Action.CONFLICT, Reason.UNPROVED, id_)
    assert [one.action for one in made.changes] == [Action.CREATE]


def test_it_is_taken_over_when_that_is_asked_for() -> None:
    world = replace(konimbo(), adopt=True)
    id_ = world.memory.put(world.url(ONE, stranger=True), frozenset({ONE}))

    [change] = planned(world).entries

    assert (change.action, change.id) == (Action.UPDATE, id_)
    assert Difference("key", None, "k2") in change.differences
    assert Difference("generation", None, "2") in change.differences


@pytest.mark.parametrize(
    ("evidence", "reason", "id_"),
    [
        (Evidence(hidden=((ONE, "17"),)), Reason.HIDDEN, "17"),
        (Evidence(unlisted=frozenset({ONE})), Reason.UNLISTED, None),
        (Evidence(pending=frozenset({ONE})), Reason.PENDING, None),
    ],
)
def test_what_may_be_there_unlisted_is_not_made_again(
    evidence: Evidence, reason: Reason, id_: str | None
) -> None:
    assert said(planned(konimbo(), evidence)) == [(Action.CONFLICT, reason, id_)]


def test_by_the_policy_off_there_is_no_plan() -> None:
    assert planned(konimbo(policy="off")) == Plan()


def test_no_callback_url_is_shown() -> None:
    world = konimbo("order_created", "ticket_created")
    world.memory.put(world.url(ONE, key="k1"), frozenset({ONE}))
    world.memory.put("https://elsewhere.example.net/their-secret", frozenset({ONE}))

    shown = repr(planned(world))

    assert "their-secret" not in shown
    assert world.url(ONE).rpartition(".")[2] not in shown
    assert world.url(ONE, key="k1").rpartition(".")[2] not in shown


@given(seed=st.integers(0, 10**6), shuffled=st.randoms())
def test_a_plan_is_the_same_in_whatever_order_records_are_listed(
    seed: int, shuffled: Random
) -> None:
    world = generated(seed)
    listed = world.memory.listed
    other = list(listed)
    shuffled.shuffle(other)

    def made(records: list[Subscription]) -> tuple[Change, ...]:
        return plan(world.wanted, records, Evidence(), world.addresses, world.rules).entries

    assert made(other) == made(listed)
