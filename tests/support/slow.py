"""Fakes that take all the time that what they stand for may take, and then fail, or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commerce_hooks.deadline import BUCKET_SECONDS, KEY_RING_SECONDS
from commerce_hooks.errors import UnavailableError
from commerce_hooks.keyring import KeyRing
from commerce_hooks.outbox import Letter
from commerce_hooks.publishing import BusEntry
from support.receiving import (
    FakeClock,
    MemoryBucket,
    MemoryKeyRings,
    MemoryOutboxQueue,
    MemoryQueue,
)

HANGS = "Timeout"


@dataclass
class SlowKeyRings(MemoryKeyRings):
    clock: FakeClock = None  # type: ignore[assignment]

    def current(self) -> KeyRing:
        self.clock.sleep(KEY_RING_SECONDS)
        return super().current()


@dataclass
class SlowBus:
    """Answers with the code for each entry, or not at all."""

    clock: FakeClock
    code: str | None

    def put(self, entries: Sequence[BusEntry], seconds: float) -> Sequence[str | None]:
        self.clock.sleep(seconds)
        if self.code == HANGS:
            raise UnavailableError("bus", HANGS)
        return [self.code] * len(entries)


@dataclass
class SlowBucket(MemoryBucket):
    clock: FakeClock = None  # type: ignore[assignment]
    given: list[float] = field(default_factory=list)

    def put(
        self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float = BUCKET_SECONDS
    ) -> None:
        self.given.append(seconds)
        self.clock.sleep(max(seconds, 0))
        super().put(key, body, attributes, seconds)


@dataclass
class SlowOutboxQueue(MemoryOutboxQueue):
    clock: FakeClock = None  # type: ignore[assignment]

    def put(self, letters: Sequence[Letter], seconds: float) -> Sequence[str | None]:
        self.clock.sleep(max(seconds, 0))
        return super().put(letters, seconds)


@dataclass
class SlowQueue(MemoryQueue):
    clock: FakeClock = None  # type: ignore[assignment]

    def put(self, key: str, seconds: float) -> None:
        self.clock.sleep(max(seconds, 0))
        super().put(key, seconds)
