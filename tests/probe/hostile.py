"""The hostile requests over HTTP: those that the local front door hands over as AWS would."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commerce_hooks.keyring import KeyRing
from commerce_hooks.platform import Platform
from probe.bus import Bus
from probe.rows import Row, counted
from probe.wire import Wire
from support.api_gateway import is_binary_for_http_api
from support.gateway import is_utf8
from support.platforms import platforms
from support.probes import probes_of
from support.probes.probe import Probe, Request
from support.probes.verdict import Came, flaws

_DELIVERY_SECONDS = 2.0
_JOB_SECONDS = 20.0
_CHANGED_ON_THE_WAY = "what a gateway makes of text that is not UTF-8 is documented nowhere"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A hostile request and what came of it."""

    probe: Probe
    came: Came
    flaws: Sequence[str]

    @property
    def outcome(self) -> str:
        answer = self.came.answer if isinstance(self.came.answer, dict) else {}
        return str(answer.get("status") or answer.get("error"))


@dataclass(frozen=True)
class Hostile:
    """Sends the hostile requests of all platforms. `stored` reads the payload bucket."""

    wire: Wire
    ring: KeyRing
    bus: Bus
    stored: Callable[[str], bytes]

    def rows(self) -> Iterator[Row]:
        for platform in platforms().values():
            exchanges = list(self._exchanges(platform))
            for group in dict.fromkeys(one.probe.group for one in exchanges):
                yield from _rows(platform, [one for one in exchanges if one.probe.group == group])

    def _exchanges(self, platform: Platform) -> Iterator[Exchange]:
        requests = [(p, p.request(platform, self.ring.mint)) for p in probes_of(platform)]
        todo = [(p, request) for p, request in requests if not why_only_in_memory(p, request)]
        sent = list(self.wire.send_all(todo, lambda one: one[1]))
        self.bus.take_all()
        for (probe, _), answer in sent:
            told = answer.body if isinstance(answer.body, dict) else {}
            events = self.bus.of(told.get("event_ids", []), _DELIVERY_SECONDS)
            came = Came(answer.status, answer.body, events, self.stored)
            wrong = [
                *flaws(probe, probe.right_over_http, platform, came),
                *self._flaws_in_job(told),
            ]
            yield Exchange(probe, came, wrong)

    def _flaws_in_job(self, told: Mapping[str, Any]) -> Iterator[str]:
        """What was left to a job has to come as well, if later."""
        left = [f"{told['callback_id']}.{number}" for number in range(told.get("queued", 0))]
        if len(self.bus.of(left, _JOB_SECONDS)) != len(left):
            yield "its job did not publish all of its events"


def why_only_in_memory(probe: Probe, request: Request) -> str:
    """Why a probe is not sent over HTTP; nothing if it is."""
    as_text = not is_binary_for_http_api(request.content_type)
    changed = as_text and not is_utf8(request.body)
    return probe.only_in_memory or (_CHANGED_ON_THE_WAY if changed else "")


def _rows(platform: Platform, group: Sequence[Exchange]) -> Iterator[Row]:
    """One row for all that went as it must, and one for each that did not."""
    good = [one for one in group if not one.flaws]
    if good:
        yield _row(platform, good[0].probe.group, good)
    for one in group:
        if one.flaws:
            yield _row(platform, f"{one.probe.group}: {one.probe.name}", [one])


def _row(platform: Platform, what: str, exchanges: Sequence[Exchange]) -> Row:
    return Row(
        platform=platform.name,
        what=what,
        sent_as=f"{len(exchanges)} hostile",
        status=counted(one.came.status for one in exchanges),
        outcome=counted(one.outcome for one in exchanges),
        events=str(sum(len(one.came.events) for one in exchanges)),
        flaws=[flaw for one in exchanges for flaw in one.flaws],
        count=len(exchanges),
    )
