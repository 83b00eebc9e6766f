"""Two hundred stores at fake platforms, on a clock that only calls and pauses move."""

from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from centry.access import ACCESS as CENTRY_ACCESS
from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.deadline import Deadline
from commerce_hooks.http.transport import ApiRequest, ApiResponse
from commerce_hooks.keyring import KeyRing
from commerce_hooks.platform import Platform
from commerce_hooks.platform_access import PlatformAccess
from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS, Outcome, Report, Rounds
from commerce_hooks.subscriptions.shops import Deployed, shop_of
from fake_platforms import FakeCentry, FakeKonimbo
from fake_platforms.messages import Asked
from fake_platforms.platform import FakePlatform
from konimbo.access import ACCESS as KONIMBO_ACCESS
from konimbo.sparing import OUR_SHARE, RATE_LIMIT, RATE_SECONDS
from konimbo.webhook import PLATFORM as KONIMBO
from support.state_table import FakeStateTable
from support.surroundings import FakeTime, surroundings

STORES = 200
DRIFTED = STORES // 20
CALL_SECONDS = 0.2
HOUR = 3600.0
DEPLOYED = Deployed(
    KeyRing("k1", {"k1": "key-of-two-hundred-stores-0123456789ab"}, {}),
    ("https://hooks.example.com",),
)


@dataclass
class Wires:
    """Every exchange takes its time, and is counted by token in windows that slide."""

    fakes: dict[str, FakePlatform]
    time: FakeTime
    by_token: dict[str, list[float]] = field(default_factory=dict)

    def exchange(self, request: ApiRequest, seconds: float) -> ApiResponse:
        assert seconds > CALL_SECONDS
        self.time.passed += CALL_SECONDS
        parts = urlsplit(request.url)
        query = dict(parse_qsl(parts.query))
        asked = Asked(request.method, parts.path, query, request.headers, request.body)
        if parts.hostname == "api.konimbo.co.il":
            token = query.get("token") or str(asked.json().get("token"))
            self.by_token.setdefault(token, []).append(self.time.passed)
        answered = self.fakes[str(parts.hostname)].answer(asked)
        return ApiResponse(answered.status, answered.headers, answered.body)

    def most_within(self, seconds: float) -> int:
        """Calls that any token made in any stretch of so many seconds."""
        return max(
            sum(1 for other in calls if one <= other < one + seconds)
            for calls in self.by_token.values()
            for one in calls
        )


@dataclass
class Shops:
    """Half of the stores at each platform."""

    time: FakeTime = field(default_factory=FakeTime)
    table: FakeStateTable = field(default_factory=FakeStateTable)

    def __post_init__(self) -> None:
        self.centry, self.konimbo = FakeCentry(self.time.clock), FakeKonimbo(self.time.clock)
        fakes: dict[str, FakePlatform] = {
            "www.centry.cl": self.centry,
            "api.konimbo.co.il": self.konimbo,
        }
        self.wires = Wires(fakes, self.time)
        self.surroundings = surroundings(self.wires, self.table, self.time)
        self._numbers = count()

    def round(self, number: int) -> Report:
        """Of one store."""
        store, known, platform = self._store(number)
        credentials = known.credentials.model_validate(
            {"client_id": f"client-{number}", "client_secret": "a-secret"}
            if platform is CENTRY
            else {"token": f"token-{number}"}
        )
        base_url = known.environments["production"]
        access = known.open(store, base_url, credentials, self.surroundings)
        configuration = StoreConfiguration(added_at="2026-01-01T00:00:00+00:00", policy="sync")
        shop = shop_of(DEPLOYED, store, configuration, platform, known, access)
        rounds = Rounds(self.table, self.time.now, lambda: f"e{next(self._numbers)}")
        return rounds.go(shop, Deadline(self.time.clock, ROUND_SECONDS))

    def all(self) -> list[Report]:
        """A round of each, an hour after the one before."""
        self.time.passed += HOUR
        return [self.round(number) for number in range(STORES)]

    def drift(self) -> None:
        """At one store of twenty something is deleted or edited."""
        for number in range(0, STORES, STORES // DRIFTED):
            if number % 40:
                [record, *_] = self.konimbo.records.all(self._shop(number))
                self.konimbo.records.remove(record.id)
            else:
                [record] = self.centry.records.all(self._shop(number))
                self.centry.edit(record.id, {"on_order_save": False})

    def _store(self, number: int) -> tuple[StoreId, PlatformAccess, Platform]:
        known, platform = (CENTRY_ACCESS, CENTRY) if number % 40 < 20 else (KONIMBO_ACCESS, KONIMBO)
        return StoreId(platform.name, f"shop-{number}"), known, platform

    def _shop(self, number: int) -> str:
        if number % 40 < 20:
            return self.centry.company_of(f"client-{number}")
        return str(self.konimbo.shop_of_token(f"token-{number}"))


def test_five_per_cent_drift_at_two_hundred_stores_are_mended_in_one_round() -> None:
    shops = Shops()
    assert {one.outcome for one in shops.all()} == {Outcome.CHANGED}
    shops.centry.requests.forget()
    shops.konimbo.requests.forget()

    steady = shops.all()

    assert {one.outcome for one in steady} == {Outcome.AS_DESIRED}
    for fake in (shops.centry, shops.konimbo):
        for method in ("PUT", "DELETE"):
            assert fake.requests.count(method) == 0
    assert shops.konimbo.requests.count("POST") == 0
    assert shops.centry.requests.count("POST", "/conexion/v1/webhooks.json") == 0
    # A page each; Centry's lists end with an empty one.
    assert shops.konimbo.requests.count("GET") == STORES // 2
    assert shops.centry.requests.count("GET") == STORES // 2 * 2

    shops.drift()
    mended = shops.all()

    assert sum(one.outcome is Outcome.CHANGED for one in mended) == DRIFTED
    assert sum(one.outcome is Outcome.AS_DESIRED for one in mended) == STORES - DRIFTED
    assert sum(len(one.drifted) for one in mended) == DRIFTED
    assert {one.outcome for one in shops.all()} == {Outcome.AS_DESIRED}
    assert shops.konimbo.requests.count(status=401) == 0
    assert shops.wires.most_within(RATE_SECONDS) <= RATE_LIMIT // OUR_SHARE
