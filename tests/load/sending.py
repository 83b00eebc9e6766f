"""The sending process as seen by whoever starts it: its order goes in, answers come out."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Self

from commerce_hooks_cli.interruptions import postponed_interruptions
from commerce_hooks_cli.local.environment import bare_environment
from load.answers import Answer
from load.orders import Order

_TESTS = Path(__file__).parents[1]
_ENDS_WITHIN = 5.0
_LAST_CHARACTERS = 2_000


class NotSentError(Exception):
    """The sending process failed. Its text is what the process said last."""


class Sending:
    """A load under way."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self._told: SimpleQueue[Answer] = SimpleQueue()
        self._listener = Thread(target=self._listen, args=(_pipe(process.stdout),), daemon=True)
        self._listener.start()

    @classmethod
    @contextmanager
    def of(cls, order: Order, folder: Path) -> Iterator[Self]:
        """Send while the context is open. `folder` is for the process's log."""
        log = folder / "swarm.log"
        with log.open("wb") as stderr, ExitStack() as ending:
            # Interrupted in between, it would run with nobody to end it.
            with postponed_interruptions():
                process = ending.enter_context(_started(folder, stderr))
                ending.callback(_end, process)
            with suppress(BrokenPipeError), _pipe(process.stdin) as ears:
                ears.write(order.model_dump_json().encode())
            yield cls(process, log)

    @property
    def over(self) -> bool:
        """Whether all answers have come.

        Raises:
            NotSentError: They have not, and will not.
        """
        if self._listener.is_alive():
            return False
        if self._process.wait(_ENDS_WITHIN):
            raise NotSentError(self._log.read_text(errors="replace")[-_LAST_CHARACTERS:].strip())
        return True

    def answers(self) -> Iterator[Answer]:
        """Those that have come since this was asked last."""
        with suppress(Empty):
            while True:
                yield self._told.get_nowait()

    def _listen(self, mouth: IO[bytes]) -> None:
        for line in mouth:
            self._told.put(Answer.model_validate_json(line))


def _started(folder: Path, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = bare_environment(folder)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "load.swarm"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=folder,
        env={**environment, "PYTHONPATH": f"{_TESTS}{os.pathsep}{environment['PYTHONPATH']}"},
        start_new_session=True,  # Ctrl-C reaches the starter alone, which ends it
    )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise TypeError("Popen was not asked for this pipe")
    return pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it, if it has not ended by itself: politely, and then for good."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
