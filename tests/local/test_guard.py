"""The guard lets nobody into the emulator but this run's operator and functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from commerce_hooks_cli.local import guard as guard_module
from commerce_hooks_cli.local.faults import FAULTS_PATH
from commerce_hooks_cli.local.guard import Guard
from commerce_hooks_cli.local.signatures import Credential
from local.asgi_calls import Call, Recorder, call, finish, headers_of

if TYPE_CHECKING:
    from commerce_hooks_cli.local.asgi import Message

CONTROL, FRONT = 4000, 5000
OPERATOR = Credentials("LOCALOPERATOR", "the operator's secret")
SESSION = Credentials("ASIASESSION", "the session's secret", "the session's token")
KNOWN = {
    "LOCALOPERATOR": Credential("the operator's secret"),
    "ASIASESSION": Credential("the session's secret", "the session's token"),
}
GOOD_HOST = (("Host", f"127.0.0.1:{CONTROL}"),)


class Guarded:
    """A guard with recorders behind it."""

    def __init__(self, **changes: Any) -> None:
        self.control, self.front, self.switch = Recorder(), Recorder(), Recorder()
        self.guard = Guard(
            control_port=CONTROL,
            front_port=FRONT,
            identity="this-run",
            control=self.control,
            front=self.front,
            credential_of=KNOWN.get,
            switch=self.switch,
            operator_of=lambda key: KNOWN[key] if key == OPERATOR.access_key else None,
            **changes,
        )

    def status(self, request: Call) -> int:
        return call(self.guard, request).status

    def nothing_passed(self) -> bool:
        return not self.control.scopes and not self.front.scopes and not self.switch.scopes


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


def signed(
    path: str = "/",
    body: bytes = b"Action=CreateStack",
    credentials: Credentials = OPERATOR,
    *,
    service: str = "cloudformation",
    query: str = "",
) -> Call:
    """A request as an SDK signs it."""
    url = f"http://127.0.0.1:{CONTROL}{path}" + (f"?{query}" if query else "")
    request = AWSRequest("POST", url, {"X-Amz-Target": "AWSEvents.PutEvents"}, body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(credentials, service, "us-east-1").add_auth(request)
    headers = {"Host": f"127.0.0.1:{CONTROL}", **request.headers}
    return Call(path, "POST", query, headers_of(headers), body, CONTROL)


def without(request: Call, *names: str) -> Call:
    kept = tuple((k, v) for k, v in request.headers if k.lower() not in names)
    return replace(request, headers=kept)


def with_header(request: Call, name: str, value: str) -> Call:
    return replace(request, headers=(*without(request, name.lower()).headers, (name, value)))


# --- Both listeners ---


@pytest.mark.parametrize("port", [CONTROL, FRONT])
@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.example"],
        ["127.0.0.1"],
        ["127.0.0.1:80"],
        ["127.0.0.1:4001"],
        ["api.localhost:4000"],
        ["127.0.0.1.evil.example:4000"],
        [""],
        [],
        ["127.0.0.1:{port}", "evil.example"],
        ["127.0.0.1:{port}", "127.0.0.1:{port}"],
    ],
)
def test_a_host_that_is_not_the_listener_is_refused(
    guarded: Guarded, port: int, hosts: list[str]
) -> None:
    headers = tuple(("Host", host.format(port=port)) for host in hosts)
    assert guarded.status(Call(port=port, headers=headers)) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize("port", [CONTROL, FRONT])
def test_the_other_listeners_host_is_refused(guarded: Guarded, port: int) -> None:
    other = FRONT if port == CONTROL else CONTROL
    assert guarded.status(Call(port=port, headers=(("Host", f"127.0.0.1:{other}"),))) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000", "LocalHost:5000"])
def test_the_listeners_own_names_are_let_in(guarded: Guarded, host: str) -> None:
    assert guarded.status(Call("/centry/acme/t", port=FRONT, headers=(("Host", host),))) == 200


@pytest.mark.parametrize("port", [CONTROL, FRONT])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", ""),
        ("Origin", "http://127.0.0.1:5000"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
def test_what_a_web_page_sends_is_refused_however_well_it_is_signed(
    guarded: Guarded, port: int, name: str, value: str
) -> None:
    request = with_header(signed(), name, value)
    request = with_header(replace(request, port=port), "Host", f"127.0.0.1:{port}")
    assert guarded.status(request) == 403
    assert guarded.nothing_passed()


def test_an_address_typed_into_a_browser_reaches_the_front_door(guarded: Guarded) -> None:
    headers = (("Host", "localhost:5000"), ("Sec-Fetch-Site", "none"))
    assert guarded.status(Call("/centry/acme/t", port=FRONT, headers=headers)) == 200


@pytest.mark.parametrize("port", [CONTROL, FRONT])
def test_websockets_are_refused(guarded: Guarded, port: int) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {**Call(port=port, headers=GOOD_HOST).scope(), "type": "websocket"}
    finish(guarded.guard(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert guarded.nothing_passed()


def test_the_start_of_the_server_reaches_the_emulator(guarded: Guarded) -> None:
    async def unused(*_: object) -> Message:
        raise AssertionError

    finish(guarded.guard({"type": "lifespan"}, unused, unused))  # type: ignore[arg-type]
    assert [scope["type"] for scope in guarded.control.scopes] == ["lifespan"]


# --- The front door ---


def test_a_callback_passes_the_front_door_with_its_body(guarded: Guarded) -> None:
    headers = (("Host", f"127.0.0.1:{FRONT}"), ("Authorization", "Basic eDp5"))
    request = Call("/centry/acme/t", "POST", "a=b", headers, b"{}", FRONT)
    assert guarded.status(request) == 200
    assert not guarded.control.scopes


@pytest.mark.parametrize(
    "request_with_credentials",
    [
        Call(headers=(("Authorization", "AWS4-HMAC-SHA256 Credential=test/x"),)),
        Call(headers=(("Authorization", "AWS test:x"),)),
        Call(query="X-Amz-Credential=test%2F20261121"),
        Call(query="a=b&x-amz-credential=test"),
        Call(query="X%2DAmz%2DCredential=test"),
        Call(query="AWSAccessKeyId=test"),
    ],
)
def test_aws_credentials_are_refused_at_the_front_door(
    guarded: Guarded, request_with_credentials: Call
) -> None:
    request = with_header(replace(request_with_credentials, port=FRONT), "Host", "localhost:5000")
    assert guarded.status(request) == 403
    assert guarded.nothing_passed()


# --- The control endpoint ---


@pytest.mark.parametrize("credentials", [OPERATOR, SESSION], ids=["operator", "session"])
@pytest.mark.parametrize(
    ("path", "query", "service"),
    [
        ("/", "", "cloudformation"),
        ("/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/invocations", "", "lambda"),
        ("/bucket/key%20with%20spaces/and%2Bplus", "list-type=2&prefix=a%2Fb", "s3"),
    ],
)
def test_what_an_sdk_signs_with_a_known_key_passes_with_its_body(
    guarded: Guarded, credentials: Credentials, path: str, query: str, service: str
) -> None:
    request = signed(path, b"some body", credentials, service=service, query=query)
    assert guarded.status(request) == 200
    assert guarded.control.bodies == [b"some body"]


@pytest.mark.parametrize(
    "key",
    ["test", "000000000000", "123456789012", "LOCALOPERATOR2", "ASIAUNKNOWN", "AKIAEXAMPLE"],
)
def test_a_key_of_nobodys_is_refused(guarded: Guarded, key: str) -> None:
    assert guarded.status(signed(credentials=Credentials(key, "the operator's secret"))) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("LOCALOPERATOR", "test"),
        Credentials("LOCALOPERATOR", "the operator's secret", "a token"),
        Credentials("ASIASESSION", "another secret", "the session's token"),
        Credentials("ASIASESSION", "the session's secret", "another token"),
        Credentials("ASIASESSION", "the session's secret"),
    ],
)
def test_a_known_key_with_another_secret_or_token_is_refused(
    guarded: Guarded, credentials: Credentials
) -> None:
    assert guarded.status(signed(credentials=credentials)) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize(
    "changed",
    [
        replace(signed(), body=b"Action=DeleteStack"),
        replace(signed(), path="/other"),
        replace(signed(), query="Action=DeleteStack"),
        replace(signed(), method="PUT"),
        with_header(signed(), "X-Amz-Date", "20201121T000000Z"),
        with_header(signed(), "X-Amz-Date", "now"),
        with_header(signed(), "X-Amz-Target", "AWSLambda.CreateFunction"),
        with_header(signed(service="s3"), "X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"),
        replace(signed(service="s3"), body=b"other"),
        with_header(signed(), "Authorization", "AWS4-HMAC-SHA256 Credential=LOCALOPERATOR/x"),
        without(signed(), "authorization"),
        without(signed(), "x-amz-date"),
        replace(signed(), headers=(*signed().headers, ("Authorization", "Basic eDp5"))),
        replace(without(signed(), "authorization"), query="X-Amz-Credential=LOCALOPERATOR/x"),
    ],
)
def test_what_was_not_signed_like_this_is_refused(guarded: Guarded, changed: Call) -> None:
    assert guarded.status(changed) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize("query", ["X-Amz-Credential=test%2Fx", "a=b&AWSAccessKeyId=test"])
def test_a_good_signature_does_not_carry_other_credentials_in(guarded: Guarded, query: str) -> None:
    assert guarded.status(signed(credentials=SESSION, query=query)) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize("header", ["host", "x-amz-date"])
def test_a_signature_that_leaves_out_host_or_time_is_refused(guarded: Guarded, header: str) -> None:
    (authorization,) = (v for k, v in signed().headers if k == "Authorization")
    changed = authorization.replace(f"{header};", "").replace(f";{header}", "")
    assert changed != authorization
    assert guarded.status(with_header(signed(), "Authorization", changed)) == 403


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_signature_from_another_time_is_refused(minutes: int) -> None:
    then = datetime.now(UTC) + timedelta(minutes=minutes)
    guarded = Guarded(now=lambda: then)
    assert guarded.status(signed()) == 403
    assert guarded.nothing_passed()


@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/reset",
        "/_ministack/config",
        "/_ministack/lambda-code/x",
        "/_ministack/health/",
        "/_localstack/health",
        "/_aws/execute-api/abc/$default/centry/acme/t",
        "http://127.0.0.1:4000/_ministack/reset",
        "*",
    ],
)
def test_endpoints_that_are_not_aws_api_are_refused_even_to_the_operator(
    guarded: Guarded, path: str
) -> None:
    request = replace(signed(), path=path)
    assert guarded.status(request) == 403
    assert guarded.nothing_passed()


def test_the_emulators_health_can_be_read_without_a_key(guarded: Guarded) -> None:
    assert guarded.status(Call("/_ministack/health", headers=GOOD_HOST)) == 200
    assert guarded.status(Call("/_ministack/health", "POST", headers=GOOD_HOST)) == 403


def test_the_guard_says_which_run_it_belongs_to(guarded: Guarded) -> None:
    result = call(guarded.guard, Call("/_local/identity", headers=GOOD_HOST))
    assert (result.status, result.content) == (200, {"identity": "this-run"})
    assert guarded.nothing_passed()


def test_the_operator_reaches_the_switch_of_faults_and_the_emulator_does_not_hear_of_it(
    guarded: Guarded,
) -> None:
    assert guarded.status(signed(FAULTS_PATH, b"{}")) == 200
    assert (guarded.switch.bodies, guarded.control.scopes) == ([b"{}"], [])


@pytest.mark.parametrize(
    "request_of_another",
    [
        signed(FAULTS_PATH, credentials=SESSION),
        signed(FAULTS_PATH, credentials=Credentials("LOCALOPERATOR", "test")),
        signed(FAULTS_PATH, credentials=Credentials("test", "test")),
        without(signed(FAULTS_PATH), "authorization"),
        replace(signed(FAULTS_PATH, b"{}"), body=b'{"bus": "error"}'),
        with_header(signed(FAULTS_PATH), "Origin", "http://127.0.0.1:4000"),
        with_header(signed(FAULTS_PATH), "Host", "evil.example"),
        Call(FAULTS_PATH, headers=GOOD_HOST),
    ],
)
def test_nobody_else_learns_what_fails_or_switches_it(
    guarded: Guarded, request_of_another: Call
) -> None:
    assert guarded.status(request_of_another) == 403
    assert guarded.nothing_passed()


def test_at_the_front_door_there_is_no_such_switch(guarded: Guarded) -> None:
    request = with_header(replace(signed(FAULTS_PATH), port=FRONT), "Host", f"localhost:{FRONT}")
    assert guarded.status(request) == 403
    assert guarded.status(without(request, "authorization")) == 200
    assert not guarded.switch.scopes


def test_a_body_over_the_bound_is_refused(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "LARGEST_CONTROL_BODY", 10)
    assert guarded.status(signed(body=b"0123456789")) == 200
    assert guarded.status(signed(body=b"0123456789x")) == 403


def test_a_refusal_says_why_but_not_what_was_sent(guarded: Guarded) -> None:
    request = with_header(signed("/secret-path", b"secret-body"), "Origin", "https://evil.example")
    content = call(guarded.guard, request).content
    assert content["message"] == "The local stack refused this request: it comes from a web page."
