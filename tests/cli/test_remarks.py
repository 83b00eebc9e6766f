"""What is said of a store follows from its facts, whatever they are."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.callback import iso_utc
from commerce_hooks.keyring import KeyRing, StoreKeys
from commerce_hooks.state.seen import AccountSeen, Seen
from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks_cli.moments import ago
from commerce_hooks_cli.remarks import Kind, remarks, severity
from commerce_hooks_cli.status_screen import rows_of, shown_rows
from commerce_hooks_cli.store_facts import Evidence, Standing, StoreFacts
from upkeep.silence import silence_of

NOW = datetime(2026, 5, 6, 12, tzinfo=UTC)
ACME = StoreId("konimbo", "acme")


def seen(
    topic: str | None = "order_created",
    key: str | None = "k1",
    before: timedelta = timedelta(0),
    store: StoreId = ACME,
) -> Seen:
    return Seen(store, topic, key, NOW - before, "order.created", "c.0")


def configuration(
    silence: int = 48, added: timedelta = timedelta(days=30), expected: list[str] | None = None
) -> StoreConfiguration:
    return StoreConfiguration(
        silence_hours=silence,
        added_at=iso_utc(NOW - added),
        expected_topics=tuple(expected or ()),
    )


hours = st.integers(0, 24 * 40).map(lambda number: timedelta(hours=number))
topics = st.sampled_from(["order_created", "ticket_created", None])
keys = st.sampled_from(["k1", "k2", None])
sightings = st.builds(seen, topics, keys, hours)
identities = st.builds(
    lambda name, before: AccountSeen(ACME, name, NOW - before),
    st.sampled_from(["acme.example", "other.example", "third.example"]),
    hours,
)
configurations = st.builds(
    configuration,
    st.integers(0, 200),
    hours,
    st.lists(st.sampled_from(["order_created", "ticket_created"]), unique=True),
)
facts_of_stores = st.builds(
    StoreFacts,
    store=st.just(ACME),
    standing=st.sampled_from(Standing),
    configuration=st.none() | configurations,
    keys=st.none() | st.builds(StoreKeys, disabled=st.booleans()),
    malformed=st.booleans(),
    sign=st.sampled_from([None, "k1", "k2"]),
    seen=st.none() | st.lists(sightings).map(tuple),
    accounts=st.none() | st.lists(identities).map(tuple),
    quarantined=st.none() | st.integers(0, 5),
)


def kinds(facts: StoreFacts) -> list[Kind]:
    return [remark.kind for remark in remarks(facts, NOW)]


HEALTHY = StoreFacts(
    ACME,
    standing=Standing.CONFIGURED,
    configuration=configuration(),
    keys=StoreKeys(),
    sign="k1",
    seen=(seen(),),
    accounts=(AccountSeen(ACME, "acme.example", NOW),),
    quarantined=0,
)


def test_of_a_healthy_store_there_is_nothing_to_say() -> None:
    assert remarks(HEALTHY, NOW) == []


@given(facts_of_stores)
def test_two_shops_are_told_just_when_two_identities_came_lately(facts: StoreFacts) -> None:
    lately = {
        one.account for one in facts.accounts or () if NOW - one.received_at <= timedelta(days=14)
    }

    assert (Kind.TWO_SHOPS in kinds(facts)) == (len(lately) > 1)


@pytest.mark.parametrize(("days", "told"), [(14, True), (15, False)])
def test_a_shop_that_moved_more_than_two_weeks_ago_is_one(days: int, *, told: bool) -> None:
    before = AccountSeen(ACME, "other.example", NOW - timedelta(days=days))
    moved = replace(HEALTHY, accounts=(*(HEALTHY.accounts or ()), before))

    assert (Kind.TWO_SHOPS in kinds(moved)) == told


@given(facts_of_stores)
def test_silence_is_told_of_those_alone_that_may_be_heard(facts: StoreFacts) -> None:
    silence = facts.configuration and silence_of(
        facts.store, facts.configuration, facts.seen or (), NOW
    )
    silent = silence and silence.everything
    refused = facts.malformed or bool(facts.keys and facts.keys.disabled)
    may_tell = facts.configuration is not None and facts.seen is not None and not refused

    problems = {remark.kind for remark in remarks(facts, NOW) if remark.problem}

    assert bool(problems & {Kind.SILENT, Kind.NEVER_HEARD}) == bool(may_tell and silent)


@given(facts_of_stores)
def test_the_worst_comes_first_and_every_problem_says_what_to_do(facts: StoreFacts) -> None:
    found = remarks(facts, NOW)

    order = list(Kind)
    assert [one.kind for one in found] == sorted((o.kind for o in found), key=order.index)
    assert all(one.detail and one.do for one in found)
    assert (severity(found) == len(order)) == (not any(one.problem for one in found))


@given(facts_of_stores)
def test_what_no_source_told_leads_to_no_remark(facts: StoreFacts) -> None:
    unknown = replace(facts, seen=None, accounts=None, quarantined=None, keys=None)

    told = set(kinds(unknown))

    assert told <= {Kind.KEYS_UNREADABLE, Kind.UNREADABLE, Kind.NOT_CONFIGURED}


def test_a_new_store_that_was_never_heard_is_no_problem_yet() -> None:
    new = replace(HEALTHY, configuration=configuration(added=timedelta(hours=1)), seen=())

    (remark,) = remarks(new, NOW)

    assert (remark.kind, remark.problem) == (Kind.NEVER_HEARD, False)


def test_an_expected_topic_is_missed_though_others_come() -> None:
    store = replace(
        HEALTHY, configuration=configuration(expected=["order_created", "ticket_created"])
    )

    (remark,) = remarks(store, NOW)

    assert remark.kind is Kind.TOPIC_SILENT
    assert "ticket_created" in remark.detail


def test_a_key_that_does_not_sign_any_more_is_told_by_the_last_callback_of_a_topic() -> None:
    turned = replace(HEALTHY, sign="k2", seen=(seen(), seen(key="k2", before=timedelta(hours=1))))
    followed = replace(HEALTHY, sign="k2", seen=(seen(before=timedelta(hours=1)), seen(key="k2")))

    assert kinds(turned) == [Kind.OLDER_KEY]
    assert kinds(followed) == []


def test_a_disabled_store_is_not_called_silent() -> None:
    disabled = replace(HEALTHY, keys=StoreKeys(disabled=True), seen=())

    assert kinds(disabled) == [Kind.DISABLED]


def test_a_disabled_store_is_a_problem_while_it_is_configured_and_told_how_to_enable_it() -> None:
    disabled = replace(HEALTHY, keys=StoreKeys(disabled=True))
    removed = replace(disabled, standing=Standing.ABSENT, configuration=None)

    (remark,) = remarks(disabled, NOW)
    assert (remark.problem, remark.command) == (True, "keys revoke konimbo/acme --enable")
    assert "stores add konimbo acme --replace --new-urls" in remark.do
    assert not any(one.problem for one in remarks(removed, NOW))


@pytest.mark.parametrize(
    ("standing", "kind"),
    [(Standing.ABSENT, Kind.NOT_CONFIGURED), (Standing.UNREADABLE, Kind.UNREADABLE)],
)
def test_a_store_without_a_configuration_is_told(standing: Standing, kind: Kind) -> None:
    assert kinds(replace(HEALTHY, standing=standing, configuration=None)) == [kind]


def test_facts_are_put_together_from_all_sources_and_leave_out_the_synthetic_store() -> None:
    other, unknown = StoreId("iset", "other"), StoreId("centry", "unknown")
    ring = KeyRing.parse(
        '{"sign":"k1","k1":"' + "x" * 40 + '","stores":{"iset/other":{"generation":"x"}}}'
    )
    evidence = Evidence(
        configurations={ACME: configuration(), other: None},
        ring=ring,
        seen=[seen(), seen(store=unknown), seen(store=StoreId("iset", "synthetic"))],
        accounts=[AccountSeen(ACME, "acme.example", NOW)],
        quarantined=Counter({ACME: 2}),
    )

    found = {one.store: one for one in evidence.all()}

    assert list(found) == [unknown, other, ACME]
    assert found[ACME].quarantined == 2
    assert found[other].malformed
    assert found[unknown].standing is Standing.ABSENT
    assert evidence.of(ACME) == found[ACME]


def test_with_two_hundred_stores_those_with_problems_are_shown_the_worst_first() -> None:
    stores = [replace(HEALTHY, store=StoreId("iset", f"s{n:03}")) for n in range(200)]
    stores[150] = replace(stores[150], quarantined=1)
    stores[170] = replace(
        stores[170],
        accounts=tuple(AccountSeen(stores[170].store, name, NOW) for name in ("a", "b")),
    )

    rows = rows_of(stores, NOW)

    shown = shown_rows(rows, everything=False)
    assert [row.facts.store.name for row in shown] == ["s170", "s150"]
    assert [row.facts.store.name for row in rows[2:5]] == ["s000", "s001", "s002"]
    assert len(shown_rows(rows, everything=True)) == 200


@given(hours)
def test_how_long_ago_is_told_in_the_largest_unit_that_fits(span: timedelta) -> None:
    told = ago(NOW - span, NOW)

    number, unit = int(told[:-1]), told[-1]
    size = {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]
    assert number * size <= span.total_seconds() < (number + 1) * size


def test_of_a_store_that_was_removed_nobody_says_that_it_becomes_events() -> None:
    removed = replace(
        HEALTHY,
        standing=Standing.ABSENT,
        configuration=None,
        keys=StoreKeys(disabled=True),
    )

    assert kinds(removed) == [Kind.DISABLED]
