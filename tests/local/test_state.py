"""The record of the running stack, and when it must not be believed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commerce_hooks_cli.local.child import end_process
from commerce_hooks_cli.local.errors import LocalStackRunningError, StaleStateError
from commerce_hooks_cli.local.liveness import _mark_from_ps, birth_mark
from commerce_hooks_cli.local.state import (
    STATE_FILE,
    LocalState,
    forget_state,
    read_state,
    recorded_state,
    write_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable

needs_ps = pytest.mark.skipif(not Path("/bin/ps").exists(), reason="asks ps")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / ".local"


@pytest.fixture
def state(directory: Path) -> LocalState:
    """A record of this very process."""
    run = directory / "run-1"
    run.mkdir(parents=True)
    return LocalState(
        pid=os.getpid(),
        birth_mark=birth_mark(os.getpid()) or "",
        identity="1",
        control_url="http://127.0.0.1:1",
        base_url="http://127.0.0.1:2",
        stack="stack",
        region="us-east-1",
        account="123456789012",
        access_key_id="LOCALKEY",
        secret_access_key="the secret",
        started_at="2026-11-21T00:00:00+00:00",
        directory=run,
        outputs={"ApiId": "abc"},
    )


def ended_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_record_is_read_as_it_was_written(state: LocalState, directory: Path) -> None:
    write_state(state, directory)
    assert recorded_state(directory) == state


def test_only_the_owner_can_read_the_record(state: LocalState, directory: Path) -> None:
    write_state(state, directory)
    assert stat.S_IMODE((directory / STATE_FILE).stat().st_mode) == 0o600


def test_writing_a_record_leaves_no_draft(state: LocalState, directory: Path) -> None:
    write_state(state, directory)
    assert list(state.directory.iterdir()) == []


def test_a_second_record_does_not_replace_the_first(state: LocalState, directory: Path) -> None:
    write_state(state, directory)
    second = replace(state, identity="2", directory=directory / "run-2")
    second.directory.mkdir()
    with pytest.raises(LocalStackRunningError, match=f"running at {state.base_url}"):
        write_state(second, directory)
    assert recorded_state(directory) == state


def test_the_secret_is_not_shown(state: LocalState) -> None:
    assert "the secret" not in repr(state)


def test_without_a_record_there_is_no_stack(directory: Path) -> None:
    assert read_state(directory) is None


def test_a_record_of_a_process_that_is_gone_is_stale(state: LocalState, directory: Path) -> None:
    write_state(replace(state, pid=ended_process()), directory)
    with pytest.raises(StaleStateError, match="no longer runs") as raised:
        read_state(directory)
    assert "commerce-hooks local down" in raised.value.hint


def test_a_record_whose_process_id_is_somebody_elses_is_stale(
    state: LocalState, directory: Path
) -> None:
    write_state(replace(state, birth_mark="another time"), directory)
    with pytest.raises(StaleStateError, match="no longer runs"):
        read_state(directory)


def test_somebody_elses_process_is_not_ended(state: LocalState) -> None:
    end_process(os.getpid(), mark="another time")
    assert state.is_running()


@pytest.mark.emulator
def test_a_record_of_a_process_that_does_not_answer_is_stale(
    state: LocalState, directory: Path
) -> None:
    write_state(state, directory)
    with pytest.raises(StaleStateError, match="does not answer"):
        read_state(directory)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1}', '{"directory": 1}'])
def test_a_record_that_cannot_be_read_is_stale(directory: Path, text: str) -> None:
    directory.mkdir()
    (directory / STATE_FILE).write_text(text)
    with pytest.raises(StaleStateError, match="cannot be read"):
        recorded_state(directory)


def test_forgetting_removes_the_record_and_the_empty_folder(
    state: LocalState, directory: Path
) -> None:
    write_state(state, directory)
    state.directory.rmdir()
    forget_state(directory, state.identity)
    assert not directory.exists()


def test_forgetting_leaves_another_runs_record(state: LocalState, directory: Path) -> None:
    write_state(state, directory)
    forget_state(directory, "2")
    assert recorded_state(directory) == state


@pytest.mark.parametrize("mark_of", [birth_mark, pytest.param(_mark_from_ps, marks=needs_ps)])
def test_a_process_keeps_its_birth_mark_until_it_ends(
    mark_of: Callable[[int], str | None],
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        first = mark_of(process.pid)
        assert first
        assert mark_of(process.pid) == first
        assert process.stdin is not None
        process.stdin.close()
        deadline = time.monotonic() + 10
        # It is over before anybody asks for its exit status.
        while mark_of(process.pid) is not None:
            assert time.monotonic() < deadline
    assert mark_of(process.pid) is None


def test_the_record_is_plain_json(state: LocalState, directory: Path) -> None:
    write_state(state, directory)
    assert json.loads((directory / STATE_FILE).read_text())["outputs"] == {"ApiId": "abc"}
