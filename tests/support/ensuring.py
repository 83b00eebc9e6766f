"""The function that looks after subscriptions, with everything around it in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, SecretStr

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.delivery import Delivery
from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.transport import Transport
from commerce_hooks.keyring import KeyRing
from commerce_hooks.platform_access import Credentials, PlatformAccess, Surroundings
from commerce_hooks.publishing import Published, Publisher
from commerce_hooks.store_parameters import StoreGoneError, StoreUnusableError, parsed
from commerce_hooks.stores import PRODUCTION, StoreConfiguration, StoreId
from commerce_hooks.subscriptions.records import Record, record_of
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS, Report
from ensure_subscriptions.errands import Errand
from ensure_subscriptions.opening import Opening
from ensure_subscriptions.platforms import KnownPlatform
from ensure_subscriptions.working import Worker
from konimbo.webhook import PLATFORM as KONIMBO
from support.state_table import FakeStateTable
from support.strict_eventbridge import BUS_ARN, StrictEventBridge
from support.surroundings import NOON, FakeTime, surroundings
from worlds.memory import Memory

ACME = StoreId("konimbo", "acme")
BASE_URLS = ("https://hooks.example.com", "https://former.example.com/api")
SECRET = "canary-of-a-secret"


class ShopCredentials(Credentials):
    """Of the platform in memory."""

    token: SecretStr = Field(min_length=4)


def configured(**more: Any) -> StoreConfiguration:
    known = {"added_at": NOON.isoformat(), "topics": ("order_created",), **more}
    return StoreConfiguration.model_validate(known)


@dataclass
class MemoryPlatform:
    """Konimbo's topics, and an API in memory.

    Args:
        opened: Base URL, token and network of each access.
    """

    memory: Memory = field(default_factory=Memory)
    opened: list[tuple[str, str, Transport]] = field(default_factory=list)

    def called(self, name: str) -> KnownPlatform | None:
        """See `ensure_subscriptions.platforms`."""
        return KnownPlatform(KONIMBO, self.access) if name == KONIMBO.name else None

    @property
    def access(self) -> PlatformAccess:
        return PlatformAccess(
            name=KONIMBO.name,
            environments={PRODUCTION: "https://api.example", "test": "https://test.example"},
            credentials=ShopCredentials,
            open=self._open,
        )

    def _open(
        self, _: StoreId, base_url: str, credentials: Credentials, around: Surroundings
    ) -> Memory:
        assert isinstance(credentials, ShopCredentials)
        self.opened.append((base_url, credentials.token.get_secret_value(), around.transport))
        return self.memory


@dataclass
class MemoryStores:
    """What is kept of stores, as texts."""

    configurations: dict[StoreId, str] = field(default_factory=dict)
    secrets: dict[StoreId, str] = field(default_factory=dict)

    def put(self, store: StoreId = ACME, **more: Any) -> None:
        self.configurations[store] = configured(**more).model_dump_json()
        self.secrets[store] = json.dumps({"token": SECRET})

    def configuration(self, store: StoreId) -> StoreConfiguration:
        if store not in self.configurations:
            raise StoreGoneError("there is no such store")
        found = parsed(self.configurations[store])
        if found is None:
            raise StoreUnusableError("the store's configuration cannot be read")
        return found

    def credentials(self, store: StoreId, kind: type[Credentials]) -> Credentials:
        if store not in self.secrets:
            raise StoreUnusableError("the store has no credentials")
        return kind.model_validate_json(self.secrets[store])


@dataclass
class Ring:
    """A key ring that may fail, and may disable stores."""

    stores: dict[str, Any] = field(default_factory=dict)
    fails: bool = False

    def current(self) -> KeyRing:
        if self.fails:
            raise UnavailableError("key_ring", "Timeout")
        return KeyRing.parse(json.dumps({"sign": "k1", "k1": "x" * 32, "stores": self.stores}))


@dataclass
class Noted:
    """What an operator was told of errands: outcomes, and in words why there was no round."""

    outcomes: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def ran(self, errand: Errand, run_id: str, report: Report) -> None:
        assert errand.store
        assert run_id
        self.outcomes.append(report.outcome.value)
        self.reports.append(report)

    def not_run(self, errand: Errand, outcome: str, cause: str) -> None:
        assert errand.store
        self.outcomes.append(outcome)
        self.causes.append(cause)

    def told(self, errand: Errand, run_id: str, published: Published) -> None:
        assert errand.store
        assert run_id
        self.published.append(published)


@dataclass
class Ensured:
    """A worker, and the stores, the platform, the table and the bus around it."""

    platform: MemoryPlatform = field(default_factory=MemoryPlatform)
    stores: MemoryStores = field(default_factory=MemoryStores)
    ring: Ring = field(default_factory=Ring)
    table: FakeStateTable = field(default_factory=FakeStateTable)
    time: FakeTime = field(default_factory=FakeTime)
    event_bridge: StrictEventBridge = field(default_factory=StrictEventBridge)
    noted: Noted = field(default_factory=Noted)

    def work(self, errand: Errand | None = None, seconds: float = ROUND_SECONDS) -> None:
        """An errand comes in; of ACME by the schedule if none is given."""
        until = Deadline(self.time.clock, seconds)
        self.worker.work(errand or Errand(store=ACME), until)

    @property
    def worker(self) -> Worker:
        bus = EventBridgeBus(self.event_bridge.client(), BUS_ARN)
        delivery = Delivery(Publisher(bus, self.time.pause))
        return Worker(self.opening, self._around, "hooks/test", delivery, self.noted)

    @property
    def opening(self) -> Opening:
        return Opening(
            reader=self.stores,
            key_rings=self.ring,
            platform=self.platform.called,
            around=self._around,
            base_urls=BASE_URLS,
            personal_topics=frozenset(),
        )

    @property
    def _around(self) -> Surroundings:
        return surroundings(table=self.table, time=self.time)

    @property
    def record(self) -> Record:
        return record_of(self.table, ACME)

    @property
    def events(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Detail-type and detail of each."""
        kinds: Sequence[str] = self.event_bridge.detail_types
        return list(zip(kinds, self.event_bridge.details, strict=True))
