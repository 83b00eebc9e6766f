"""However a local stack ends, nothing of it is left: no process, no folder, no record."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from commerce_hooks_cli.local.child import _children
from commerce_hooks_cli.local.errors import (
    LocalStackError,
    LocalStackRunningError,
    PortBusyError,
    StaleStateError,
)
from commerce_hooks_cli.local.stack import StartOptions, start, stop
from commerce_hooks_cli.local.state import STATE_FILE, LocalState, read_state, recorded_state
from local.stacks import ECHO, ask, needs_proc, processes_naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.emulator, needs_proc]

WITHIN = 15.0
# Starts a stack, says each step, and stays until it is told to go.
STARTER = """
import sys
from pathlib import Path
from commerce_hooks_cli.local.stack import StartOptions, start
options = StartOptions(
    directory=Path(sys.argv[1]), checkout=Path(sys.argv[2]), detach=sys.argv[3] == "detach"
)
start(options, lambda step: print(step, flush=True))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """For the record; a test that fails leaves no process either, and none leaves a zombie."""
    before = set(_children)
    yield tmp_path / ".local"
    for pid in processes_naming(tmp_path):
        os.kill(pid, signal.SIGKILL)
    assert set(_children) == before


class Starter:
    """A process of its own that starts a stack."""

    def __init__(self, directory: Path, *, detach: bool) -> None:
        arguments = [str(directory), str(ECHO), "detach" if detach else "bound"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def wait_for(self, step: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == step:
                return
        raise AssertionError(f"it ended before {step!r}")

    def end(self, number: signal.Signals | None = None) -> int:
        """Send a signal, or let it end by itself; its exit code."""
        assert self.process.stdin is not None
        if number is None:
            self.process.stdin.close()
        else:
            self.process.send_signal(number)
        with self.process:
            return self.process.wait(WITHIN)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WITHIN
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def nothing_left(directory: Path) -> bool:
    return not directory.exists() and not processes_naming(directory)


def started(directory: Path) -> LocalState:
    return start(StartOptions(directory=directory, checkout=ECHO))


def test_a_stopped_stack_leaves_nothing(directory: Path) -> None:
    state = started(directory)
    assert ask(state.base_url, "/echo/acme/t").status == 200
    assert len(processes_naming(directory)) == 2
    stop(state)
    assert nothing_left(directory)


def test_stopping_twice_is_fine(directory: Path) -> None:
    state = started(directory)
    stop(state)
    stop(state)
    assert nothing_left(directory)


def test_a_second_start_is_an_error_and_leaves_the_first_alone(local_stack: LocalState) -> None:
    directory = local_stack.directory.parent
    with pytest.raises(LocalStackRunningError, match=f"running at {local_stack.base_url}"):
        start(StartOptions(directory=directory))
    assert read_state(directory) == local_stack


def test_a_chosen_port_is_used_again_right_away(directory: Path) -> None:
    state = started(directory)
    port = urlsplit(state.base_url).port or 0
    assert ask(state.base_url, "/echo/acme/t").status == 200
    stop(state)
    again = start(StartOptions(directory=directory, checkout=ECHO, port=port))
    assert again.base_url == state.base_url
    stop(again)


def test_a_busy_port_is_named_and_nothing_is_left(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortBusyError, match=f"Port {port} .* already in use") as raised:
            start(StartOptions(directory=directory, port=port))
    assert "another port" in raised.value.hint
    assert nothing_left(directory)


def test_a_refused_template_leaves_nothing(directory: Path) -> None:
    with pytest.raises(LocalStackError, match="Stage"):
        start(StartOptions(directory=directory, parameters={"Stage": "NOT ALLOWED"}))
    assert nothing_left(directory)


def test_a_deployment_that_fails_says_why_and_leaves_nothing(directory: Path) -> None:
    checkout = directory.parent / "checkout"
    shutil.copytree(ECHO, checkout)
    template = checkout / "template.yaml"
    broken = "  Broken:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n"
    broken += "      Value: !ImportValue what-nobody-exports\n"
    template.write_text(template.read_text().replace("Outputs:", broken + "\nOutputs:"))
    with pytest.raises(LocalStackError, match="failed") as raised:
        start(StartOptions(directory=directory, checkout=checkout))
    assert "what-nobody-exports" in raised.value.hint
    assert nothing_left(directory)


def test_an_emulator_that_cannot_start_shows_its_last_words(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    with pytest.raises(LocalStackError, match="did not start") as raised:
        started(directory)
    assert "sh:" in raised.value.hint
    assert nothing_left(directory)


@pytest.mark.parametrize("step", ["Starting the emulator", "Deploying the stack"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_start_leaves_nothing(
    directory: Path, step: str, number: signal.Signals
) -> None:
    starter = Starter(directory, detach=True)
    starter.wait_for(step)
    assert starter.end(number) != 0
    assert eventually(lambda: nothing_left(directory))


@pytest.mark.parametrize("number", [None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stack_that_is_not_detached_ends_with_its_starter(
    directory: Path, number: signal.Signals | None
) -> None:
    starter = Starter(directory, detach=False)
    starter.wait_for("ready")
    state = read_state(directory)
    assert state is not None
    assert ask(state.base_url, "/echo/acme/t").status == 200
    starter.end(number)
    assert eventually(lambda: nothing_left(directory))


def test_a_detached_stack_outlives_its_starter_and_is_stopped_by_anyone(directory: Path) -> None:
    starter = Starter(directory, detach=True)
    starter.wait_for("ready")
    assert starter.end() == 0
    state = read_state(directory)
    assert state is not None
    assert ask(state.base_url, "/echo/acme/t").status == 200
    stop(state)
    assert nothing_left(directory)


def test_a_killed_emulator_makes_the_record_stale_until_it_is_cleaned_up(directory: Path) -> None:
    state = started(directory)
    assert ask(state.base_url, "/echo/acme/t").status == 200
    os.kill(state.pid, signal.SIGKILL)
    assert eventually(lambda: not state.is_running())
    with pytest.raises(StaleStateError):
        read_state(directory)
    with pytest.raises(StaleStateError):
        started(directory)
    recorded = recorded_state(directory)
    assert recorded == state
    stop(recorded)
    # Functions that have lost their emulator give up by themselves.
    assert eventually(lambda: nothing_left(directory))


def test_a_terminated_emulator_cleans_up_after_itself(directory: Path) -> None:
    state = started(directory)
    os.kill(state.pid, signal.SIGTERM)
    assert eventually(lambda: nothing_left(directory))
    stop(state)


def test_a_stack_whose_folder_was_deleted_ends(directory: Path) -> None:
    state = started(directory)
    shutil.rmtree(directory)
    assert eventually(lambda: nothing_left(directory))
    stop(state)


def test_the_record_is_for_the_owner_only(local_stack: LocalState) -> None:
    record = local_stack.directory.parent / STATE_FILE
    assert record.stat().st_mode & 0o077 == 0


def test_what_the_emulator_unpacks_is_in_the_runs_folder(directory: Path) -> None:
    state = started(directory)
    assert ask(state.base_url, "/echo/acme/t").status == 200
    assert list(state.directory.glob("ministack-*/*/bootstrap"))
    stop(state)
    assert nothing_left(directory)
