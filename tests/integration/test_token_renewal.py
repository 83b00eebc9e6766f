"""Two runs renew a store's tokens at once, at a server that revokes all for a second use.

Everything is real but the platform: threads, HTTP over loopback, Centry's token endpoint as
our code calls it. Only the clock is moved by hand, to the end of each access token.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import boto3
import pytest
from moto import mock_aws

from centry.access import ACCESS
from commerce_hooks.http.errors import AuthorizationLostError, NoResponseError, PlatformError
from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport
from commerce_hooks.state.table import Row
from commerce_hooks.state.tokens import CLAIM_SECONDS
from support.state_table import FakeStateTable, create_state_table, dynamo_table
from support.surroundings import surroundings
from support.token_races import ACME, CREDENTIALS, LIFETIME, Meeting, Platform, race, token_platform

T = TypeVar("T")


@pytest.fixture
def platform() -> Iterator[Platform]:
    with token_platform() as platform:
        yield platform


def test_a_thousand_times_two_renew_at_once_and_are_never_locked_out(platform: Platform) -> None:
    meeting = Meeting()
    platform.table = FakeStateTable(before_call=meeting.before_call)
    platform.consented()

    race(platform, 1000, meeting)

    assert platform.oauth.calls == ["refresh_token"] * 1000
    assert not platform.oauth.revoked_families
    assert meeting.met == 1000  # two a round in every other one: they really met


class OneAtATime:
    """A client of moto's, whose check of a condition and write are no unit by themselves."""

    def __init__(self) -> None:
        self._real = boto3.client("dynamodb")
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)

        def locked(**asked: Any) -> Any:
            with self._lock:
                return call(**asked)

        return locked


def test_the_same_on_dynamodb(platform: Platform) -> None:
    with mock_aws():
        create_state_table()
        platform.table = dynamo_table(make_client=OneAtATime)
        platform.consented()

        race(platform, 10, Meeting())

    assert platform.oauth.calls == ["refresh_token"] * 10


class Died(BaseException):
    """A run ends at once, wherever it is."""


@dataclass
class Mortal:
    """Table and network of a run that dies just before or just after its n-th call."""

    platform: Platform
    dies_at: int
    after: bool
    made: int = 0

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        return self._call(lambda: self.platform.transport.exchange(request, seconds))

    def read(self, kind: str, id_: str) -> Row:
        return self._call(lambda: self.platform.table.read(kind, id_))

    def write(self, row: Row, data: Any, expires_at: Any = None) -> Row | None:
        return self._call(lambda: self.platform.table.write(row, data, expires_at))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.platform.table, name)

    def _call(self, call: Callable[[], T]) -> T:
        self.made += 1
        if self.made == self.dies_at and not self.after:
            raise Died
        answer = call()
        if self.made == self.dies_at:
            raise Died
        return answer


CALLS = 4
"""Of a renewal: read, claim, call the platform, keep."""
BETWEEN_ANSWER_AND_WRITE = {(3, True), (4, False)}


def dies(platform: Platform, at: int, *, after: bool) -> None:
    mortal: Any = Mortal(platform, at, after)
    with pytest.raises(Died):
        platform.tokens(table=mortal, transport=mortal).access_token()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "doorkeeper"])
def test_a_run_may_die_at_any_call(
    platform: Platform,
    strict: bool,  # noqa: FBT001 - a matrix
    at: int,
    after: bool,  # noqa: FBT001 - a matrix
) -> None:
    platform.oauth.strict = strict
    platform.consented()
    platform.time.passed += LIFETIME
    dies(platform, at, after=after)
    platform.time.passed += CLAIM_SECONDS

    if strict and (at, after) in BETWEEN_ANSWER_AND_WRITE:
        # The new token is nowhere. It is told, and not asked for again and again.
        for _ in range(3):
            with pytest.raises(AuthorizationLostError):
                platform.tokens().access_token()
        assert len(platform.oauth.calls) == 2
    else:
        assert platform.oauth.accepts(platform.tokens().access_token())


def test_a_renewal_makes_these_calls_and_no_more(platform: Platform) -> None:
    platform.consented()
    platform.time.passed += LIFETIME
    mortal: Any = Mortal(platform, CALLS + 1, after=False)

    platform.tokens(table=mortal, transport=mortal).access_token()

    assert mortal.made == CALLS


@dataclass
class LosesAnswers:
    """The platform does what it is asked, and nobody hears of it."""

    real: Transport
    left: int = 1

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        answer = self.real.exchange(request, seconds)
        self.left -= 1
        if self.left >= 0:
            raise NoResponseError("Timeout")
        return answer


def test_a_lost_answer_is_survived_where_the_old_token_lives_until_the_new_is_used(
    platform: Platform,
) -> None:
    platform.oauth.strict = False
    platform.consented()
    platform.time.passed += LIFETIME
    with pytest.raises(NoResponseError):
        platform.tokens(transport=LosesAnswers(platform.transport)).access_token()
    platform.time.passed += CLAIM_SECONDS

    assert platform.oauth.accepts(platform.tokens().access_token())


def test_a_lost_answer_of_a_strict_server_is_told_and_does_not_loop(platform: Platform) -> None:
    platform.consented()
    platform.time.passed += LIFETIME
    with pytest.raises(NoResponseError):
        platform.tokens(transport=LosesAnswers(platform.transport)).access_token()
    platform.time.passed += CLAIM_SECONDS
    for _ in range(3):
        with pytest.raises(AuthorizationLostError):
            platform.tokens().access_token()

    assert len(platform.oauth.calls) == 2


def test_after_new_consent_all_is_well(platform: Platform) -> None:
    test_a_lost_answer_of_a_strict_server_is_told_and_does_not_loop(platform)
    around = surroundings(platform.transport, platform.table, platform.time)

    access: Any = ACCESS.open(ACME, platform.url, CREDENTIALS, around)
    access.authorize("good-code")

    assert platform.oauth.accepts(platform.tokens().access_token())
    with pytest.raises(PlatformError):
        access.authorize("good-code")  # a code is good for once
    assert platform.oauth.accepts(platform.tokens().access_token())
