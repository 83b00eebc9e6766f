"""`commerce-hooks subscriptions delete`: ours, and never a stranger's."""

from dataclasses import replace

import pytest

from commerce_hooks.http.bounded import Bounded
from commerce_hooks.http.errors import NotFoundError, NotOfferedError, PlatformBrokenError
from commerce_hooks.platform_access import Credentials, StoreAccess, Surroundings
from commerce_hooks.state.leases import Leases
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS
from support.keys import ring_text
from support.state_table import failing
from support.store_world import ACME
from support.subscribed_shops import CENTRY, OTHER_RING, STRANGER, SubscribedShops

TOPICS = frozenset({"on_order_save"})
REAL = ("--stack", "shop-hooks")


@pytest.fixture
def centry(subscribed: SubscribedShops) -> SubscribedShops:
    """With a store at Centry that is as desired: its one record has the id 98."""
    subscribed.add("--topic", "on_order_save", store=CENTRY)
    subscribed.subscriptions("apply", *CENTRY)
    subscribed.told()
    return subscribed


def foreign(shops: SubscribedShops) -> str:
    return shops.memories[CENTRY].put(STRANGER, TOPICS)


def test_ours_is_deleted_struck_from_the_ledger_and_told(centry: SubscribedShops) -> None:
    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, result.stdout) == (0, "delete  all topics (id 98)\n1 deleted.\n")
    assert (centry.memories[CENTRY].records, centry.ledger(CENTRY)) == ({}, [])
    (event,) = centry.told()
    assert event["detail-type"] == "subscription.deleted"
    assert event["detail"]["metadata"]["origin"] == "operator"
    assert event["detail"]["data"]["reason"] == "asked_for"
    assert centry.record(CENTRY).lines == ()


def test_it_is_said_that_the_next_round_makes_it_again(centry: SubscribedShops) -> None:
    result = centry.subscriptions("delete", *CENTRY, "98", "--json")

    assert result.json == {
        "platform": "centry",
        "store": "acme",
        "deleted": ["98"],
        "left": [],
        "refused": [],
        "struck": 0,
        "comes_again": True,
    }
    again = centry.subscriptions("plan", *CENTRY)
    assert "create" in again.stdout


def test_not_where_the_policy_makes_none(centry: SubscribedShops) -> None:
    centry.add("--topic", "on_order_save", "--policy", "off", "--replace", store=CENTRY)

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, centry.memories[CENTRY].records) == (0, {})
    assert "The next round" not in result.stderr


def test_a_strangers_is_refused_and_with_it_all_that_was_named(centry: SubscribedShops) -> None:
    stranger = foreign(centry)

    result = centry.subscriptions("delete", *CENTRY, "98", stranger)

    assert (result.exit_code, len(centry.memories[CENTRY].records)) == (1, 2)
    assert f"The webhook '{stranger}' is not ours" in result.stderr
    assert STRANGER not in result.output


def test_all_of_ours_are_deleted_also_what_is_not_listed(centry: SubscribedShops) -> None:
    memory = centry.memories[CENTRY]
    memory.inactive.add("98")
    old = memory.put(centry.url(None, store=CENTRY), TOPICS)
    stranger = foreign(centry)
    unproved = memory.put(centry.url(None, store=CENTRY, ring=OTHER_RING), TOPICS)

    result = centry.subscriptions("delete", *CENTRY, "--all")

    assert result.exit_code == 0
    assert sorted(one.id for one in memory.deleted) == ["98", old]
    assert set(memory.records) == {stranger, unproved}
    assert "There is none of ours." in centry.subscriptions("delete", *CENTRY, "--all").stdout


def test_one_that_is_not_listed_can_be_named(centry: SubscribedShops) -> None:
    centry.memories[CENTRY].inactive.add("98")

    assert centry.subscriptions("delete", *CENTRY, "98").exit_code == 0
    assert centry.memories[CENTRY].records == {}


@pytest.mark.parametrize("which", ["ID", "--all"])
def test_what_only_looks_like_ours_takes_adopt(centry: SubscribedShops, which: str) -> None:
    id_ = centry.memories[CENTRY].put(centry.url(None, store=CENTRY, ring=OTHER_RING), TOPICS)
    named = which.replace("ID", id_)

    centry.subscriptions("delete", *CENTRY, named)
    assert id_ in centry.memories[CENTRY].records

    centry.subscriptions("delete", *CENTRY, named, "--adopt")
    assert id_ not in centry.memories[CENTRY].records


def test_without_adopt_it_is_refused_in_words(centry: SubscribedShops) -> None:
    id_ = centry.memories[CENTRY].put(centry.url(None, store=CENTRY, ring=OTHER_RING), TOPICS)

    result = centry.subscriptions("delete", *CENTRY, id_)

    assert result.exit_code == 1
    assert "add --adopt" in result.stderr


def test_where_the_platform_cannot_its_support_is_to_be_asked(
    subscribed: SubscribedShops,
) -> None:
    subscribed.add()
    ids = [subscribed.put("order_created"), subscribed.put("ticket_created")]

    result = subscribed.subscriptions("delete", *ACME, "--all")

    assert (result.exit_code, subscribed.acme.writes) == (1, [])
    assert f"Ask its support to delete the webhooks with these ids: {', '.join(ids)}." in (
        result.stderr
    )
    assert "keys revoke" in result.stderr


def test_a_platform_that_turns_out_not_to_delete_is_told_alike(centry: SubscribedShops) -> None:
    def refuse(call: str) -> None:
        if call == "delete":
            raise NotOfferedError("it cannot")

    centry.memories[CENTRY].before = refuse

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, len(centry.ledger(CENTRY)), centry.told()) == (1, 1, [])
    assert "the webhook with the id 98." in result.stderr


def test_one_that_is_gone_meanwhile_is_as_good_as_deleted(centry: SubscribedShops) -> None:
    def gone(call: str) -> None:
        if call == "delete":
            raise NotFoundError

    centry.memories[CENTRY].before = gone

    assert centry.subscriptions("delete", *CENTRY, "98").exit_code == 0
    assert centry.ledger(CENTRY) == []


def test_what_is_deleted_before_the_platform_fails_is_told(centry: SubscribedShops) -> None:
    second = centry.memories[CENTRY].put(centry.url(None, store=CENTRY), TOPICS)
    broken = iter([None, PlatformBrokenError(500)])

    def fail(call: str) -> None:
        if call == "delete" and (error := next(broken)):
            raise error

    centry.memories[CENTRY].before = fail

    result = centry.subscriptions("delete", *CENTRY, "98", second)

    assert result.exit_code == 1
    assert "1 deleted." in result.stdout
    assert "The platform failed (status 500)." in result.stderr
    assert [one["detail-type"] for one in centry.told()] == ["subscription.deleted"]


def test_a_table_that_fails_afterwards_loses_no_event(centry: SubscribedShops) -> None:
    def fail(_: str) -> None:
        centry.table.before_call = failing

    centry.memories[CENTRY].after = lambda call: fail(call) if call == "delete" else None

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert result.exit_code == 1
    assert "1 deleted." in result.stdout
    assert len(centry.told()) == 1


@pytest.mark.parametrize("consent", [False, True])
def test_on_a_deployed_stack_it_is_asked_first(
    real_subscribed: SubscribedShops, *, consent: bool
) -> None:
    shops = real_subscribed
    shops.add("--topic", "on_order_save", *REAL, store=CENTRY)
    shops.memories[CENTRY].put(shops.url(None, store=CENTRY), TOPICS)
    shops.consent = consent

    result = shops.subscriptions("delete", *CENTRY, "98", *REAL)

    assert len(shops.questions) == 1
    assert "1 subscriptions of centry/acme are deleted at the platform" in shops.questions[0]
    assert (result.exit_code, len(shops.memories[CENTRY].records)) == (
        int(not consent),
        int(not consent),
    )


def test_while_somebody_else_works_on_the_store_nothing_is_done(centry: SubscribedShops) -> None:
    Leases(centry.table, centry.clock.now).acquire(CENTRY, "a round", 60)

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, len(centry.memories[CENTRY].records)) == (1, 1)
    assert "being worked on by a round" in result.stderr


def test_what_is_not_listed_and_has_no_id_can_be_forgotten(subscribed: SubscribedShops) -> None:
    subscribed.add("--topic", "order_created")
    subscribed.acme.tells_ids, subscribed.acme.hides_new = False, True
    subscribed.subscriptions("apply", *ACME)
    assert subscribed.subscriptions("plan", *ACME).exit_code == 2

    result = subscribed.subscriptions("delete", *ACME, "--unlisted")

    assert (result.exit_code, subscribed.ledger()) == (0, [])
    assert "1 forgotten." in result.stdout
    subscribed.acme.hides_new = False
    assert subscribed.subscriptions("apply", *ACME).exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("98", "--all"), ("--all", "--unlisted")])
def test_which_ones_has_to_be_said(centry: SubscribedShops, arguments: tuple[str, ...]) -> None:
    result = centry.subscriptions("delete", *CENTRY, *arguments)

    assert (result.exit_code, len(centry.memories[CENTRY].records)) == (2, 1)


def test_one_that_is_not_there_is_an_error(centry: SubscribedShops) -> None:
    result = centry.subscriptions("delete", *CENTRY, "12345")

    assert result.exit_code == 1
    assert "centry has no webhook '12345' of this shop. Nothing was done." in result.stderr


@pytest.mark.parametrize("which", ["IDS", "--all"])
def test_what_became_a_strangers_while_somebody_was_asked_stays_and_the_others_go(
    centry: SubscribedShops, which: str
) -> None:
    memory = centry.memories[CENTRY]
    second = memory.put(centry.url(None, store=CENTRY), TOPICS)

    def edited() -> None:
        memory.records["98"] = replace(memory.records["98"], callback_url=STRANGER)

    centry.meanwhile(CENTRY, edited)
    named = ["98", second] if which == "IDS" else [which]

    result = centry.subscriptions("delete", *CENTRY, *named, "--json")

    assert (result.exit_code, set(memory.records)) == (1, {"98"})
    assert (result.json["deleted"], result.json["refused"]) == ([second], ["98"])
    assert "these webhooks are not ours any more, and stay: 98." in result.stderr
    assert "1 of 2 were not deleted." in result.stderr
    assert [one["detail-type"] for one in centry.told()] == ["subscription.deleted"]
    assert STRANGER not in result.output


def test_what_is_not_listed_any_more_is_shown_before_it_is_deleted(
    centry: SubscribedShops,
) -> None:
    memory = centry.memories[CENTRY]

    def edited_and_switched_off() -> None:
        memory.records["98"] = replace(memory.records["98"], callback_url=STRANGER)
        memory.inactive.add("98")

    centry.meanwhile(CENTRY, edited_and_switched_off)

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, set(memory.records)) == (1, {"98"})


def test_one_that_came_to_be_ours_while_somebody_was_asked_stays(centry: SubscribedShops) -> None:
    memory = centry.memories[CENTRY]
    centry.meanwhile(CENTRY, lambda: memory.put(centry.url(None, store=CENTRY), TOPICS))

    result = centry.subscriptions("delete", *CENTRY, "--all")

    assert (result.exit_code, set(memory.records)) == (0, {"99"})


def test_what_is_ours_is_told_by_the_key_ring_once_the_lease_is_held(
    centry: SubscribedShops,
) -> None:
    """The key that proved it is retired, so nothing proves it any more."""
    centry.meanwhile(CENTRY, lambda: centry.secrets.texts.append(ring_text("k2")))

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, set(centry.memories[CENTRY].records)) == (1, {"98"})


def test_a_store_that_goes_while_somebody_is_asked_is_left(centry: SubscribedShops) -> None:
    centry.meanwhile(CENTRY, lambda: centry.book.remove(CENTRY))

    result = centry.subscriptions("delete", *CENTRY, "98")

    assert (result.exit_code, set(centry.memories[CENTRY].records)) == (1, {"98"})


def test_time_to_think_is_not_taken_from_the_time_to_delete(centry: SubscribedShops) -> None:
    bounded: list[Bounded] = []
    left: list[float] = []
    memory, known = centry.memories[CENTRY], centry.accesses["centry"]

    def opens(
        store: StoreId, base: str, credentials: Credentials, around: Surroundings
    ) -> StoreAccess:
        assert isinstance(around.transport, Bounded)
        bounded.append(around.transport)
        return known.open(store, base, credentials, around)

    def note(call: str) -> None:
        if call == "delete":
            left.append(bounded[-1].until.remaining())

    def thought() -> None:
        centry.seconds += 3600

    centry.accesses["centry"] = replace(known, open=opens)
    centry.meanwhile(CENTRY, thought)
    memory.before = note

    assert centry.subscriptions("delete", *CENTRY, "98").exit_code == 0
    assert left == [ROUND_SECONDS]


def test_what_the_platform_lists_by_then_is_not_forgotten(subscribed: SubscribedShops) -> None:
    subscribed.add("--topic", "order_created")
    subscribed.acme.tells_ids, subscribed.acme.hides_new = False, True
    subscribed.subscriptions("apply", *ACME)
    subscribed.meanwhile(ACME, subscribed.acme.inactive.clear)

    result = subscribed.subscriptions("delete", *ACME, "--unlisted")

    assert (result.exit_code, len(subscribed.ledger())) == (0, 1)
    assert "What the platform tells of by now is not forgotten." in result.stderr


def test_where_there_is_none_the_platform_is_asked_once(centry: SubscribedShops) -> None:
    memory = centry.memories[CENTRY]
    memory.records.clear()
    memory.calls.clear()

    centry.subscriptions("delete", *CENTRY, "--all")

    assert memory.calls.count("list") == 1


@pytest.mark.parametrize("part", ["url", "token", "short"])
def test_a_url_typed_in_the_place_of_an_id_is_not_shown(centry: SubscribedShops, part: str) -> None:
    url = centry.url(None, store=CENTRY)
    token = url.rpartition("/")[2]
    typed = {"url": url, "token": token, "short": f"https://h.example/{token[-20:]}"}[part]

    result = centry.subscriptions("delete", *CENTRY, typed)

    assert result.exit_code == 1
    assert "centry has no webhook of that id of this shop. Nothing was done." in result.stderr
    assert typed.rpartition("/")[2] not in result.output
