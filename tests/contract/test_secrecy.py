"""Canaries: tokens, keys, bodies and personal data never reach a log, metric or error text."""

import json
from collections.abc import Iterator

import pytest

from support.receiving import KEY_1, Reception
from support.samples import callbacks, samples

CANARY = "canary-of-personal-data"
BODIES = {
    "unreadable": f'{{"name": "{CANARY}"'.encode(),
    "invalid": json.dumps({CANARY: {"name": CANARY}, "order": {"id": CANARY}}).encode(),
    "unknown topic": json.dumps({"topic": CANARY, "name": CANARY}).encode(),
    "refused": json.dumps({"name": CANARY, "fill": "x" * 1_100_000}).encode(),
}


@pytest.mark.usefixtures("talkative")
@pytest.mark.parametrize("kind", ["genuine", *BODIES])
@pytest.mark.parametrize("fault", ["none", "forged", "bus down", "bucket down", "no key ring"])
def test_no_output_holds_a_secret_or_a_body(
    reception: Reception,
    output: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    kind: str,
    fault: str,
) -> None:
    body = BODIES.get(kind) or _with_canary(reception.a_body)
    token = reception.mint()
    sent = token[:-1] + ("A" if token[-1] != "A" else "B") if fault == "forged" else token
    reception.bucket.failing = fault == "bucket down"
    if fault == "bus down":
        reception.event_bridge.fail_next.extend(["ThrottlingException"] * 1000)
    if fault == "no key ring":
        reception.key_rings.ring = None

    answered = reception.call(
        body, token=sent, headers={"X-Canary": CANARY}, query={"canary": CANARY}
    )

    captured = output.readouterr()
    seen = captured.out + captured.err + caplog.text + json.dumps(answered.body)
    assert '"message":"callback"' in captured.out
    for secret in (token.rpartition(".")[2], sent.rpartition(".")[2], KEY_1, CANARY):
        assert secret not in seen


@pytest.mark.usefixtures("talkative")
def test_no_output_holds_a_text_of_a_sample(
    reception: Reception, output: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Ids and topics are meant to be seen; texts of people are not."""
    for sample in callbacks(reception.platform.name):
        reception.call(sample.body, topic=sample.topic)

    # However often it was escaped on its way into a log line.
    seen = (output.readouterr().out + caplog.text).replace("\\", "")
    texts = {text for s in samples(reception.platform.name) for text in _texts(json.loads(s.body))}
    escaped = {text: json.dumps(text)[1:-1].replace("\\", "") for text in texts}
    about = [detail["metadata"]["resource"] for detail in reception.event_bridge.details]
    known = {*reception.platform.topics, *(resource["id"] for resource in about if resource)}
    shown = {text for text, other in escaped.items() if text in seen or other in seen}
    assert shown - known == set()


def _with_canary(body: bytes) -> bytes:
    """A genuine body with one more field that people filled in."""
    return json.dumps({**json.loads(body), "note": CANARY, CANARY: "x"}).encode()


def _texts(value: object) -> Iterator[str]:
    """Strings that could be personal: longer than a code, no plain word or number."""
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)
    if isinstance(value, str) and len(value) > 5 and not (value.isascii() and value.isalnum()):
        yield value


def test_the_envelope_shows_no_token(reception: Reception) -> None:
    reception.call()
    reception.call(b"broken")

    seen = json.dumps(reception.event_bridge.calls) + json.dumps(reception.bucket.attributes)
    assert reception.mint().rpartition(".")[2] not in seen
