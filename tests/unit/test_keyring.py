"""The key ring: what it proves, and what it refuses to be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.callback_urls import STORE_NAME, TOPIC_NAME, callback_path
from commerce_hooks.errors import KeyRingInvalidError
from commerce_hooks.keyring import CallbackTarget, KeyRing

KEY = "0123456789abcdef0123456789abcdef"
RING = KeyRing.parse(json.dumps({"sign": "k1", "k1": KEY}))

targets = st.builds(
    CallbackTarget,
    st.sampled_from(["centry", "konimbo", "iset"]),
    st.from_regex(STORE_NAME, fullmatch=True),
    st.none() | st.from_regex(TOPIC_NAME, fullmatch=True),
)


def test_a_token_is_the_hmac_that_the_design_says() -> None:
    """A literal, computed once with openssl: other software may rely on how tokens are made."""
    token = RING.mint(CallbackTarget("konimbo", "acme", "order_created"))

    assert token == "k1.1.S6Ze_S26gF-JG4WQqHnCYWGzFRMzJCnUvsGFCoVIWu4"


@given(targets)
def test_what_is_minted_is_proved(target: CallbackTarget) -> None:
    assert RING.proves(target, RING.mint(target))


@given(targets, targets)
def test_a_token_vouches_for_one_target_only(one: CallbackTarget, other: CallbackTarget) -> None:
    assert RING.proves(one, RING.mint(other)) == (one == other)


@given(targets, st.text())
def test_no_other_text_is_a_proof(target: CallbackTarget, text: str) -> None:
    assert not RING.proves(target, text)


@given(targets, st.integers(0, 60), st.characters(codec="utf-8"))
def test_no_changed_character_goes_unnoticed(target: CallbackTarget, at: int, new: str) -> None:
    token = RING.mint(target)
    changed = token[:at] + new + token[at + 1 :]

    assert RING.proves(target, changed) == (changed == token)


def test_a_token_of_a_later_generation_is_accepted_while_the_ring_is_still_cached() -> None:
    newer = {"sign": "k1", "k1": KEY, "stores": {"centry/acme": {"generation": 3}}}
    target = CallbackTarget("centry", "acme")

    assert RING.proves(target, KeyRing.parse(json.dumps(newer)).mint(target))


def test_minting_uses_the_signing_key() -> None:
    ring = KeyRing.parse(json.dumps({"sign": "k2", "k1": KEY, "k2": KEY[::-1]}))

    assert ring.mint(CallbackTarget("centry", "acme")).startswith("k2.1.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"sign":"k1"}',
        '{"sign":"k1","k1":"short"}',
        json.dumps({"sign": "k2", "k1": KEY}),
        json.dumps({"sign": None, "k1": KEY}),
        json.dumps({"sign": ["k1"], "k1": KEY}),
        json.dumps({"sign": "k1", "k1": KEY[:-1]}),
        '{"sign":' * 100_000,
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"Centry/a": {"generation": 2}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/a ": {"generation": 2}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/a": {"disable": True}}}),
        json.dumps({"sign": "k1", "k1": KEY, "K2": KEY}),
        json.dumps({"sign": "k1", "k1": KEY, "k2": 5}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": []}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"a": {"generation": 2}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/A b": {"generation": 2}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/a": 1}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/a": {"generation": 0}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/a": {"generation": True}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/a": {"disabled": "no"}}}),
    ],
)
def test_anything_but_a_key_ring_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(KeyRingInvalidError) as refused:
        KeyRing.parse(text)

    assert KEY not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_key_ring_shows_no_key_when_printed() -> None:
    assert KEY not in repr(RING)


def test_a_callback_path_has_the_topic_only_where_the_url_carries_one() -> None:
    assert callback_path(CallbackTarget("centry", "acme"), "t") == "/centry/acme/t"
    assert callback_path(CallbackTarget("iset", "acme", "order-saved"), "t") == (
        "/iset/acme/order-saved/t"
    )
