"""The demo's script: one callback per topic, two bad ones, and what must come of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.samples import Sample, find_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls, Sender, Sent
    from commerce_hooks_cli.world import Events

STORE = "demo"
_DELIVERY_SECONDS = 20.0
_STRAYS_SECONDS = 1.0
_CHANGED_CHARACTER = -20


@dataclass(frozen=True)
class Attempt:
    """A callback to send, and the answer that is right for it."""

    to: CallbackUrl
    topic: str
    sample: Sample = field(repr=False)
    status: int = 200
    outcome: str = "accepted"
    note: str = ""

    def forged(self) -> Attempt:
        """The same with one character of the token changed."""
        url = self.to.url
        other = "A" if url[_CHANGED_CHARACTER] != "A" else "B"
        changed = url[:_CHANGED_CHARACTER] + other + url[_CHANGED_CHARACTER + 1 :]
        to = replace(self.to, url=changed)
        return replace(self, to=to, status=401, outcome="unauthorized", note="forged token")

    def broken(self) -> Attempt:
        """The same with half of the body missing."""
        half = Sample(self.sample.body[: len(self.sample.body) // 2], self.sample.content_type)
        return replace(self, sample=half, outcome="quarantined", note="broken body")


@dataclass(frozen=True)
class Exchange:
    """An attempt and what was answered."""

    attempt: Attempt
    sent: Sent

    @property
    def as_expected(self) -> bool:
        wanted = (self.attempt.status, self.attempt.outcome)
        answered = (self.sent.status, self.sent.outcome)
        return answered == wanted and bool(self.sent.event_ids) == self.sent.ok

    def as_json(self) -> dict[str, Any]:
        return {
            **self.sent.as_json(),
            "note": self.attempt.note or None,
            "as_expected": self.as_expected,
        }


@dataclass(frozen=True)
class Outcome:
    """What the demo saw. `problems` is empty if all went as it must."""

    exchanges: Sequence[Exchange]
    events: Sequence[BusEvent]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "sent": [exchange.as_json() for exchange in self.exchanges],
            "events": [event.tree for event in self.events],
        }

    @property
    def problems(self) -> list[str]:
        return [*self._wrong_answers(), *self._wrong_events()]

    def _wrong_answers(self) -> Iterator[str]:
        for exchange in self.exchanges:
            if not exchange.as_expected:
                attempt, sent = exchange.attempt, exchange.sent
                which = f"{sent.platform} {sent.topic} {attempt.note}".rstrip()
                got = sent.problem or f"{sent.status} {sent.outcome}"
                yield f"{which}: expected {attempt.status} {attempt.outcome}, got {got}."

    def _wrong_events(self) -> Iterator[str]:
        arrived = [event.event_id for event in self.events]
        awaited = set(promised(self.exchanges))
        missing = awaited - set(arrived)
        strays = set(arrived) - awaited
        if missing:
            yield f"{len(missing)} of {len(awaited)} events did not come off the bus."
        if strays:
            yield f"{len(strays)} events came off the bus that no answer had promised."


def promised(exchanges: Sequence[Exchange]) -> list[str]:
    """The ids of all events that the answers named."""
    return [id_ for exchange in exchanges for id_ in exchange.sent.event_ids]


def attempts(platforms: Mapping[str, Platform], urls: CallbackUrls, events: Path) -> list[Attempt]:
    """One genuine callback per topic; then a forged one and a broken one."""
    genuine = [
        Attempt(
            urls.for_topic(platform, STORE, topic),
            topic,
            find_sample(events, platform.name, topic),
        )
        for platform in platforms.values()
        for topic in platform.topics
    ]
    return [*genuine, genuine[0].forged(), genuine[-1].broken()]


def send_all(
    todo: Sequence[Attempt], sender: Sender, on_step: Callable[[str], None]
) -> Iterator[Exchange]:
    for number, attempt in enumerate(todo, start=1):
        on_step(f"Sending callbacks over HTTP: {number} of {len(todo)} ...")
        sent = sender.send(attempt.to, attempt.topic, attempt.sample)
        yield Exchange(attempt, sent)
        if sent.status is None:
            return  # nobody is there: the others would only wait as long


def receive(
    events: Events, awaited: Sequence[str], seconds: float = _DELIVERY_SECONDS
) -> list[BusEvent]:
    """The demo store's events: until all awaited ones came, and then any others."""
    missing = set(awaited)
    received: list[BusEvent] = []
    end = monotonic() + seconds
    while missing and (left := end - monotonic()) > 0:
        came = events.poll(left)
        received += came
        missing -= {event.event_id for event in came}
    received += events.poll(_STRAYS_SECONDS)
    return [event for event in received if event.store == STORE]
