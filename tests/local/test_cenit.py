"""Cenit's calls over HTTP through the real template's REST API, and their events off the bus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from commerce_hooks.keyring import CallbackTarget
from local.stacks import STORE, ask, key_ring, tampered
from support.cenit import CallSample, call_samples, path_of, signature_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox
    from local.stacks import Answer

pytestmark = pytest.mark.emulator

TARGET = CallbackTarget("cenit", STORE)
JSON = {"Content-Type": "application/json"}
ORDER = b'{"order":{"name":"#7","line_items":[]}}'


@pytest.fixture
def token(local_stack: LocalState) -> str:
    return key_ring(local_stack).mint(TARGET)


def call(state: LocalState, sample: CallSample, headers: Mapping[str, str]) -> Answer:
    return ask(
        state.outputs["CenitBaseUrl"], target_of(sample), sample.body, headers, sample.method
    )


def target_of(sample: CallSample) -> str:
    path = path_of(sample.service, sample.id)
    return path + (f"?{urlencode(sample.query, quote_via=quote)}" if sample.query else "")


def refused(answer: Answer) -> tuple[int, Any]:
    """Its status and error; whatever the status, Cenit takes what has none for success."""
    content = answer.json()
    assert content.keys() <= {"error", "errors", "message"}
    return answer.status, content["error"]


def test_cenits_address_is_below_the_front_doors(local_stack: LocalState) -> None:
    assert local_stack.outputs["CenitBaseUrl"] == f"{local_stack.base_url}/cenit"


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_every_sample_is_accepted_and_its_request_comes_off_the_bus(
    local_stack: LocalState, inbox: Inbox, token: str, sample: CallSample
) -> None:
    answer = call(local_stack, sample, {"Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json()["status"]) == (200, "accepted")
    (event,) = inbox.wait_for(answer.json()["event_ids"])
    assert (event["source"], event["detail-type"]) == (
        "commerce-hooks.cenit",
        f"request.{sample.service}",
    )
    assert event["detail"]["metadata"]["store"] == STORE


@pytest.mark.parametrize("sample", call_samples(), ids=str)
def test_a_signature_holds_on_the_way_through_the_gateway(
    local_stack: LocalState, inbox: Inbox, sample: CallSample
) -> None:
    signature = signature_headers(
        sample.method,
        path_of(sample.service, sample.id),
        sample.query,
        sample.body,
        timestamp=int(time.time()),
        secret=key_ring(local_stack).signing_secret(TARGET),
    )
    # A type of text and one of bytes, because a gateway might take such bodies differently.
    for content_type in ("application/json", "application/octet-stream"):
        answer = call(local_stack, sample, {**signature, "Content-Type": content_type})
        assert answer.status == 200
        inbox.wait_for(answer.json()["event_ids"])


def test_who_has_no_good_token_is_unauthorized_and_makes_no_event(
    local_stack: LocalState, inbox: Inbox, token: str
) -> None:
    before = len(inbox.everything())
    other = key_ring(local_stack).mint(CallbackTarget("cenit", "other"))
    attempts: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {tampered(token)}"},
        {"X-Api-Key": tampered(token)},
        {"X-Api-Key": other},
        {"Authorization": f"Basic {token}"},
    ]
    for headers in attempts:
        answer = ask(local_stack.base_url, path_of("create_order"), ORDER, {**JSON, **headers})
        assert refused(answer) == (401, "unauthorized")
    assert len(inbox.everything()) == before


@pytest.mark.parametrize(
    "path",
    [
        "/cenit",
        "/cenit/",
        "/cenit/acme",
        "/cenit/acme/",
        "/cenit/acme/create_orders",
        "/cenit/ACME/create_order",
        "/cenit/acme/create_order/1/2",
        "/cenit/acme%2Fcreate_order",
        "/cenit/acme/create%5Forder",
        "/cenit/acme/create_order%00",
        "/cenit/@connections/create_order",
        "/cenit/_ministack/reset",
        "/cenit/../_ministack/reset",
        "/cenit/../../../_ministack/reset",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_service_is_not_found_with_an_error(
    local_stack: LocalState, token: str, path: str, method: str
) -> None:
    body = b"{}" if method == "POST" else None
    headers = {"Authorization": f"Bearer {token}"}
    answer = ask(local_stack.base_url, path, body, headers, method)
    assert refused(answer) == (404, "not_found")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PURGE"])
def test_no_method_makes_an_error_of_the_gateway(
    local_stack: LocalState, token: str, method: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = ask(local_stack.base_url, path_of("create_order"), None, headers, method)
    assert answer.status in {404, 405}
    assert method == "HEAD" or refused(answer)


def test_a_call_over_the_gateways_quota_has_an_error(local_stack: LocalState, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    body = bytes(10 * 1024 * 1024 + 1)
    answer = ask(local_stack.base_url, path_of("upload_image"), body, headers)
    assert refused(answer) == (413, "too_large")


def test_tokens_and_bodies_are_in_no_log(local_stack: LocalState, token: str) -> None:
    headers = {**JSON, "Authorization": f"Bearer {token}"}
    ask(local_stack.base_url, path_of("create_order"), b'{"secret-of-the-body":1}', headers)
    logs = local_stack.logs("CenitFunction") + local_stack.emulator_log.read_text()
    assert "create_order" in logs
    assert token not in logs
    assert "secret-of-the-body" not in logs
