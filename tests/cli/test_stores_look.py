"""`commerce-hooks stores list|show|check|authorize`."""

import pytest
from rich.text import Text

from commerce_hooks.http.errors import AuthorizationLostError, PlatformBrokenError
from commerce_hooks.platform_access import Checked, Finding
from commerce_hooks.stores import StoreId, configuration_path
from support.store_world import ACME, TOKEN, StoreWorld
from support.stores import ConsentedAccess, platform_access

CENTRY = StoreId("centry", "acme")
ASK = "Please give our API token the right to webhooks."
BAD = Checked((Finding("the token has no right to webhooks", ASK),))


def spoil(shops: StoreWorld, store: StoreId = ACME) -> None:
    name = f"{configuration_path(shops.deployed.name)}/{store}"
    shops.book.ssm.put_parameter(Name=name, Value="spoiled", Type="String", Overwrite=True)


def test_stores_are_listed_with_label_environment_policy_and_day(shops: StoreWorld) -> None:
    shops.add("--label", "Acme Ltd")
    shops.add("--environment", "test", "--policy", "plan", store=CENTRY)

    heading, *rows = shops.run("stores", "list").stdout.splitlines()

    assert heading.split() == ["store", "label", "environment", "policy", "added"]
    assert [row.split() for row in rows] == [
        ["centry/acme", "-", "test", "plan", "2026-05-06"],
        ["konimbo/acme", "Acme", "Ltd", "production", "upsert", "2026-05-06"],
    ]


def test_programs_get_all_of_a_configuration(shops: StoreWorld) -> None:
    shops.add("--label", "Acme Ltd")

    assert shops.run("stores", "list", "--json").json == [
        {
            "platform": "konimbo",
            "store": "acme",
            "label": "Acme Ltd",
            "environment": "production",
            "topics": None,
            "policy": "upsert",
            "silence_hours": 48,
            "expected_topics": [],
            "added_at": "2026-05-06T12:00:00.500Z",
        }
    ]


@pytest.mark.parametrize(("label", "found"), [("ACME", 1), ("ltd", 2), ("x", 0)])
def test_a_label_selects_those_that_have_it(shops: StoreWorld, label: str, found: int) -> None:
    shops.add("--label", "Acme Ltd")
    shops.add("--label", "Other Ltd", store=CENTRY)
    shops.book.write(StoreId("iset", "spoiled"), shops.configuration())
    spoil(shops, StoreId("iset", "spoiled"))

    assert len(shops.run("stores", "list", "--label", label, "--json").json) == found


def test_without_stores_that_is_said(shops: StoreWorld) -> None:
    assert shops.run("stores", "list").stdout == "There are no stores.\n"
    shops.add()
    assert "No store has such a label" in shops.run("stores", "list", "--label", "x").stdout


def test_a_store_that_cannot_be_read_hides_no_other(shops: StoreWorld) -> None:
    shops.add()
    shops.add(store=CENTRY)
    spoil(shops)

    listed = shops.run("stores", "list").stdout
    assert "konimbo/acme  its configuration cannot be read" in listed
    assert "centry/acme" in listed
    assert shops.run("stores", "list", "--json").json[1]["error"]


def test_a_list_of_thirty_shops_fits_into_eighty_columns(
    shops: StoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    shops.add("--label", "A rather long name of a client and its shop", "--environment", "test")

    shown = Text.from_ansi(shops.run("stores", "list").stdout).plain

    assert max(map(len, shown.splitlines())) <= 80


def test_all_of_a_store_is_shown_but_its_secrets(shops: StoreWorld) -> None:
    shops.add("--label", "Acme Ltd", "--topic", "order_created", token=TOKEN, region="fr")
    shops.set_entry("konimbo/acme", generation=3)

    result = shops.run("stores", "show", *ACME)

    assert [line.split(maxsplit=1)[0] for line in result.stdout.splitlines()][:4] == [
        "store",
        "label",
        "environment",
        "policy",
    ]
    assert "credentials     region, token" in result.stdout
    assert "callback URLs   taken, generation 3" in result.stdout
    assert TOKEN not in result.output


def test_programs_are_shown_the_same(shops: StoreWorld) -> None:
    shops.run("stores", "add", "cenit", "acme", "--backed-by", "konimbo/acme", "--no-wait")
    shops.set_entry("cenit/acme", disabled=True, backed_by="konimbo/acme")

    shown = shops.run("stores", "show", "cenit", "acme", "--json").json

    assert (shown["disabled"], shown["backed_by"], shown["signed_only"]) == (
        True,
        "konimbo/acme",
        False,
    )
    assert (shown["generation"], shown["credentials"]) == (1, None)
    assert "disabled" in shops.run("stores", "show", "cenit", "acme").stdout


@pytest.mark.parametrize("verb", ["show", "check", "authorize"])
def test_a_store_that_there_is_not_is_an_error_with_a_suggestion(
    shops: StoreWorld, verb: str
) -> None:
    nothing = shops.run("stores", verb, *ACME)
    shops.add()
    other = shops.run("stores", verb, "konimbo", "acne")

    assert (nothing.exit_code, other.exit_code) == (1, 1)
    assert "stores add konimbo acme" in nothing.stderr
    assert "Did you mean konimbo/acme?" in other.stderr


def test_a_check_makes_the_real_call_and_says_whose_shop_it_is(shops: StoreWorld) -> None:
    shops.add("--no-check", "--environment", "test")
    shops.konimbo.checked = Checked(account="shop-77")

    result = shops.run("stores", "check", *ACME)

    assert (result.exit_code, len(shops.konimbo.opened)) == (0, 1)
    assert shops.konimbo.opened[0][1] == "https://test.konimbo.example"
    assert "konimbo/acme: the platform lets us in (account shop-77)" in result.stdout


def test_what_is_missing_is_said_with_the_words_for_support(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.checked = BAD

    result = shops.run("stores", "check", *ACME)

    assert result.exit_code == 1
    assert "  the token has no right to webhooks" in result.stdout
    assert f"To send to the platform's support:\n    {ASK}" in result.stdout


def test_all_stores_are_checked_even_if_one_cannot_be(shops: StoreWorld) -> None:
    shops.add()
    shops.add(store=CENTRY)
    shops.add(store=StoreId("centry", "spoiled"))
    spoil(shops, StoreId("centry", "spoiled"))
    shops.run("stores", "add", "iset", "acme", "--no-wait")
    shops.run("stores", "add", "konimbo", "quiet", "--no-credentials", "--no-wait")
    shops.konimbo.fails = PlatformBrokenError(500)

    result = shops.run("stores", "check", "--all", "--json")

    assert [(one["platform"], one["store"], one["ok"]) for one in result.json] == [
        ("centry", "acme", True),
        ("centry", "spoiled", False),
        ("konimbo", "acme", False),
    ]
    assert result.exit_code == 1
    assert "at 2 of 3 stores" in result.stderr


def test_with_nothing_to_check_that_is_said(shops: StoreWorld) -> None:
    result = shops.run("stores", "check", "--all")

    assert (result.exit_code, result.stdout) == (
        0,
        "There is no store whose platform can be called.\n",
    )


@pytest.mark.parametrize("arguments", [(), ("konimbo",), ("konimbo", "acme", "--all")])
def test_which_stores_to_check_has_to_be_said(
    shops: StoreWorld, arguments: tuple[str, ...]
) -> None:
    assert shops.run("stores", "check", *arguments).exit_code == 2


def test_a_platform_without_an_api_cannot_be_checked(shops: StoreWorld) -> None:
    shops.run("stores", "add", "iset", "acme", "--no-wait")

    result = shops.run("stores", "check", "iset", "acme")

    assert result.exit_code == 1
    assert "There is no API of iset that this command calls" in result.stdout


def test_a_store_without_credentials_says_how_to_give_them(shops: StoreWorld) -> None:
    shops.run("stores", "add", *ACME, "--no-credentials", "--no-wait")

    result = shops.run("stores", "check", *ACME)

    assert result.exit_code == 1
    assert "stores add konimbo acme --replace" in " ".join(result.stdout.split())


def test_an_environment_that_is_no_longer_the_platforms_is_never_called(shops: StoreWorld) -> None:
    shops.add()
    elsewhere = shops.configuration().model_copy(update={"environment": "elsewhere"})
    shops.book.write(ACME, elsewhere)

    result = shops.run("stores", "check", *ACME)

    assert (result.exit_code, len(shops.konimbo.opened)) == (1, 1)
    assert "'elsewhere' is no environment of konimbo" in result.stdout


@pytest.fixture
def consenting(shops: StoreWorld) -> ConsentedAccess:
    access = ConsentedAccess()
    shops.accesses["centry"] = platform_access("centry", access)
    shops.add(store=CENTRY)
    return access


@pytest.mark.parametrize("terminal", [False, True])
def test_the_code_of_a_consent_is_taken_and_not_shown(
    shops: StoreWorld, consenting: ConsentedAccess, *, terminal: bool
) -> None:
    code = "a-canary-of-a-code"
    shops.typed, shops.input = ([code] if terminal else None), f"{code}\n"

    result = shops.run("stores", "authorize", *CENTRY)

    assert (result.exit_code, consenting.codes) == (0, [code])
    assert "https://platform.example/oauth/authorize?client_id=our-app" in result.stderr
    assert code not in result.output
    assert shops.prompts == ([("Code", True)] if terminal else [])


def test_without_a_code_nothing_is_exchanged(
    shops: StoreWorld, consenting: ConsentedAccess
) -> None:
    shops.input = "\n"

    assert shops.run("stores", "authorize", *CENTRY).exit_code == 2
    assert consenting.codes == []


def test_a_code_that_is_refused_is_an_error(shops: StoreWorld, consenting: ConsentedAccess) -> None:
    shops.input, consenting.fails = "used-already", AuthorizationLostError()

    result = shops.run("stores", "authorize", *CENTRY)

    assert result.exit_code == 1
    assert "The call to the platform failed" in result.stderr
    assert "used-already" not in result.output


def test_a_shop_that_needs_no_consent_is_told_so(shops: StoreWorld) -> None:
    shops.add()

    result = shops.run("stores", "authorize", *ACME)

    assert result.exit_code == 1
    assert "needs no consent" in result.stderr
