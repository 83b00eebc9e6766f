"""Two runs that want a store's token at once: the fake Centry, both runs, and their meeting."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Barrier, BrokenBarrierError, Lock
from typing import Any

from centry.oauth import CentryCredentials, TokenEndpoint, binding_of
from commerce_hooks.http.api import Api
from commerce_hooks.http.transport import Transport
from commerce_hooks.http.wire import Wire
from commerce_hooks.state.table import StateTable
from commerce_hooks.state.tokens import StoreTokens, Tokens
from commerce_hooks.stores import StoreId
from support.fake_centry import FakeCentry, centry_server
from support.fake_oauth import CLIENT_ID, CLIENT_SECRET, FakeOAuth
from support.state_table import FakeStateTable
from support.surroundings import FakeTime, surroundings

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


@contextmanager
def token_platform() -> Iterator[Platform]:
    moved = FakeTime()
    centry = FakeCentry(FakeOAuth(now=moved.clock))
    with centry_server(centry) as url:
        yield Platform(url, centry, moved)
