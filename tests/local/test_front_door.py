"""The front door serves the deployed API and nothing else of the emulator."""

from __future__ import annotations

import pytest

from commerce_hooks_cli.local.front_door import FrontDoor
from local.asgi_calls import Call, Recorder, call


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


@pytest.mark.parametrize(("length", "status"), [("10485760", 200), ("10485761", 413)])
def test_a_body_over_api_gateways_quota_is_refused(length: str, status: int) -> None:
    door, emulator = opened()
    result = call(door, Call("/centry/acme/t", headers=(("Content-Length", length),)))
    assert result.status == status
    assert len(emulator.scopes) == (status == 200)
