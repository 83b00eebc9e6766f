"""`commerce-hooks stores apply`: a plan, then two hundred stores, then nothing."""

import json
from pathlib import Path

import boto3
import pytest

from commerce_hooks.http.errors import CredentialsRefusedError
from commerce_hooks.platform_access import Checked, Finding
from commerce_hooks.stores import StoreId
from commerce_hooks_cli.store_book import StoreBook
from support.store_world import ACME, CREDENTIALS, TOKEN, StoreWorld
from support.stores import FakeStoreAccess, platform_access

ISET, CENIT, CENTRY = StoreId("iset", "acme"), StoreId("cenit", "acme"), StoreId("centry", "acme")
FILE = """
defaults:
  label: Client one
  silence_hours: 12
stores:
  konimbo/acme:
    credentials: {from_env: ACME_KONIMBO}
    topics: [order_created]
    expected_topics: [order_created]
  centry/acme:
    environment: test
    policy: plan
    credentials: {from_file: centry.json}
  iset/acme:
    label: Client two
  cenit/acme:
    backed_by: konimbo/acme
    signed_only: true
"""


@pytest.fixture(autouse=True)
def _secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KONIMBO", json.dumps(CREDENTIALS))
    private = tmp_path / "centry.json"
    private.write_text(json.dumps({"token": "centrys-token"}))
    private.chmod(0o600)


def written(tmp_path: Path, text: str = FILE) -> str:
    path = tmp_path / "stores.yaml"
    path.write_text(text)
    return str(path)


def test_a_file_makes_its_stores_and_a_second_time_nothing(
    shops: StoreWorld, tmp_path: Path
) -> None:
    path = written(tmp_path)

    first = shops.run("stores", "apply", path)
    writes = len(shops.secrets.texts)
    second = shops.run("stores", "apply", path)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "4 of 4 stores are made as the file says." in first.stdout
    assert second.stdout == "Nothing to do: all 4 stores are as the file says.\n"
    assert len(shops.secrets.texts) == writes == 2
    stores = shops.book.all()
    assert list(stores) == [CENIT, CENTRY, ISET, ACME]
    assert shops.book.all_credentials() == {CENTRY: {"token": "centrys-token"}, ACME: CREDENTIALS}
    assert [store.policy for store in stores.values() if store] == ["off", "plan", "off", "upsert"]
    assert [store.label for store in stores.values() if store] == [
        "Client one",
        "Client one",
        "Client two",
        "Client one",
    ]
    entry = json.loads(shops.secrets.texts[-1])["stores"]["cenit/acme"]
    assert entry == {"backed_by": "konimbo/acme", "signed_only": True}


def test_two_hundred_stores_in_one_apply_and_a_second_one_changes_nothing(
    shops: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["stores:"]
    for number in range(200):
        monkeypatch.setenv(f"SHOP_{number}", json.dumps({"token": f"token-{number:03}"}))
        platform = "konimbo" if number % 2 else "centry"
        lines += [
            f"  {platform}/shop-{number:03}:",
            f"    label: Client {number // 10}",
            f"    credentials: {{from_env: SHOP_{number}}}",
        ]
    path = written(tmp_path, "\n".join(lines))

    first = shops.run("stores", "apply", path)
    before = shops.versions()
    second = shops.run("stores", "apply", path)

    assert (first.exit_code, len(shops.book.all()), len(before)) == (0, 200, 400)
    assert shops.book.credentials(StoreId("konimbo", "shop-123")) == {"token": "token-123"}
    assert second.stdout == "Nothing to do: all 200 stores are as the file says.\n"
    assert shops.versions() == before


def test_with_plan_nothing_is_written_and_a_difference_is_exit_code_two(
    shops: StoreWorld, tmp_path: Path
) -> None:
    path = written(tmp_path)

    before = shops.run("stores", "apply", path, "--plan")
    assert (before.exit_code, shops.book.all(), len(shops.secrets.texts)) == (2, {}, 1)
    assert [line.split() for line in before.stdout.splitlines()] == [
        ["create", "cenit/acme"],
        ["create", "centry/acme"],
        ["create", "iset/acme"],
        ["create", "konimbo/acme"],
        ["4", "create"],
    ]
    shops.run("stores", "apply", path)
    assert shops.run("stores", "apply", path, "--plan").exit_code == 0


def test_a_change_is_planned_field_by_field_and_keeps_when_the_store_was_added(
    shops: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops.run("stores", "apply", written(tmp_path))
    added_at = shops.configuration().added_at
    shops.clock.sleep(3600)
    monkeypatch.setenv("ACME_KONIMBO", json.dumps({"token": "another-token"}))
    path = written(tmp_path, FILE.replace("silence_hours: 12", "silence_hours: 24"))

    planned = shops.run("stores", "apply", path, "--plan")
    shops.run("stores", "apply", path)

    lines = planned.stdout.splitlines()
    after = lines[lines.index("change          konimbo/acme") :]
    assert [line.strip() for line in after[1:3]] == [
        "silence_hours: 12 -> 24",
        "credentials: others -> given",
    ]
    assert (shops.configuration().silence_hours, shops.configuration().added_at) == (24, added_at)
    assert shops.book.credentials(ACME) == {"token": "another-token"}
    assert "another-token" not in planned.output


def test_programs_are_told_each_change(shops: StoreWorld, tmp_path: Path) -> None:
    shops.add("--label", "Old", store=StoreId("konimbo", "unnamed"))

    told = shops.run("stores", "apply", written(tmp_path), "--json").json

    actions = {f"{one['platform']}/{one['store']}": one["action"] for one in told["changes"]}
    assert actions == {
        "cenit/acme": "create",
        "centry/acme": "create",
        "iset/acme": "create",
        "konimbo/acme": "create",
        "konimbo/unnamed": "unnamed",
    }
    assert (told["made"], told["removed"]) == (4, [])


def test_stores_that_the_file_does_not_name_are_left_alone(
    shops: StoreWorld, tmp_path: Path
) -> None:
    other = StoreId("konimbo", "other")
    shops.add(store=other)

    result = shops.run("stores", "apply", written(tmp_path))

    assert "not in the file konimbo/other" in result.stdout
    assert other in shops.book.all()
    assert "Nothing to do" in shops.run("stores", "apply", written(tmp_path)).stdout


def test_with_prune_they_are_removed_as_remove_does_it(shops: StoreWorld, tmp_path: Path) -> None:
    other, third = StoreId("konimbo", "other"), StoreId("centry", "third")
    shops.add(store=other)
    shops.add(store=third)
    shops.konimbo.listed = [shops.subscription("1", shops.url_of(other))]
    url = shops.url_of(other)

    planned = shops.run("stores", "apply", written(tmp_path), "--prune", "--plan")
    assert (planned.exit_code, len(shops.book.all())) == (2, 2)
    assert "Removing konimbo/other:" in planned.stdout
    writes = len(shops.secrets.texts)
    result = shops.run("stores", "apply", written(tmp_path), "--prune", "--json")

    assert [one["store"] for one in result.json["removed"]] == ["third", "other"]
    assert result.json["removed"][1]["deleted_subscriptions"] == ["1"]
    assert (shops.proves(url, other), len(shops.book.all())) == (False, 4)
    assert other not in shops.book.all_credentials()
    # One change for what is made, one for what is removed, however many stores there are.
    assert len(shops.secrets.texts) == writes + 2


def test_a_store_that_was_removed_comes_back_with_new_urls(
    shops: StoreWorld, tmp_path: Path
) -> None:
    shops.run("stores", "apply", written(tmp_path))
    old = shops.url_of()
    shops.run("stores", "remove", *ACME, "--yes")

    planned = shops.run("stores", "apply", written(tmp_path), "--plan", "--json").json
    shops.run("stores", "apply", written(tmp_path))

    (change,) = [one for one in planned["changes"] if one["store"] == "acme" and one["differences"]]
    assert {"what": "URLs", "before": "disabled", "after": "new ones"} in change["differences"]
    assert (shops.proves(old), shops.proves(shops.url_of())) == (False, True)


def test_a_store_whose_removal_stopped_half_way_works_again_with_new_urls(
    shops: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    shops.add()
    old = shops.url_of()
    with monkeypatch.context() as patch:
        patch.setattr(StoreBook, "remove", stopped)
        shops.run("stores", "remove", *ACME, "--yes")
    assert ACME in shops.book.all()
    path = written(tmp_path, "stores: {konimbo/acme: {credentials: {from_env: ACME_KONIMBO}}}")

    planned = shops.run("stores", "apply", path, "--plan")
    shops.run("stores", "apply", path)
    again = shops.run("stores", "apply", path)

    assert "URLs: disabled -> new ones" in planned.stdout
    assert (shops.proves(old), shops.proves(shops.url_of())) == (False, True)
    assert "Nothing to do" in again.stdout


def test_a_store_that_was_removed_since_the_plan_is_not_made_by_half(
    real_shops: StoreWorld, tmp_path: Path
) -> None:
    shops = real_shops
    shops.add("--stack", "shop-hooks")

    def ask(question: str) -> bool:  # noqa: ARG001
        shops.run("stores", "remove", *ACME, "--yes", "--stack", "shop-hooks")
        return True

    shops.consent = True
    shops._ask = ask  # type: ignore[method-assign]
    path = written(tmp_path, "stores: {konimbo/acme: {policy: off}}")

    result = shops.run("stores", "apply", path, "--stack", "shop-hooks")

    assert (result.exit_code, shops.book.all()) == (1, {})
    assert "Somebody added or removed konimbo/acme meanwhile." in result.stderr


def test_one_shop_that_cannot_be_removed_keeps_no_other_from_it_and_is_told(
    shops: StoreWorld, tmp_path: Path
) -> None:
    third, other = StoreId("centry", "third"), StoreId("konimbo", "other")
    for store in (third, other, ACME):
        shops.add(store=store)
    shops.konimbo.listed = [shops.subscription("1", shops.url_of(other))]
    shops.konimbo.refuses_to_delete = CredentialsRefusedError()
    call = ("stores", "apply", written(tmp_path), "--prune", "--json")

    result = shops.run(*call)

    assert (result.exit_code, [*shops.book.all()]) == (1, [CENIT, CENTRY, ISET, ACME, other])
    assert [one["store"] for one in result.json["removed"]] == ["third"]
    (failed,) = result.json["failed"]
    assert (failed["store"], failed["deleted_subscriptions"]) == ("other", [])
    assert failed["error"].startswith("A subscription of konimbo/other could not be deleted")
    assert "1 of the 2 stores that were to be removed are still there." in result.stderr
    assert shops.proves(shops.url_of(other), other)

    shops.konimbo.refuses_to_delete = None
    assert shops.run(*call).exit_code == 0
    assert other not in shops.book.all()


def test_what_had_gone_when_it_was_stopped_is_told(
    shops: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    third, other = StoreId("centry", "third"), StoreId("konimbo", "other")
    for store in (third, other):
        shops.add(store=store)
    real = StoreBook.remove

    def remove(self: StoreBook, store: StoreId) -> None:
        if store == other:
            raise KeyboardInterrupt
        real(self, store)

    monkeypatch.setattr(StoreBook, "remove", remove)

    told = shops.run("stores", "apply", written(tmp_path), "--prune", "--json").json

    assert [one["store"] for one in told["removed"]] == ["third"]
    assert [one["store"] for one in told["failed"]] == ["other"]


def test_a_file_without_stores_does_not_remove_them_all(shops: StoreWorld, tmp_path: Path) -> None:
    shops.add()

    result = shops.run("stores", "apply", written(tmp_path, "stores: {}"), "--prune", "--force")

    assert (result.exit_code, list(shops.book.all())) == (2, [ACME])
    assert "stores.yaml names no store" in result.stderr


@pytest.mark.parametrize(
    ("unnamed", "named", "refused"), [(5, 1, False), (6, 12, False), (6, 11, True)]
)
def test_more_than_five_and_a_third_of_all_are_removed_only_by_force(
    shops: StoreWorld, tmp_path: Path, unnamed: int, named: int, *, refused: bool
) -> None:
    def stores(letter: str, count: int) -> str:
        return "".join(f"  iset/{letter}{number}: {{}}\n" for number in range(count))

    def made(text: str) -> str:
        return written(tmp_path, f"stores:\n{text}")

    shops.run("stores", "apply", made(stores("a", unnamed) + stores("b", named)))
    path = made(stores("b", named))

    result = shops.run("stores", "apply", path, "--prune", "--yes")

    assert (result.exit_code, len(shops.book.all()) == named) == (2 * refused, not refused)
    if refused:
        assert "would remove 6 of 17 stores, so nothing was done" in result.stderr
        assert shops.run("stores", "apply", path, "--prune", "--force").exit_code == 0
        assert len(shops.book.all()) == named


def test_a_deployed_stack_is_changed_only_with_consent(
    real_shops: StoreWorld, tmp_path: Path
) -> None:
    call = ("stores", "apply", written(tmp_path), "--stack", "shop-hooks")

    unasked = real_shops.run(*call)
    real_shops.consent = False
    refused = real_shops.run(*call)
    assert (unasked.exit_code, refused.exit_code, real_shops.book.all()) == (2, 1, {})
    assert real_shops.questions == ["4 stores are made as the file says. Go on?"]

    assert real_shops.run(*call, "--yes").exit_code == 0
    assert len(real_shops.book.all()) == 4


def test_staging_only_plans_unless_the_file_says_more(
    real_shops: StoreWorld, tmp_path: Path
) -> None:
    real_shops.stage("staging")

    real_shops.run("stores", "apply", written(tmp_path), "--yes", "--stack", "shop-hooks")

    assert real_shops.configuration().policy == "plan"


def test_what_was_made_when_it_was_stopped_is_said_and_the_next_one_does_the_rest(
    shops: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, writes = StoreBook.write, []

    def write(self: StoreBook, store: StoreId, *what: object) -> None:
        writes.append(store)
        if len(writes) == 3:
            raise KeyboardInterrupt
        real(self, store, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(StoreBook, "write", write)

    stopped = shops.run("stores", "apply", written(tmp_path))
    assert "2 of 4 stores are made as the file says." in stopped.stdout
    rest = shops.run("stores", "apply", written(tmp_path))
    assert "2 of 2 stores are made as the file says." in rest.stdout


SECRET = "a-canary-of-a-secret-55ab"
NOBODY = "stores: {iset/nobody: {}}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stores: {konimo/a: {}}", "Did you mean konimbo?"),
        ("stores: {konimbo/synthetic: {}}", "synthetic is reserved"),
        ("stores: {konimbo/a: {}}", "is called with credentials. Say where they are"),
        (
            "stores: {konimbo/a: {policy: off, topics: [order_create]}}",
            "Did you mean order_created?",
        ),
        ("stores: {konimbo/a: {policy: off, environment: tset}}", "Did you mean test?"),
        ("stores: {konimbo/a: {policy: offf}}", "policy: Input should be"),
        ("stores: {konimbo/a: {policy: off, signed_only: true}}", "signed_only is for cenit only"),
        ("stores: {iset/a: {policy: plan}}", "the policy can only be off"),
        ("stores: {iset/a: {credentials: {from_env: ACME_KONIMBO}}}", "it takes no credentials"),
        ("stores: {cenit/a: {backed_by: konimo/a}}", "Did you mean konimbo?"),
        (
            "stores: {konimbo/a: {credentials: {from_env: NOT_SET}}}",
            "that from_env names is not set",
        ),
        ("stores: {konimbo/a: {credentials: {from_file: none.json}}}", "No such file"),
        ("stores: {konimbo/a: {credentials: {from_file: open.json}}}", "Others may read the file"),
        ("stores: {konimbo/a: {credentials: {from_file: bytes.json}}}", "names is no text"),
        ('stores: {konimbo/a: {credentials: {from_file: "a\\0b"}}}', "cannot be read"),
        ("stores: {konimbo/a: {credentials: {from_ssm: /none}}}", "What from_ssm names cannot be"),
        ("stores: {konimbo/a: {credentials: {from_env: BAD_JSON}}}", "are no JSON"),
        ("stores: {konimbo/a: {credentials: {from_env: BAD_FIELD}}}", "token: is missing"),
        (f"stores: {{konimbo/a: {{credentials: {{token: {SECRET}}}}}}}", "do not belong into this"),
        (f"stores: {{konimbo/a: {{credentials: {{from_env: {SECRET}}}}}}}", "is not set"),
        (f"stores: {{konimbo/a: {{credentials: {{from_file: {SECRET}}}}}}}", "No such file"),
        (f"stores: {{konimbo/a: {{credentials: {{from_ssm: {SECRET}}}}}}}", "there is none"),
    ],
)
def test_a_file_with_a_mistake_is_refused_as_a_whole_and_quotes_no_secret(
    shops: StoreWorld,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    told: str,
) -> None:
    monkeypatch.setenv("BAD_JSON", f"{{{SECRET}")
    monkeypatch.setenv("BAD_FIELD", json.dumps({"tokn": SECRET}))
    (tmp_path / "open.json").write_text(json.dumps(CREDENTIALS))
    (tmp_path / "open.json").chmod(0o644)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    (tmp_path / "bytes.json").chmod(0o600)

    result = shops.run("stores", "apply", written(tmp_path, f"{text}\n"))

    assert (result.exit_code, result.stdout, shops.book.all()) == (2, "", {})
    assert told in " ".join(result.stderr.split())
    assert "stores.yaml, line 1, " in result.stderr
    assert SECRET not in result.output


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(
    shops: StoreWorld, tmp_path: Path
) -> None:
    text = "stores:\n  konimbo/a: {}\n  iset/b: {labl: x}\n  konimbo/c: {policy: x}\n  iset/d: {}\n"

    result = shops.run("stores", "apply", written(tmp_path, text))

    errors = [line for line in result.stderr.splitlines() if line.startswith("error: stores.yaml,")]
    assert ["line 2" in errors[0], "line 3" in errors[1], "line 4" in errors[2]] == [True] * 3
    assert "stores.yaml has 3 mistakes, so nothing was done." in result.stderr
    assert shops.book.all() == {}


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_bad_usage(
    shops: StoreWorld, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "stores.yaml"
    if content is not None:
        path.write_bytes(content)

    assert shops.run("stores", "apply", str(path)).exit_code == 2


def test_credentials_can_come_from_ssm_and_from_secrets_manager(
    shops: StoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("ssm").put_parameter(
        Name="/ours/konimbo", Value=json.dumps(CREDENTIALS), Type="SecureString"
    )
    text = "stores: {konimbo/acme: {credentials: {from_ssm: /ours/konimbo}}}"

    assert shops.run("stores", "apply", written(tmp_path, text)).exit_code == 0
    assert shops.book.credentials(ACME) == CREDENTIALS

    ring = shops.secrets.get_secret_value

    def of_two(**how: str) -> dict[str, str]:
        if how["SecretId"] == "ours":
            return {"SecretString": json.dumps({"token": "of-the-secrets-manager"})}
        return ring(**how)

    monkeypatch.setattr(shops.secrets, "get_secret_value", of_two)
    text = "stores: {konimbo/acme: {credentials: {from_secret: ours}}}"
    assert shops.run("stores", "apply", written(tmp_path, text)).exit_code == 0
    assert shops.book.credentials(ACME) == {"token": "of-the-secrets-manager"}


def test_credentials_that_the_file_does_not_say_stay_where_nothing_is_done(
    shops: StoreWorld, tmp_path: Path
) -> None:
    shops.add()

    shops.run("stores", "apply", written(tmp_path, "stores: {konimbo/acme: {policy: off}}"))

    assert (shops.configuration().policy, shops.book.credentials(ACME)) == ("off", CREDENTIALS)


def test_no_verb_about_stores_but_add_shows_a_secret_or_a_callback_url(
    shops: StoreWorld, tmp_path: Path
) -> None:
    canaries = [TOKEN, "centrys-token", "the-key-of-the-command-tests", "/k1.", "a-strangers-url"]
    path = written(tmp_path)
    shops.konimbo = FakeStoreAccess(checked=Checked((Finding("no right", "Please."),)))
    shops.accesses["konimbo"] = platform_access("konimbo", shops.konimbo)
    said = [
        shops.run("stores", "apply", path, *option) for option in (("--plan",), (), ("--json",))
    ]
    stranger = "https://stranger.example/a-strangers-url"
    shops.konimbo.listed = [
        shops.subscription("1", shops.url_of()),
        shops.subscription("2", stranger),
    ]
    for option in ((), ("--json",)):
        said += [
            shops.run("stores", "list", *option),
            shops.run("stores", "show", *ACME, *option),
            shops.run("stores", "show", *CENIT, *option),
            shops.run("stores", "check", *ACME, *option),
            shops.run("stores", "check", "--all", *option),
            shops.run("stores", "authorize", *ACME, *option),
            shops.run("stores", "remove", *ACME, *option),
            shops.run("stores", "apply", written(tmp_path, NOBODY), "--plan", "--prune", *option),
        ]
    said.append(shops.run("stores", "remove", *ACME, "--yes"))
    said.append(shops.run("stores", "remove", *ACME, "--yes", "--json"))
    said.append(shops.run("stores", "apply", written(tmp_path, NOBODY), "--prune", "--yes"))

    everything = "\n".join(result.output for result in said)
    assert shops.konimbo.deleted == ["1"]
    assert [canary for canary in canaries if canary in everything] == []
