"""Rounds at fake platforms over real HTTP, with everything that goes wrong there."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from centry.access import ACCESS as CENTRY_ACCESS
from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.deadline import Deadline
from commerce_hooks.http.bounded import Bounded
from commerce_hooks.http.wire import Wire
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform import Platform
from commerce_hooks.platform_access import PlatformAccess, Surroundings
from commerce_hooks.stores import Policy, StoreConfiguration, StoreId
from commerce_hooks.subscriptions.planning import Action, Reason
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS, Outcome, Report, Rounds
from commerce_hooks.subscriptions.shops import Deployed, shop_of
from fake_platforms import Behaviour, FakeCentry, FakeKonimbo, Kind, serving
from fake_platforms.platform import FakePlatform
from konimbo.access import ACCESS as KONIMBO_ACCESS
from konimbo.webhook import PLATFORM as KONIMBO
from support.state_table import FakeStateTable
from support.surroundings import FakeTime, surroundings

pytestmark = pytest.mark.enable_socket

K1, K2 = (f"key-{n}-of-rounds-at-platforms-0123456789" for n in (1, 2))
BASE = "https://hooks.example.com"
HOUR = 3600.0


@dataclass
class Shop:
    """A store at a fake platform."""

    fake: FakePlatform
    base_url: str
    known: PlatformAccess
    platform: Platform
    credentials: dict[str, str]
    topics: tuple[str, ...]
    time: FakeTime
    policy: Policy = "upsert"
    sign: str = "k1"
    base_urls: Sequence[str] = (BASE,)
    table: FakeStateTable = field(default_factory=FakeStateTable)
    _numbers: Iterator[int] = field(default_factory=count)

    def round(self) -> Report:
        """An hour after the one before."""
        self.time.passed += HOUR
        until = Deadline(self.time.clock, ROUND_SECONDS)
        store = StoreId(self.platform.name, "acme")
        credentials = self.known.credentials.model_validate(self.credentials)
        at = self.known.at(self.base_url)
        access = at.open(store, self.base_url, credentials, self._around(until))
        configuration = StoreConfiguration(
            added_at="2026-01-01T00:00:00+00:00", topics=self.topics, policy=self.policy
        )
        ring = KeyRing(self.sign, {"k1": K1, "k2": K2}, {})
        shop = shop_of(
            Deployed(ring, self.base_urls), store, configuration, self.platform, at, access
        )
        rounds = Rounds(self.table, self.time.now, lambda: f"e{next(self._numbers)}")
        return rounds.go(shop, until)

    def _around(self, until: Deadline) -> Surroundings:
        wire = Bounded(Wire(http_on_loopback=True), until)
        return surroundings(wire, self.table, self.time)

    @property
    def urls(self) -> list[str]:
        return [record.callback_url for record in self.fake.records.all()]

    @property
    def writes(self) -> int:
        counted = (self.fake.requests.count(method) for method in ("PUT", "DELETE"))
        return sum(counted) + self.fake.requests.count("POST", self._creations)

    @property
    def _creations(self) -> str:
        return "/v1/webhooks" if self.platform is KONIMBO else "/conexion/v1/webhooks.json"


@contextmanager
def shops() -> Iterator[dict[str, Shop]]:
    time = FakeTime()
    centry, konimbo = FakeCentry(time.clock), FakeKonimbo(time.clock)
    with ExitStack() as servers:
        yield {
            "centry": Shop(
                centry,
                servers.enter_context(serving(centry)),
                CENTRY_ACCESS,
                CENTRY,
                {"client_id": "client", "client_secret": "secret"},
                ("on_order_save", "on_product_save"),
                time,
            ),
            "konimbo": Shop(
                konimbo,
                servers.enter_context(serving(konimbo)),
                KONIMBO_ACCESS,
                KONIMBO,
                {"token": "token"},
                ("order_created", "ticket_created"),
                time,
            ),
        }


@pytest.fixture(params=["centry", "konimbo"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with shops() as known:
        yield known[request.param]


@pytest.fixture
def centry() -> Iterator[Shop]:
    with shops() as known:
        yield known["centry"]


@pytest.fixture
def konimbo() -> Iterator[Shop]:
    with shops() as known:
        yield known["konimbo"]


def test_it_is_made_kept_and_made_again_when_somebody_deletes_it(shop: Shop) -> None:
    first, second = shop.round(), shop.round()
    [record, *_] = shop.fake.records.all()
    shop.fake.records.remove(record.id)

    third, fourth = shop.round(), shop.round()

    outcomes = [one.outcome for one in (first, second, third, fourth)]
    assert outcomes == [
        Outcome.CHANGED,
        Outcome.AS_DESIRED,
        Outcome.CHANGED,
        Outcome.AS_DESIRED,
    ]
    assert [one.action for one in third.drifted] == [Action.CREATE]
    assert len(shop.urls) == len(first.done)


def test_a_new_key_reaches_the_platform_in_place(shop: Shop) -> None:
    made = len(shop.round().done)
    ids = [record.id for record in shop.fake.records.all()]
    shop.sign = "k2"

    report = shop.round()

    assert [one.action for one in report.done] == [Action.UPDATE] * made
    assert [record.id for record in shop.fake.records.all()] == ids
    assert all("/k2.1." in url for url in shop.urls)
    assert report.drifted == []


def test_a_new_base_url_reaches_the_platform_in_place(shop: Shop) -> None:
    made = len(shop.round().done)
    shop.base_urls = ("https://new.example.com/api", BASE)

    report = shop.round()

    assert [one.action for one in report.done] == [Action.UPDATE] * made
    assert all(url.startswith("https://new.example.com/api/") for url in shop.urls)


def test_what_the_platform_did_without_an_answer_is_found_and_not_done_twice(shop: Shop) -> None:
    shop.fake.plan.add(Behaviour(kind=Kind.LOST, method="POST", route=shop._creations, times=1))

    report = shop.round()

    assert report.outcome in {Outcome.CHANGED, Outcome.DIFFERENT}
    assert shop.round().outcome in {Outcome.CHANGED, Outcome.AS_DESIRED}
    assert len(shop.urls) == len(set(shop.urls)) == (1 if shop.platform is CENTRY else 2)


def test_a_listing_that_lacks_records_makes_nothing_twice(shop: Shop) -> None:
    shop.round()
    shop.fake.plan.add(Behaviour(kind=Kind.SHORT, records=0, times=None))

    report = shop.round()

    assert shop.fake.requests.count("POST", shop._creations) == len(shop.urls)
    assert report.outcome in {Outcome.FAILED, Outcome.DIFFERENT}


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.RESET, Kind.CUT, Kind.REDIRECT])
def test_while_the_listing_fails_nothing_is_done(shop: Shop, kind: Kind) -> None:
    route = "/v1/webhooks" if shop.platform is KONIMBO else "/conexion/v1/webhooks.json"
    told: dict[str, Any] = {"status": 503} if kind is Kind.STATUS else {}
    shop.fake.plan.add(Behaviour(kind=kind, method="GET", route=route, times=None, **told))

    report = shop.round()

    assert (report.outcome, shop.writes) == (Outcome.FAILED, 0)


def test_records_of_others_are_paged_through_and_left_alone(centry: Shop) -> None:
    fake = centry.fake
    assert isinstance(fake, FakeCentry)
    fake.webhooks.page_size = 10
    company = fake.company_of("client")
    for number in range(25):
        fake.add_webhook(company, f"https://other.example/{number}", on_order_save=True)
    before = fake.records.all()

    report = centry.round()

    assert [one.action for one in report.done] == [Action.CREATE]
    assert list(fake.records.all())[:25] == list(before)
    assert report.look
    assert len(report.look.plan.of(Action.FOREIGN)) == 25


def test_flags_that_somebody_changed_are_put_right_all_six_of_them(centry: Shop) -> None:
    centry.round()
    [record] = centry.fake.records.all()
    centry.fake.edit(record.id, {"on_order_save": False, "on_order_delete": True})

    report = centry.round()

    [record] = centry.fake.records.all()
    flags = {name for name in CENTRY.topics if record.fields[name]}
    assert flags == set(centry.topics)
    assert [one.action for one in report.drifted] == [Action.UPDATE]


def test_duplicates_are_merged_where_the_policy_says_sync(centry: Shop) -> None:
    centry.round()
    [record] = centry.fake.records.all()
    company = record.shop
    fake = centry.fake
    assert isinstance(fake, FakeCentry)
    fake.add_webhook(company, record.callback_url, on_order_save=True)
    told = centry.round()
    centry.policy = "sync"

    merged = centry.round()

    assert (
        [one.reason for one in told.look.plan.conflicts] == [Reason.DUPLICATE] if told.look else 0
    )
    assert [one.action for one in merged.done] == [Action.DELETE]
    assert [one.id for one in fake.records.all()] == [record.id]


def test_an_inactive_record_is_told_and_not_made_again(konimbo: Shop) -> None:
    konimbo.round()
    [record, _] = konimbo.fake.records.all()
    konimbo.fake.edit(record.id, {"active": False})

    reports = [konimbo.round() for _ in range(3)]

    assert [one.outcome for one in reports] == [Outcome.DIFFERENT] * 3
    assert [one.reason for one in reports[-1].wrong] == [Reason.HIDDEN]
    assert konimbo.fake.requests.count("POST") == 2


def test_a_missing_scope_is_named_and_nothing_is_done(centry: Shop) -> None:
    fake = centry.fake
    assert isinstance(fake, FakeCentry)
    fake.plan.add(Behaviour(kind=Kind.STATUS, status=403, method="POST", route=centry._creations))

    report = centry.round()

    assert report.outcome is Outcome.FAILED
    assert "write_webhook" in str(report.cause)


def test_a_duplicate_of_an_event_that_we_do_not_know_crashes_no_round(konimbo: Shop) -> None:
    konimbo.round()
    target = CallbackTarget("konimbo", "acme", "order_created")
    token = KeyRing("k1", {"k1": K1}, {}).mint(target)
    url = f"{BASE}/konimbo/acme/order_created/{token}"
    add_unknown(konimbo, url)
    konimbo.sign = "k2"

    report = konimbo.round()

    assert report.outcome is not Outcome.FAILED


def add_unknown(konimbo: Shop, url: str) -> None:
    """Beside the one that is right; in the panel it was given an event newer than our code."""
    [known, _] = konimbo.fake.records.all()
    id_ = int(f"{known.id}9")
    fields = {**known.fields, "id": id_, "callback_url": url, "event": "order_cancelled"}
    konimbo.fake.records.put(replace(known, id=str(id_), fields=fields))
