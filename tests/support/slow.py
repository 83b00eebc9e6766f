"""Fakes that take all the time that what they stand for may take."""

from dataclasses import dataclass

from commerce_hooks.deadline import KEY_RING_SECONDS
from commerce_hooks.keyring import KeyRing
from support.receiving import FakeClock, MemoryKeyRings


@dataclass
class SlowKeyRings(MemoryKeyRings):
    clock: FakeClock = None  # type: ignore[assignment]

    def current(self) -> KeyRing:
        self.clock.sleep(KEY_RING_SECONDS)
        return super().current()
