"""Leases: one owner at a time, and none for good."""

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.state.leases import LeaseHeldError, LeaseLostError, Leases
from commerce_hooks.stores import StoreId
from support.state_table import FakeStateTable, failing
from support.surroundings import FakeTime

ACME, OTHER = StoreId("konimbo", "acme"), StoreId("konimbo", "other")


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def table() -> FakeStateTable:
    return FakeStateTable()


@pytest.fixture
def leases(table: FakeStateTable, time: FakeTime) -> Leases:
    return Leases(table, time.now)


def test_while_one_holds_a_lease_another_is_told_who_and_until_when(leases: Leases) -> None:
    with (
        leases.acquire(ACME, "schedule", 60),
        pytest.raises(LeaseHeldError, match=r"konimbo/acme is .* by schedule until .*12:01:00"),
    ):
        leases.acquire(ACME, "cli", 60)


def test_a_lease_is_of_one_store_only(leases: Leases) -> None:
    with leases.acquire(ACME, "cli", 60), leases.acquire(OTHER, "cli", 60):
        pass


def test_what_is_released_can_be_taken(leases: Leases) -> None:
    with leases.acquire(ACME, "cli", 60):
        pass

    with leases.acquire(ACME, "schedule", 60):
        pass


def test_it_is_released_whatever_happens_meanwhile(leases: Leases) -> None:
    with pytest.raises(ZeroDivisionError), leases.acquire(ACME, "cli", 60):
        raise ZeroDivisionError

    leases.acquire(ACME, "schedule", 60)


def test_a_lease_ends_by_itself(leases: Leases, time: FakeTime) -> None:
    leases.acquire(ACME, "died", 60)

    time.pause(59)
    with pytest.raises(LeaseHeldError):
        leases.acquire(ACME, "cli", 60)
    time.pause(1)
    leases.acquire(ACME, "cli", 60)


def test_a_renewed_lease_lasts_longer(leases: Leases, time: FakeTime) -> None:
    lease = leases.acquire(ACME, "cli", 60)

    time.pause(50)
    lease.renew(60)
    time.pause(50)

    with pytest.raises(LeaseHeldError):
        leases.acquire(ACME, "schedule", 60)


def test_who_slept_too_long_cannot_renew_what_another_took(leases: Leases, time: FakeTime) -> None:
    lease = leases.acquire(ACME, "slept", 60)
    time.pause(61)
    leases.acquire(ACME, "schedule", 60)

    with pytest.raises(LeaseLostError):
        lease.renew(60)


def test_nor_when_the_other_is_done_and_a_third_works(leases: Leases, time: FakeTime) -> None:
    lease = leases.acquire(ACME, "slept", 60)
    time.pause(61)
    with leases.acquire(ACME, "second", 60):
        pass
    leases.acquire(ACME, "third", 60)

    with pytest.raises(LeaseLostError):
        lease.renew(60)
    with pytest.raises(LeaseHeldError, match="third"):
        leases.acquire(ACME, "cli", 60)


def test_who_slept_too_long_releases_nothing_of_anothers(leases: Leases, time: FakeTime) -> None:
    with leases.acquire(ACME, "slept", 60):
        time.pause(61)
        leases.acquire(ACME, "schedule", 60)

    with pytest.raises(LeaseHeldError, match="schedule"):
        leases.acquire(ACME, "cli", 60)


def test_of_two_at_once_one_gets_it(table: FakeStateTable, time: FakeTime) -> None:
    """The other takes it just after we looked."""
    leases = Leases(table, time.now)

    def other_first(call: str) -> None:
        if call == "write":
            table.before_call = lambda _: None
            Leases(table, time.now).acquire(ACME, "quicker", 60)

    table.before_call = other_first

    with pytest.raises(LeaseHeldError, match="another run"):
        leases.acquire(ACME, "cli", 60)


def test_a_table_that_fails_at_the_end_hides_nothing(
    leases: Leases, table: FakeStateTable, time: FakeTime
) -> None:
    lease = leases.acquire(ACME, "cli", 60)
    table.before_call = failing
    with pytest.raises(ZeroDivisionError), lease:
        raise ZeroDivisionError

    table.before_call = lambda _: None
    time.pause(60)
    leases.acquire(ACME, "schedule", 60)


def test_without_the_table_there_is_no_lease(time: FakeTime) -> None:
    with pytest.raises(UnavailableError):
        Leases(FakeStateTable(before_call=failing), time.now).acquire(ACME, "cli", 60)
