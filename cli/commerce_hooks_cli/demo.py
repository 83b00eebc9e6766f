"""The demo's script: one callback per topic, some special and bad ones, what must come of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls
from commerce_hooks_cli.cenit_access import CenitAccess
from commerce_hooks_cli.healing_outcome import HealingOutcome
from commerce_hooks_cli.samples import Sample, find_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform import Platform, Topic
    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.callbacks import Sender, Sent
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.quarantine_replay import Replayed
    from commerce_hooks_cli.world import Events

    Replaying = Callable[[str, bytes], Replayed]

STORE = "demo"
_DELIVERY_SECONDS = 20.0
_STRAYS_SECONDS = 1.0
_CHANGED_CHARACTER = -20
# About a callback, some time after it: a shape that is new. No answer can promise it.
_NOTICED_BY_US = "commerce-hooks.system"
_AS_A_FORM = "as a form"
# Platform, topic, variant, and what is special about it.
_SPECIAL = (
    ("konimbo", "order_created", "with_cart", _AS_A_FORM),
    ("konimbo", "order_created", "oversize", "large body"),
)
_CENIT_SERVICE = "create_order"


@dataclass(frozen=True)
class Attempt:
    """A callback to send, and the answer that is right for it."""

    to: CallbackUrl
    topic: str
    sample: Sample = field(repr=False)
    status: int | None = 200
    outcome: str = "accepted"
    note: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

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

    def replayed(self) -> Attempt:
        """The same out of quarantine, where nobody answers."""
        return replace(self, status=None, outcome="replayed", note="repaired")


@dataclass(frozen=True)
class Exchange:
    """An attempt and what was answered."""

    attempt: Attempt
    sent: Sent

    @property
    def as_expected(self) -> bool:
        wanted = (self.attempt.status, self.attempt.outcome)
        answered = (self.sent.status, self.sent.outcome)
        silent = self.attempt.outcome in {"ignored", "unauthorized"}
        return answered == wanted and bool(self.sent.event_ids) != silent

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
    healing: HealingOutcome = field(default_factory=HealingOutcome)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": not self.problems,
            "problems": self.problems,
            "sent": [exchange.as_json() for exchange in self.exchanges],
            "events": [event.tree for event in self.events],
            "subscription": self.healing.as_json(),
        }

    @property
    def problems(self) -> list[str]:
        return [*self._wrong_answers(), *self._wrong_events(), *self.healing.problems]

    def _wrong_answers(self) -> Iterator[str]:
        for exchange in self.exchanges:
            if not exchange.as_expected:
                attempt, sent = exchange.attempt, exchange.sent
                which = f"{sent.platform} {sent.topic} {attempt.note}".rstrip()
                wanted = _told(attempt.status, attempt.outcome)
                got = sent.problem or _told(sent.status, sent.outcome)
                yield f"{which}: expected {wanted}, got {got}."

    def _wrong_events(self) -> Iterator[str]:
        arrived = [event.event_id for event in self.events]
        awaited = set(promised(self.exchanges))
        missing = awaited - set(arrived)
        strays = set(arrived) - awaited
        if missing:
            yield f"{len(missing)} of {len(awaited)} events did not come off the bus."
        if strays:
            yield f"{len(strays)} events came off the bus that no answer had promised."


def _told(status: int | None, outcome: str) -> str:
    """Without a status where nothing was sent: a replay."""
    return outcome if status is None else f"{status} {outcome}"


def promised(exchanges: Sequence[Exchange]) -> list[str]:
    """The ids of all events that the answers named."""
    return [id_ for exchange in exchanges for id_ in exchange.sent.event_ids]


@dataclass(frozen=True)
class Script:
    """What is sent to which deployment."""

    deployment: Deployment
    platforms: Mapping[str, Platform]
    events: Path
    store: str = STORE

    def attempts(self) -> list[Attempt]:
        """One genuine callback per topic, what else platforms send, and two bad ones."""
        ring = self.deployment.key_ring()
        urls = CallbackUrls(self.deployment.base_url, ring)
        genuine = [
            self._attempt(urls, platform, topic)
            for platform in self.platforms.values()
            for topic in platform.topics.values()
        ]
        special = [self._special(urls, *which) for which in _SPECIAL if which[0] in self.platforms]
        last = next(one for one in reversed(genuine) if one.outcome == "accepted")
        return [*genuine, *special, self._cenit(ring), genuine[0].forged(), last.broken()]

    def one_of_each(self) -> list[Attempt]:
        """A genuine callback of every platform, and Cenit's call."""
        ring = self.deployment.key_ring()
        urls = CallbackUrls(self.deployment.base_url, ring)
        topics = (
            (platform, next(one for one in platform.topics.values() if not one.mostly_personal))
            for platform in self.platforms.values()
        )
        return [*(self._attempt(urls, *which) for which in topics), self._cenit(ring)]

    def _attempt(self, urls: CallbackUrls, platform: Platform, topic: Topic) -> Attempt:
        off = topic.mostly_personal and (
            f"{platform.name}/{topic.name}" not in self.deployment.personal_topics
        )
        return Attempt(
            urls.for_topic(platform, self.store, topic.name),
            topic.name,
            find_sample(self.events, platform.name, topic.name),
            outcome="ignored" if off else "accepted",
        )

    def _special(
        self, urls: CallbackUrls, platform: str, topic: str, variant: str, note: str
    ) -> Attempt:
        form = note == _AS_A_FORM
        return Attempt(
            urls.for_topic(self.platforms[platform], self.store, topic),
            topic,
            find_sample(self.events, platform, topic, variant, form=form),
            note=note,
        )

    def _cenit(self, ring: KeyRing) -> Attempt:
        url = f"{self.deployment.cenit_base_url}/{self.store}/{_CENIT_SERVICE}"
        return Attempt(
            CallbackUrl("cenit", self.store, _CENIT_SERVICE, "POST", url),
            _CENIT_SERVICE,
            find_sample(self.events, "cenit", _CENIT_SERVICE),
            note="Cenit's call",
            headers=CenitAccess.of(ring, self.store, signed=False).headers,
        )


def repair(exchanges: Sequence[Exchange], whole: Sequence[Attempt], replay: Replaying) -> Exchange:
    """Replay the broken callback with its body whole; by the ids that the answer named."""
    broken = next(one for one in exchanges if one.attempt.outcome == "quarantined")
    attempt = next(one for one in whole if one.to == broken.attempt.to and not one.note).replayed()
    callback_id = broken.sent.callback_id or ""
    replayed = replay(callback_id, attempt.sample.body)
    return Exchange(
        attempt,
        replace(
            broken.sent,
            ok=replayed.outcome.good,
            status=None,
            outcome=replayed.outcome.value,
            event_ids=replayed.event_ids,
            problem=replayed.why or None,
            reason=None,
            errors=(),
        ),
    )


def exchange(sender: Sender, attempt: Attempt) -> Exchange:
    sent = sender.send(attempt.to, attempt.topic, attempt.sample, attempt.headers)
    return Exchange(attempt, sent)


def send_all(
    todo: Sequence[Attempt], sender: Sender, on_step: Callable[[str], None]
) -> Iterator[Exchange]:
    for number, attempt in enumerate(todo, start=1):
        on_step(f"Sending callbacks over HTTP: {number} of {len(todo)} ...")
        one = exchange(sender, attempt)
        yield one
        if one.sent.status is None:
            return  # nobody is there: the others would only wait as long


def receive(
    events: Events, awaited: Sequence[str], seconds: float = _DELIVERY_SECONDS
) -> list[BusEvent]:
    """The events of the demo store's callbacks: until all awaited ones came, then any others."""
    return list(arriving(events, awaited, seconds))


def arriving(events: Events, awaited: Sequence[str], seconds: float) -> Iterator[BusEvent]:
    """The same, one by one as they come."""
    missing = set(awaited)
    end = monotonic() + seconds
    while missing and (left := end - monotonic()) > 0:
        came = events.poll(left)
        missing -= {event.event_id for event in came}
        yield from filter(_of_the_demo, came)
    yield from filter(_of_the_demo, events.poll(_STRAYS_SECONDS))


def _of_the_demo(event: BusEvent) -> bool:
    return event.store == STORE and event.source != _NOTICED_BY_US
