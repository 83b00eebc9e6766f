"""No stranger gets in: written once, inherited by every platform folder."""

import string
from collections.abc import Callable

import pytest

from commerce_hooks.keyring import CallbackTarget
from support.receiving import KEY_2, RING, STORE, Answered, Reception

UNAUTHORIZED = {"error": "unauthorized"}


def assert_refused(reception: Reception, answered: Answered) -> None:
    assert (answered.status, answered.body) == (401, UNAUTHORIZED)
    assert reception.kept_nothing


def test_the_genuine_token_is_accepted(reception: Reception) -> None:
    assert reception.call().status == 200


def test_a_request_without_a_token_is_refused(reception: Reception) -> None:
    assert_refused(reception, reception.call(token=""))


def test_a_path_without_the_token_parameter_is_refused(reception: Reception) -> None:
    target = reception.target()
    event_without = {k: v for k, v in reception.parameters("", target).items() if k != "token"}

    answered = reception.call(token="", parameters=event_without)

    assert_refused(reception, answered)


@pytest.mark.parametrize("position", [0, 3, 5, 20, -1])
def test_a_token_with_one_other_character_is_refused(reception: Reception, position: int) -> None:
    token = list(reception.mint())
    token[position] = "A" if token[position] != "A" else "B"

    assert_refused(reception, reception.call(token="".join(token)))


def test_the_token_of_another_store_is_refused(reception: Reception) -> None:
    other = reception.target(store="other-store")

    assert_refused(reception, reception.call(token=reception.mint(other)))


def test_the_token_of_another_platform_is_refused(reception: Reception) -> None:
    mine = reception.target()
    other = CallbackTarget("another-platform", mine.store, mine.topic)

    assert_refused(reception, reception.call(token=reception.mint(other)))


def test_the_token_of_another_topic_is_refused(reception: Reception) -> None:
    """Where the URL has no topic, a token made for one is as wrong."""
    other = CallbackTarget(reception.platform.name, STORE, "some-other-topic")

    assert_refused(reception, reception.call(token=reception.mint(other)))


def test_a_token_of_a_key_that_is_not_on_the_ring_is_refused(reception: Reception) -> None:
    token = reception.mint(ring={"sign": "k9", "k9": KEY_2})

    assert_refused(reception, reception.call(token=token))


def test_a_token_of_a_foreign_key_with_our_key_id_is_refused(reception: Reception) -> None:
    token = reception.mint(ring={"sign": "k1", "k1": KEY_2})

    assert_refused(reception, reception.call(token=token))


@pytest.mark.parametrize("name", ["sign", "stores"])
def test_the_ring_s_own_words_are_no_key_ids(reception: Reception, name: str) -> None:
    token = reception.mint().replace("k1.", f"{name}.")

    assert_refused(reception, reception.call(token=token))


def test_a_second_accepted_key_is_accepted_before_it_signs(reception: Reception) -> None:
    reception.key_rings.ring = {**RING, "k2": KEY_2}
    token = reception.mint(ring={"sign": "k2", "k2": KEY_2})

    assert reception.call(token=token).status == 200


def test_a_retired_key_is_refused(reception: Reception) -> None:
    reception.key_rings.ring = {"sign": "k2", "k2": KEY_2}

    assert_refused(reception, reception.call(token=reception.mint()))


def test_a_disabled_store_is_refused(reception: Reception) -> None:
    store = f"{reception.platform.name}/{STORE}"
    reception.key_rings.ring = {**RING, "stores": {store: {"generation": 1, "disabled": True}}}

    assert_refused(reception, reception.call())


def test_a_disabled_store_leaves_its_namesake_elsewhere_alone(reception: Reception) -> None:
    reception.key_rings.ring = {**RING, "stores": {f"elsewhere/{STORE}": {"disabled": True}}}

    assert reception.call().status == 200


def test_an_old_generation_is_refused_and_the_new_one_accepted(reception: Reception) -> None:
    old = reception.mint()
    newer = {**RING, "stores": {f"{reception.platform.name}/{STORE}": {"generation": 2}}}
    reception.key_rings.ring = newer

    assert_refused(reception, reception.call(token=old))
    assert reception.call(token=reception.mint(ring=newer)).status == 200


def test_the_same_mac_spelt_differently_is_refused(reception: Reception) -> None:
    """The last of 43 base64 characters has unused bits: four spellings decode alike."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    token = reception.mint()
    value = alphabet.index(token[-1])
    twins = [alphabet[value ^ bits] for bits in (1, 2, 3)]

    for twin in twins:
        assert_refused(reception, reception.call(token=token[:-1] + twin))


OTHER_FORMS: dict[str, Callable[[str], str]] = {
    "padded": lambda token: token + "=",
    "trailing newline": lambda token: token + "\n",
    "trailing space": lambda token: token + " ",
    "encoded newline": lambda token: token + "%0A",
    "leading newline": lambda token: "\n" + token,
    "null byte": lambda token: token + "\x00",
    "generation with a zero": lambda token: token.replace(".1.", ".01."),
    "generation with a sign": lambda token: token.replace(".1.", ".+1."),
    "generation zero": lambda token: token.replace(".1.", ".0."),
    "arabic digit": lambda token: token.replace(".1.", ".\u0661."),
    "upper case": str.upper,
    "full-width digit": lambda token: token.replace("k1.", "k\uff11."),
    "non-ASCII": lambda token: "é" * len(token),
    "twice": lambda token: f"{token}.{token}",
    "surrogate": lambda token: "\ud800" + token[1:],
    "very long": lambda token: token * 1000,
}


@pytest.mark.parametrize("spoil", OTHER_FORMS.values(), ids=OTHER_FORMS.keys())
def test_a_token_in_another_form_is_refused(
    reception: Reception, spoil: Callable[[str], str]
) -> None:
    assert_refused(reception, reception.call(token=spoil(reception.mint())))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_a_stranger_learns_nothing_by_another_method(reception: Reception, method: str) -> None:
    assert_refused(reception, reception.call(token="", method=method))


@pytest.mark.parametrize(
    "store",
    ["", "Acme", "acme\n", "acme%0A", "-acme", "a" * 64, "ac me", "ácme", "acme/../x", "a_b"],
)
def test_a_bad_store_name_is_not_found(reception: Reception, store: str) -> None:
    answered = reception.call(parameters={"store": store})

    assert (answered.status, answered.body) == (404, {"error": "not_found"})
    assert reception.kept_nothing


@pytest.mark.parametrize("topic", ["", "a\n", "a%0A", "a b", "A", "../x", "a" * 64, "é"])
def test_a_bad_topic_in_the_url_is_not_found(reception: Reception, topic: str) -> None:
    if not reception.platform.topic_in_url:
        pytest.skip("the body names the topic")

    answered = reception.call(parameters={"topic": topic})

    assert (answered.status, answered.body) == (404, {"error": "not_found"})


def test_without_a_key_ring_nobody_is_refused_and_nobody_gets_in(reception: Reception) -> None:
    """401 would tell Centry the URL is wrong; 503 lets the platform try again."""
    reception.key_rings.ring = None

    answered = reception.call()

    assert (answered.status, answered.body) == (503, {"error": "unavailable"})
    assert reception.kept_nothing
