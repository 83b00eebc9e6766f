"""The same template with what `sam build` made, and on systems without AWS's runtime client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commerce_hooks_cli.local.stack import StartOptions, start, stop
from local.inbox import Inbox
from local.stacks import accepted_sample, ask, callback_path_for, post_sample, tampered
from support.platforms import platforms
from template.built import sam_build

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator


def assert_callbacks_become_events(state: LocalState) -> None:
    inbox = Inbox(state)
    for platform in platforms().values():
        sample = accepted_sample(platform)
        path = callback_path_for(state, platform, sample.topic)
        answer = post_sample(state, path, sample)
        assert (answer.status, answer.json()["status"]) == (200, "accepted")
        for event in inbox.wait_for(answer.json()["event_ids"]):
            assert event["source"] == platform.source
        assert post_sample(state, tampered(path), sample).status == 401


@pytest.mark.build
def test_callbacks_become_events_with_the_built_artifacts(tmp_path: Path) -> None:
    built = sam_build(tmp_path)
    # Marks in the built copies show that they, and not the working copy, are what runs.
    _add(built.folder / "SharedLayer/python/commerce_hooks/__init__.py", 'print("built layer")')
    _add(built.folder / "CentryFunction/centry/__init__.py", 'print("built function")')
    state = start(StartOptions(directory=tmp_path / ".local", artifacts=built.folder))
    try:
        assert_callbacks_become_events(state)
        log = state.logs("CentryFunction")
        assert "built layer" in log
        assert "built function" in log
    finally:
        stop(state)


def _add(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_callbacks_become_events_with_the_plain_worker(tmp_path: Path) -> None:
    state = start(StartOptions(directory=tmp_path / ".local", plain_worker=True))
    try:
        assert_callbacks_become_events(state)
        assert ask(state.base_url, "/nowhere").status == 404
    finally:
        stop(state)
