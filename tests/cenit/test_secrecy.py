"""Canaries: tokens, secrets, signatures, bodies and queries reach no log, metric or answer."""

import json
from collections.abc import Iterator

import pytest

from support.cenit import (
    COMMANDS,
    Switchboard,
    call_event,
    call_sample,
    call_samples,
    path_of,
    secret_for,
    signature_headers,
)
from support.receiving import KEY_1

CANARY = "canary-of-personal-data"
BODIES = {
    "genuine": json.dumps(
        {"order": {"name": f"#1 {CANARY}", "note": CANARY, CANARY: CANARY}, CANARY: CANARY}
    ).encode(),
    "unreadable": f'{{"name": "{CANARY}"'.encode(),
    "invalid": json.dumps({CANARY: {"name": CANARY}, "order": {CANARY: {"id": CANARY}}}).encode(),
    "of a conflict": json.dumps({"order": {"name": "1"}, CANARY: 1, "order_id": CANARY}).encode(),
    "oversize": json.dumps({"order": {"name": "1"}, "fill": CANARY * 20_000}).encode(),
}


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("fault", ["none", "forged", "bus down", "bucket down", "no key ring"])
@pytest.mark.parametrize("signed", [False, True], ids=["by token", "signed"])
def test_no_output_holds_a_secret_or_what_was_sent(
    board: Switchboard,
    output: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    fault: str,
    *,
    signed: bool,
) -> None:
    board.bucket.failing = fault == "bucket down"
    if fault == "bus down":
        board.event_bridge.fail_next.extend(["ThrottlingException"] * 1000)
    if fault == "no key ring":
        board.key_rings.ring = None
    query = {"note": CANARY, CANARY: "x"}
    proofs = signature_headers("POST", path_of("create_order"), query, body)
    proof = proofs if signed else {"Authorization": f"Bearer {board.token()}"}
    sent = {name: value[:-1] + "0" for name, value in proof.items()} if fault == "forged" else proof

    answered = board.handle(
        call_event("create_order", body, headers={**sent, "X-Canary": CANARY}, query=query)
    )

    captured = output.readouterr()
    seen = captured.out + captured.err + caplog.text + json.dumps(answered.body)
    assert '"message":"callback"' in captured.out
    macs = {value.rpartition(".")[2] for value in (*proof.values(), *sent.values())}
    # The times are no secret, and digits of them may stand anywhere.
    secrets = {mac for mac in macs if not mac.isdigit()}
    for secret in (*secrets, board.token(), KEY_1, secret_for(), CANARY):
        assert secret not in seen


@pytest.mark.usefixtures("talkative")
def test_no_output_holds_a_text_of_a_sample(
    board: Switchboard, output: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for sample in call_samples():
        board.sample(sample)

    seen = (output.readouterr().out + caplog.text).replace("\\", "")
    texts = {text for sample in call_samples() for text in _texts(json.loads(sample.body or b"0"))}
    texts |= {text for sample in call_samples() for text in sample.query.values()}
    about = [detail["metadata"]["resource"] for detail in board.event_bridge.details]
    known = {*COMMANDS, *(resource["id"] for resource in about if resource)}
    assert {text for text in texts if text in seen} - known == set()


def _texts(value: object) -> Iterator[str]:
    """Strings that could be personal: longer than a code, no plain word or number."""
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)
    if isinstance(value, str) and len(value) > 5 and not (value.isascii() and value.isalnum()):
        yield value


def test_neither_events_nor_stored_answers_hold_a_proof(board: Switchboard) -> None:
    board.sample(call_sample("create_order"))
    board.signed("create_order", BODIES["genuine"])

    seen = json.dumps(board.event_bridge.calls) + repr(board.bucket)
    signature = signature_headers("POST", path_of("create_order"), {}, BODIES["genuine"])
    macs = [value.rpartition(".")[2] for value in (*signature.values(), board.token())]
    for secret in (*[mac for mac in macs if not mac.isdigit()], secret_for(), KEY_1):
        assert secret not in seen


def test_an_image_s_address_is_told_to_cenit_alone(
    board: Switchboard, output: pytest.CaptureFixture[str]
) -> None:
    """It may hold a key of the shop's storage."""
    answered = board.sample(call_sample("upload_image"))

    assert "images.example.com" in json.dumps(answered.body)
    assert "images.example.com" not in output.readouterr().out
