"""Over real sockets: who doesn't belong here gets nowhere, on any listener of the stack."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from ministack.core.lambda_runtime import execution_credentials

from local.listeners import listening_sockets
from local.stacks import Answer, ask, needs_proc, processes_naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator

LIST_FUNCTIONS = "/2015-03-31/functions/"
NEXT_EVENT = "/2018-06-01/runtime/invocation/next"
NOBODY = 65534


def ask_lambda(
    state: LocalState, credentials: Credentials, extra: Mapping[str, str] | None = None
) -> Answer:
    """What the emulator is for: a call that could as well create a function."""
    request = AWSRequest("GET", f"{state.control_url}{LIST_FUNCTIONS}")
    SigV4Auth(credentials, "lambda", state.region).add_auth(request)
    headers = {**dict(request.headers.items()), **(extra or {})}
    return ask(state.control_url, LIST_FUNCTIONS, headers=headers)


def operator(state: LocalState) -> Credentials:
    return Credentials(state.access_key_id, state.secret_access_key)


def test_the_operator_is_let_in(local_stack: LocalState) -> None:
    assert ask_lambda(local_stack, operator(local_stack)).status == 200


@pytest.mark.parametrize("secret", ["test", ""])
@pytest.mark.parametrize("key", ["test", "000000000000", "123456789012", "AKIAEXAMPLE"])
def test_well_known_and_made_up_credentials_are_refused(
    local_stack: LocalState, key: str, secret: str
) -> None:
    answer = ask_lambda(local_stack, Credentials(key, secret))
    assert (answer.status, answer.json()["error"]) == (403, "forbidden")


def test_the_account_number_is_no_credential(local_stack: LocalState) -> None:
    assert ask_lambda(local_stack, Credentials(local_stack.account, "test")).status == 403


def test_the_operators_key_without_the_secret_is_refused(local_stack: LocalState) -> None:
    credentials = Credentials(local_stack.access_key_id, "0" * 40)
    assert ask_lambda(local_stack, credentials).status == 403


def test_a_request_without_credentials_is_refused(local_stack: LocalState) -> None:
    assert ask(local_stack.control_url, LIST_FUNCTIONS).status == 403
    assert ask(local_stack.control_url, "/", b"Action=ListUsers&Version=2010-05-08").status == 403
    assert ask(local_stack.control_url, LIST_FUNCTIONS, method="OPTIONS").status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "169.254.169.254"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_is_refused_on_both_listeners(
    local_stack: LocalState, headers: dict[str, str]
) -> None:
    assert ask_lambda(local_stack, operator(local_stack), headers).status == 403
    assert ask(local_stack.base_url, "/centry/acme/t", b"{}", headers).status == 403


@pytest.mark.parametrize(
    "path", ["/_ministack/reset", "/_ministack/config", "/%5Fministack/reset", "/_localstack/x"]
)
def test_the_emulators_own_endpoints_are_refused(local_stack: LocalState, path: str) -> None:
    assert ask(local_stack.control_url, path, b"{}").status == 403
    assert ask(local_stack.base_url, path, b"{}").json() == {"error": "not_found"}
    assert ask_lambda(local_stack, operator(local_stack)).json()["Functions"]


@needs_proc
def test_every_listener_of_the_stack_is_on_loopback(
    local_stack: LocalState, warm: list[int]
) -> None:
    listeners = listening_sockets(warm)
    assert {address for address, _ in listeners} == {"127.0.0.1"}
    ports = {port for _, port in listeners}
    assert {urlsplit(local_stack.control_url).port, urlsplit(local_stack.base_url).port} <= ports


@needs_proc
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Host": "localhost"},
        # What a picture in a page asks with: its own Host, and no Origin.
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_gets_no_event_from_the_functions_runtime_api(
    runtime_apis: list[str], headers: dict[str, str]
) -> None:
    for url in runtime_apis:
        assert ask(url, NEXT_EVENT, headers=headers).status == 403


@needs_proc
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_neither_gets_an_event_nor_ends_a_function(
    local_stack: LocalState, runtime_apis: list[str]
) -> None:
    with acting_as_nobody():
        for url in runtime_apis:
            assert ask(url, NEXT_EVENT).status == 403
            assert ask(url, "/2018-06-01/runtime/init/error", b"{}").status == 403
    assert ask(local_stack.base_url, "/nowhere").status == 404


@contextmanager
def acting_as_nobody() -> Iterator[None]:
    """Connections belong to whom the process acts as when it makes them."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.usefixtures("warm")
def test_the_keys_that_the_emulator_makes_of_names_alone_are_refused(
    local_stack: LocalState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ministack.app.AUTH", True)
    for function in local_stack.client("lambda").list_functions()["Functions"]:
        guessed = Credentials(*execution_credentials(function).values())
        # The guard's own word: what it lets in, the role may still not do.
        assert ask_lambda(local_stack, guessed).json()["error"] == "forbidden"


@pytest.fixture
def runtime_apis(local_stack: LocalState, warm: list[int]) -> list[str]:
    """Where the running functions wait for events."""
    others = (local_stack.control_url, local_stack.base_url, *local_stack.platforms.values())
    known = {urlsplit(url).port for url in others}
    ports = {port for _, port in listening_sockets(warm)} - known
    assert ports
    return [f"http://127.0.0.1:{port}" for port in ports]


@pytest.fixture
def warm(local_stack: LocalState) -> list[int]:
    """The stack's processes, with at least one function among them."""
    assert ask(local_stack.base_url, "/nowhere").status == 404
    processes = processes_naming(local_stack.directory)
    assert local_stack.pid in processes
    assert len(processes) > 1
    return processes


@needs_proc
def test_the_stacks_processes_hold_nothing_of_the_users(
    local_stack: LocalState, warm: list[int]
) -> None:
    ours = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert ours["AWS_SECRET_ACCESS_KEY"] == "testing"
    for pid in warm:
        environment = _environment(pid)
        assert environment.get("AWS_SECRET_ACCESS_KEY") != "testing"
        assert environment["HOME"] == str(local_stack.directory)
        assert local_stack.secret_access_key not in environment.values()


def _environment(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - not a file of ours
        entries = os.fsdecode(file.read()).split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def test_only_the_owner_can_look_into_the_runs_folder(local_stack: LocalState) -> None:
    folder: Path = local_stack.directory
    assert folder.stat().st_mode & 0o077 == 0


def test_a_websocket_is_refused(local_stack: LocalState) -> None:
    address = urlsplit(local_stack.control_url)
    upgrade = (
        f"GET / HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", address.port or 0), timeout=5) as connection:
        connection.sendall(upgrade.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403")
