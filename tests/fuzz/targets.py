"""What is fuzzed: all that reads a sender's bytes. Needs no fuzzer, so a seed is also a test.

An input's first byte names the target, the rest is the body.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TypeAlias

from cenit.calls import Call, Place
from cenit.parameters import parameters_of
from cenit.requests import request_of
from cenit.services import COMMANDS, PLATFORM
from commerce_hooks.callback import Callback, CallbackRequest
from commerce_hooks.decoding import MAX_DEPTH, JsonObject, JsonValue, decode_object
from commerce_hooks.errors import QuarantineError
from commerce_hooks.events import Event, EventBuilder, problems_as_json
from commerce_hooks.forms import MAX_BRACKETS, decode_form
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform import Platform
from support.platforms import platforms
from support.samples import CALLS, callbacks, samples

Reader: TypeAlias = Callable[[bytes], None]

STORE = "acme"
RECEIVED_AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
_MASKED = " masked"
_INT64 = range(-(2**63), 2**63)


def one_input(data: bytes) -> None:
    """Read one input. The only error that may come out of our code is a quarantine.

    Raises:
        AssertionError: Something came out that the bus could not carry.
    """
    if data:
        try:
            READERS[data[0] % len(READERS)](data[1:])
        except QuarantineError as refused:
            json.dumps(problems_as_json(refused.problems)).encode()


def seeds() -> Iterator[bytes]:
    """Every sample, for each target that is meant for it."""
    for sample in (*callbacks(), *samples(CALLS)):
        decoder = "form" if sample.is_form else "json"
        meant = {decoder, f"{sample.platform}/{sample.topic}", f"{sample.platform}/"}
        for index, name in enumerate(TARGETS):
            if name.removesuffix(_MASKED) in meant:
                yield bytes([index]) + sample.body


def _read_json(raw: bytes) -> None:
    _check(decode_object(raw))


def _read_form(raw: bytes) -> None:
    form = decode_form(raw)
    _check(form, max_depth=MAX_BRACKETS + 2)
    assert not [node for node in _nodes(form, MAX_DEPTH) if isinstance(node, int | float)]


def _read_callback(platform: Platform, topic: str | None, *, masked: bool) -> Reader:
    builder = EventBuilder(platform, "fuzz/local", masked=masked)

    def read(raw: bytes) -> None:
        built = builder.events(_callback(CallbackTarget(platform.name, STORE, topic), raw))
        assert built.events or built.refusal
        for event in built.events:
            _check_event(event)
        if built.refusal:
            raise built.refusal

    return read


def _read_call(service: str, *, masked: bool) -> Reader:
    builder = EventBuilder(PLATFORM, "fuzz/local", masked=masked)
    place, command = Place(STORE, service, None), COMMANDS[service]

    def read(raw: bytes) -> None:
        request = CallbackRequest("POST", {}, "", b64encode(raw).decode(), _is_base64=True)
        call = Call(request, {}, ())
        sent = parameters_of(call, place, command)
        answered = request_of(_callback(place.target, raw), command, sent, builder)
        _check_event(answered.event)
        _check(answered.told)

    return read


def _callback(target: CallbackTarget, raw: bytes) -> Callback:
    return Callback(target, "callback-1", RECEIVED_AT, "", raw)


def _check_event(event: Event) -> None:
    _check(event.data)
    assert event.detail.isascii()
    _check(json.loads(event.detail)["metadata"])


def _check(data: JsonObject, max_depth: int = MAX_DEPTH) -> None:
    """Whether the bus can carry the tree, and a consumer in any language read it."""
    assert isinstance(data, dict)
    for node in _nodes(data, max_depth):
        if isinstance(node, str):
            node.encode()
        elif isinstance(node, float):
            assert isfinite(node)
        elif isinstance(node, int):
            assert node in _INT64
        else:
            assert node is None or isinstance(node, dict | list)
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def _nodes(data: JsonObject, max_depth: int) -> Iterator[JsonValue]:
    """Keys and values of the whole tree, checking its depth on the way."""
    level: list[JsonValue] = [data]
    for _ in range(max_depth + 1):
        yield from level
        level = [child for node in level for child in _children(node)]
    assert not level, "too deep"


def _children(node: JsonValue) -> list[JsonValue]:
    if isinstance(node, dict):
        return [*node, *node.values()]
    return node if isinstance(node, list) else []


def _targets() -> Iterator[tuple[str, Reader]]:
    yield "json", _read_json
    yield "form", _read_form
    for masked, ending in ((False, ""), (True, _MASKED)):
        for platform in platforms().values():
            for topic in platform.topics if platform.topic_in_url else (None,):
                reader = _read_callback(platform, topic, masked=masked)
                yield f"{platform.name}/{topic or ''}{ending}", reader
        for service in COMMANDS:
            yield f"cenit/{service}{ending}", _read_call(service, masked=masked)


TARGETS: Mapping[str, Reader] = dict(_targets())
READERS = tuple(TARGETS.values())
