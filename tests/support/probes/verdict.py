"""Whether what came of a probe is right: the same for a handler in memory and for a stack."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from commerce_hooks.callback_urls import TOPIC_NAME
from commerce_hooks.decoding import JsonValue
from commerce_hooks.platform import QUARANTINED, UNRECOGNIZED, Platform
from support.probes.probe import CANARY, STORE, Probe, Right

_IDS = {"callback_id", "event_ids"}
_SHAPES = {
    "accepted": {"status", *_IDS},
    "unrecognized": {"status", *_IDS},
    "quarantined": {"status", *_IDS, "reason", "errors"},
    "ignored": {"status"},
    "unauthorized": {"error"},
    "not_found": {"error"},
    "method_not_allowed": {"error", "message"},
}
_LARGEST_ANSWER = 16_384


@dataclass(frozen=True, slots=True)
class OnTheBus:
    """One event that came off the bus."""

    source: str
    detail_type: str
    detail: dict[str, Any]

    @property
    def event_id(self) -> str:
        return str(self.detail["metadata"]["event_id"])


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a probe. `stored` reads an object of the payload bucket."""

    status: int
    answer: Any
    events: Sequence[OnTheBus]
    stored: Callable[[str], bytes]


def flaws(probe: Probe, right: Right, platform: Platform, came: Came) -> Iterator[str]:
    """All that is wrong, in words; nothing if all is right."""
    answer = came.answer
    if not isinstance(answer, dict):
        yield f"the answer with status {came.status} is no JSON object"
        return
    outcome = answer.get("status") or answer.get("error")
    if (came.status, outcome) != (right.status, right.outcome):
        yield f"{came.status} {outcome}, and not {right.status} {right.outcome}"
        return
    if right.reason not in {None, answer.get("reason")}:
        yield f"quarantined as {answer.get('reason')}, and not as {right.reason}"
    if set(answer) - {"queued"} != _SHAPES[right.outcome]:
        yield f"the answer has the fields {sorted(answer)}"
    if len(json.dumps(answer)) > _LARGEST_ANSWER or CANARY in json.dumps(answer):
        yield "the answer is too long, or repeats what was sent"
    if [event.event_id for event in came.events] != answer.get("event_ids", []):
        yield f"{len(came.events)} events on the bus are not those that the answer names"
    for event in came.events:
        yield from _flaws_in(event, platform, answer)
    yield from _flaws_in_data(probe, right, came)


def _flaws_in(event: OnTheBus, platform: Platform, answer: dict[str, Any]) -> Iterator[str]:
    metadata = event.detail["metadata"]
    ours = (metadata["platform"], metadata["store"], metadata["callback_id"])
    if event.source != platform.source or event.detail_type not in platform.detail_types:
        yield f"an event is {event.source} {event.detail_type}"
    if ours != (platform.name, STORE, answer.get("callback_id")):
        yield f"an event is of {ours}"
    if metadata["topic"] is not None and not TOPIC_NAME.fullmatch(metadata["topic"]):
        yield "an event's topic is the sender's text"
    if event.detail_type == QUARANTINED and CANARY in json.dumps(event.detail):
        yield "the pointer to a body repeats it"


def _flaws_in_data(probe: Probe, right: Right, came: Came) -> Iterator[str]:
    if right.outcome == "unrecognized" and {e.detail_type for e in came.events} != {UNRECOGNIZED}:
        yield "what is unrecognized was published as something else"
    if probe.hidden is not None:
        shown = [json.dumps(event.detail) for event in came.events]
        if not shown or any(probe.hidden in detail for detail in shown):
            yield "an event shows what must not go out"
    if probe.payload is not None:
        data = [_data(event, came.stored) for event in came.events]
        if [one.get("probe") for one in data] != [probe.payload]:
            yield "the event's data is not what was sent"


def _data(event: OnTheBus, stored: Callable[[str], bytes]) -> dict[str, JsonValue]:
    payload = event.detail["metadata"]["payload"]
    if payload == "inline":
        data: dict[str, JsonValue] = event.detail["data"]
    else:
        data = json.loads(stored(payload["stored"]["key"]))
    return data
