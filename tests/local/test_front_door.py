"""The front door serves the deployed API and nothing else of the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from commerce_hooks_cli.local.front_door import LARGEST_BODY, FrontDoor
from local.asgi_calls import Call, Recorder, _into, call, finish
from local.stacks import ask

if TYPE_CHECKING:
    from commerce_hooks_cli.local.asgi import Message, Receive
    from commerce_hooks_cli.local.state import LocalState


def too_large(api: str) -> tuple[int, bytes]:
    return 413, json.dumps({"answered by": api}).encode()


def opened() -> tuple[FrontDoor, Recorder]:
    emulator = Recorder()
    door = FrontDoor(emulator, too_large)
    door.open({"": "abc123/$default", "/cenit": "def456/cenit"})
    return door, emulator


def test_before_a_deployment_it_is_unavailable() -> None:
    emulator = Recorder()
    result = call(FrontDoor(emulator, too_large), Call("/centry/acme/t"))
    assert (result.status, result.content["error"]) == (503, "unavailable")
    assert not emulator.scopes


def passed_on(path: str) -> tuple[str, str]:
    """The path that the emulator gets for it, decoded as a server does, and as it was sent."""
    door, emulator = opened()
    call(door, Call(path, query="a=%20b"))
    (scope,) = emulator.scopes
    assert scope["query_string"] == b"a=%20b"
    return scope["path"], scope["raw_path"].decode()


@pytest.mark.parametrize(
    "path",
    [
        "/centry/acme/t",
        "/",
        "/_ministack/reset",
        "/../x",
        "//health",
        "/a%2Fb%0A",
        "/cenitx/acme",
        "/Cenit/acme",
        "//cenit/acme",
        "/centry/../cenit/acme",
        "/%63enit/acme",
        "/cenit%2Facme",
    ],
)
def test_paths_go_to_the_http_api_decoded(path: str) -> None:
    prefix = "/_aws/execute-api/abc123/$default"
    assert passed_on(path) == (prefix + unquote(path), prefix + path)


@pytest.mark.parametrize(
    "path", ["", "/", "/acme/create_order", "/../../_ministack/reset", "/a%2Fb%0A/%FF", "//a//"]
)
def test_paths_below_the_rest_apis_go_there_as_they_were_sent(path: str) -> None:
    address = f"/_aws/execute-api/def456/cenit{path}"
    assert passed_on(f"/cenit{path}") == (address, address)


@pytest.mark.parametrize("name", ["@connections", "%40connections"])
def test_what_manages_websockets_cannot_be_named(name: str) -> None:
    for place, api in (("", "abc123/$default"), ("/cenit", "def456/cenit")):
        path, raw_path = passed_on(f"{place}/{name}/x")
        assert not path.startswith(f"/_aws/execute-api/{api}/@connections/")
        assert raw_path == f"/_aws/execute-api/{api}/{name}/x"


def test_without_a_rest_api_all_paths_are_the_http_apis() -> None:
    emulator = Recorder()
    door = FrontDoor(emulator, too_large)
    door.open({"": "abc123/$default"})
    call(door, Call("/cenit/acme/create_order"))
    assert emulator.scopes[0]["path"] == "/_aws/execute-api/abc123/$default/cenit/acme/create_order"


@pytest.mark.parametrize("path", ["*", "http://127.0.0.1:5000/_ministack/reset", ""])
def test_a_target_that_is_no_path_is_refused(path: str) -> None:
    door, emulator = opened()
    assert call(door, Call(path)).status == 400
    assert not emulator.scopes


@pytest.mark.parametrize(
    ("path", "api"),
    [("/centry/acme/t", "abc123/$default"), ("/cenit/acme/upload_image", "def456/cenit")],
)
@pytest.mark.parametrize(("length", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
def test_a_body_over_api_gateways_quota_is_refused_however_it_is_sent(
    path: str, api: str, length: int, status: int
) -> None:
    door, emulator = opened()
    result = call(door, Call(path, "POST", body=bytes(length)))
    assert result.status == status
    assert status == 200 or result.content == {"answered by": api}
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
