"""`commerce-hooks keys export` and `keys import`: the ring in a file that a passphrase opens."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.key_records import KeyRecords
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.state_table import open_state_table
from support.age import decrypted, encrypted
from support.command import LOCAL, REAL, FakeWorld
from support.keys import CANARY, ISET, Secrets, Shops, ring_text, shops
from support.state_table import create_state_table

PASSPHRASE = "correct horse battery staple"
HOUR = timedelta(hours=1)
OTHERS = {"name": "shop-hooks/prod", "account": "999988887777", "region": "eu-central-1"}


@pytest.fixture
def acme(world: FakeWorld) -> Shops:
    acme = shops(world, ring_text("k2", "k1", "k2", iset__acme={"generation": 3}))
    acme.note_key("k2", accepted_at=acme.now - 73 * HOUR, signs_at=acme.now - 72 * HOUR)
    acme.world.input = f"{PASSPHRASE}\nand more\n"
    return acme


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An export of the ring as it was when k1 signed, alone."""
    return exported(tmp_path / "ring.age", ring_text("k1", iset__acme={"generation": 2}))


def exported(file: Path, ring: str, **about: Any) -> Path:
    content = {
        "format": "commerce-hooks/key-ring/v1",
        "deployment": {
            "name": "commerce-hooks-local/local",
            "account": "000000000000",
            "region": "us-east-1",
        },
        "exported_at": "2026-05-01T10:00:00Z",
        "ring": ring,
        "keys": {"k1": {"accepted_at": None, "signs_at": "2026-04-01T10:00:00Z"}},
        **about,
    }
    file.write_bytes(encrypted(json.dumps(content).encode(), PASSPHRASE))
    return file


def test_what_is_exported_any_age_tool_opens_and_brings_everything_back(
    acme: Shops, tmp_path: Path
) -> None:
    path = tmp_path / "fresh.age"
    before, acme.world.input = acme.secrets.texts[-1], PASSPHRASE

    told = acme.world.run("keys", "export", str(path), "--json").json
    content = json.loads(decrypted(path.read_text(), PASSPHRASE))
    acme.secrets.lost, acme.world.table._rows = True, {}
    back = acme.world.run("keys", "import", str(path))

    assert told == {"file": str(path), "keys": ["k1", "k2"], "stores": ["iset/acme"]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (content["ring"], content["deployment"]["name"]) == (
        before,
        "commerce-hooks-local/local",
    )
    assert content["keys"]["k2"]["signs_at"] == "2026-05-03T12:00:00.500000Z"
    assert (back.exit_code, json.loads(acme.secrets.texts[-1])) == (0, json.loads(before))
    assert acme.world.table.read("keys", "k2").data["signs_at"] == "2026-05-03T12:00:00.500Z"


def test_a_file_that_is_there_stays(acme: Shops, file: Path) -> None:
    before = file.read_bytes()

    result = acme.world.run("keys", "export", str(file))

    assert (result.exit_code, file.read_bytes()) == (2, before)
    assert "--force" in result.stderr


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["short"], "fewer than 12 characters"),
        ([PASSPHRASE, PASSPHRASE + "!"], "The two passphrases differ"),
    ],
)
def test_a_passphrase_is_typed_twice_and_not_too_short(
    acme: Shops, tmp_path: Path, typed: list[str], said: str
) -> None:
    acme.world.typed = [*typed]

    result = acme.world.run("keys", "export", str(tmp_path / "new.age"))

    assert (result.exit_code, said in result.stderr) == (2, True)
    assert not (tmp_path / "new.age").exists()


@pytest.mark.parametrize("verb", [("export", "--force"), ("import",)], ids=" ".join)
def test_without_a_passphrase_nothing_happens(
    acme: Shops, file: Path, verb: tuple[str, ...]
) -> None:
    acme.world.input = "\n"

    result = acme.world.run("keys", *verb, str(file))

    assert (result.exit_code, len(acme.secrets.texts)) == (2, 1)
    assert "first line of the standard input" in result.stderr


def test_a_secret_without_a_value_is_filled_again(acme: Shops, file: Path) -> None:
    acme.secrets.lost = True
    acme.world.typed = [PASSPHRASE]

    result = acme.world.run("keys", "import", str(file))

    assert (result.exit_code, acme.ring.sign) == (0, "k1")
    assert json.loads(acme.secrets.texts[-1])["stores"] == {"iset/acme": {"generation": 2}}
    assert "no key ring that can be used" in result.stdout
    assert acme.world.table.read("keys", "k1").data == {
        "accepted_at": "2026-05-06T12:00:00.500Z",
        "imported_at": None,
        "retired_at": None,
        "signs_at": "2026-04-01T10:00:00.000Z",
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sign":"k1"}', "not at all"])
def test_a_damaged_secret_is_written_over(acme: Shops, file: Path, text: str) -> None:
    acme.secrets.texts = [text]

    result = acme.world.run("keys", "import", str(file), "--json")

    assert (result.exit_code, result.json["changed"], acme.ring.sign) == (0, True, "k1")


def test_what_would_change_is_shown_and_keys_are_brought_together(acme: Shops, file: Path) -> None:
    acme.secrets.texts = [ring_text("k2", iset__acme={"generation": 3})]

    result = acme.world.run("keys", "import", str(file))

    assert (acme.ring.sign, sorted(acme.ring.keys)) == ("k2", ["k1", "k2"])
    assert json.loads(acme.secrets.texts[-1])["stores"] == {"iset/acme": {"generation": 3}}
    for said in (
        "accepted again: k1",
        "stores left as they are, though the export differs: iset/acme",
        "signs: k2",
        "2026-05-01 10:00 UTC",
    ):
        assert said in result.stdout


def test_with_replace_the_export_takes_the_place_of_everything(acme: Shops, file: Path) -> None:
    result = acme.world.run("keys", "import", str(file), "--replace")

    assert (acme.ring.sign, sorted(acme.ring.keys)) == ("k1", ["k1"])
    assert "no longer accepted: k2" in result.stdout


def test_what_is_there_already_is_not_written(acme: Shops, file: Path) -> None:
    result = acme.world.run("keys", "import", str(file))

    assert (result.exit_code, len(acme.secrets.texts)) == (0, 1)
    assert "Nothing had to be changed." in result.stdout


def test_a_key_that_was_retired_is_not_brought_back_by_the_way(acme: Shops, file: Path) -> None:
    acme.secrets.texts = [ring_text("k2")]
    acme.note_key("k1", retired_at=acme.now)

    result = acme.world.run("keys", "import", str(file))

    assert list(acme.ring.keys) == ["k2"]
    assert "left out, for they were retired: k1" in result.stdout


def test_another_deployment_s_ring_is_refused_for_a_reason(acme: Shops, tmp_path: Path) -> None:
    theirs = exported(tmp_path / "prod.age", ring_text("k1", "k1", "k3"), deployment=OTHERS)
    acme.secrets.texts = [ring_text("k2", "k2")]

    refused = acme.world.run("keys", "import", str(theirs))
    unchanged = len(acme.secrets.texts)
    agreed = acme.world.run("keys", "import", str(theirs), "--from-other-deployment")

    assert (refused.exit_code, unchanged, agreed.exit_code) == (2, 1, 0)
    assert "could so take over production's subscriptions" in " ".join(refused.stderr.split())
    assert "shop-hooks/prod in account 999988887777" in refused.stderr
    assert "take over production's subscriptions" in " ".join(agreed.stderr.split())
    # The other's newer key does not sign here, only because its number is higher.
    acme.world.run("keys", "rotate", "--no-wait")
    assert sorted(acme.ring.keys) == ["k1", "k2", "k3", "k4"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nothing of the kind", "could not be decrypted"),
        (encrypted(b"{}", "another passphrase"), "could not be decrypted"),
        (encrypted(b"{}", PASSPHRASE), "holds no key ring"),
        (encrypted(CANARY.encode(), PASSPHRASE), "holds no key ring"),
    ],
)
def test_a_file_that_is_no_export_is_refused(
    acme: Shops, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "wrong.age"
    path.write_bytes(content)

    result = acme.world.run("keys", "import", str(path))

    assert (result.exit_code, len(acme.secrets.texts)) == (1, 1)
    assert said in " ".join(result.stderr.split())
    assert CANARY not in result.output


def test_a_file_that_is_not_there_or_endless_is_bad_usage(acme: Shops, tmp_path: Path) -> None:
    endless = tmp_path / "endless"
    endless.write_bytes(bytes(5_000_001))

    for path in (tmp_path / "missing", endless, tmp_path):
        assert acme.world.run("keys", "import", str(path)).exit_code == 2


def test_what_does_not_say_what_was_written_is_noticed(acme: Shops, file: Path) -> None:
    class Forgetful(Secrets):
        def put_secret_value(self, *, SecretString: str, **how: str) -> dict[str, str]:  # noqa: N803
            return super().put_secret_value(SecretString=SecretString[:-2] + "}", **how)

    forgetful = Forgetful("{}")
    acme.world.deployment = replace(acme.world.find_deployment(None), clients=lambda _: forgetful)

    result = acme.world.run("keys", "import", str(file))

    assert (result.exit_code, "does not say what was written" in result.stderr) == (1, True)


def test_somebody_else_s_change_at_the_same_moment_is_noticed(acme: Shops, file: Path) -> None:
    class Contended(Secrets):
        def put_secret_value(self, *, SecretString: str, **how: str) -> dict[str, str]:  # noqa: N803
            super().put_secret_value(SecretString=ring_text("k2", "k2"))
            return super().put_secret_value(SecretString=SecretString, **how)

    contended = Contended(ring_text("k2"))
    acme.world.deployment = replace(acme.world.find_deployment(None), clients=lambda _: contended)

    result = acme.world.run("keys", "import", str(file))

    assert (result.exit_code, "AWSPREVIOUS" in result.stderr) == (1, True)


def test_what_somebody_changed_while_it_asked_is_not_taken_back(
    real_world: FakeWorld, tmp_path: Path
) -> None:
    acme = shops(real_world, ring_text("k2"), REAL)
    here = {"name": "commerce-hooks-local/local", "account": REAL.account, "region": REAL.region}
    file = exported(tmp_path / "ring.age", ring_text("k1", "k1", "k2"), deployment=here)
    real_world.input, real_world.consent = PASSPHRASE, True
    ask = real_world._ask

    def rotated_meanwhile(question: str) -> bool:
        acme.secrets.texts.append(ring_text("k3", "k2", "k3"))
        return ask(question)

    real_world._ask = rotated_meanwhile  # type: ignore[method-assign]
    stopped = real_world.run("keys", "import", str(file), "--stack", "shop-hooks")
    real_world._ask = ask  # type: ignore[method-assign]
    unchanged = list(acme.ring.keys)
    again = real_world.run("keys", "import", str(file), "--stack", "shop-hooks")

    assert (stopped.exit_code, unchanged) == (1, ["k2", "k3"])
    assert "changed the key ring while this asked" in " ".join(stopped.stderr.split())
    assert (again.exit_code, acme.ring.sign, sorted(acme.ring.keys)) == (
        0,
        "k3",
        ["k1", "k2", "k3"],
    )


def test_a_deployed_stack_is_changed_only_with_consent(
    real_world: FakeWorld, tmp_path: Path
) -> None:
    acme = shops(real_world, ring_text("k2", "k2"), REAL)
    here = {
        "name": "commerce-hooks-local/local",
        "account": REAL.account,
        "region": REAL.region,
    }
    file = exported(tmp_path / "ring.age", ring_text("k1"), deployment=here)
    call = ("keys", "import", str(file), "--replace", "--stack", "shop-hooks")
    real_world.input = PASSPHRASE

    unasked = real_world.run(*call)
    real_world.consent = False
    refused = real_world.run(*call)
    unchanged = len(acme.secrets.texts)
    real_world.consent = True
    agreed = real_world.run(*call)

    assert (unasked.exit_code, refused.exit_code, unchanged) == (2, 1, 1)
    assert "k2 will be refused" in real_world.questions[0]
    assert (agreed.exit_code, list(acme.ring.keys)) == (0, ["k1"])


def test_an_empty_secret_and_an_empty_table_as_aws_has_them(world: FakeWorld, file: Path) -> None:
    with mock_aws():
        create_state_table("state")
        clients: Any = boto3.client
        arn = clients("secretsmanager").create_secret(Name="ring")["ARN"]
        deployment = replace(LOCAL, clients=clients, key_ring_arn=arn)
        world.deployment, world.input = deployment, PASSPHRASE
        world.table = open_state_table(deployment)  # type: ignore[assignment]

        back = world.run("keys", "import", str(file))
        rotated = world.run("keys", "rotate", "--json")

        kept = clients("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        times = KeyRecords(open_state_table(deployment)).times()
    assert (back.exit_code, rotated.exit_code) == (0, 0)
    assert sorted(KeyRing.parse(kept).keys) == ["k1", "k2"]
    assert [times[key].signs_at is not None for key in ("k1", "k2")] == [True, True]


def test_neither_key_nor_passphrase_is_ever_shown(acme: Shops, file: Path, tmp_path: Path) -> None:
    acme.came(ISET, "k1", acme.now)
    said = acme.world.run("keys", "import", str(file), "--replace", "--json").output
    said += acme.world.run("keys", "import", str(file)).output
    acme.world.input = "too short"
    said += acme.world.run("keys", "export", str(tmp_path / "new.age")).output

    assert not any(word in said for word in (CANARY, PASSPHRASE, "too short"))
    assert command_to_type() not in said
