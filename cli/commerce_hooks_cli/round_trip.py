"""From end to end: a synthetic callback of every platform, and its event off the bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from commerce_hooks.platform import SYNTHETIC, SYNTHETIC_STORE
from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls, Sender, Sent
from commerce_hooks_cli.cenit_access import CenitAccess
from commerce_hooks_cli.checkup import Checked, Finding, good, wrong
from commerce_hooks_cli.following import Following
from commerce_hooks_cli.samples import find_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from commerce_hooks.keyring import KeyRing
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.samples import Sample
    from commerce_hooks_cli.world import Events

FOLLOWING = Following(
    {
        "source": [{"prefix": "commerce-hooks."}],
        "detail-type": [SYNTHETIC],
        "detail": {"metadata": {"store": [SYNTHETIC_STORE]}},
    },
    "doctor",
)
GROUP = "end to end"
_CENIT_SERVICE = "create_order"
_ACCEPTED = "accepted"


@dataclass(frozen=True)
class Pace:
    """How often a callback is sent if its event does not come, and for how long one is waited."""

    tries: int
    seconds: float


AT_AWS = Pace(tries=6, seconds=15)
"""A new rule takes AWS up to a minute: what was sent before passes by."""
LOCALLY = Pace(tries=2, seconds=5)


@dataclass(frozen=True)
class Attempt:
    """What is sent."""

    url: CallbackUrl
    topic: str
    sample: Sample
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def attempts(
    deployment: Deployment, ring: KeyRing, platforms: Mapping[str, Platform], events: Path
) -> list[Attempt]:
    """A callback of every platform, and Cenit's call; each with the first topic that is on."""
    urls = CallbackUrls(deployment.base_url, ring)
    found = []
    for platform in platforms.values():
        topic = next(one.name for one in platform.topics.values() if not one.mostly_personal)
        url = urls.for_topic(platform, SYNTHETIC_STORE, topic)
        found.append(Attempt(url, topic, find_sample(events, platform.name, topic)))
    address = f"{deployment.cenit_base_url}/{SYNTHETIC_STORE}/{_CENIT_SERVICE}"
    call = CallbackUrl("cenit", SYNTHETIC_STORE, _CENIT_SERVICE, "POST", address)
    headers = CenitAccess.of(ring, SYNTHETIC_STORE, signed=False).headers
    sample = find_sample(events, "cenit", _CENIT_SERVICE)
    return [*found, Attempt(call, _CENIT_SERVICE, sample, headers)]


@dataclass
class RoundTrip:
    """Sends them, and waits for their events."""

    sender: Sender
    events: Events
    pace: Pace
    on_step: Callable[[str], None]
    _sent: dict[str, tuple[Sent, float]] = field(default_factory=dict)
    _arrived: dict[str, float] = field(default_factory=dict)

    def run(self, wanted: Sequence[Attempt]) -> list[Checked]:
        """What became of each, one after another: so it is known how long each took.

        Only the first has to wait until the rule is taken up, so the tries are for all together;
        each has one at least.
        """
        tries = self.pace.tries
        for attempt in wanted:
            tries = max(1, tries)
            while self._try(attempt) and (tries := tries - 1):
                pass
        names = [attempt.url.platform for attempt in wanted]
        return [Checked(GROUP, name, self._finding(name)) for name in names]

    def _try(self, attempt: Attempt) -> bool:
        """Send one and wait for its event; whether it is worth another try."""
        platform = attempt.url.platform
        self.on_step(f"{GROUP}: {platform} ...")
        began = monotonic()
        sent = self.sender.send(attempt.url, attempt.topic, attempt.sample, attempt.headers)
        self._sent[platform] = sent, began
        while self._is_missing(platform):
            came = self.events.poll(self.pace.seconds)
            if not came:
                return True
            now = monotonic()
            for event in came:
                self._arrived.setdefault(event.event_id.partition(".")[0], now)
        return False

    def _is_missing(self, platform: str) -> bool:
        sent, _ = self._sent[platform]
        return sent.outcome == _ACCEPTED and sent.callback_id not in self._arrived

    def _finding(self, platform: str) -> Finding:
        sent, began = self._sent[platform]
        if sent.outcome != _ACCEPTED:
            status = sent.status or "nothing"
            return wrong(
                f"answered {status}: {sent.problem or sent.outcome}",
                "docs/runbook.md#what-first",
            )
        if self._is_missing(platform):
            seconds = self.pace.tries * self.pace.seconds
            return wrong(
                f"accepted, but no event came off the bus in {seconds:.0f} s",
                "docs/runbook.md#heartbeat-missing",
            )
        took = self._arrived[sent.callback_id or ""] - began
        return good(
            f"accepted in {sent.milliseconds:.0f} ms, its event came off the bus after {took:.1f} s"
        )
