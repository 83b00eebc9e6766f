"""One errand: one round under the lease, told once; a store's own trouble is no failure of ours."""

from collections.abc import Callable

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import NoResponseError, RateLimitedError
from commerce_hooks.http.transport import ApiRequest
from commerce_hooks.state.leases import LEASE_SECONDS, LEASES, Leases
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.records import ROUNDS
from ensure_subscriptions.errands import Errand
from ensure_subscriptions.working import TELL_SECONDS
from support.ensuring import ACME, BASE_URLS, SECRET, Ensured
from support.surroundings import NOON


@pytest.fixture
def shop() -> Ensured:
    """With its credentials, and nothing at the platform yet."""
    ensured = Ensured()
    ensured.stores.put()
    return ensured


def lease_of(shop: Ensured) -> object:
    return shop.table.read(LEASES, str(ACME)).data.get("until")


def test_a_missing_subscription_is_created_kept_and_told(shop: Ensured) -> None:
    shop.work()

    (record,) = shop.platform.memory.records.values()
    assert record.callback_url.startswith(f"{BASE_URLS[0]}/konimbo/acme/order_created/")
    assert shop.noted.outcomes == ["changed"]
    assert (shop.record.outcome, shop.record.listed_at) == ("changed", NOON)
    ((kind, detail),) = shop.events
    assert (kind, detail["metadata"]["origin"]) == ("subscription.created", "schedule")
    assert detail["metadata"]["deployment"] == "hooks/test"
    assert [one.event_ids for one in shop.noted.published] == [[detail["metadata"]["event_id"]]]


def test_what_is_as_desired_is_left_alone_and_nothing_is_told(shop: Ensured) -> None:
    shop.work()
    shop.work()

    assert shop.noted.outcomes == ["changed", "as_desired"]
    assert shop.platform.memory.writes == ["create"]
    assert len(shop.events) == len(shop.noted.published) == 1


def test_the_events_of_an_operator_s_errand_say_so(shop: Ensured) -> None:
    shop.work(Errand(store=ACME, origin="operator"))

    assert shop.events[0][1]["metadata"]["origin"] == "operator"


def test_a_platform_that_fails_is_the_store_s_failure_and_told_once(shop: Ensured) -> None:
    def fail(_: str) -> None:
        raise RateLimitedError

    shop.platform.memory.before = fail
    shop.work()
    shop.work()

    assert shop.noted.outcomes == ["failed", "failed"]
    assert [kind for kind, _ in shop.events] == ["subscription.failed"]
    assert (shop.record.outcome, shop.record.listed_at) == ("failed", None)


def test_the_store_is_opened_where_it_is_with_its_credentials(shop: Ensured) -> None:
    shop.stores.put(environment="test")
    shop.work()

    ((base_url, token, _),) = shop.platform.opened
    assert (base_url, token) == ("https://test.example", SECRET)


def test_its_access_begins_no_call_that_could_outlast_the_round(shop: Ensured) -> None:
    shop.work(seconds=30)
    ((_, _, transport),) = shop.platform.opened

    with pytest.raises(NoResponseError, match="OutOfTime"):
        transport.exchange(ApiRequest("GET", "https://api.example"), 31)


# --- The lease ----------------------------------------------------------------------------------


def test_the_lease_is_held_during_the_round_and_free_after_it(shop: Ensured) -> None:
    held: list[object] = []
    shop.platform.memory.before = lambda _: held.append(lease_of(shop))
    shop.work()

    assert held
    assert None not in held
    assert lease_of(shop) is None


def test_a_store_that_somebody_works_on_is_left_to_them(shop: Ensured) -> None:
    Leases(shop.table, shop.time.now).acquire(ACME, "stores remove", LEASE_SECONDS)

    shop.work()

    assert shop.noted.outcomes == ["busy"]
    assert "by stores remove until" in shop.noted.causes[0]
    assert shop.platform.memory.calls == []
    assert not shop.record.outcome


def test_the_lease_is_free_after_a_failure_of_ours(shop: Ensured) -> None:
    shop.ring.fails = True

    with pytest.raises(UnavailableError, match="key_ring"):
        shop.work()

    assert lease_of(shop) is None
    assert not shop.record.outcome


# --- No round -----------------------------------------------------------------------------------


def no_credentials(shop: Ensured) -> None:
    del shop.stores.secrets[ACME]


def unreadable(shop: Ensured) -> None:
    shop.stores.configurations[ACME] = '{"of": "a newer version"}'


def elsewhere(shop: Ensured) -> None:
    shop.stores.put(environment="staging")


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (no_credentials, "the store has no credentials"),
        (unreadable, "the store's configuration cannot be read"),
        (elsewhere, "the store is in an environment that its platform has not"),
    ],
)
def test_what_keeps_a_store_from_its_round_is_kept_for_people_and_alarms(
    shop: Ensured, spoil: Callable[[Ensured], None], cause: str
) -> None:
    shop.work()
    known = shop.record
    spoil(shop)
    shop.time.passed += 3600
    shop.work()

    assert shop.noted.outcomes == ["changed", "unusable"]
    assert shop.noted.causes == [cause]
    assert (shop.record.outcome, shop.record.cause) == ("failed", cause)
    assert shop.record.ran_at == shop.time.now()
    # What was known stays known, and grows old.
    assert (shop.record.listed_at, shop.record.lines) == (known.listed_at, known.lines)
    assert len(shop.events) == 1


@pytest.mark.parametrize("disabled", [True, False])
def test_a_store_that_is_off_is_at_rest_and_needs_no_credentials(
    shop: Ensured, *, disabled: bool
) -> None:
    shop.work()
    del shop.stores.secrets[ACME]
    if disabled:
        shop.ring.stores[str(ACME)] = {"disabled": True}
    else:
        shop.stores.configurations[ACME] = shop.stores.configurations[ACME].replace(
            '"upsert"', '"off"'
        )
    shop.work()

    assert shop.noted.outcomes == ["changed", "off"]
    assert (shop.record.outcome, shop.record.cause) == ("off", None)
    assert (shop.record.lines, shop.record.wrong_since) == ((), None)


def test_a_store_that_is_gone_leaves_nothing(shop: Ensured) -> None:
    del shop.stores.configurations[ACME]
    shop.work()

    assert shop.noted.outcomes == ["gone"]
    assert list(shop.table.rows(ROUNDS)) == []


def test_a_platform_without_an_api_has_nothing_to_see_to(shop: Ensured) -> None:
    shop.work(Errand(store=StoreId("iset", "acme")))

    assert shop.noted.outcomes == ["no_api"]
    assert list(shop.table.rows(ROUNDS)) == []


# --- What fails of ours -------------------------------------------------------------------------


def test_a_table_that_fails_lets_the_errand_come_again(shop: Ensured) -> None:
    def fail(_: str) -> None:
        raise UnavailableError("table", "Timeout")

    shop.table.before_call = fail

    with pytest.raises(UnavailableError, match="table"):
        shop.work()

    assert shop.noted.outcomes == []


def test_events_that_nothing_takes_are_a_failure_of_ours(shop: Ensured) -> None:
    shop.event_bridge.fail_next.extend(["AccessDeniedException"] * 99)

    with pytest.raises(UnavailableError, match="bus"):
        shop.work()

    # The round is over, and what it did is kept.
    assert shop.record.outcome == "changed"
    assert shop.noted.published == []
    assert lease_of(shop) is None


def test_the_bus_has_its_time_however_long_the_round_took(shop: Ensured) -> None:
    def wait(_: str) -> None:
        shop.time.passed += 100

    shop.platform.memory.after = wait
    shop.work()

    assert shop.time.passed > 240
    assert len(shop.events) == 1
    assert TELL_SECONDS < LEASE_SECONDS - 240


def test_a_fault_of_ours_is_that_store_s_failure_and_quotes_nothing(shop: Ensured) -> None:
    def break_down(_: str) -> None:
        raise ZeroDivisionError(SECRET)

    shop.platform.memory.before = break_down

    shop.work()

    assert shop.noted.outcomes == ["internal_error"]
    assert (shop.record.outcome, shop.record.cause) == (
        "failed",
        "a fault of ours (ZeroDivisionError)",
    )
    assert lease_of(shop) is None
