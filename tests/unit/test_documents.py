"""What the documents point at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("events/*.md")])
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)\"")
MAKE = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
VERB = re.compile(r"commerce-hooks ([a-z]+)(?: ([a-z]+))?")
WAY = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (tests/[\w/.]+)(?:::(\w+))? \|$", re.MULTILINE)
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(params=DOCUMENTS, ids=name_of)
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    links = [one or other for one, other in LINK.findall(document.read_text())]
    inside = [link for link in links if "://" not in link]

    assert [link for link in inside if not (document.parent / link).exists()] == []


def test_every_make_target_in_the_documents_exists(document: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))

    assert set(MAKE.findall(document.read_text())) <= targets


def test_every_environment_that_the_readme_deploys_is_configured() -> None:
    configured = (ROOT / "samconfig.toml").read_text()
    named = re.findall(r"--config-env ([a-z]+)", (ROOT / "README.md").read_text())

    assert named
    assert all(f"[{name}.deploy.parameters]" in configured for name in named)


def test_every_verb_in_the_documents_exists(document: Path) -> None:
    verbs = {path.stem for path in (ROOT / "cli/commerce_hooks_cli/verbs").glob("[a-z]*.py")}

    for verb, _ in VERB.findall(document.read_text()):
        assert verb in verbs | {"dev", "test"}


def test_every_parameter_in_the_documents_exists(document: Path) -> None:
    template = (ROOT / "template.yaml").read_text()
    named = re.findall(
        r"`([A-Z][A-Za-z]+(?:Days|Bytes|Topics|Data|Name|Arn|Url|Urls|Id))`", document.read_text()
    )

    assert [name for name in named if f"\n  {name}:\n" not in template] == []


def test_every_way_that_a_callback_can_go_is_drawn_and_has_a_test_that_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    drawn = re.findall(r"^    (\w+) --> (\w+):", text, re.MULTILINE)
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| (tests/[\w/.]+)(?:::(\w+))? \|$", text, re.MULTILINE
    )
    places = set(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE))

    assert len(drawn) > 1
    assert {(one, other) for one, other, *_ in rows} == set(drawn)
    assert {place for way in drawn for place in way} == places
    for _, _, file, test in rows:
        assert f"def {test}" in (ROOT / file).read_text("utf-8")
