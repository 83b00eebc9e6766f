"""Which keys registered URLs use: ours are told from strangers', and the good from the refused."""

import pytest

from commerce_hooks.keyring import KeyRing, StoreKeys
from commerce_hooks_cli.own_urls import UrlsInUse, urls_in_use
from support.keys import KEYS, KONIMBO, url_of

OURS, FORMER = "https://hooks.example", "https://old.example/stage"
TWO_KEYS = {name: KEYS[name] for name in ("k1", "k2")}


def found(*urls: str, ring: KeyRing | None = None) -> UrlsInUse:
    return urls_in_use(ring or KeyRing("k2", TWO_KEYS, {}), (OURS, FORMER), KONIMBO, urls)


def test_each_key_is_found_under_each_of_our_base_urls() -> None:
    assert found(url_of(KONIMBO, "k1", OURS), url_of(KONIMBO, "k2", FORMER)) == UrlsInUse(
        frozenset({"k1", "k2"})
    )


@pytest.mark.parametrize(
    ("piece", "other"),
    [("hooks.example", "HOOKS.example"), ("k1.", "k1%2E"), ("https://", " https://")],
)
def test_a_url_that_the_gateway_takes_for_ours_is_ours(piece: str, other: str) -> None:
    url = url_of(KONIMBO, "k1", OURS)

    assert found(url.replace(piece, other), f"{url}?from=konimbo").keys == {"k1"}
    assert found(url.replace(piece, other)).keys == {"k1"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://[",
        "https://stranger.example/konimbo/acme/k1.1.x",
        url_of(KONIMBO, "k1", "https://hooks.example.stranger.example"),
        url_of(KONIMBO, "k1", "http://hooks.example"),
        f"{OURS}/konimbo/other/k1.1.x",
        f"{OURS}/konimbo/acme",
        f"{OURS}/konimbo/acme/a/b/c",
    ],
)
def test_what_is_not_ours_for_this_store_is_left_out(url: str) -> None:
    assert found(url) == UrlsInUse()


def test_ours_with_a_token_that_proves_nothing_is_refused() -> None:
    revoked = KeyRing("k2", TWO_KEYS, {"konimbo/acme": StoreKeys(generation=2)})

    assert found(url_of(KONIMBO, "k3", OURS)) == UrlsInUse(refused=1)
    assert found(url_of(KONIMBO, "k1", OURS), ring=revoked) == UrlsInUse(refused=1)
