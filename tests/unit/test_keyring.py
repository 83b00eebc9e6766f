"""The key ring: what it proves, and what it refuses to be."""

import hmac
import json
from collections.abc import Callable
from hashlib import sha256

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
        json.dumps({"sign": "k1", "k1": KEY, "K2": KEY}),
        json.dumps({"sign": "k1", "k1": KEY, "k2": 5}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": []}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"a": {"generation": 2}}}),
        json.dumps({"sign": "k1", "k1": KEY, "stores": {"centry/A b": {"generation": 2}}}),
    ],
)
def test_anything_but_a_key_ring_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(KeyRingInvalidError) as refused:
        KeyRing.parse(text)

    assert KEY not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("store", "entry"),
    [
        ("centry/a", 1),
        ("centry/a", []),
        ("centry/a", None),
        ("centry/a", {"disable": True}),
        ("centry/a", {"generation": 0}),
        ("centry/a", {"generation": True}),
        ("centry/a", {"generation": 1, "disabled": "no"}),
        ("centry/a", {"signed_only": True}),
        ("centry/a", {"backed_by": "iset/a"}),
        ("cenit/a", {"a_setting_to_come": True}),
        ("cenit/a", {"signed_only": 1}),
        ("cenit/a", {"backed_by": None}),
        ("cenit/a", {"backed_by": "iset"}),
        ("cenit/a", {"backed_by": "iset/A"}),
        ("cenit/a", {"backed_by": "cenit/b"}),
    ],
)
def test_an_entry_that_cannot_be_read_disables_its_store_and_no_other(
    store: str, entry: object
) -> None:
    stores = {"konimbo/z": {}, store: entry, "iset/b": {"generation": 2}}
    read = KeyRing.parse(json.dumps({"sign": "k1", "k1": KEY, "stores": stores}))
    platform, _, name = store.partition("/")
    shut_out, other = CallbackTarget(platform, name), CallbackTarget("iset", "b", "order-saved")

    assert read.malformed == (store,)
    assert not read.proves(shut_out, RING.mint(shut_out))
    assert not read.proves_signature(shut_out, TEXT, RING.signature(shut_out, TEXT))
    assert read.proves(other, read.mint(other))
    assert not read.proves(other, RING.mint(other))


def test_stores_whose_entries_cannot_be_read_are_named_in_order() -> None:
    assert ring(konimbo_b=1, cenit_z={}, cenit_demo=2, iset_a=3).malformed == (
        "cenit/demo",
        "iset/a",
        "konimbo/b",
    )
    assert RING.malformed == ()


def test_a_key_ring_shows_no_key_when_printed() -> None:
    assert KEY not in repr(RING)


def test_a_callback_path_has_the_topic_only_where_the_url_carries_one() -> None:
    assert callback_path(CallbackTarget("centry", "acme"), "t") == "/centry/acme/t"
    assert callback_path(CallbackTarget("iset", "acme", "order-saved"), "t") == (
        "/iset/acme/order-saved/t"
    )


CENIT = CallbackTarget("cenit", "acme")
SECRET = "XZQ6YX-ZX9oVV9RFgHN0MmpCOxqXSM3-KWo5PvOmTxk"
TEXT = "POST\n/cenit/acme/create_order\na=1&b=%20%2F\n1773057600\n" + (
    sha256(b'{"order":{"name":"#1001"}}').hexdigest()
)


def ring(**stores: object) -> KeyRing:
    named = {name.replace("_", "/"): entry for name, entry in stores.items()}
    return KeyRing.parse(json.dumps({"sign": "k1", "k1": KEY, "stores": named}))


def test_a_signing_secret_is_the_hmac_that_the_interface_says() -> None:
    """Literals, computed once with openssl: at Cenit another program signs with them."""
    assert RING.signing_secret(CENIT) == SECRET
    assert RING.signature(CENIT, TEXT) == (
        "k1.1.cbb8c0b8256efb3eb2f2909b1b375a6c5b1a92a3aef19e93787d8f897bc643ac"
    )


@given(targets)
def test_a_signing_secret_is_no_token_and_a_token_signs_nothing(target: CallbackTarget) -> None:
    """Who learned one of them has nothing in hand of the other."""
    secret, mac = RING.signing_secret(target), RING.mint(target).rpartition(".")[2]
    signed_with_the_token = hmac.digest(mac.encode(), TEXT.encode(), "sha256").hex()

    assert secret != mac
    assert not RING.proves(target, f"k1.1.{secret}")
    assert not RING.proves_signature(target, TEXT, f"k1.1.{signed_with_the_token}")


@given(targets, targets, st.text(), st.text())
def test_a_signature_vouches_for_one_store_and_one_text(
    one: CallbackTarget, other: CallbackTarget, text: str, another: str
) -> None:
    signature = RING.signature(one, text.encode("utf-8", "replace").decode())
    same_store = (one.platform, one.store) == (other.platform, other.store)

    genuine = RING.proves_signature(other, text.encode("utf-8", "replace").decode(), signature)

    assert genuine == same_store
    assert not RING.proves_signature(one, text + "x" + another, signature)


OTHER_FORMS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "trailing newline": lambda s: s + "\n",
    "leading space": lambda s: " " + s,
    "cut short": lambda s: s[:-1],
    "too long": lambda s: s + "0",
    "unknown key": lambda s: s.replace("k1.", "k2."),
    "the ring's own word": lambda s: s.replace("k1.", "sign."),
    "another generation": lambda s: s.replace(".1.", ".2."),
    "generation with a zero": lambda s: s.replace(".1.", ".01."),
    "generation zero": lambda s: s.replace(".1.", ".0."),
    "arabic digit": lambda s: s.replace(".1.", ".\u0661."),
    "one other digit": lambda s: s[:-1] + ("0" if s[-1] != "0" else "1"),
    "the MAC alone": lambda s: s.rpartition(".")[2],
    "an algorithm in front": lambda s: "sha256=" + s,
    "empty": lambda _: "",
    "a token": lambda _: RING.mint(CENIT),
}


@pytest.mark.parametrize("spoil", OTHER_FORMS.values(), ids=OTHER_FORMS.keys())
def test_a_signature_in_another_form_is_none(spoil: Callable[[str], str]) -> None:
    assert not RING.proves_signature(CENIT, TEXT, spoil(RING.signature(CENIT, TEXT)))


def test_a_signature_is_revoked_like_a_token() -> None:
    signature = RING.signature(CENIT, TEXT)
    newer = ring(cenit_acme={"generation": 2})

    assert not newer.proves_signature(CENIT, TEXT, signature)
    assert newer.proves_signature(CENIT, TEXT, newer.signature(CENIT, TEXT))
    assert RING.proves_signature(CENIT, TEXT, newer.signature(CENIT, TEXT))
    assert not ring(cenit_acme={"disabled": True}).proves_signature(CENIT, TEXT, signature)


def test_a_secret_of_a_key_that_no_longer_signs_is_accepted_until_the_key_is_retired() -> None:
    signature = RING.signature(CENIT, TEXT)
    rotated = KeyRing.parse(json.dumps({"sign": "k2", "k1": KEY, "k2": KEY[::-1]}))
    retired = KeyRing.parse(json.dumps({"sign": "k2", "k2": KEY[::-1]}))

    assert rotated.proves_signature(CENIT, TEXT, signature)
    assert rotated.signing_secret(CENIT) != SECRET
    assert not retired.proves_signature(CENIT, TEXT, signature)


def test_a_cenit_store_may_be_signed_only_and_stand_for_another_store() -> None:
    known = ring(cenit_acme={"signed_only": True, "backed_by": "konimbo/acme"}).store(CENIT)

    assert (known.signed_only, known.backed_by) == (True, "konimbo/acme")
    assert (known.generation, known.disabled) == (1, False)


def test_a_store_that_the_ring_does_not_name_is_as_plain_as_can_be() -> None:
    plain = RING.store(CENIT)

    assert (plain.generation, plain.disabled, plain.signed_only, plain.backed_by) == (
        1,
        False,
        False,
        None,
    )
