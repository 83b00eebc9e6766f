"""Which keys registered URLs use: ours are told from strangers', and the good from the refused."""

import pytest

from commerce_hooks.callback_urls import callback_path
from commerce_hooks.keyring import CallbackTarget, KeyRing, StoreKeys
from commerce_hooks.platform_access import Subscription
from commerce_hooks_cli.own_subscriptions import ours
from commerce_hooks_cli.own_urls import UrlsInUse, urls_in_use
from support.keys import CENTRY, KEYS, KONIMBO, url_of

OURS, FORMER = "https://hooks.example", "https://old.example/stage"
TWO_KEYS = {name: KEYS[name] for name in ("k1", "k2")}


def found(*urls: str, ring: KeyRing | None = None) -> UrlsInUse:
    return urls_in_use(ring or KeyRing("k2", TWO_KEYS, {}), (OURS, FORMER), KONIMBO, urls)


def test_each_key_is_found_under_each_of_our_base_urls() -> None:
    assert found(url_of(KONIMBO, "k1", OURS), url_of(KONIMBO, "k2", FORMER)) == UrlsInUse(
        frozenset({"k1", "k2"}), topics=frozenset({None})
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
        url_of(CENTRY, "k1", OURS),
        url_of(KONIMBO, "k3", "https://hooks.example.stranger.example"),
        f"{OURS}/konimbo/other/k1.1.x",
        f"{OURS}/konimbo/acme",
        f"{OURS}/konimbo/acme/a/b/c",
    ],
)
def test_what_is_not_ours_for_this_store_is_left_out(url: str) -> None:
    assert found(url) == UrlsInUse()


@pytest.mark.parametrize(
    "base",
    [
        "https://user:password@hooks.example",
        "http://hooks.example",
        "https://abc123.execute-api.eu-central-1.amazonaws.com",
        "https://proxy.example/?to=https%3A%2F%2Fhooks.example",
        "http://[",
    ],
)
def test_a_url_that_a_key_proves_needs_the_key_wherever_it_points_but_is_not_ours_to_delete(
    base: str,
) -> None:
    url = url_of(KONIMBO, "k1", base)
    subscription = Subscription("1", frozenset(), url)

    assert found(url, f"{url}/", f"{url}#x").keys == {"k1"}
    assert ours([subscription], KeyRing("k2", TWO_KEYS, {}), (OURS, FORMER), KONIMBO) == []


def test_of_base_urls_that_begin_alike_each_has_its_urls() -> None:
    bases = (OURS, f"{OURS}/v1")
    urls = [url_of(KONIMBO, "k1", base) for base in bases]
    subscriptions = [Subscription(url, frozenset(), url) for url in urls]

    for order in (bases, bases[::-1]):
        assert ours(subscriptions, KeyRing("k2", TWO_KEYS, {}), order, KONIMBO) == subscriptions
        refused = [url_of(KONIMBO, "k3", base) for base in bases]
        assert urls_in_use(KeyRing("k2", TWO_KEYS, {}), order, KONIMBO, refused).refused == 2


def test_a_url_lists_its_own_topic_or_all() -> None:
    target = CallbackTarget(*KONIMBO, "order_created")
    ring = KeyRing("k2", TWO_KEYS, {})
    one = found(OURS + callback_path(target, ring.mint(target)))

    assert one.lists("order_created")
    assert not one.lists("ticket_created")
    assert not one.lists(None)
    assert found(url_of(KONIMBO, "k2", OURS)).lists("ticket_created")
    assert not found().lists(None)


def test_ours_with_a_token_that_proves_nothing_is_refused() -> None:
    revoked = KeyRing("k2", TWO_KEYS, {"konimbo/acme": StoreKeys(generation=2)})

    assert found(url_of(KONIMBO, "k3", OURS)) == UrlsInUse(refused=1)
    assert found(url_of(KONIMBO, "k1", OURS), ring=revoked) == UrlsInUse(refused=1)
