"""Cenit's sample calls and hostile ones over HTTP: it reads our answers, so they are looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Any
from urllib.parse import urlencode

from cenit.services import PLATFORM
from commerce_hooks.keyring import CallbackTarget, KeyRing
from probe.bus import Bus
from probe.rows import Row, counted
from probe.wire import Answer, Wire
from support.cenit import CallSample, call_samples, path_of, signature_headers
from support.probes.calls import CallProbe, call_probes
from support.probes.probe import CANARY, JSON, STORE, Headers, Request

_DELIVERY_SECONDS = 5.0
_OF_FAILURES = {"error", "errors", "message"}
_TARGET = CallbackTarget(PLATFORM.name, STORE)


@dataclass(frozen=True)
class Calls:
    """Sends Cenit's calls."""

    wire: Wire
    ring: KeyRing
    bus: Bus

    def samples(self) -> Iterator[Row]:
        """Each with a token; then each signed, and the very same again."""
        for sample in call_samples():
            by_token = self.wire.send(_request(sample, (("X-Api-Key", self.ring.mint(_TARGET)),)))
            yield self._row(sample, "token", by_token)
        for sample in call_samples():
            signed = _request(sample, self._signature(sample))
            first, again = self.wire.send(signed), self.wire.send(signed)
            row = self._row(sample, "signed, twice", first)
            other = [] if again == first else ["the second answer is another"]
            yield replace(row, flaws=[*row.flaws, *other], count=2)

    def _signature(self, sample: CallSample) -> Headers:
        headers = signature_headers(
            sample.method,
            path_of(sample.service, sample.id),
            sample.query,
            sample.body,
            timestamp=int(time()),
            secret=self.ring.signing_secret(_TARGET),
            prefix=f"{self.ring.sign}.1",
        )
        return tuple(headers.items())

    def _row(self, sample: CallSample, proof: str, answer: Answer) -> Row:
        told = _object(answer)
        events = self.bus.of(told.get("event_ids", []), _DELIVERY_SECONDS)
        types = [event.detail_type for event in events]
        flaws = [
            *_flaws_in_answer(answer, 200),
            *([] if types == [f"request.{sample.service}"] else [f"the events are {types}"]),
        ]
        return Row(
            platform=PLATFORM.name,
            what=sample.name,
            sent_as=f"{sample.method}, {proof}",
            status=str(answer.status),
            outcome=str(told.get("status")),
            events=", ".join(types) or "none",
            flaws=flaws,
        )

    def hostile(self) -> Iterator[Row]:
        sent = list(self.wire.send_all(list(call_probes(self.ring)), lambda one: one.request))
        self.bus.take_all()
        for group in dict.fromkeys(probe.group for probe, _ in sent):
            members = [one for one in sent if one[0].group == group]
            yield from self._group(members)

    def _group(self, members: Sequence[tuple[CallProbe, Answer]]) -> Iterator[Row]:
        wrong = [one for one in members if list(_flaws_in_answer(one[1], one[0].status))]
        good = [one for one in members if one not in wrong]
        if good:
            yield self._hostile_row(good[0][0].group, good)
        for probe, answer in wrong:
            yield self._hostile_row(f"{probe.group}: {probe.name}", [(probe, answer)])

    def _hostile_row(self, what: str, sent: Sequence[tuple[CallProbe, Answer]]) -> Row:
        told = [_object(answer) for _, answer in sent]
        promised = [id_ for one in told for id_ in one.get("event_ids", [])]
        return Row(
            platform=PLATFORM.name,
            what=what,
            sent_as=f"{len(sent)} hostile",
            status=counted(answer.status for _, answer in sent),
            outcome=counted(one.get("error") or one.get("status") for one in told),
            events=str(len(self.bus.of(promised, _DELIVERY_SECONDS))),
            flaws=[flaw for one in sent for flaw in _flaws_in_answer(one[1], one[0].status)],
            count=len(sent),
        )


def _request(sample: CallSample, proof: Headers) -> Request:
    return Request(
        path_of(sample.service, sample.id),
        sample.body,
        method=sample.method,
        headers=(*JSON, *proof),
        query=urlencode(sample.query),
    )


def _object(answer: Answer) -> Mapping[str, Any]:
    return answer.body if isinstance(answer.body, dict) else {}


def _flaws_in_answer(answer: Answer, status: int) -> Iterator[str]:
    """Cenit takes every object without `error` for success, whatever the status."""
    told = _object(answer)
    if answer.status != status:
        yield f"{answer.status}, and not {status}"
    if ("error" in told) == (status == 200) or not told:
        yield "an answer that Cenit would misread"
    if status != 200 and not set(told) <= _OF_FAILURES:
        yield f"the answer has the fields {sorted(told)}"
    if CANARY in str(answer.body):
        yield "the answer repeats what was sent"
