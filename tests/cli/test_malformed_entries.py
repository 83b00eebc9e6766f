"""An entry of the key ring that this version cannot read stops its own store, and no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from commerce_hooks.stores import StoreId
from support.command import LOCAL, FakeSecrets, FakeWorld
from support.keys import ring_text
from support.store_world import ACME, StoreWorld

ODD = StoreId("iset", "odd")
ENTRIES = {"iset__odd": {"from": "the future"}, "cenit__odd": 7}


@pytest.fixture
def odd(shops: StoreWorld) -> StoreWorld:
    shops.secrets.texts = [ring_text("k1", **ENTRIES)]
    return shops


def test_other_stores_are_added_shown_listed_and_removed(odd: StoreWorld) -> None:
    assert odd.add().exit_code == 0
    assert odd.run("stores", "list").exit_code == 0
    assert odd.run("stores", "show", *ACME).exit_code == 0
    assert odd.run("stores", "remove", *ACME, "--yes").exit_code == 0
    assert odd.ring.malformed == ("cenit/odd", "iset/odd")


def test_its_own_store_is_not_added(odd: StoreWorld) -> None:
    result = odd.run("stores", "add", *ODD, "--no-wait")

    assert (result.exit_code, odd.parameter("stores", ODD)) == (1, None)
    assert "entry of iset/odd cannot be read" in " ".join(result.stderr.split())


def test_a_file_is_applied_but_for_the_stores_that_cannot_be_read(
    odd: StoreWorld, tmp_path: Path
) -> None:
    file = tmp_path / "stores.yaml"
    file.write_text(
        "stores: {cenit/odd: {signed_only: true}, iset/odd: {}, iset/acme: {}, "
        "cenit/acme: {backed_by: iset/acme}}"
    )

    planned = odd.run("stores", "apply", str(file), "--plan")
    result = odd.run("stores", "apply", str(file), "--yes")

    assert result.exit_code == 1
    assert "disabled" not in planned.stdout
    assert "entry of cenit/odd cannot be read" in " ".join(result.stderr.split())
    assert [str(store) for store in odd.book.all()] == ["cenit/acme", "iset/acme"]
    assert odd.ring.stores["cenit/acme"].backed_by == "iset/acme"
    assert odd.ring.malformed == ("cenit/odd", "iset/odd")


@pytest.mark.parametrize(
    "verb", ["urls iset", "urls cenit", "cenit configure", "send iset order-saved --store"]
)
def test_nothing_is_made_of_it_and_all_of_others(world: FakeWorld, verb: str) -> None:
    secrets = FakeSecrets(ring_text("k1", **ENTRIES))
    world.deployment = replace(LOCAL, clients=lambda _: secrets)
    world.door.ring = lambda: secrets.texts[-1]

    refused, others = (world.run(*verb.split(), store) for store in ("odd", "acme"))

    assert (refused.exit_code, others.exit_code) == (1, 0)
    assert "/odd cannot be read by this version" in " ".join(refused.stderr.split())
