"""The emulator's process as seen by whoever starts and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from commerce_hooks_cli.local.environment import bare_environment
from commerce_hooks_cli.local.errors import LocalStackError, PortBusyError
from commerce_hooks_cli.local.liveness import birth_mark
from commerce_hooks_cli.local.orders import (
    FrontDoorOpen,
    OpenFrontDoor,
    Order,
    Ports,
    Refusal,
    StayOn,
    from_line,
    to_line,
)

if TYPE_CHECKING:
    from pathlib import Path

LOG = "emulator.log"
_ANSWERS_WITHIN = 30.0
# Two seconds are for the functions, one is for requests under way.
_ENDS_WITHIN = 6.0
_LOOK_EVERY = 0.02
_LAST_LINES = 15
# Python would complain of children that it was never asked about again.
_children: dict[int, subprocess.Popen[bytes]] = {}


class EmulatorProcess:
    """A process with a session of its own: Ctrl-C reaches the command alone, which ends it."""

    def __init__(self, order: Order) -> None:
        self._log = order.run_directory / LOG
        with self._log.open("xb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "commerce_hooks_cli.local.emulator"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=order.run_directory,
                env=bare_environment(order.run_directory),
                start_new_session=True,
                bufsize=0,  # or what could not be said would be said again on closing
            )
        _children[self._process.pid] = self._process
        self.pid = self._process.pid
        self.birth_mark = birth_mark(self.pid) or ""
        self._ears: IO[bytes] = self._process.stdin  # type: ignore[assignment] # it is a pipe
        self._mouth: IO[bytes] = self._process.stdout  # type: ignore[assignment] # the same
        self._tell(order)

    def ports(self) -> Ports:
        """Wait until it listens.

        Raises:
            PortBusyError: Somebody else has the port.
            LocalStackError: It didn't start.
        """
        match self._answer():
            case Ports() as ports:
                return ports
            case Refusal(port, reason):
                raise PortBusyError(
                    f"Port {port} cannot be used: {reason}.",
                    "Stop the program that uses it, choose another port, or let one be chosen.",
                )
        raise LocalStackError("The emulator did not start.", last_lines(self._log))

    def open_front_door(self, apis: dict[str, str]) -> None:
        """Let the front door serve these APIs; returns when it does.

        Raises:
            LocalStackError: The emulator has ended.
        """
        self._tell(OpenFrontDoor(apis))
        if self._answer() != FrontDoorOpen():
            raise LocalStackError("The emulator has ended.", last_lines(self._log))

    def let_go(self) -> None:
        """From now on it runs until it is ended by its id."""
        self._tell(StayOn())
        self._ears.close()

    def _answer(self) -> Any:
        overdue = threading.Timer(_ANSWERS_WITHIN, self._process.kill)
        overdue.daemon = True  # an interruption may come before it is cancelled
        try:
            overdue.start()
            line = self._mouth.readline()
        finally:
            overdue.cancel()
        return from_line(line) if line else None

    def _tell(self, said: object) -> None:
        # An emulator that is gone already shows in what is done next.
        with suppress(BrokenPipeError):
            self._ears.write(to_line(said))


def last_lines(log: Path) -> str:
    """What the emulator said last, for the person who has to find out why it ended."""
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
    return ""


def end_process(pid: int, mark: str) -> None:
    """End the emulator and its functions, and return once they are gone.

    Does nothing where the id has become another process's.
    """
    if birth_mark(pid) == mark:
        _end_running(pid, mark)
    child = _children.pop(pid, None)
    if child is not None:
        with child:  # closes its pipes and collects its exit status
            pass


def _end_running(pid: int, mark: str) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _ENDS_WITHIN
    while birth_mark(pid) == mark and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
    _kill_session(pid)


def _kill_session(pid: int) -> None:
    """Whatever is left. As long as anything is, the session's id can't be somebody else's."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)  # Windows knows no other way to end a process
