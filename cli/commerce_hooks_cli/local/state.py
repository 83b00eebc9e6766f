"""The record of the running local stack: stack.json, for its owner only."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.checkout import find_checkout
from commerce_hooks_cli.local.errors import (
    CheckoutNotFoundError,
    LocalStackRunningError,
    StaleStateError,
)
from commerce_hooks_cli.local.liveness import answers_as, birth_mark
from commerce_hooks_cli.program import command_to_type

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_FILE = "stack.json"


@dataclass(frozen=True)
class LocalState:
    """What the verbs need to reach the local stack, and what it takes to end it."""

    pid: int
    birth_mark: str
    identity: str
    control_url: str
    base_url: str
    stack: str
    region: str
    account: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    started_at: str  # RFC 3339, UTC
    directory: Path  # the run's own directory, gone once the stack is down
    outputs: Mapping[str, str] = field(default_factory=dict)
    platforms: Mapping[str, str] = field(default_factory=dict)  # base URLs of the fake ones
    platform_secret: str = field(default="", repr=False)  # for their admin side

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator: never the user's profile, environment, or AWS."""
        from commerce_hooks_cli.local.clients import client_of

        return client_of(self, service)

    def logs(self, function: str) -> str:
        """All log lines of a function, which is named by its logical id in the template."""
        from commerce_hooks_cli.local.logs import read_logs

        return read_logs(self, function)

    @property
    def emulator_log(self) -> Path:
        """What the emulator itself had to say."""
        return self.directory / "emulator.log"

    def is_running(self) -> bool:
        """Whether the recorded process still is that process. It need not answer."""
        return birth_mark(self.pid) == self.birth_mark


def state_directory() -> Path:
    """Where the record of this checkout's stack lives.

    Raises:
        CheckoutNotFoundError: This is not a checkout.
    """
    return find_checkout().state_directory


def read_state(directory: Path | None = None) -> LocalState | None:
    """The running local stack, or None where none is on record.

    Raises:
        StaleStateError: One is on record, but its process is gone, is somebody else's, or
            doesn't answer.
    """
    state = recorded_state(directory)
    if state is None:
        return None
    if not state.is_running():
        raise _stale("The local stack on record no longer runs.")
    if not answers_as(state.control_url, state.identity):
        raise _stale("The local stack on record does not answer.")
    return state


def _stale(message: str) -> StaleStateError:
    command = command_to_type()
    return StaleStateError(
        message, f"Run `{command} local down` to clean up, then `{command} local up`."
    )


def recorded_state(directory: Path | None = None) -> LocalState | None:
    """The record as it is written, without a look at the process: for `local down`.

    Raises:
        StaleStateError: The record can't be read.
    """
    try:
        path = (directory or state_directory()) / STATE_FILE
    except CheckoutNotFoundError:
        return None
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StaleStateError(
            f"The record of the local stack, {path}, cannot be read.",
            "Delete it once no local stack is running.",
        ) from error


def _parse(text: str) -> LocalState:
    fields = json.loads(text)
    return LocalState(**{**fields, "directory": Path(fields["directory"])})


def write_state(state: LocalState, directory: Path) -> None:
    """Put the stack on record, whole or not at all.

    Raises:
        LocalStackRunningError: Another stack was put on record in the meantime.
    """
    draft = state.directory / STATE_FILE
    text = json.dumps({**asdict(state), "directory": str(state.directory)}, indent=2)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(text + "\n", encoding="utf-8")
    try:
        # A link, because a rename would silently replace another stack's record.
        os.link(draft, directory / STATE_FILE)
    except FileExistsError as error:
        raise already_running(recorded_state(directory)) from error
    finally:
        draft.unlink()


def already_running(state: LocalState | None) -> LocalStackRunningError:
    where = f" at {state.base_url}" if state else ""
    return LocalStackRunningError(
        f"A local stack is already running{where}.",
        f"Use it as it is, or stop it with `{command_to_type()} local down`.",
    )


def forget_state(directory: Path, identity: str) -> None:
    """Remove the record, if it is this run's."""
    path = directory / STATE_FILE
    with suppress(FileNotFoundError, StaleStateError):
        state = recorded_state(directory)
        if state is not None and state.identity == identity:
            path.unlink()
    # The folder stays as long as it holds anything.
    with suppress(OSError):
        directory.rmdir()
