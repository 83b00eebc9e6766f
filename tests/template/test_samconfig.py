"""The SAM CLI's settings: one environment apart from the other, and nothing secret."""

import re
import tomllib

import pytest

from template.reading import ROOT, Template, Tree

TEXT = (ROOT / "samconfig.toml").read_text("utf-8")
SETTINGS: Tree = {name: each for name, each in tomllib.loads(TEXT).items() if name != "version"}
# What a checked-in file must not give away: keys, tokens, accounts, addresses.
SECRET_LIKE = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\d{12}|[A-Za-z0-9+/_-]{40,}|://|password|secret|token",
    re.IGNORECASE,
)


def deploy(environment: str) -> Tree:
    return dict(SETTINGS[environment]["deploy"]["parameters"])


def test_it_holds_nothing_that_looks_like_a_secret_or_an_account() -> None:
    settings = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))

    assert SECRET_LIKE.findall(settings) == []


def test_environments_share_no_stack_no_stage_and_no_prefix() -> None:
    assert set(SETTINGS) == {"default", "staging", "prod"}
    for setting in ("stack_name", "s3_prefix", "parameter_overrides"):
        assert len({str(deploy(environment)[setting]) for environment in SETTINGS}) == 3


@pytest.mark.parametrize("environment", SETTINGS)
def test_a_deployment_may_make_roles_but_not_name_them(environment: str) -> None:
    assert deploy(environment)["capabilities"] == "CAPABILITY_IAM"
    assert deploy(environment)["resolve_s3"] is True


@pytest.mark.parametrize("environment", SETTINGS)
def test_it_sets_only_parameters_that_the_template_has(
    environment: str, template: Template
) -> None:
    overrides = deploy(environment)["parameter_overrides"]

    assert {each.partition("=")[0] for each in overrides} <= set(template.document["Parameters"])


def test_validation_lints_and_the_build_uses_its_cache() -> None:
    assert SETTINGS["default"]["validate"]["parameters"] == {"lint": True}
    assert SETTINGS["default"]["build"]["parameters"] == {"cached": True, "parallel": True}


def test_production_asks_first() -> None:
    assert deploy("prod")["confirm_changeset"] is True
