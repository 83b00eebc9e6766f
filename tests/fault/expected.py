"""What has to come of a callback: worked out of its bytes, without any service and any handler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cenit.calls import Call
from cenit.parameters import parameters_of
from cenit.requests import request_of
from cenit.services import COMMANDS
from cenit.services import PLATFORM as CENIT
from commerce_hooks.callback import Callback
from commerce_hooks.errors import QuarantineError
from commerce_hooks.events import Event, EventBuilder
from commerce_hooks.oversize import fitted
from commerce_hooks.publishing import MAX_CALL_BYTES, entry_size
from fault.callbacks import Sent
from support.platforms import senders
from support.receiving import MemoryBucket

DEPLOYMENT = "commerce-hooks/fault"
MAX_INLINE_BYTES = 240_000


class Entry(NamedTuple):
    """An event as consumers get it. The SDK sends times to the second."""

    source: str
    detail_type: str
    time: int
    detail: str


@dataclass(frozen=True, slots=True)
class Expected:
    """The events of a callback.

    Args:
        events: By id, in one or two forms: too large for consumers, the data may lie in the
            bucket, or, while that fails, in the event all the same.
        parked: Something in it is no event, so its bytes are kept as well.
    """

    callback_id: str
    events: Mapping[str, Sequence[Entry]]
    parked: bool = False

    @property
    def pointer(self) -> str:
        return f"{self.callback_id}.q"


class WrongContentError(AssertionError):
    """The builder itself, on which this relies, left out or mixed up what was sent."""


def expected_of(sent: Sent, callback_id: str, received_at: datetime) -> Expected:
    """What comes of a genuine callback or command where nothing fails.

    Raises:
        WrongContentError: Something that was sent is in no event, or in another's.
    """
    events, parked = _events(sent, callback_id, received_at)
    found = {event.event_id: event.detail for event in events}
    for mark in sent.marks:
        if sum(mark in detail for detail in found.values()) != 1:
            raise WrongContentError(f"{sent.what}: one event has to carry {mark}")
    return Expected(callback_id, {event.event_id: _forms(event) for event in events}, parked)


def _events(sent: Sent, callback_id: str, received_at: datetime) -> tuple[Sequence[Event], bool]:
    callback = Callback(
        sent.target, callback_id, received_at, sent.content_type, sent.body, key_id="k1"
    )
    builder = EventBuilder(senders()[sent.platform], DEPLOYMENT)
    if sent.platform == CENIT.name:
        return [_request(sent, callback, builder)], False
    try:
        built = builder.events(callback)
    except QuarantineError:
        return [], True
    return built.events, built.refusal is not None


def _request(sent: Sent, callback: Callback, builder: EventBuilder) -> Event:
    call = Call.from_gateway(sent.event)
    place = call.place()
    assert place
    command = COMMANDS[place.service]
    return request_of(callback, command, parameters_of(call, place, command), builder).event


def _forms(event: Event) -> list[Entry]:
    forms = [event]
    if len(event.detail) > MAX_INLINE_BYTES:
        forms.append(fitted(event, MemoryBucket(), MAX_INLINE_BYTES))
    small = [form for form in forms if entry_size(form) <= MAX_CALL_BYTES]
    time = int(event.time.timestamp())
    return [Entry(form.source, form.detail_type, time, form.detail) for form in small]
