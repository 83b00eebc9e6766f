"""Two runs renew a store's tokens at once, at a server that revokes all for a second use.

Everything is real but the platform: threads, HTTP over loopback, Centry's token endpoint as
our code calls it. Only the clock is moved by hand, to the end of each access token.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Barrier, BrokenBarrierError, Lock
from typing import Any, TypeVar

import boto3
import pytest
from moto import mock_aws

from centry.access import ACCESS
from centry.oauth import CentryCredentials, TokenEndpoint, binding_of
from commerce_hooks.http.api import Api
from commerce_hooks.http.errors import AuthorizationLostError, NoResponseError, PlatformError
from commerce_hooks.http.transport import ApiRequest, ApiResponse, Transport
from commerce_hooks.http.wire import Wire
from commerce_hooks.state.table import Row, StateTable
from commerce_hooks.state.tokens import CLAIM_SECONDS, StoreTokens, Tokens
from commerce_hooks.stores import StoreId
from support.fake_centry import FakeCentry, centry_server
from support.fake_oauth import CLIENT_ID, CLIENT_SECRET, FakeOAuth
from support.state_table import FakeStateTable, create_state_table, dynamo_table
from support.surroundings import FakeTime, surroundings

T = TypeVar("T")
ACME = StoreId("centry", "acme")
LIFETIME = 7200.0
CREDENTIALS = CentryCredentials.model_validate(
    {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant": "authorization_code"}
)


@dataclass
class Platform:
    """The fake platform, its URL, and the store's table."""

    url: str
    centry: FakeCentry
    time: FakeTime
    table: StateTable = field(default_factory=FakeStateTable)
    transport: Transport = field(default_factory=lambda: Wire(http_on_loopback=True))

    @property
    def oauth(self) -> FakeOAuth:
        return self.centry.oauth

    def tokens(self, **changed: Any) -> StoreTokens:
        """A run's view of the store's tokens; other runs have others."""
        around = surroundings(transport=self.transport, table=self.table, time=self.time)
        around = replace(around, **changed)
        endpoint = TokenEndpoint(self.url, CREDENTIALS, Api(around.transport, around.pause))
        return StoreTokens(ACME, binding_of(self.url, CREDENTIALS), endpoint, around)

    def consented(self) -> None:
        grant = self.oauth.consent()
        self.tokens().keep(Tokens(grant.access_token, int(LIFETIME), grant.refresh_token))


@pytest.fixture
def platform() -> Iterator[Platform]:
    moved = FakeTime()
    centry = FakeCentry(FakeOAuth(now=moved.clock))
    with centry_server(centry) as url:
        yield Platform(url, centry, moved)


def both_at_once(first: Callable[[], str], second: Callable[[], str], pool: Any) -> tuple[str, str]:
    barrier = Barrier(2)

    def begin(run: Callable[[], str]) -> str:
        barrier.wait(10)
        return run()

    futures = [pool.submit(begin, run) for run in (first, second)]
    return futures[0].result(20), futures[1].result(20)


@dataclass
class Meeting:
    """Holds the first write of each run until both have read the same: one of them must lose."""

    barrier: Barrier = field(default_factory=lambda: Barrier(2))
    met: int = 0
    open: bool = False
    _lock: Lock = field(default_factory=Lock)

    def before_call(self, call: str) -> None:
        if call != "write" or not self.open:
            return
        with suppress(BrokenBarrierError):
            self.barrier.wait(5)
            with self._lock:
                self.met, self.open = self.met + 1, False


def race(platform: Platform, rounds: int, meeting: Meeting) -> None:
    """So many times: the token ends, two runs want one at once, and both get a good one."""
    # Who waits does not move the clock of the test, and lets the other go on.
    waiting = {"clock": time.monotonic, "pause": lambda _: time.sleep(0.0005)}
    runs = platform.tokens(**waiting), platform.tokens(**waiting)
    with ThreadPoolExecutor(2) as pool:
        for number in range(rounds):
            platform.time.passed += LIFETIME
            meeting.open = number % 2 == 0
            got = both_at_once(runs[0].access_token, runs[1].access_token, pool)
            assert all(map(platform.oauth.accepts, got))
            assert got[0] == got[1]


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

        race(platform, 20, Meeting())

    assert platform.oauth.calls == ["refresh_token"] * 20


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
