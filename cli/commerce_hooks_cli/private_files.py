"""Files that hold secrets: nobody but their owner may read them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from commerce_hooks_cli.errors import BadUsageError, CommandError


def write_privately(path: Path, text: str, *, replace: bool) -> None:
    """Write a text file of mode 0600, in UTF-8.

    Args:
        path: Where; its folder exists.
        text: All of it.
        replace: Put it in the place of what is there. A link is replaced, not followed.

    Raises:
        CommandError: Something is there that may not be replaced, or it cannot be written.
    """
    try:
        if replace:
            _replace(path, text)
        else:
            _write(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), text)
    except FileExistsError as error:
        raise exists_already(path) from error
    except OSError as error:
        raise CommandError(f"Could not write {path}: {error.strerror}.") from error


def exists_already(path: Path) -> BadUsageError:
    """For a file that may not be replaced."""
    return BadUsageError(f"{path} exists already.", "Add --force to replace it.")


def _replace(path: Path, text: str) -> None:
    # Its mode is 0600 from the beginning; the old file's could be anything.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        _write(descriptor, text)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _write(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
