"""The sample callbacks over HTTP: what is answered, and what comes off the bus."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from commerce_hooks.callback import Callback
from commerce_hooks.decoding import decode_object
from commerce_hooks.events import EventBuilder
from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform import QUARANTINED, UNRECOGNIZED, Platform
from probe.bus import Bus
from probe.rows import Row, counted
from probe.wire import Answer, Wire
from support.platforms import platforms
from support.probes.probe import STORE, Genuine, Request
from support.probes.verdict import OnTheBus
from support.samples import Sample, callbacks

_DELIVERY_SECONDS = 20.0
_OF_THE_BODY = ("resource", "account", "reported_topic", "dedup_key", "occurred_at")


@dataclass(frozen=True)
class Callbacks:
    """Sends the samples of all platforms to their genuine URLs. `stored` reads the bucket."""

    deployment: str
    wire: Wire
    ring: KeyRing
    bus: Bus
    stored: Callable[[str], bytes]

    def rows(self, platform: str | None = None) -> Iterator[Row]:
        sent = list(self.wire.send_all(callbacks(platform), self._request))
        for sample, answer in sent:
            yield self._row(sample, answer)

    def _request(self, sample: Sample) -> Request:
        genuine = Genuine(platforms()[sample.platform], self.ring.mint, sample.topic)
        headers = (("Content-Type", sample.content_type),)
        return genuine.post(body=sample.body, headers=headers)

    def _row(self, sample: Sample, answer: Answer) -> Row:
        told = answer.body if isinstance(answer.body, dict) else {}
        events = self.bus.of(promised(sample, told), _DELIVERY_SECONDS)
        return Row(
            platform=sample.platform,
            what=sample.path.stem,
            sent_as="form" if sample.is_form else "JSON",
            status=str(answer.status),
            outcome=": ".join(filter(None, (told.get("status", "none"), told.get("reason")))),
            events=_told(sample, events),
            flaws=[
                *_flaws_in_answer(sample, answer.status, told),
                *_flaws_in_events(sample, told, events),
                *self._flaws_in_origin(events),
                *self._flaws_in_data(sample, events),
            ],
        )

    def _flaws_in_origin(self, events: list[OnTheBus]) -> Iterator[str]:
        if {event.detail["metadata"]["deployment"] for event in events} - {self.deployment}:
            yield "an event is another deployment's"

    def _flaws_in_data(self, sample: Sample, events: list[OnTheBus]) -> Iterator[str]:
        """What went through the stack has to be what went into it: the data, and what it says."""
        if sample.expected.outcome == "quarantined":
            pointers = [(sample.expected.reason, sample.body)]
            if list(map(self._pointed_to, events)) != pointers:
                yield "the pointer gives another reason or body"
            return
        for event, expected in zip(events, built(sample), strict=False):
            if self._data(event) != expected["data"]:
                yield "an event's data is another"
            for name in _OF_THE_BODY:
                if event.detail["metadata"][name] != expected["metadata"][name]:
                    yield f"an event's {name} is another"

    def _pointed_to(self, event: OnTheBus) -> tuple[str, bytes]:
        stored = event.detail["metadata"]["payload"]["stored"]
        return event.detail["data"]["reason"], self.stored(stored["key"])

    def _data(self, event: OnTheBus) -> Any:
        payload = event.detail["metadata"]["payload"]
        if payload == "inline":
            return event.detail["data"]
        return self._stored_data(payload["stored"]) if event.detail["data"] == {} else None

    def _stored_data(self, stored: Mapping[str, Any]) -> Any:
        raw = self.stored(stored["key"])
        whole = (len(raw), sha256(raw).hexdigest()) == (stored["size"], stored["sha256"])
        return decode_object(raw) if whole else None


def promised(sample: Sample, told: Mapping[str, Any]) -> list[str]:
    """The ids of the events that have to come: those named, or those that a job makes."""
    if not sample.expected.queued:
        return list(told.get("event_ids", []))
    return [f"{told.get('callback_id')}.{number}" for number in range(sample.expected.events)]


def built(sample: Sample) -> list[dict[str, Any]]:
    """The details of the sample's events, by our own code without a stack around it."""
    platform = platforms()[sample.platform]
    topic = sample.topic if platform.topic_in_url else None
    callback = Callback(
        target=CallbackTarget(platform.name, STORE, topic),
        callback_id="-",
        received_at=datetime.now(UTC),
        content_type=sample.content_type,
        body=sample.body,
    )
    events = EventBuilder(platform, "-").events(callback).events
    return [json.loads(event.detail) for event in events]


def _flaws_in_answer(sample: Sample, status: int, told: Mapping[str, Any]) -> Iterator[str]:
    expected = sample.expected
    if (status, told.get("status")) != (200, expected.outcome):
        yield f"expected 200 {expected.outcome}"
    if told.get("reason") != expected.reason:
        yield f"the reason is {told.get('reason')}, and not {expected.reason}"
    if expected.queued != ("queued" in told):
        yield "left to a job, or not, against what is expected"


def _flaws_in_events(
    sample: Sample, told: Mapping[str, Any], events: list[OnTheBus]
) -> Iterator[str]:
    expected, platform = sample.expected, platforms()[sample.platform]
    if len(events) != expected.events:
        yield f"{len(events)} events came, and not {expected.events}"
    for event in events:
        metadata = event.detail["metadata"]
        ours = (platform.source, _detail_type(sample, platform), platform.name, STORE)
        if (event.source, event.detail_type, metadata["platform"], metadata["store"]) != ours:
            yield f"an event is {event.source} {event.detail_type}"
        if metadata["callback_id"] != told.get("callback_id"):
            yield "an event is another callback's"
        if expected.stored and metadata["payload"] == "inline":
            yield "the data is in the event, and not in the bucket"
    ids = [_resource(event) for event in events]
    if len(set(ids)) != len(ids):
        yield "two events are about the same resource"


def _detail_type(sample: Sample, platform: Platform) -> str:
    others = {"quarantined": QUARANTINED, "unrecognized": UNRECOGNIZED}
    return others.get(sample.expected.outcome, platform.topics[sample.topic].detail_type)


def _resource(event: OnTheBus) -> str | None:
    resource = event.detail["metadata"]["resource"]
    return str(resource["id"]) if resource else None


def _told(sample: Sample, events: list[OnTheBus]) -> str:
    """`order.created 42`, or `60 order.created, by a job`."""
    if not events:
        return "none"
    types = counted(event.detail_type for event in events)
    how = ["by a job"] * sample.expected.queued + ["data in the bucket"] * sample.expected.stored
    if len(events) > 1:
        return ", ".join([f"{len(events)} {types}", *how])
    return ", ".join([f"{types} {_resource(events[0]) or ''}".rstrip(), *how])
