"""`commerce-hooks stores add`: from a shop's credentials to its first callback."""

import json
from pathlib import Path

import pytest
from rich.text import Text

from commerce_hooks.http.errors import NoResponseError
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform_access import Checked, Finding
from commerce_hooks.state.leases import Leases
from commerce_hooks.stores import StoreId
from support.store_world import ACME, CREDENTIALS, TOKEN, StoreWorld
from support.stores import ConsentedAccess, FakeCredentials, platform_access, surroundings

ASK = "Please give our API token the right to webhooks."
BAD = Checked((Finding("the token has no right to webhooks", ASK),))


def test_settings_and_credentials_are_kept_apart_and_only_credentials_encrypted(
    shops: StoreWorld,
) -> None:
    result = shops.add("--label", "Acme Ltd", "--silence-hours", "6", "--expect", "order_created")

    assert result.exit_code == 0
    settings, credentials = shops.parameter("stores"), shops.parameter("credentials")
    assert settings is not None
    assert credentials is not None
    assert (settings["Type"], credentials["Type"]) == ("String", "SecureString")
    assert json.loads(credentials["Value"]) == CREDENTIALS
    assert json.loads(settings["Value"]) == {
        "label": "Acme Ltd",
        "environment": "production",
        "topics": None,
        "policy": "upsert",
        "silence_hours": 6,
        "expected_topics": ["order_created"],
        "added_at": "2026-05-06T12:00:00.500Z",
    }


def test_the_credentials_are_tried_where_the_store_is(shops: StoreWorld) -> None:
    shops.konimbo.checked = Checked(account="shop-77")

    result = shops.add("--environment", "test")

    credentials = FakeCredentials.model_validate(CREDENTIALS)
    assert shops.konimbo.opened == [(ACME, "https://test.konimbo.example", credentials)]
    assert result.json["checked"] == {"ok": True, "account": "shop-77", "findings": []}


def test_with_no_check_nobody_is_called(shops: StoreWorld) -> None:
    result = shops.add("--no-check")

    assert (shops.konimbo.opened, result.json["checked"]) == ([], None)


def test_what_is_missing_is_said_with_the_words_for_support_and_nothing_is_written(
    shops: StoreWorld,
) -> None:
    shops.konimbo.checked = BAD

    result = shops.add()

    assert (result.exit_code, shops.parameter("stores"), shops.parameter("credentials")) == (
        1,
        None,
        None,
    )
    assert ASK in result.stderr
    assert "--no-check adds the store all the same" in result.stderr


@pytest.mark.parametrize("consent", [False, True])
def test_a_person_may_add_a_store_that_is_not_let_in_yet(
    shops: StoreWorld, *, consent: bool
) -> None:
    shops.konimbo.checked, shops.consent = BAD, consent

    result = shops.add()

    assert shops.questions == ["Add the store all the same?"]
    assert (result.exit_code, shops.parameter("stores") is not None) == (int(not consent), consent)


def test_a_platform_that_does_not_answer_is_told_like_what_is_missing(shops: StoreWorld) -> None:
    shops.konimbo.fails = NoResponseError("Timeout")

    result = shops.add()

    assert (result.exit_code, shops.parameter("stores")) == (1, None)
    assert "the platform did not answer (Timeout)" in result.stderr


def test_good_credentials_are_not_replaced_by_bad_ones(shops: StoreWorld) -> None:
    shops.add()
    shops.konimbo.checked = BAD

    shops.add("--replace", token="another-token")

    assert shops.book.credentials(ACME) == CREDENTIALS


def test_on_a_terminal_credentials_are_asked_for_and_secrets_not_echoed(shops: StoreWorld) -> None:
    shops.consent, shops.typed = True, [TOKEN, "", "fr"]

    result = shops.run("stores", "add", *ACME, "--no-wait")

    assert shops.prompts == [
        ("API token", True),
        ("Another token (empty: none)", True),
        ("Region (empty: il)", False),
    ]
    assert shops.book.credentials(ACME) == {"token": TOKEN, "region": "fr"}
    assert TOKEN not in result.output


def test_a_default_that_is_typed_is_no_other_than_one_that_is_left_out(shops: StoreWorld) -> None:
    shops.add(token=TOKEN, region="il")

    assert shops.book.credentials(ACME) == CREDENTIALS


def test_without_a_terminal_and_without_credentials_it_says_how(shops: StoreWorld) -> None:
    result = shops.run("stores", "add", *ACME)

    assert (result.exit_code, shops.parameter("stores")) == (2, None)
    assert "--credentials-from -" in result.stderr


def test_a_store_can_be_added_that_is_never_to_be_called(shops: StoreWorld) -> None:
    result = shops.run("stores", "add", *ACME, "--no-credentials", "--no-wait")

    assert (shops.configuration().policy, shops.parameter("credentials")) == ("off", None)
    assert "without credentials its platform is never called" in result.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'"{TOKEN}', "no JSON"),
        (f'["{TOKEN}"]', "no JSON object"),
        (json.dumps({"tokn": TOKEN}), "token: is missing"),
        (json.dumps({"token": "abc", TOKEN: 1}), "there is an unknown field"),
        (json.dumps({"token": [TOKEN]}), "token: input should be a valid string"),
        (json.dumps({"token": TOKEN, "region": TOKEN}), "region: string should match"),
    ],
)
def test_credentials_that_are_none_are_told_field_by_field_without_a_value(
    shops: StoreWorld, text: str, told: str
) -> None:
    shops.input = text

    result = shops.run("stores", "add", *ACME, "--credentials-from", "-")

    assert (result.exit_code, shops.parameter("stores")) == (2, None)
    assert told in result.stderr
    assert TOKEN not in result.output
    assert "abc" not in result.output


@pytest.mark.parametrize(
    ("stage", "policy"), [("prod", "upsert"), ("staging", "plan"), ("dev", "plan")]
)
def test_only_production_acts_on_subscriptions_by_default(
    real_shops: StoreWorld, stage: str, policy: str
) -> None:
    real_shops.stage(stage)

    result = real_shops.add("--stack", "shop-hooks")

    assert real_shops.configuration().policy == policy
    assert f"Policy of its subscriptions: {policy}; " in result.stderr


def test_a_policy_that_is_asked_for_is_had(real_shops: StoreWorld) -> None:
    real_shops.stage("staging")

    real_shops.add("--policy", "sync", "--stack", "shop-hooks")

    assert real_shops.configuration().policy == "sync"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["konimo", "acme"], "Did you mean konimbo?"),
        (["konimbo", "Acme"], "a-z, 0-9 and -"),
        (["konimbo", "synthetic"], "reserved"),
        (["konimbo", "acme", "--topic", "order_create"], "Did you mean order_created?"),
        (["konimbo", "acme", "--expect", "order_create"], "Did you mean order_created?"),
        (["konimbo", "acme", "--environment", "tset"], "Did you mean test?"),
        (["iset", "acme", "--environment", "test"], "There are: production."),
        (["konimbo", "acme", "--policy", "upsrt"], "policy: Input should be 'off', 'plan'"),
        (["konimbo", "acme", "--label", "x" * 101], "label: String should have at most 100"),
        (["konimbo", "acme", "--label", "a\x1b[2J"], "label: String should match pattern"),
        (["konimbo", "acme", "--silence-hours", "-1"], "silence_hours: Input should be greater"),
        (["iset", "acme", "--policy", "plan"], "the policy can only be off"),
        (["iset", "acme", "--credentials-from", "-"], "takes no credentials"),
        (["konimbo", "acme", "--credentials-from", "x"], "the standard input, nowhere else"),
        (["konimbo", "acme", "--no-credentials", "--policy", "plan"], "Leave --policy out"),
        (["konimbo", "acme", "--signed-only"], "for cenit only"),
        (["cenit", "acme", "--backed-by", "konimo/acme"], "Did you mean konimbo?"),
        (["cenit", "acme", "--expect", "get_orders"], "There are: create_order"),
        (["konimbo", "acme", "--wait", "2", "--no-wait"], "exclude each other"),
    ],
)
def test_what_cannot_be_is_bad_usage_with_a_hint(
    shops: StoreWorld, arguments: list[str], hint: str
) -> None:
    result = shops.run("stores", "add", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert hint in " ".join(result.stderr.split())
    assert shops.book.all() == {}


def test_a_store_that_there_is_already_is_not_replaced_by_mistake(shops: StoreWorld) -> None:
    shops.add("--label", "Acme")

    unasked = shops.add("--label", "Other")
    shops.consent = False
    refused = shops.add("--label", "Other")

    assert (unasked.exit_code, refused.exit_code) == (2, 1)
    assert "--replace" in unasked.stderr
    assert shops.configuration().label == "Acme"


def test_a_replaced_store_keeps_when_it_was_added_and_says_what_changed(shops: StoreWorld) -> None:
    shops.add("--label", "Acme")
    added_at = shops.configuration().added_at
    shops.clock.sleep(3600)

    shops.input = json.dumps({"token": "another-token"})
    result = shops.run(
        "stores",
        "add",
        *ACME,
        "--label",
        "Other",
        "--replace",
        "--no-wait",
        "--credentials-from",
        "-",
    )

    assert (shops.configuration().label, shops.configuration().added_at) == ("Other", added_at)
    assert "label: Acme -> Other" in result.stdout
    assert "credentials: others -> given" in result.stdout
    assert "another-token" not in result.output


@pytest.mark.parametrize("keep", [False, True])
def test_a_replaced_store_may_keep_its_credentials(shops: StoreWorld, *, keep: bool) -> None:
    shops.add()
    shops.consent, shops.typed = keep, ["another-token", "", ""]

    shops.run("stores", "add", *ACME, "--replace", "--label", "New", "--no-wait")

    assert shops.questions == ["Keep the credentials it has?"]
    assert shops.book.credentials(ACME) == {"token": TOKEN if keep else "another-token"}
    assert len(shops.konimbo.opened) == 2  # those that are kept are tried as well


def test_what_ssm_has_of_a_store_is_replaced_even_if_it_cannot_be_read(shops: StoreWorld) -> None:
    shops.add()
    for kind in ("stores", "credentials"):
        parameter = shops.parameter(kind)
        assert parameter is not None
        shops.book.ssm.put_parameter(Name=parameter["Name"], Value="spoiled", Overwrite=True)

    assert shops.add("--replace").json["done"] == "changed"
    assert shops.book.credentials(ACME) == CREDENTIALS


def test_a_store_that_was_removed_gets_new_urls_only_when_asked_for(shops: StoreWorld) -> None:
    shops.set_entry("konimbo/acme", disabled=True, generation=3)
    old = shops.url_of()

    unasked = shops.add()
    shops.consent = False
    refused = shops.add()
    assert (unasked.exit_code, refused.exit_code, shops.parameter("stores")) == (2, 1, None)
    assert "--new-urls" in unasked.stderr

    agreed = shops.add("--new-urls")

    url = next(one["url"] for one in agreed.json["urls"] if one["topic"] == "order_created")
    assert "/k1.4." in url
    assert (shops.proves(url), shops.proves(old)) == (True, False)


def test_a_store_whose_urls_were_revoked_stays_so_when_it_is_replaced(shops: StoreWorld) -> None:
    shops.add()
    shops.set_entry("konimbo/acme", disabled=True)

    result = shops.add("--replace", "--label", "New")

    assert "disabled in the key ring" in result.stderr
    assert shops.ring.stores["konimbo/acme"].disabled

    shops.add("--replace", "--new-urls")
    assert shops.proves(shops.url_of())


def test_while_a_store_is_being_removed_it_is_not_written(shops: StoreWorld) -> None:
    lease = Leases(shops.table, surroundings(shops.table).now).acquire(ACME, "stores remove", 60)

    held = shops.add()
    assert (held.exit_code, shops.parameter("credentials")) == (1, None)
    assert "konimbo/acme is being worked on by stores remove" in held.stderr

    with lease:
        pass
    assert shops.add().exit_code == 0
    assert shops.add("--replace").exit_code == 0  # it was given back


def test_it_prints_the_urls_and_what_to_do_with_them(shops: StoreWorld) -> None:
    urls = [one["url"] for one in shops.add().json["urls"]]
    shops.input = json.dumps(CREDENTIALS)

    told = shops.run("stores", "add", *ACME, "--replace", "--no-wait", "--credentials-from", "-")

    assert shops.url_of() in urls
    assert all(url in told.stdout for url in urls)
    assert "`commerce-hooks subscriptions apply konimbo acme` makes them now." in told.stdout


def test_where_the_platform_is_not_called_it_says_how_to_make_webhooks_by_hand(
    shops: StoreWorld,
) -> None:
    told = shops.run("stores", "add", *ACME, "--no-credentials", "--no-wait")

    assert "POST /v1/webhooks" in told.stdout


@pytest.mark.parametrize(
    ("platform", "step"),
    [
        ("centry", "subscriptions apply centry acme --stack shop-hooks"),
        ("iset", "urls iset acme --sheet acme.html --stack shop-hooks"),
        ("cenit", "cenit collection acme --output acme.json --stack shop-hooks"),
    ],
)
def test_each_platform_has_its_own_next_step(
    real_shops: StoreWorld, platform: str, step: str
) -> None:
    options = ("--no-wait", "--stack", "shop-hooks")
    real_shops.input = json.dumps(CREDENTIALS)
    given = ("--credentials-from", "-") if platform == "centry" else ()

    result = real_shops.run("stores", "add", platform, "acme", *given, *options)

    assert step in " ".join(result.stdout.split())


def test_a_cenit_store_gets_what_cenit_configure_sets_and_keeps_what_it_did(
    shops: StoreWorld,
) -> None:
    shops.set_entry("cenit/acme", generation=2, signed_only=True)

    result = shops.run(
        "stores", "add", "cenit", "acme", "--backed-by", "konimbo/acme", "--label", "A", "--json"
    )

    entry = json.loads(shops.secrets.texts[-1])["stores"]["cenit/acme"]
    assert entry == {"generation": 2, "signed_only": True, "backed_by": "konimbo/acme"}
    assert shops.configuration(StoreId("cenit", "acme")).label == "A"
    assert "signing_key" in result.json["urls"][0]


def test_calls_with_a_token_are_refused_on_a_real_stack_only_when_that_is_meant(
    real_shops: StoreWorld,
) -> None:
    call = ("stores", "add", "cenit", "acme", "--signed-only", "--no-wait", "--stack", "shop-hooks")

    unasked = real_shops.run(*call)
    assert (unasked.exit_code, len(real_shops.secrets.texts)) == (2, 1)
    real_shops.consent = True
    real_shops.run(*call)

    assert "will be refused unless they are signed" in real_shops.questions[0]
    assert real_shops.ring.stores["cenit/acme"].signed_only


def test_a_shop_that_has_to_consent_is_added_and_told_how(shops: StoreWorld) -> None:
    access = ConsentedAccess(checked=Checked((Finding("the shop has to authorize us"),)))
    shops.accesses["konimbo"] = platform_access("konimbo", access)

    result = shops.add()

    assert (result.exit_code, shops.parameter("stores") is not None) == (0, True)
    assert "stores authorize konimbo acme" in result.stderr


def test_it_waits_for_the_first_callback_of_this_store_and_no_other(shops: StoreWorld) -> None:
    for store, event_id in (("other", "a.0"), ("acme", "b.0"), ("acme", "c.0")):
        shops.bus.put(CallbackTarget("konimbo", store), event_id, "order.created")
    shops.bus.put(CallbackTarget("centry", "acme"), "d.0", "order.saved")
    shops.input = json.dumps(CREDENTIALS)

    result = shops.run("stores", "add", *ACME, "--credentials-from", "-", "--wait", "5")

    assert (result.exit_code, shops.followed, shops.unfollowed) == (0, 1, 1)
    assert "The first callback: order.created, 42, 07:08:09 UTC." in result.stdout


def test_programs_get_the_first_callback_too(shops: StoreWorld) -> None:
    shops.bus.put(CallbackTarget("konimbo", "other"), "a.0", "order.created")
    shops.bus.put(CallbackTarget("konimbo", "acme"), "b.0", "order.created")
    shops.input = json.dumps(CREDENTIALS)

    result = shops.run("stores", "add", *ACME, "--credentials-from", "-", "--wait", "5", "--json")

    assert result.json["first_callback"]["event_id"] == "b.0"


def test_a_first_callback_in_quarantine_is_no_success_without_more(shops: StoreWorld) -> None:
    shops.bus.put(CallbackTarget("konimbo", "acme"), "b.0", "callback.quarantined")
    shops.input = json.dumps(CREDENTIALS)

    result = shops.run("stores", "add", *ACME, "--credentials-from", "-", "--wait", "5")

    assert "quarantine show b" in result.stdout


def test_if_none_comes_in_time_the_store_is_added_and_that_is_a_failure(shops: StoreWorld) -> None:
    shops.input = json.dumps(CREDENTIALS)

    result = shops.run("stores", "add", *ACME, "--credentials-from", "-", "--wait", "1", "--json")

    assert (result.exit_code, result.json["first_callback"]) == (1, None)
    assert "no callback came within 1 seconds" in result.stderr
    assert "answered 401 or 404" in result.stderr
    assert shops.parameter("stores") is not None


def test_on_a_terminal_it_waits_until_ctrl_c_which_ends_nothing_else(
    shops: StoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("support.command.FakeTail.poll", interrupted)
    shops.consent, shops.typed = True, [TOKEN, "", ""]

    result = shops.run("stores", "add", *ACME)

    assert (result.exit_code, shops.unfollowed) == (0, 1)
    assert "The store konimbo/acme stays added" in result.stderr
    assert shops.parameter("stores") is not None


def test_with_a_real_stack_account_and_region_are_said(real_shops: StoreWorld) -> None:
    result = real_shops.add("--stack", "shop-hooks")

    assert result.stderr.startswith("Account 111122223333, Region eu-central-1, stack shop-hooks")


@pytest.mark.parametrize("platform", ["centry", "iset", "konimbo", "cenit"])
def test_eighty_columns_are_enough_for_all_but_urls_and_keys(
    shops: StoreWorld, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    shops.input = json.dumps(CREDENTIALS)
    given = ("--credentials-from", "-") if platform in shops.accesses else ()

    result = shops.run("stores", "add", platform, "acme", *given, "--no-wait")

    lines = Text.from_ansi(result.stdout).plain.splitlines()
    lines = [line for line in lines if "k1." not in line]
    assert result.exit_code == 0
    assert max(map(len, lines)) <= 80


def test_the_command_says_that_it_uses_the_local_stack(shops: StoreWorld, tmp_path: Path) -> None:
    assert tmp_path.exists()
    assert "local stack at http://127.0.0.1:4321" in shops.add().stderr
