"""docs/adding-a-platform.md, followed word for word in a copy: what it adds, passes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/adding-a-platform.md").read_text("utf-8")
DEFAULT_ROUTE = "  # --- Default route"
DETAIL_TYPES = "                    events:detail-type:\n"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
FINDING_PLATFORMS = ("tests/unit", "tests/contract", "tests/template")
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "cli")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


def bash(clone: Path, script: str) -> str:
    done = subprocess.run(
        ["/bin/bash", "-euc", script], cwd=clone, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout after the document's steps 1 to 4; step 5 is prose."""
    clone = tmp_path / "commerce-hooks"
    shutil.copytree(ROOT, clone, ignore=NOT_COPIED)
    samples, entry_point, block_like_centry, *_ = blocks("bash")
    schema, topics = blocks("python")
    (detail_types,) = blocks("yaml")
    bash(clone, samples)
    (clone / "shared/commerce_hooks/schemas/tiendita.py").write_text(schema)
    (clone / "functions/tiendita/webhook.py").write_text(topics)
    bash(clone, entry_point)
    block = bash(clone, block_like_centry).partition(DETAIL_TYPES)[0] + detail_types + "\n"
    template = clone / "template.yaml"
    template.write_text(template.read_text().replace(DEFAULT_ROUTE, block + DEFAULT_ROUTE))
    return clone


def test_the_platform_it_describes_passes_every_test_that_finds_it(clone: Path) -> None:
    done = subprocess.run(
        [*PYTEST, "-k", "tiendita and not step_5", *FINDING_PLATFORMS],
        cwd=clone,
        env={name: os.environ[name] for name in ("PATH", "HOME")}
        | {"PYTHONPATH": f"{clone}/shared:{clone}/functions"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 200
