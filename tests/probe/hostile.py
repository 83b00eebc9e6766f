"""The hostile requests over HTTP: those that the local front door hands over as AWS would."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from commerce_hooks.keyring import KeyRing
from commerce_hooks.platform import Platform
from probe.bus import Bus
from probe.rows import Row, counted
from probe.wire import Answer, Wire
from support.api_gateway import is_binary_for_http_api
from support.gateway import is_utf8
from support.platforms import platforms
from support.probes import probes_of
from support.probes.probe import Probe, Request
from support.probes.verdict import Came, OnTheBus, flaws

_CHANGED_ON_THE_WAY = "what a gateway makes of text that is not UTF-8 is documented nowhere"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A hostile request and what came of it."""

    probe: Probe
    method: str
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
        for (probe, request), answer in sent:
            came = Came(answer.status, answer.body, self._events(answer), self.stored)
            wrong = flaws(probe, probe.right_over_http, platform, came)
            yield Exchange(probe, request.method, came, list(wrong))

    def _events(self, answer: Answer) -> list[OnTheBus]:
        named = answer.body.get("event_ids", []) if isinstance(answer.body, dict) else []
        return self.bus.of(named, seconds=1)


def why_only_in_memory(probe: Probe, request: Request) -> str:
    """Why a probe is not sent over HTTP; nothing if it is."""
    as_text = not is_binary_for_http_api(request.content_type)
    changed = as_text and not is_utf8(request.body)
    return probe.only_in_memory or (_CHANGED_ON_THE_WAY if changed else "")


def _rows(platform: Platform, group: Sequence[Exchange]) -> Iterator[Row]:
    """One row for all that went as it must, and one for each that did not."""
    good = [one for one in group if not one.flaws]
    if good:
        yield _row(platform, f"{good[0].probe.group} ({len(good)})", good)
    for one in group:
        if one.flaws:
            yield _row(platform, f"{one.probe.group}: {one.probe.name}", [one])


def _row(platform: Platform, what: str, exchanges: Sequence[Exchange]) -> Row:
    return Row(
        platform=platform.name,
        what=what,
        sent_as=counted(one.method for one in exchanges),
        status=counted(one.came.status for one in exchanges),
        outcome=counted(one.outcome for one in exchanges),
        events=str(sum(len(one.came.events) for one in exchanges)),
        flaws=[flaw for one in exchanges for flaw in one.flaws],
        count=len(exchanges),
    )
