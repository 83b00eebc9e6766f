"""A deployment's stores in SSM, and what happens while SSM takes no more calls."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from commerce_hooks.stores import StoreConfiguration, StoreId, credentials_path
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.store_book import StoreBook
from support.replays import FakeClock

ACME, OTHER = StoreId("konimbo", "acme"), StoreId("konimbo", "other")
CONFIGURATION = StoreConfiguration(label="Acme", added_at="2026-05-06T12:00:00.000Z")
SECRET = {"token": "a-canary-of-a-token"}


@pytest.fixture
def book() -> Iterator[StoreBook]:
    with mock_aws():
        yield StoreBook("hooks", FakeClock(), boto3.client("ssm"))


def test_what_is_written_is_read_again(book: StoreBook) -> None:
    book.write(ACME, CONFIGURATION, SECRET)
    book.write(OTHER, CONFIGURATION)

    assert book.all() == {ACME: CONFIGURATION, OTHER: CONFIGURATION}
    assert (book.configuration(ACME), book.credentials(ACME)) == (CONFIGURATION, SECRET)
    assert (book.credentials(OTHER), book.has_credentials(OTHER)) == (None, False)


def test_what_is_not_there_is_none(book: StoreBook) -> None:
    assert (book.configuration(ACME), book.credentials(ACME), book.has(ACME)) == (None, None, False)
    assert (book.all(), book.all_credentials()) == ({}, {})


def test_nothing_given_leaves_what_is_there(book: StoreBook) -> None:
    book.write(ACME, CONFIGURATION, SECRET)

    book.write(ACME, CONFIGURATION.model_copy(update={"label": "B"}))
    book.write(ACME, None, {"token": "other"})

    assert book.credentials(ACME) == {"token": "other"}
    assert book.all()[ACME] == CONFIGURATION.model_copy(update={"label": "B"})


def test_all_credentials_come_page_by_page_and_what_is_none_is_left_out(book: StoreBook) -> None:
    stores = [StoreId("konimbo", f"shop-{number:02}") for number in range(23)]
    for store in stores:
        book.write(store, None, SECRET)
    name = f"{credentials_path('hooks')}/konimbo/spoiled"
    book.ssm.put_parameter(Name=name, Value="a-canary", Type="SecureString")

    assert book.all_credentials() == dict.fromkeys(stores, SECRET)


@pytest.mark.parametrize("text", ['"a-canary"', "{a-canary", "[1]"])
def test_credentials_that_are_no_object_are_an_error_without_them(
    book: StoreBook, text: str
) -> None:
    name = f"{credentials_path('hooks')}/{ACME}"
    book.ssm.put_parameter(Name=name, Value=text, Type="SecureString")

    with pytest.raises(CommandError) as raised:
        book.credentials(ACME)

    chain: BaseException | None = raised.value
    while chain is not None:
        assert "a-canary" not in f"{chain} {getattr(chain, 'doc', '')}"
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


def test_what_is_removed_is_gone_and_can_be_removed_again(book: StoreBook) -> None:
    book.write(ACME, CONFIGURATION, SECRET)
    book.write(OTHER, CONFIGURATION, SECRET)

    book.remove(ACME)
    book.remove(ACME)

    assert list(book.all()) == list(book.all_credentials()) == [OTHER]


def test_credentials_are_removed_last(book: StoreBook) -> None:
    book.write(ACME, CONFIGURATION, SECRET)
    deleted = []

    class Noting:
        def delete_parameter(self, **how: Any) -> Any:
            deleted.append(how["Name"])

    noting: Any = Noting()
    StoreBook("hooks", book.clock, noting).remove(ACME)

    assert ["credentials" in name for name in deleted] == [False, True]


def test_nothing_secret_is_shown_of_a_book(book: StoreBook) -> None:
    book.write(ACME, CONFIGURATION, SECRET)

    assert SECRET["token"] not in repr(book)


@dataclass
class ThrottledSsm:
    """Takes three calls a second that put, as AWS does by default; and tells their order."""

    ssm: Any
    clock: FakeClock
    code: str = "ThrottlingException"
    puts: list[str] = field(default_factory=list)
    refused: int = 0
    _moments: list[datetime] = field(default_factory=list)

    def put_parameter(self, **how: Any) -> Any:
        now = self.clock.now()
        self._moments = [one for one in self._moments if (now - one).total_seconds() < 1]
        if len(self._moments) >= 3:
            self.refused += 1
            raise ClientError({"Error": {"Code": self.code, "Message": "slow"}}, "PutParameter")
        self._moments.append(now)
        self.puts.append(how["Name"])
        return self.ssm.put_parameter(**how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ssm, name)


def throttled(book: StoreBook, code: str = "ThrottlingException") -> tuple[StoreBook, ThrottledSsm]:
    clock = FakeClock()
    ssm: Any = ThrottledSsm(book.ssm, clock, code)
    return StoreBook("hooks", clock, ssm), ssm


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyUpdates"])
def test_two_hundred_stores_go_through_three_calls_a_second(book: StoreBook, code: str) -> None:
    slow, ssm = throttled(book, code)

    for number in range(200):
        slow.write(StoreId("konimbo", f"shop-{number:03}"), CONFIGURATION, SECRET)

    assert len(slow.all()) == len(slow.all_credentials()) == 200
    assert ssm.refused > 0
    assert sum(slow.clock.slept) < 400  # type: ignore[attr-defined] # a FakeClock


def test_credentials_are_there_before_the_store_is(book: StoreBook) -> None:
    slow, ssm = throttled(book)

    slow.write(ACME, CONFIGURATION, SECRET)

    assert ["credentials" in name for name in ssm.puts] == [True, False]


def test_what_is_refused_for_another_reason_is_not_repeated(book: StoreBook) -> None:
    slow, ssm = throttled(book, "AccessDeniedException")

    slow.write(ACME, CONFIGURATION, SECRET)
    slow.write(ACME, CONFIGURATION)
    with pytest.raises(ClientError):
        slow.write(ACME, CONFIGURATION)

    assert ssm.refused == 1


def test_ssm_that_never_takes_more_is_an_error_in_the_end(book: StoreBook) -> None:
    class Stuck(FakeClock):
        """Nothing gets better by waiting."""

        def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)

    clock = Stuck()
    ssm: Any = ThrottledSsm(book.ssm, clock)
    stuck = StoreBook("hooks", clock, ssm)

    stuck.write(ACME, CONFIGURATION, SECRET)
    stuck.write(ACME, CONFIGURATION)
    with pytest.raises(ClientError):
        stuck.write(ACME, CONFIGURATION)

    assert sum(clock.slept) > 30


def test_stores_that_cannot_be_told_are_an_error_with_its_code(book: StoreBook) -> None:
    class Denied:
        def get_parameters_by_path(self, **_: object) -> None:
            message = json.dumps(SECRET)
            raise ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": message}},
                "GetParametersByPath",
            )

    denied: Any = Denied()

    with pytest.raises(CommandError, match="AccessDeniedException") as raised:
        StoreBook("hooks", book.clock, denied).all()
    assert SECRET["token"] not in str(raised.value)
