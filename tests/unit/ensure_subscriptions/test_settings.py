"""The function's base URLs are the command's, so that each knows the other's URLs for ours."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from ensure_subscriptions.settings import EnsureSettings
from support.command import REAL
from support.environment import ENSURE_ENVIRONMENT
from support.platforms import FUNCTIONS


def settings(**changed: str) -> EnsureSettings:
    return EnsureSettings.from_environment({**ENSURE_ENVIRONMENT, **changed})


@pytest.mark.parametrize(
    ("public", "former"),
    [
        ("https://a.example", ""),
        ("https://a.example/", "https://b.example"),
        ("https://a.example/api", "https://b.example/, https://c.example/x"),
    ],
)
def test_they_are_those_of_the_command_and_today_s_is_first(public: str, former: str) -> None:
    api = {"ApiUrl": ENSURE_ENVIRONMENT["API_URL"]}
    outputs = {**REAL.outputs, **api, "FormerBaseUrls": former}
    deployment = replace(REAL, base_url=public.rstrip("/"), outputs=outputs)

    found = settings(PUBLIC_BASE_URL=public, FORMER_BASE_URLS=former).base_urls

    assert found == deployment.base_urls
    assert found[0] == public.rstrip("/")


@pytest.mark.parametrize(
    "changed",
    [
        {"PUBLIC_BASE_URL": ""},
        {"PUBLIC_BASE_URL": "https://a,https://b"},
        {"ENSURE_SUBSCRIPTIONS_QUEUE_URL": ""},
    ],
)
def test_what_the_template_forgot_is_an_error_that_quotes_nothing(
    changed: dict[str, str],
) -> None:
    with pytest.raises(ValidationError) as raised:
        settings(AWS_SECRET_ACCESS_KEY="canary", **changed)

    assert "canary" not in str(raised.value)


def test_only_a_local_stack_names_fake_platforms() -> None:
    fakes = '{"centry": "http://127.0.0.1:1234"}'

    assert settings().fake_platforms == {}
    assert settings(FAKE_PLATFORMS=fakes).fake_platforms == {"centry": "http://127.0.0.1:1234"}
    assert "FAKE_PLATFORMS" not in (FUNCTIONS.parent / "template.yaml").read_text()
