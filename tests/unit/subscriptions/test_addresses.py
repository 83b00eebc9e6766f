"""What a registered URL says: ours, what only looks like ours, and everybody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centry.webhook import PLATFORM as CENTRY
from commerce_hooks.subscriptions.addresses import Address
from konimbo.webhook import PLATFORM as KONIMBO
from worlds.world import BASE, FORMER, KEYS, World

SLOTS = sorted(KONIMBO.topics)


@given(
    slot=st.sampled_from(SLOTS),
    key=st.sampled_from(sorted(KEYS)),
    generation=st.integers(1, 2),
    base=st.sampled_from([BASE, FORMER]),
    before=st.sampled_from(["", " ", "\n"]),
    after=st.sampled_from(["", " ", "?a=b", "#top"]),
)
def test_a_url_of_ours_says_what_it_was_made_of(
    slot: str, key: str, generation: int, base: str, before: str, after: str
) -> None:
    world = World()
    url = world.url(slot, key=key, generation=generation, base=base)

    read = world.addresses.read(before + url + after)

    assert read == Address(base, slot, key, generation)


def test_a_url_for_all_topics_has_no_slot() -> None:
    world = World(platform=CENTRY)

    assert world.addresses.read(world.addresses.url(None)) == world.addresses.current(None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://[",
        "https://elsewhere.example.net/konimbo/acme/order_created/k2.1.x",
        f"http{BASE.removeprefix('https')}/konimbo/acme/order_created/k2.1.x",
        f"{BASE}.evil.example/konimbo/acme/order_created/k2.1.x",
        f"{BASE}/konimbo/acme-2/order_created/k2.1.x",
        f"{BASE}/konimbo/acme",
        f"{BASE}/konimbo/acme/order_created/k2.1.x/more",
    ],
)
def test_what_does_not_begin_as_ours_or_is_another_stores_is_not_ours(url: str) -> None:
    assert World().addresses.read(url) is None


@pytest.mark.parametrize(
    ("path", "slot"),
    [
        ("order_created/k2.1.x", "order_created"),
        ("k2.1.x", None),
        ("ORDER%0A/k2.1.x", "?"),
        ("order_created/", "order_created"),
    ],
)
def test_what_only_looks_like_ours_proves_nothing_and_shows_no_strangers_words(
    path: str, slot: str | None
) -> None:
    read = World().addresses.read(f"{BASE}/konimbo/acme/{path}")

    assert read == Address(BASE, slot)
    assert not read.proved


def test_a_url_made_with_another_key_ring_proves_nothing() -> None:
    world = World()

    read = world.addresses.read(world.url("order_created", stranger=True))

    assert read == Address(BASE, "order_created")
