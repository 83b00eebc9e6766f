"""`commerce-hooks cenit configure`: one entry of the key ring, and nothing else of it."""

import json
from dataclasses import replace

import pytest

from commerce_hooks.keyring import KeyRing
from commerce_hooks_cli.program import command_to_type
from support.command import LOCAL, REAL, RING, FakeSecrets, FakeWorld

OTHERS = {
    "konimbo/acme": {"generation": 2, "disabled": False},
    "cenit/other": {"signed_only": True, "backed_by": "centry/other"},
}


def ring_with(**stores: object) -> str:
    keys = {**json.loads(RING), "k2": "the-next-key-of-the-command-tests-0123456"}
    return json.dumps({**keys, "stores": {**OTHERS, **stores}})


@pytest.fixture
def secrets(world: FakeWorld) -> FakeSecrets:
    """The local stack's Secrets Manager."""
    secrets = FakeSecrets(ring_with())
    world.deployment = replace(LOCAL, clients=lambda _: secrets)
    return secrets


def stores_of(secrets: FakeSecrets) -> dict[str, object]:
    stores: dict[str, object] = json.loads(secrets.texts[-1])["stores"]
    return stores


def test_a_cenit_store_gets_the_store_behind_it(world: FakeWorld, secrets: FakeSecrets) -> None:
    result = world.run("cenit", "configure", "acme", "--backed-by", "konimbo/acme", "--json")

    assert stores_of(secrets) == {**OTHERS, "cenit/acme": {"backed_by": "konimbo/acme"}}
    assert result.json == {
        "platform": "cenit",
        "store": "acme",
        "connection": "http://127.0.0.1:4321/cenit/acme",
        "backed_by": "konimbo/acme",
        "signed_only": False,
        "disabled": False,
        "generation": 1,
        "changed": True,
    }
    assert "follow within 60 seconds" in result.stderr


def test_everything_else_of_the_ring_stays(world: FakeWorld, secrets: FakeSecrets) -> None:
    result = world.run("cenit", "configure", "acme", "--signed-only")

    assert "signing key has to be at Cenit first" in result.stderr
    before, after = (json.loads(text) for text in secrets.texts)
    assert after.pop("stores").pop("cenit/acme") == {"signed_only": True}
    assert after == {name: value for name, value in before.items() if name != "stores"}
    assert KeyRing.parse(secrets.texts[-1]).keys == KeyRing.parse(secrets.texts[0]).keys


def test_what_the_entry_says_already_stays(world: FakeWorld, secrets: FakeSecrets) -> None:
    entry = {"generation": 4, "backed_by": "iset/acme"}
    secrets.texts = [ring_with(**{"cenit/acme": entry})]

    world.run("cenit", "configure", "acme", "--signed-only")
    world.run("cenit", "configure", "acme", "--static-allowed", "--backed-by", "centry/acme")

    assert stores_of(secrets)["cenit/acme"] == {
        "generation": 4,
        "backed_by": "centry/acme",
        "signed_only": False,
    }


def test_a_ring_without_stores_gets_its_first(world: FakeWorld, secrets: FakeSecrets) -> None:
    secrets.texts = [RING]

    world.run("cenit", "configure", "acme", "--signed-only")

    assert stores_of(secrets) == {"cenit/acme": {"signed_only": True}}


def test_what_is_so_already_is_not_written(world: FakeWorld, secrets: FakeSecrets) -> None:
    result = world.run("cenit", "configure", "other", "--signed-only", "--json")

    assert (result.json["changed"], len(secrets.texts)) == (False, 1)
    assert "60 seconds" not in result.stderr


def test_without_options_it_shows_how_the_store_is_configured(
    world: FakeWorld, secrets: FakeSecrets
) -> None:
    shown = world.run("cenit", "configure", "other").stdout

    assert "stands for  centry/other" in shown
    assert "takes       signed calls only" in shown
    assert len(secrets.texts) == 1


def test_a_store_stops_standing_for_another(world: FakeWorld, secrets: FakeSecrets) -> None:
    result = world.run("cenit", "configure", "other", "--no-backed-by", "--json")

    assert stores_of(secrets)["cenit/other"] == {"signed_only": True}
    assert (result.json["backed_by"], result.json["changed"]) == (None, True)
    again = world.run("cenit", "configure", "other", "--no-backed-by", "--json")
    assert (again.json["changed"], len(secrets.texts)) == (False, 2)


def test_a_store_cannot_stand_for_another_and_for_none(
    world: FakeWorld, secrets: FakeSecrets
) -> None:
    both = ("--backed-by", "iset/acme", "--no-backed-by")

    result = world.run("cenit", "configure", "acme", *both)

    assert (result.exit_code, len(secrets.texts)) == (2, 1)
    assert "exclude each other" in result.stderr


def test_a_stack_without_cenit_is_not_changed(world: FakeWorld, secrets: FakeSecrets) -> None:
    world.deployment = replace(LOCAL, clients=lambda _: secrets, outputs={})

    result = world.run("cenit", "configure", "acme", "--signed-only")

    assert (result.exit_code, len(secrets.texts)) == (1, 1)
    assert "has no output CenitBaseUrl" in result.stderr


def test_the_hint_is_a_whole_command(real_world: FakeWorld) -> None:
    real_world.deployment = replace(REAL, clients=lambda _: FakeSecrets(ring_with()))

    result = real_world.run(
        "cenit", "configure", "acme", "--signed-only", "--yes", "--stack", "shop-hooks"
    )

    said = " ".join(result.stderr.split())
    assert f"`{command_to_type()} urls cenit acme --signed --stack shop-hooks`" in said


@pytest.mark.parametrize("entry", [1, {"a_setting_to_come": True}])
def test_an_entry_that_cannot_be_read_is_left_alone_and_the_store_named(
    world: FakeWorld, secrets: FakeSecrets, entry: object
) -> None:
    secrets.texts = [ring_with(**{"cenit/demo": entry})]

    result = world.run("cenit", "configure", "demo", "--signed-only")
    another = world.run("cenit", "configure", "acme", "--signed-only")

    assert "entry of cenit/demo cannot be read" in " ".join(result.stderr.split())
    assert (result.exit_code, another.exit_code) == (1, 0)
    entries = json.loads(secrets.texts[-1])["stores"]
    assert (entries["cenit/demo"], entries["cenit/acme"]["signed_only"]) == (entry, True)


def test_an_entry_that_somebody_else_made_unreadable_meanwhile_is_left_alone(
    world: FakeWorld,
) -> None:
    class Changing(FakeSecrets):
        def get_secret_value(self, **how: str) -> dict[str, str]:
            found = super().get_secret_value(**how)
            self.texts[-1] = ring_with(**{"cenit/acme": 1})
            return found

    changing = Changing(ring_with())
    world.deployment = replace(LOCAL, clients=lambda _: changing)

    result = world.run("cenit", "configure", "acme", "--signed-only")

    assert (result.exit_code, len(changing.texts)) == (1, 1)
    assert "entry of cenit/acme cannot be read" in " ".join(result.stderr.split())


def test_a_disabled_store_takes_nothing(world: FakeWorld, secrets: FakeSecrets) -> None:
    secrets.texts = [ring_with(**{"cenit/acme": {"disabled": True}})]

    assert "none: it is disabled" in world.run("cenit", "configure", "acme").stdout


@pytest.mark.parametrize(
    ("behind", "hint"),
    [
        ("konimo/acme", "Did you mean konimbo?"),
        ("cenit/acme", "There are: centry, iset, konimbo."),
        ("acme", "There are: centry"),
        ("konimbo", "a-z, 0-9 and -"),
        ("konimbo/Acme", "a-z, 0-9 and -"),
        ("konimbo/acme/x", "a-z, 0-9 and -"),
    ],
)
def test_only_a_store_of_a_platform_can_stand_behind_it(
    world: FakeWorld, secrets: FakeSecrets, behind: str, hint: str
) -> None:
    result = world.run("cenit", "configure", "acme", "--backed-by", behind)

    assert (result.exit_code, result.stdout, len(secrets.texts)) == (2, "", 1)
    assert hint in result.stderr


def test_no_key_is_ever_shown(world: FakeWorld, secrets: FakeSecrets) -> None:
    said = world.run("cenit", "configure", "acme", "--signed-only").output
    said += world.run("cenit", "configure", "acme", "--static-allowed", "--json").output

    assert "0123456" not in said + repr(secrets)


@pytest.mark.parametrize("signed", [False, True])
def test_a_deployed_stack_is_changed_only_with_consent(
    real_world: FakeWorld, *, signed: bool
) -> None:
    secrets = FakeSecrets(ring_with())
    real_world.deployment = replace(REAL, clients=lambda _: secrets)
    option = ("--signed-only",) if signed else ("--backed-by", "iset/acme")
    call = ("cenit", "configure", "acme", *option, "--stack", "shop-hooks")

    unasked = real_world.run(*call)
    real_world.consent = False
    refused = real_world.run(*call)
    unchanged = len(secrets.texts)
    real_world.consent = True
    agreed = real_world.run(*call)

    assert (unasked.exit_code, refused.exit_code, unchanged) == (2, 1, 1)
    assert (agreed.exit_code, len(secrets.texts)) == (0, 2)
    assert agreed.stderr.startswith("Account 111122223333, Region eu-central-1, stack shop-hooks")
    assert ("Is the signing key at Cenit already?" in real_world.questions[0]) == signed


def test_with_yes_nobody_is_asked(real_world: FakeWorld) -> None:
    secrets = FakeSecrets(ring_with())
    real_world.deployment = replace(REAL, clients=lambda _: secrets)

    real_world.run("cenit", "configure", "acme", "--signed-only", "--yes", "--stack", "shop-hooks")

    assert (real_world.questions, len(secrets.texts)) == ([], 2)


def test_a_ring_that_would_be_none_is_not_written(world: FakeWorld) -> None:
    class Changing(FakeSecrets):
        """Somebody breaks the ring between the verb's first look at it and its change."""

        def get_secret_value(self, **how: str) -> dict[str, str]:
            found = super().get_secret_value(**how)
            self.texts[-1] = json.dumps({**json.loads(RING), "sign": "k9"})
            return found

    breaking = Changing(ring_with())
    world.deployment = replace(LOCAL, clients=lambda _: breaking)

    result = world.run("cenit", "configure", "acme", "--signed-only")

    assert (result.exit_code, len(breaking.texts)) == (1, 1)
    assert "Nothing was changed: the key ring names no signing key" in result.stderr


def test_a_change_by_somebody_else_at_the_same_moment_is_noticed(world: FakeWorld) -> None:
    class Contended(FakeSecrets):
        """Somebody else writes just before we do."""

        def put_secret_value(self, *, SecretString: str, **how: str) -> dict[str, str]:  # noqa: N803
            super().put_secret_value(SecretString=ring_with(**{"iset/new": {"generation": 2}}))
            return super().put_secret_value(SecretString=SecretString, **how)

    secrets = Contended(ring_with())
    world.deployment = replace(LOCAL, clients=lambda _: secrets)

    result = world.run("cenit", "configure", "acme", "--signed-only")

    assert result.exit_code == 1
    assert "changed the key ring at the same moment" in result.stderr
    assert "version-2 (AWSPREVIOUS)" in result.stderr


def test_a_change_by_somebody_else_right_after_is_another_story(world: FakeWorld) -> None:
    class Contended(FakeSecrets):
        """Somebody else writes just after us."""

        def put_secret_value(self, *, SecretString: str, **how: str) -> dict[str, str]:  # noqa: N803
            put = super().put_secret_value(SecretString=SecretString, **how)
            super().put_secret_value(SecretString=ring_with())
            return put

    secrets = Contended(ring_with())
    world.deployment = replace(LOCAL, clients=lambda _: secrets)

    result = world.run("cenit", "configure", "acme", "--signed-only")

    said = " ".join(result.stderr.split())
    assert result.exit_code == 1
    assert "theirs took this one's place" in said
    assert "AWSPREVIOUS" not in said
