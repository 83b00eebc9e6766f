"""What is made to fail fails as AWS would, and nothing else does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session

from commerce_hooks_cli.local.asgi import answer
from commerce_hooks_cli.local.fault_layer import FaultLayer
from commerce_hooks_cli.local.fault_words import _WORDS
from commerce_hooks_cli.local.faults import Kind, Service
from local.asgi_calls import Call, Recorder, _into, call, finish

if TYPE_CHECKING:
    from commerce_hooks_cli.local.asgi import Message, Receive, Scope, Send

OF_JSON = {
    Service.BUS: ("events", "AWSEvents.PutEvents"),
    Service.QUEUES: ("sqs", "AmazonSQS.SendMessageBatch"),
    Service.KEY_RING: ("secretsmanager", "secretsmanager.GetSecretValue"),
}
CALLS = {
    **{
        service: Call(
            method="POST",
            headers=(
                ("Authorization", f"AWS4 Credential=K/20261122/us-east-1/{name}/aws4_request, x"),
                ("X-Amz-Target", target),
                ("Content-Length", "2"),
            ),
            body=b"{}",
        )
        for service, (name, target) in OF_JSON.items()
    },
    Service.BUCKET: Call(
        "/bucket/key",
        "PUT",
        headers=(("Authorization", "AWS4 Credential=K/20261122/us-east-1/s3/aws4_request, x"),),
        body=b"{}",
    ),
}
# Of whole calls: a hang and a part are told below.
AS_A_WHOLE = (Kind.ERROR, Kind.THROTTLE, Kind.DENIED)


def switched(emulator: Any, **kinds: str) -> FaultLayer:
    layer = FaultLayer(emulator, hang_seconds=0.05)
    assert order(layer, kinds) == 200
    return layer


def order(layer: FaultLayer, kinds: Any) -> int:
    return call(layer.switch, Call(method="PUT", body=json.dumps(kinds).encode())).status


def told(layer: FaultLayer) -> Any:
    return call(layer.switch, Call()).content


def raw(layer: FaultLayer, request: Call) -> tuple[int, bytes]:
    sent: list[Message] = []
    bodies: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        return bodies.pop()

    finish(layer(request.scope(), receive, _into(sent)))
    return sent[0]["status"], sent[1]["body"]


def test_to_begin_with_nothing_fails() -> None:
    emulator = Recorder()
    layer = FaultLayer(emulator)
    for request in CALLS.values():
        assert call(layer, request).status == 200
    assert (len(emulator.scopes), told(layer)) == (len(CALLS), {})


@pytest.mark.parametrize("kind", AS_A_WHOLE)
@pytest.mark.parametrize("service", Service)
def test_what_fails_does_not_reach_the_emulator(service: Service, kind: Kind) -> None:
    emulator = Recorder()
    layer = switched(emulator, **{service.value: kind.value})
    status, body = raw(layer, CALLS[service])
    assert status == _WORDS[service].errors[kind][0]
    assert _WORDS[service].errors[kind][1].encode() in body
    assert (emulator.scopes, told(layer)) == ([], {service: {"kind": kind, "calls": 1}})


@pytest.mark.parametrize("service", Service)
def test_the_others_go_on(service: Service) -> None:
    emulator = Recorder()
    layer = switched(emulator, **{service.value: "error"})
    for other in set(Service) - {service}:
        assert call(layer, CALLS[other]).status == 200
    assert len(emulator.scopes) == len(Service) - 1


@pytest.mark.parametrize(
    ("service", "target"),
    [
        (Service.BUS, "AWSEvents.PutRule"),
        (Service.QUEUES, "AmazonSQS.ReceiveMessage"),
        (Service.KEY_RING, "secretsmanager.PutSecretValue"),
    ],
)
def test_other_operations_of_a_service_go_on(service: Service, target: str) -> None:
    emulator = Recorder()
    layer = switched(emulator, **{service.value: "error"})
    authorization = CALLS[service].headers[0]
    other = replace(CALLS[service], headers=(authorization, ("X-Amz-Target", target)))
    assert call(layer, other).status == 200
    assert len(emulator.scopes) == 1


@pytest.mark.parametrize("service", OF_JSON)
def test_the_codes_are_those_of_the_service(service: Service) -> None:
    """As far as the SDK knows them; the common ones it doesn't."""
    model = Session().get_service_model(OF_JSON[service][0])
    operation = model.operation_model(OF_JSON[service][1].partition(".")[2])
    known = {shape.name for shape in operation.error_shapes}
    common = {"InternalFailure", "ThrottlingException", "AccessDeniedException"}
    codes = {code for _, code in _WORDS[service].errors.values()}
    assert codes - common <= known


def test_what_is_not_http_passes() -> None:
    emulator = Recorder()
    finish(switched(emulator, bus="error")({"type": "lifespan"}, _never, _into([])))
    assert emulator.scopes == [{"type": "lifespan"}]


async def _never() -> Message:
    raise AssertionError


def test_a_request_without_a_signature_passes() -> None:
    emulator = Recorder()
    assert call(switched(emulator, bucket="error"), Call("/_ministack/health")).status == 200


# --- A part of a call ---


async def bus(_: Scope, receive: Receive, send: Send) -> None:
    """Takes all entries, and says which."""
    entries = json.loads((await receive())["body"])["Entries"]
    told = [{"EventId": entry} for entry in entries]
    await answer(send, 200, {"FailedEntryCount": 0, "Entries": told})


async def refusing_bus(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await answer(send, 400, {"__type": "ValidationException"})


def put(*entries: str) -> Call:
    return replace(CALLS[Service.BUS], body=json.dumps({"Entries": entries}).encode())


@pytest.mark.parametrize(
    ("entries", "taken", "failed"),
    [("a", "", 1), ("ab", "b", 1), ("abc", "b", 2), ("abcd", "bd", 2)],
)
def test_of_a_call_every_second_entry_gets_through(entries: str, taken: str, failed: int) -> None:
    content = call(switched(bus, bus="partial"), put(*entries)).content
    assert [entry.get("EventId") for entry in content["Entries"]] == [
        entry if entry in taken else None for entry in entries
    ]
    codes = [entry["ErrorCode"] for entry in content["Entries"] if "ErrorCode" in entry]
    assert (content["FailedEntryCount"], codes) == (failed, ["InternalFailure"] * failed)


def test_what_gets_through_is_as_long_as_it_says() -> None:
    emulator = Recorder()
    with pytest.raises(KeyError):  # a recorder's answer is no bus's
        call(switched(emulator, bus="partial"), put("a", "b"))
    headers = dict(emulator.scopes[0]["headers"])
    assert int(headers[b"content-length"]) == len(emulator.bodies[0])


def test_a_refusal_of_what_gets_through_is_passed_on() -> None:
    result = call(switched(refusing_bus, bus="partial"), put("a", "b"))
    assert (result.status, result.content) == (400, {"__type": "ValidationException"})


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"not JSON", b'{"Entries": 3}'])
def test_a_call_that_is_none_is_for_the_emulator_to_refuse(body: bytes) -> None:
    emulator = Recorder()
    call(switched(emulator, bus="partial"), replace(CALLS[Service.BUS], body=body))
    assert emulator.bodies == [body]


# --- A call that hangs ---


def hung(layer: FaultLayer, *after_the_body: Message) -> list[Message]:
    """What is sent while the client says this, and nothing more."""
    said: list[Message] = [{"type": "http.request", "body": b"{}", "more_body": False}]
    said += after_the_body
    sent: list[Message] = []

    async def receive() -> Message:
        if said:
            return said.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    asyncio.run(_run(layer, receive, _into(sent)))
    return sent


async def _run(layer: FaultLayer, receive: Receive, send: Send) -> None:
    await layer(CALLS[Service.BUS].scope(), receive, send)


@pytest.mark.usefixtures("socket_enabled")  # an event loop has sockets of its own
def test_a_call_hangs_until_the_bound_and_fails_then() -> None:
    emulator = Recorder()
    started, body = hung(switched(emulator, bus="hang"))
    assert (started["status"], json.loads(body["body"])["__type"]) == (500, "InternalException")
    assert not emulator.scopes


@pytest.mark.usefixtures("socket_enabled")
def test_a_call_no_longer_hangs_when_the_client_has_left() -> None:
    layer = replace(switched(Recorder(), bus="hang"), hang_seconds=60.0)
    assert hung(layer, {"type": "http.disconnect"}) == []


# --- The switch ---


def test_what_is_switched_on_replaces_what_was_and_counting_begins_anew() -> None:
    layer = switched(Recorder(), bus="error", queues="throttle")
    raw(layer, CALLS[Service.BUS])
    assert order(layer, {"bus": "throttle"}) == 200
    assert told(layer) == {"bus": {"kind": "throttle", "calls": 0}}
    assert order(layer, {}) == 200
    assert (told(layer), call(layer, CALLS[Service.BUS]).status) == ({}, 200)


@pytest.mark.parametrize(
    "kinds",
    [
        {"disk": "error"},
        {"bus": "sulk"},
        {"bus": None},
        {"bus": ["error"]},
        *({service.value: "partial"} for service in Service if service is not Service.BUS),
        ["bus"],
        "bus",
        None,
        {"bus": "x" * 2000},
    ],
)
def test_an_order_that_is_not_understood_changes_nothing(kinds: object) -> None:
    layer = switched(Recorder(), bus="error")
    assert order(layer, kinds) == 400
    assert told(layer) == {"bus": {"kind": "error", "calls": 0}}
