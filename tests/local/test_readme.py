"""The README's commands for one machine, run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## Play with it$(.*?)^## ", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout that is set up, so that a developer's own stack is left alone."""
    clone = tmp_path / "commerce-hooks"
    shutil.copytree(ROOT, clone, ignore=NOT_COPIED)
    bin_folder = clone / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    path = ":".join(str(clone / name) for name in ("cli", "shared", "functions"))
    command = bin_folder / "commerce-hooks"
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} -m commerce_hooks_cli "$@"\n'
    )
    command.chmod(0o755)
    for stamp in (bin_folder / "uv", clone / ".venv" / ".run"):
        stamp.touch()
    return clone


def bash(clone: Path, script: str) -> str:
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=clone,
        env={name: os.environ[name] for name in ("PATH", "HOME")},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_blocks_of_the_section_do_what_they_say(clone: Path) -> None:
    section = SECTION.search((ROOT / "README.md").read_text())
    assert section
    tour, repair, healing, curl, end = BLOCK.findall(section[1])
    try:
        toured = bash(clone, tour)
        repaired = bash(clone, repair)
        healed = bash(clone, healing)
        answered = bash(clone, curl)
    finally:
        bash(clone, end)

    assert "The store konimbo/acme is added." in toured
    assert "/konimbo/acme/order_created/k1.1." in toured
    assert "came in: accepted" in toured
    assert "1 quarantined" in toured
    assert "its event came off the bus" in toured
    assert "order.created" in toured
    assert "accepted" in toured
    assert "quarantined" in toured
    assert "missing" in repaired
    assert "replayed" in repaired
    assert "answered 200" in healed
    assert "1 to change, 9 as desired" in healed
    assert healed.rstrip().count("✓") >= 10
    assert '"status": "accepted"' in answered
    assert not (clone / ".local").exists()
