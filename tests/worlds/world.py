"""A store, its platform, our table and key ring, and a clock: rounds run in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count, product

from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.deadline import Deadline
from commerce_hooks.keyring import CallbackTarget, KeyRing, StoreKeys
from commerce_hooks.platform import Platform
from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import Policy, StoreConfiguration, StoreId
from commerce_hooks.subscriptions.addresses import Address, Addresses
from commerce_hooks.subscriptions.ledger import Ledger
from commerce_hooks.subscriptions.looking import Shop
from commerce_hooks.subscriptions.planning import Rules
from commerce_hooks.subscriptions.rounds import Report, Rounds
from commerce_hooks.subscriptions.wanted import Wanted, wanted
from konimbo.webhook import PLATFORM as KONIMBO
from support.state_table import FakeStateTable
from support.surroundings import NOON
from worlds.memory import Memory

BASE, FORMER = "https://hooks.example.com", "https://former.example.com/api"
KEYS = {
    "k1": "old-key-of-the-worlds-0123456789abcdef",
    "k2": "new-key-of-the-worlds-0123456789abcdef",
}
STRANGER = {"k2": "key-of-another-deployment-0123456789abc"}
PLATFORMS = {"centry": CENTRY, "konimbo": KONIMBO}
ROUND_SECONDS = 240.0


@dataclass
class World:
    """One store's.

    Args:
        generation: The store's in the key ring.
        topics: Of its configuration.
    """

    platform: Platform = KONIMBO
    policy: Policy = "upsert"
    generation: int = 2
    topics: tuple[str, ...] | None = None
    memory: Memory = field(default_factory=Memory)
    table: FakeStateTable = field(default_factory=FakeStateTable)
    passed: timedelta = timedelta()
    adopt: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def store(self) -> StoreId:
        return StoreId(self.platform.name, "acme")

    @property
    def ring(self) -> KeyRing:
        return KeyRing("k2", KEYS, {str(self.store): StoreKeys(generation=self.generation)})

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.ring, (BASE, FORMER), self.store)

    @property
    def configuration(self) -> StoreConfiguration:
        return StoreConfiguration(
            topics=self.topics, policy=self.policy, added_at="2026-01-01T00:00:00+00:00"
        )

    @property
    def wanted(self) -> Wanted:
        return wanted(self.platform, self.configuration)

    @property
    def rules(self) -> Rules:
        return Rules(self.policy, self.memory.deletes, self.platform.topics, adopt=self.adopt)

    @property
    def shop(self) -> Shop:
        return Shop(self.store, self.memory, self.addresses, self.wanted, self.rules)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.table, self.store, self.now, lambda: f"e{next(self._numbers):05}")

    @property
    def rounds(self) -> Rounds:
        return Rounds(self.table, self.now, lambda: f"e{next(self._numbers):05}")

    def __post_init__(self) -> None:
        self.memory.now = self.now

    def now(self) -> datetime:
        return NOON + self.passed

    def round(self, minutes: float = 60) -> Report:
        """One round, an hour after the one before, as the schedule has it."""
        self.passed += timedelta(minutes=minutes)
        return self.rounds.go(self.shop, Deadline(lambda: 0.0, ROUND_SECONDS))

    def url(
        self,
        slot: str | None,
        *,
        key: str = "k2",
        generation: int | None = None,
        base: str = BASE,
        store: str = "acme",
        stranger: bool = False,
    ) -> str:
        """A callback URL as it may be registered; a stranger's has a key that is none of ours."""
        number = self.generation if generation is None else generation
        target = CallbackTarget(self.platform.name, store, slot)
        return base + _path(target, key, number, stranger=stranger)

    def ours(self, subscription: Subscription) -> Address | None:
        """What is ours of it, found without the code that is judged: among all URLs there are."""
        url, _, _ = subscription.callback_url.strip().partition("?")
        scheme, separator, rest = url.partition("//")
        host, slash, path = rest.partition("/")
        known = _known_urls(self.platform.name, self.generation)
        return known.get(f"{scheme}{separator}{host.lower()}{slash}{path}")

    def is_taken(self, address: Address) -> bool:
        """Whether a callback to it is."""
        return address.generation >= self.generation


@cache
def _path(target: CallbackTarget, key: str, generation: int, *, stranger: bool = False) -> str:
    keys = STRANGER if stranger else KEYS
    entry = {f"{target.platform}/{target.store}": StoreKeys(generation=generation)}
    topic = "" if target.topic is None else f"/{target.topic}"
    token = KeyRing(key, keys, entry).mint(target)
    return f"/{target.platform}/{target.store}{topic}/{token}"


@cache
def _known_urls(platform: str, generation: int) -> Mapping[str, Address]:
    """All that may have been registered for the store, and what they say."""
    topics = PLATFORMS[platform].topics
    slots = [*topics] if PLATFORMS[platform].topic_in_url else [None]
    return {
        base + _path(CallbackTarget(platform, "acme", slot), key, number): Address(
            base, slot, key, number
        )
        for slot, key, number, base in product(
            slots, KEYS, range(1, generation + 1), (BASE, FORMER)
        )
    }
