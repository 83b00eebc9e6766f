"""`commerce-hooks urls`."""

import json
from dataclasses import replace

import pytest

from cenit.services import SERVICES
from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.command import LOCAL, RING, FakeSecrets, FakeWorld
from support.platforms import platforms


def test_every_platform_gets_urls_that_prove_themselves(world: FakeWorld) -> None:
    for platform in platforms().values():
        for url in world.run("urls", platform.name, "acme", "--json").json:
            *_, token = url["url"].split("/")
            target = CallbackTarget(platform.name, "acme", url["topic"])
            assert KeyRing.parse(RING).proves(target, token)


def test_json_names_platform_store_topic_method_and_url(world: FakeWorld) -> None:
    urls = world.run("urls", "konimbo", "acme", "--topic", "order_created", "--json").json

    assert [{**urls[0], "url": ""}] == [
        {
            "platform": "konimbo",
            "store": "acme",
            "topic": "order_created",
            "method": "POST",
            "url": "",
        }
    ]
    assert urls[0]["url"].startswith("http://127.0.0.1:4321/konimbo/acme/order_created/k1.1.")


def test_a_platform_that_names_the_topic_in_the_body_has_one_url(world: FakeWorld) -> None:
    urls = world.run("urls", "centry", "acme", "--json").json

    assert [url["topic"] for url in urls] == [None]
    assert world.run("urls", "centry", "acme", "--topic", "on_order_save", "--json").json == urls


def test_the_table_shows_topic_and_detail_type(world: FakeWorld) -> None:
    result = world.run("urls", "konimbo", "acme")

    line = next(line for line in result.stdout.splitlines() if line.startswith("ticket_created"))
    assert line.split()[:2] == ["ticket_created", "ticket.created"]


@pytest.mark.parametrize("on", [False, True])
def test_a_topic_that_is_off_is_marked(world: FakeWorld, *, on: bool) -> None:
    if on:
        outputs = {"PersonalTopics": "konimbo/customer_logged_in"}
        world.deployment = replace(LOCAL, outputs=outputs)

    lines = world.run("urls", "konimbo", "acme").stdout.splitlines()

    marked = {line.split()[0] for line in lines if "off: see PersonalTopics" in line}
    assert marked == {"credit_guard_xml_created", *(() if on else ("customer_logged_in",))}


@pytest.mark.parametrize("columns", ["40", "100", "300"])
def test_urls_stay_in_one_piece_however_narrow_the_screen(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    urls = [url["url"] for url in world.run("urls", "konimbo", "acme", "--json").json]

    shown = world.run("urls", "konimbo", "acme").stdout

    words = {word for line in shown.splitlines() for word in line.split()}
    assert set(urls) <= words


def test_a_second_store_has_other_urls(world: FakeWorld) -> None:
    one = world.run("urls", "centry", "acme", "--json").json[0]["url"].rpartition("/")
    other = world.run("urls", "centry", "acme2", "--json").json[0]["url"].rpartition("/")

    assert one[2] != other[2]


def test_it_says_that_it_uses_the_local_stack(world: FakeWorld) -> None:
    assert "local stack at http://127.0.0.1:4321" in world.run("urls", "centry", "acme").stderr


def test_a_named_stack_is_used_and_said_with_its_account_and_region(
    real_world: FakeWorld,
) -> None:
    result = real_world.run("urls", "centry", "acme", "--stack", "shop-hooks", "--json")

    assert real_world.asked_for == ["shop-hooks"]
    assert result.stderr == "Account 111122223333, Region eu-central-1, stack shop-hooks\n"
    assert result.json[0]["url"].startswith("https://hooks.shop.example/centry/acme/")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["konimo", "acme"], "Did you mean konimbo?"),
        (["konimbo", "Acme"], "a-z, 0-9 and -"),
        (["konimbo", "acme", "--topic", "order_create"], "Did you mean order_created?"),
        (["cenitt", "acme"], "Did you mean cenit? There are: centry, iset, konimbo, cenit."),
        (["cenit", "Acme"], "a-z, 0-9 and -"),
        (["cenit", "acme", "--topic", "get_ordr"], "Did you mean get_order?"),
        (["cenit", "acme", "--sheet", "x.html"], "--sheet is for iset only"),
        (["centry", "acme", "--sheet", "x.html"], "--sheet is for iset only"),
        (["centry", "acme", "--signed"], "--signed is for cenit only"),
    ],
)
def test_what_cannot_be_is_bad_usage_with_a_hint(
    world: FakeWorld, arguments: list[str], hint: str
) -> None:
    result = world.run("urls", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in result.stderr


def test_a_key_ring_that_is_none_is_explained_without_its_text(world: FakeWorld) -> None:
    text = json.dumps({"sign": "k1", "k1": "too-short"})
    world.deployment = replace(LOCAL, clients=lambda _: FakeSecrets(text))

    result = world.run("urls", "centry", "acme")

    assert result.exit_code == 1
    assert "key ring of commerce-hooks-local cannot be used" in result.stderr
    assert "too-short" not in result.output


def test_cenit_gets_its_fourteen_services_with_what_to_send(world: FakeWorld) -> None:
    urls = world.run("urls", "cenit", "acme", "--json").json

    assert {url["topic"] for url in urls} == SERVICES
    token = urls[0]["headers"]["X-Api-Key"]
    assert KeyRing.parse(RING).proves(CallbackTarget("cenit", "acme"), token)
    update = next(url for url in urls if url["topic"] == "update_order")
    assert update == {
        "platform": "cenit",
        "store": "acme",
        "topic": "update_order",
        "method": "PUT",
        "url": "http://127.0.0.1:4321/cenit/acme/update_order/{order_id}",
        "query": [],
        "headers": {"Content-Type": "application/json", "X-Api-Key": token},
    }


def test_a_cenit_url_holds_no_secret(world: FakeWorld) -> None:
    for url in world.run("urls", "cenit", "acme", "--json").json:
        assert url["headers"]["X-Api-Key"] not in url["url"]


def test_one_service_of_cenit_can_be_asked_for(world: FakeWorld) -> None:
    urls = world.run("urls", "cenit", "acme", "--topic", "get_brands", "--json").json

    assert [(url["topic"], url["method"], url["query"]) for url in urls] == [
        ("get_brands", "GET", ["limit", "offset"])
    ]


def test_with_signed_it_prints_what_signing_takes_and_no_token(world: FakeWorld) -> None:
    ring, target = KeyRing.parse(RING), CallbackTarget("cenit", "acme")

    result = world.run("urls", "cenit", "acme", "--signed", "--json")

    for url in result.json:
        assert url["signing_key"] == f"k1.1.{ring.signing_secret(target)}"
        assert url["headers"] == {
            "Content-Type": "application/json",
            "X-Commerce-Hooks-Timestamp": "{timestamp}",
            "X-Commerce-Hooks-Signature": "k1.1.{signature}",
        }
    assert ring.mint(target) not in result.output


def test_a_store_that_takes_signed_calls_only_gets_no_token(world: FakeWorld) -> None:
    ring = {**json.loads(RING), "stores": {"cenit/acme": {"generation": 3, "signed_only": True}}}
    world.deployment = replace(LOCAL, clients=lambda _: FakeSecrets(json.dumps(ring)))

    url = world.run("urls", "cenit", "acme", "--json").json[0]

    assert "X-Api-Key" not in url["headers"]
    assert url["signing_key"].startswith("k1.3.")


@pytest.mark.parametrize("option", [(), ("--signed",)])
def test_the_services_of_cenit_fit_into_eighty_columns(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    secret = world.run("urls", "cenit", "acme", "--json", *option).json[0]

    lines = world.run("urls", "cenit", "acme", *option).stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert any(line.startswith("PUT     /update_order/{order_id} ") for line in lines)
    assert sum("none yet: answered 501" in line for line in lines) == 9
    shown = secret["signing_key"] if option else secret["headers"]["X-Api-Key"]
    assert [line.split()[-1] for line in lines if shown in line] == [shown]


def test_a_stack_without_cenits_api_is_said(world: FakeWorld) -> None:
    world.deployment = replace(LOCAL, outputs={})

    result = world.run("urls", "cenit", "acme")

    assert result.exit_code == 1
    assert "has no output CenitBaseUrl" in result.stderr


@pytest.mark.parametrize("platform", ["centry", "iset", "konimbo", "cenit"])
def test_urls_that_are_refused_come_with_a_warning(world: FakeWorld, platform: str) -> None:
    ring = json.loads(RING) | {"stores": {f"{platform}/acme": {"disabled": True}}}
    world.deployment = replace(LOCAL, clients=lambda _: FakeSecrets(json.dumps(ring)))

    refused, other = world.run("urls", platform, "acme"), world.run("urls", platform, "other")

    assert f"{platform}/acme is disabled" in refused.stderr
    assert "is disabled" not in other.stderr
