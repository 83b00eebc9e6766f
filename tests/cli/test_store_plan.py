"""What it takes to have stores as desired: pure, deterministic, and nothing once it is so."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks_cli.store_plan import Action, Change, Desired, Difference, Existing, plan

ACME, OTHER = StoreId("konimbo", "acme"), StoreId("konimbo", "other")
THEN, NOW = "2026-01-01T00:00:00.000Z", "2026-05-06T12:00:00.000Z"

ids = st.builds(
    StoreId, st.sampled_from(["centry", "cenit", "konimbo"]), st.sampled_from(["a", "b", "c", "d"])
)
words = st.sampled_from(["order_created", "ticket_created", "none"])
topics = st.lists(words, max_size=2).map(tuple)
configurations = st.builds(
    StoreConfiguration,
    label=st.sampled_from(["", "-", "none", "Acme", "acme"]),
    environment=st.sampled_from(["production", "test"]),
    topics=st.none() | topics,
    policy=st.sampled_from(["off", "plan", "upsert", "sync"]),
    silence_hours=st.integers(0, 3),
    expected_topics=topics,
    added_at=st.sampled_from([THEN, NOW]),
)
secrets = st.none() | st.dictionaries(
    st.sampled_from(["token", "other"]), st.sampled_from(["x", "y"]), min_size=1
)
calls = st.fixed_dictionaries(
    {"backed_by": st.none() | st.just("iset/a"), "signed_only": st.booleans()}
)
desired_stores = st.dictionaries(ids, st.builds(Desired, configurations, secrets, calls))
existing_stores = st.dictionaries(
    ids, st.builds(Existing, st.none() | configurations, secrets, calls)
)


def after(changes: tuple[Change, ...]) -> dict[StoreId, Existing]:
    """What there is once a plan is carried out."""
    made: dict[StoreId, Existing] = {}
    for change in changes:
        if change.action in {Action.CREATE, Action.CHANGE} and change.desired:
            kept = change.existing.credentials if change.existing else None
            credentials = change.desired.credentials or kept
            made[change.store] = Existing(
                change.desired.configuration, credentials, change.desired.cenit
            )
        elif change.existing:
            made[change.store] = change.existing
    return made


@given(desired_stores, existing_stores)
def test_a_second_plan_is_empty(
    desired: dict[StoreId, Desired], existing: dict[StoreId, Existing]
) -> None:
    again = plan(desired, after(plan(desired, existing)))

    assert {change.action for change in again} <= {Action.KEEP, Action.UNNAMED}
    assert not any(change.differences for change in again)


@given(desired_stores, existing_stores)
def test_every_store_has_one_change_in_the_order_of_ids_whatever_order_it_was_said_in(
    desired: dict[StoreId, Desired], existing: dict[StoreId, Existing]
) -> None:
    changes = plan(desired, existing)

    assert [change.store for change in changes] == sorted({*desired, *existing})
    assert changes == plan(
        dict(reversed(desired.items())), dict(sorted(existing.items(), reverse=True))
    )


@given(desired_stores, existing_stores)
def test_what_is_not_desired_is_told_and_left_alone(
    desired: dict[StoreId, Desired], existing: dict[StoreId, Existing]
) -> None:
    for change in plan(desired, existing):
        assert (change.action is Action.UNNAMED) == (change.store not in desired)
        assert (change.desired is None) == (change.store not in desired)


@given(desired_stores, existing_stores)
def test_no_difference_quotes_a_secret(
    desired: dict[StoreId, Desired], existing: dict[StoreId, Existing]
) -> None:
    marked = {
        store: replace(one, credentials={"token": "a-canary"}) for store, one in desired.items()
    }

    assert "a-canary" not in repr(plan(marked, existing))


def test_a_change_names_each_field_that_differs() -> None:
    before = StoreConfiguration(label="A", topics=("order_created",), added_at=THEN)
    now = StoreConfiguration(label="B", policy="plan", added_at=NOW)

    (change,) = plan({ACME: Desired(now)}, {ACME: Existing(before, {"token": "x"})})

    assert change.action is Action.CHANGE
    assert change.differences == (
        Difference("label", "A", "B"),
        Difference("topics", "order_created", "-"),
        Difference("policy", "upsert", "plan"),
    )


def test_when_a_store_was_added_is_no_difference() -> None:
    before, now = StoreConfiguration(added_at=THEN), StoreConfiguration(added_at=NOW)

    (change,) = plan({ACME: Desired(now)}, {ACME: Existing(before)})

    assert change.action is Action.KEEP


def test_credentials_that_are_not_said_stay() -> None:
    known = StoreConfiguration(added_at=THEN)
    existing = {ACME: Existing(known, {"token": "x"}), OTHER: Existing(known, {"token": "x"})}

    kept, changed = plan({ACME: Desired(known), OTHER: Desired(known, {"token": "y"})}, existing)

    assert (kept.action, changed.action) == (Action.KEEP, Action.CHANGE)
    assert changed.differences == (Difference("credentials", "others", "given"),)


def test_a_configuration_that_cannot_be_read_differs() -> None:
    (change,) = plan({ACME: Desired(StoreConfiguration(added_at=NOW))}, {ACME: Existing(None)})

    assert change.action is Action.CHANGE
    assert change.differences[0] == Difference("label", "cannot be read", "-")


def test_a_store_whose_urls_are_disabled_is_enabled_also_if_it_is_still_there() -> None:
    wanted = Desired(StoreConfiguration(added_at=NOW))
    there = {OTHER: Existing(wanted.configuration)}

    created, changed = plan({ACME: wanted, OTHER: wanted}, there, frozenset({ACME, OTHER}))

    assert (created.enable, changed.enable) == (True, True)
    assert changed.action is Action.CHANGE
    assert changed.differences == (Difference("URLs", "disabled", "new ones"),)
    assert changed.differences[0] in created.differences
