"""The samples in `events/`: one for every topic, as a platform sends it, about nobody real."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import AddressValueError, IPv4Address
from typing import Any
from urllib.parse import parse_qsl

import pytest

from commerce_hooks.outcomes import Outcome
from support.platforms import platforms
from support.receiving import Reception
from support.samples import (
    CALLS,
    EVENTS,
    OUTCOMES,
    Expected,
    Sample,
    callbacks,
    forms,
    outcomes,
    sample_files,
    samples,
    twin,
)

# Real times, whose digits may be any.
_MEASURED = re.compile(r'"(?:AnswerTime": ?\[[0-9.]+\]|Timestamp": ?[0-9]+)')
EVERY_SAMPLE = pytest.mark.parametrize("sample", callbacks(), ids=str)
EVERY_JSON = pytest.mark.parametrize("sample", samples(), ids=str)
EVERY_FORM = pytest.mark.parametrize("form", forms(), ids=str)

EMAIL = re.compile(r"[\w.+-]+@([\w.-]+)")
WEB_HOST = re.compile(r"(?:https?://|\bwww\.)([\w.-]+)")
MADE_UP_HOST = re.compile(r"(.+\.)?(example|test|invalid|example\.(com|org|net))")
IP_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?|\d\d/\d\d/\d{4}")
PHONE_LIKE = re.compile(r"(?<![\w./@-])\+?\d[\d ()-]{5,}\d(?![\w@-])")
# No Israeli subscriber number begins with 0, and no Brazilian one.
IMPOSSIBLE_PHONE = re.compile(r"0500000\d{3}|0000\d{5}")
FORM_ID = re.compile(r"id\]=\d+$")
CARD_LIKE = re.compile(r"(?<!\w)\d(?:[ -]?\d){12,18}(?!\w)")
# Payment processors document these for tests; no bank issues them. Only samples that show what
# becomes of card data may hold them.
TEST_CARDS = {"4111111111111111", "5555555555554444"}
CARDS = "card_data"


@EVERY_JSON
def test_a_sample_is_one_json_object_in_utf8(sample: Sample) -> None:
    assert isinstance(json.loads(sample.body.decode("utf-8")), dict)


@EVERY_JSON
def test_a_sample_has_the_bytes_of_a_request_and_no_line_break(sample: Sample) -> None:
    compact = json.dumps(json.loads(sample.body), ensure_ascii=False, separators=(",", ":"))

    assert compact.encode() == sample.body


@EVERY_FORM
def test_a_form_has_the_bytes_of_a_request_and_no_line_break(form: Sample) -> None:
    # What form encoders leave as it is: WHATWG's URL standard, and Ruby's for `~[]`.
    assert re.fullmatch(rb"[A-Za-z0-9*._~+%&=\[\]-]+", form.body)


@EVERY_SAMPLE
def test_a_sample_is_named_after_a_topic_of_its_platform(sample: Sample) -> None:
    assert sample.topic in platforms()[sample.platform].topics


@pytest.mark.parametrize("platform", platforms())
def test_every_topic_has_a_plain_sample(platform: str) -> None:
    plain = {sample.topic for sample in samples(platform) if sample.variant is None}

    assert plain == set(platforms()[platform].topics)


@EVERY_FORM
def test_forms_are_of_platforms_that_send_them(form: Sample) -> None:
    assert platforms()[form.platform].takes_forms


@pytest.mark.parametrize("platform", platforms())
def test_a_platform_that_sends_forms_has_samples_of_them(platform: str) -> None:
    assert bool(forms(platform)) == platforms()[platform].takes_forms


@pytest.mark.parametrize("brackets", [b"[", b"%5B"])
def test_brackets_are_escaped_in_some_forms_and_bare_in_others(brackets: bytes) -> None:
    assert any(brackets in form.body for form in forms())


def test_nothing_else_lies_among_the_samples() -> None:
    calls = {path for path in sample_files() if path.parent.name == CALLS}
    expected = {sample.path for sample in callbacks()} | {EVENTS / "README.md", OUTCOMES}

    assert set(sample_files()) - calls == expected


def test_no_two_samples_have_the_same_body() -> None:
    assert len({sample.body for sample in callbacks()}) == len(callbacks())


def test_only_samples_that_exist_have_an_outcome_of_their_own() -> None:
    files = {str(path.relative_to(EVENTS)) for path in sample_files()}

    assert set(outcomes()) <= files


@EVERY_SAMPLE
def test_an_outcome_says_what_differs_from_one_accepted_event_and_no_more(sample: Sample) -> None:
    default, said = asdict(Expected()), outcomes().get(sample.file, {})

    assert sample.expected.outcome in set(Outcome)
    assert [name for name, value in said.items() if value == default[name]] == []
    assert (sample.expected.reason is None) == (sample.expected.outcome != "quarantined")


@EVERY_SAMPLE
def test_a_sample_is_about_nobody_real(sample: Sample) -> None:
    found = {re.sub(r"\D", "", text) for text in real_looking(_body_of(sample))}

    assert found <= (TEST_CARDS if sample.variant == CARDS else set())


@pytest.mark.parametrize("call", samples(CALLS), ids=str)
def test_a_call_is_about_nobody_real(call: Sample) -> None:
    assert list(real_looking(json.loads(call.body))) == []


@pytest.mark.parametrize(
    "sample", [sample for sample in callbacks() if sample.variant == CARDS], ids=str
)
def test_card_data_of_a_sample_is_kept_nowhere(
    sample: Sample, output: pytest.CaptureFixture[str]
) -> None:
    reception = Reception(platforms()[sample.platform])

    answered = reception.call(sample.body, topic=sample.topic)

    log = _MEASURED.sub("", output.readouterr().out)
    seen = json.dumps([reception.event_bridge.calls, answered.body]) + log
    assert answered.body["status"] == "accepted"
    assert not reception.bucket.objects
    for secret in ("1111", "4444", "000000018", "12/30"):
        assert secret not in seen


@EVERY_FORM
def test_a_form_and_its_json_give_the_same_data(form: Sample) -> None:
    json_twin = twin(form)
    if json_twin is None:
        assert form.expected.outcome == "quarantined"
        return

    data = _data_of(form)

    assert data
    assert data == _data_of(json_twin)


def _data_of(sample: Sample) -> list[Any]:
    reception = Reception(platforms()[sample.platform])
    reception.call(sample.body, topic=sample.topic, headers={"Content-Type": sample.content_type})
    return [detail["data"] for detail in reception.event_bridge.details]


@pytest.mark.parametrize(
    "body",
    [
        {"email": "someone@shop.co.il"},
        {"text": "write to someone@mail.example.com.br"},
        {"full_url": "https://shop.co.il/"},
        {"domain": "www.loja.com.br"},
        {"ip_address": "8.8.8.8"},
        {"phone": "03-000 0000"},
        {"phone": "+972 3 0000000"},
        {"text": "call 030000000, please"},
        {"lines": [{"phone": 300000000}]},
        {"card": "4111 1111 1111 1111"},
        {"card": "4111111111111111"},
        {"card": 4111111111111111},
        {"someone@shop.co.il": 1},
    ],
    ids=str,
)
def test_the_check_notices_data_that_may_be_somebodys(body: dict[str, Any]) -> None:
    assert list(real_looking(body)) != []


def real_looking(body: object) -> Iterator[str]:
    """What might be a person's, a shop's or a card's: found by shape, not by field name."""
    for text in (str(leaf) for leaf in _leaves(body) if not _is_id(leaf)):
        yield from (host for host in EMAIL.findall(text) if not MADE_UP_HOST.fullmatch(host))
        yield from (host for host in WEB_HOST.findall(text) if not MADE_UP_HOST.fullmatch(host))
        yield from filter(_is_public, IP_ADDRESS.findall(text))
        yield from filter(_passes_luhn, CARD_LIKE.findall(text))
        phones = (found.strip() for found in PHONE_LIKE.findall(MOMENT.sub("", text)))
        yield from (phone for phone in phones if not IMPOSSIBLE_PHONE.fullmatch(phone))


def _body_of(sample: Sample) -> object:
    if not sample.is_form:
        return json.loads(sample.body)
    fields = parse_qsl(sample.body.decode(), keep_blank_values=True)
    # A form has no numbers, so an id is told by its field's name.
    return [
        (name, int(value) if FORM_ID.search(f"{name}={value}") else value) for name, value in fields
    ]


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list | tuple):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def _is_id(leaf: object) -> bool:
    """Konimbo's longest ids have eight digits; telephone numbers and national ids have more."""
    return isinstance(leaf, int) and 0 <= leaf < 10**8


def _is_public(address: str) -> bool:
    try:
        return IPv4Address(address).is_global
    except AddressValueError:
        return False


def _passes_luhn(number: str) -> bool:
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
