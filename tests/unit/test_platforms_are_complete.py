"""A platform that is half added is told what is missing, before other tests trip over it.

The parts are those of docs/adding-a-platform.md, in its order.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from support.platforms import FUNCTIONS, block_name

ROOT = FUNCTIONS.parent
NO_PLATFORMS = {
    "activity",
    "bulk",
    "cenit",
    "ensure_subscriptions",
    "not_found",
    "redeliver",
    "shapes",
    "upkeep",
    "__pycache__",
}
NAMES = sorted(
    {
        folder.name
        for parent in (ROOT / "events", FUNCTIONS)
        for folder in parent.iterdir()
        if folder.is_dir() and folder.name not in NO_PLATFORMS
    }
)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def topics(name: str) -> dict[str, Any]:
    try:
        return dict(import_module(f"{name}.webhook").PLATFORM.topics)
    except ImportError:
        pytest.skip(f"functions/{name}/webhook.py cannot be imported yet: step 3")


def missing(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths if not path.is_file()]


def test_step_1_every_topic_has_a_sample(name: str) -> None:
    paths = [ROOT / "events" / name / f"{topic}.json" for topic in topics(name)]

    assert missing(paths) == []


def test_step_2_there_is_a_schema(name: str) -> None:
    assert missing([ROOT / "shared" / "commerce_hooks" / "schemas" / f"{name}.py"]) == []


def test_step_3_there_are_topics_and_an_entry_point(name: str) -> None:
    files = ("__init__.py", "webhook.py", "app.py")

    assert missing([FUNCTIONS / name / file for file in files]) == []


def test_step_4_the_template_has_its_block(name: str) -> None:
    resources = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
    kinds = ("Function", "ErrorsAlarm", "ThrottlesAlarm", "Logs", "Role")
    parts = [f"{block_name(name)}{kind}" for kind in kinds]

    assert [part for part in parts if part not in resources] == []


def test_step_4_its_role_may_put_its_events_and_no_others(name: str) -> None:
    topics(name)
    expected = import_module(f"{name}.webhook").PLATFORM.detail_types
    resources = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
    role = resources.get(f"{block_name(name)}Role", {"Properties": {"Policies": []}})
    found = [
        tuple(statement["Condition"]["ForAllValues:StringEquals"]["events:detail-type"])
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "Condition" in statement
    ]

    assert found == [expected]


def test_step_5_the_catalogue_has_its_rows_and_its_column(name: str) -> None:
    lines = (ROOT / "docs/events/README.md").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith(f"| {name} |")]
    matrix = [line for line in lines if line.startswith("| detail-type |") and name in line]
    field = [line for line in lines if line.startswith("| `platform` |") and name in line]

    assert [row for topic in topics(name) for row in [topic] if not _named(topic, rows)] == []
    assert matrix, f"the matrix needs a column `{name}`"
    assert field, f"the field `platform` needs to name `{name}`"


def test_step_5_the_samples_are_described(name: str) -> None:
    assert f"`{name}/`" in (ROOT / "events/README.md").read_text("utf-8")


def _named(topic: str, rows: list[str]) -> bool:
    return any(f"`{topic}`" in row for row in rows)
