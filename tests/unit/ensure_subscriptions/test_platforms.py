"""The platforms whose API we know are found by their folders."""

from pathlib import Path

import pytest

from ensure_subscriptions.platforms import at_fakes, platform_called
from support.platforms import FUNCTIONS, platforms


def test_every_platform_with_an_access_is_known_and_no_other() -> None:
    known = {name: platform_called(name) for name in platforms()}

    for name, found in known.items():
        assert (found is not None) == (FUNCTIONS / name / "access.py").exists()
        assert found is None or (found.platform.name, found.access.name) == (name, name)
    assert any(known.values())


@pytest.mark.parametrize(
    "name", ["cenit", "upkeep", "ensure_subscriptions", "nowhere", "", ".", "../centry", "Centry"]
)
def test_whatever_else_has_a_folder_or_none_is_no_platform(name: str) -> None:
    assert platform_called(name) is None


def test_what_a_platform_itself_lacks_is_not_taken_for_no_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "half_a_platform"
    folder.mkdir()
    (folder / "webhook.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        platform_called("half_a_platform")


def test_a_fake_stands_in_all_of_a_platforms_environments_and_in_no_other_platforms() -> None:
    called = at_fakes(platform_called, {"centry": "http://127.0.0.1:1234"})

    centry, konimbo = called("centry"), called("konimbo")

    assert centry
    assert set(centry.access.environments.values()) == {"http://127.0.0.1:1234"}
    assert konimbo == platform_called("konimbo")
    assert called("iset") is None
