"""Which platforms can be called, and a store's way to its platform."""

import re
from pathlib import Path

import pytest

from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import PlatformBrokenError
from commerce_hooks.platform_access import Subscription
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.read_back import NotReadBackError
from commerce_hooks_cli.store_access import accesses, checkout_accesses, open_store, read_back
from support.command import CHECKOUT
from support.platforms import platforms
from support.store_world import ACME, StoreWorld
from support.stores import surroundings


def test_every_platform_with_an_access_can_be_called() -> None:
    found = accesses(CHECKOUT / "functions")

    assert set(found) == {
        name for name in platforms() if (CHECKOUT / "functions" / name / "access.py").exists()
    }
    assert {"centry", "konimbo"} <= set(found)
    assert all(name == access.name for name, access in found.items())
    assert found.keys() == checkout_accesses().keys()


def test_where_there_are_no_platforms_none_can_be_called(tmp_path: Path) -> None:
    assert accesses(tmp_path) == {}


def test_a_store_is_opened_with_what_the_book_has(shops: StoreWorld) -> None:
    shops.add("--environment", "test")

    around = surroundings(shops.table)
    opened = open_store(shops.deployed, shops.book, ACME, shops.accesses, around)

    assert opened is shops.konimbo
    assert shops.konimbo.opened[-1][1] == "https://test.konimbo.example"


def test_what_is_subscribed_can_be_read_back(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.listed = [shops.subscription("1", shops.url_of())]

    assert read(shops, ACME) == shops.konimbo.listed


def test_a_store_that_cannot_be_asked_tells_nothing(shops: StoreWorld) -> None:
    shops.run("stores", "add", *ACME, "--no-credentials", "--no-wait")

    assert (read(shops, ACME), read(shops, StoreId("iset", "acme"))) == (None, None)


def test_a_store_that_does_not_tell_is_an_error(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.fails = PlatformBrokenError(500)

    with pytest.raises(NotReadBackError, match="status 500"):
        read(shops, ACME)
    shops.book.write(ACME, None, {"nonsense": "x"})
    with pytest.raises(NotReadBackError, match="will not do"):
        read(shops, ACME)


def test_a_store_whose_tokens_cannot_be_read_keeps_nobody_from_asking_the_others(
    shops: StoreWorld,
) -> None:
    shops.add()

    def listing() -> list[Subscription]:
        raise UnavailableError("table", "Timeout")

    shops.konimbo.subscriptions = listing  # type: ignore[method-assign]

    with pytest.raises(NotReadBackError, match="table: Timeout"):
        read(shops, ACME)


def read(shops: StoreWorld, store: StoreId) -> object:
    around = surroundings(shops.table)
    return read_back(shops.deployed, shops.book, store, shops.accesses, around)


@pytest.mark.parametrize(
    ("platform", "typed", "kept"),
    [
        ("konimbo", ["a-token", "", "", ""], {"token": "a-token"}),
        (
            "centry",
            ["an-app", "its-secret", "", ""],
            {"client_id": "an-app", "client_secret": "its-secret"},
        ),
    ],
)
def test_the_credentials_of_every_platform_can_be_typed(
    shops: StoreWorld, platform: str, typed: list[str], kept: dict[str, str]
) -> None:
    shops.accesses = checkout_accesses()
    shops.typed, shops.consent = typed, True

    result = shops.run("stores", "add", platform, "acme", "--no-check", "--no-wait")

    assert (result.exit_code, shops.typed) == (0, [])
    assert shops.book.credentials(StoreId(platform, "acme")) == kept
    secret = [
        hidden for asked, hidden in shops.prompts if re.search("token|secret", asked, re.IGNORECASE)
    ]
    assert secret
    assert all(secret)
