"""The front door serves the deployed API and nothing else of the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_hooks_cli.local.front_door import LARGEST_BODY, FrontDoor
from local.asgi_calls import Call, Recorder, _into, call, finish
from local.stacks import ask

if TYPE_CHECKING:
    from commerce_hooks_cli.local.asgi import Message, Receive
    from commerce_hooks_cli.local.state import LocalState


def opened() -> tuple[FrontDoor, Recorder]:
    emulator = Recorder()
    door = FrontDoor(emulator)
    door.open("abc123", "$default")
    return door, emulator


def test_before_a_deployment_it_is_unavailable() -> None:
    emulator = Recorder()
    result = call(FrontDoor(emulator), Call("/centry/acme/t"))
    assert (result.status, result.content["error"]) == (503, "unavailable")
    assert not emulator.scopes


@pytest.mark.parametrize(
    "path", ["/centry/acme/t", "/", "/_ministack/reset", "/../x", "//health", "/a%2Fb%0A"]
)
def test_every_path_goes_to_the_api_as_it_came(path: str) -> None:
    door, emulator = opened()
    call(door, Call(path, query="a=%20b"))
    (scope,) = emulator.scopes
    assert scope["path"] == f"/_aws/execute-api/abc123/$default{path}"
    assert scope["raw_path"] == scope["path"].encode()
    assert scope["query_string"] == b"a=%20b"


@pytest.mark.parametrize("path", ["*", "http://127.0.0.1:5000/_ministack/reset", ""])
def test_a_target_that_is_no_path_is_refused(path: str) -> None:
    door, emulator = opened()
    assert call(door, Call(path)).status == 400
    assert not emulator.scopes


@pytest.mark.parametrize(("length", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
def test_a_body_over_api_gateways_quota_is_refused_however_it_is_sent(
    length: int, status: int
) -> None:
    door, emulator = opened()
    result = call(door, Call("/centry/acme/t", "POST", body=bytes(length)))
    assert result.status == status
    assert [len(body) for body in emulator.bodies] == [length] * (status == 200)


@pytest.mark.parametrize("pieces", [[LARGEST_BODY, 1], [LARGEST_BODY, LARGEST_BODY, 1, 0]])
def test_a_body_that_is_too_large_is_taken_to_its_end_but_no_further(pieces: list[int]) -> None:
    sent: list[Message] = [
        {"type": "http.request", "body": bytes(size), "more_body": True} for size in pieces
    ]
    sent[-1]["more_body"] = False
    answers: list[Message] = []
    door, emulator = opened()
    finish(door(Call("/centry/acme/t").scope(), _from(sent), _into(answers)))
    assert (sent, answers[0]["status"]) == ([], 413)
    assert not emulator.scopes


def test_the_beginning_of_a_body_whose_client_left_goes_nowhere() -> None:
    sent: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]
    sent.append({"type": "http.disconnect"})
    door, emulator = opened()
    finish(door(Call("/centry/acme/t").scope(), _from(sent), _into([])))
    assert not emulator.scopes


def _from(sent: list[Message]) -> Receive:
    async def receive() -> Message:
        return sent.pop(0)  # and no more: a server would wait for the client to leave

    return receive


@pytest.mark.emulator
def test_a_client_hears_that_its_chunks_are_too_many(local_stack: LocalState) -> None:
    size = LARGEST_BODY + 1024 * 1024
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, bytes(size))
    answer = ask(local_stack.base_url, "/centry/acme/t", body, {"Transfer-Encoding": "chunked"})
    assert answer.status == 413
