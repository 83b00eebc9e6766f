"""The samples in `events/`: one for every topic, as a platform sends it, about nobody real."""

import json
import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address
from typing import Any

import pytest

from support.platforms import platforms
from support.samples import EVENTS, Sample, sample_files, samples

EVERY_SAMPLE = pytest.mark.parametrize("sample", samples(), ids=str)

EMAIL = re.compile(r"[\w.+-]+@([\w.-]+)")
WEB_HOST = re.compile(r"(?:https?://|\bwww\.)([\w.-]+)")
MADE_UP_HOST = re.compile(r"(.+\.)?(example|test|invalid|example\.(com|org|net))")
IP_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?|\d\d/\d\d/\d{4}")
PHONE_LIKE = re.compile(r"(?<![\w./@-])\+?\d[\d ()-]{5,}\d(?![\w@-])")
# No Israeli subscriber number begins with 0, and no Brazilian one.
IMPOSSIBLE_PHONE = re.compile(r"0500000\d{3}|0000\d{5}")
CARD_LIKE = re.compile(r"(?<!\w)\d(?:[ -]?\d){12,18}(?!\w)")


@EVERY_SAMPLE
def test_a_sample_is_one_json_object_in_utf8(sample: Sample) -> None:
    assert isinstance(json.loads(sample.body.decode("utf-8")), dict)


@EVERY_SAMPLE
def test_a_sample_has_the_bytes_of_a_request_and_no_line_break(sample: Sample) -> None:
    compact = json.dumps(json.loads(sample.body), ensure_ascii=False, separators=(",", ":"))

    assert compact.encode() == sample.body


@EVERY_SAMPLE
def test_a_sample_is_named_after_a_topic_of_its_platform(sample: Sample) -> None:
    assert sample.topic in platforms()[sample.platform].topics


@pytest.mark.parametrize("platform", platforms())
def test_every_topic_has_a_plain_sample(platform: str) -> None:
    plain = {sample.topic for sample in samples(platform) if sample.variant is None}

    assert plain == set(platforms()[platform].topics)


def test_nothing_else_lies_among_the_samples() -> None:
    expected = {sample.path for sample in samples()} | {EVENTS / "README.md"}

    assert set(sample_files()) == expected


def test_no_two_samples_have_the_same_body() -> None:
    assert len({sample.body for sample in samples()}) == len(samples())


@EVERY_SAMPLE
def test_a_sample_is_about_nobody_real(sample: Sample) -> None:
    assert list(real_looking(json.loads(sample.body))) == []


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


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
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
