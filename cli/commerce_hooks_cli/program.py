"""What to type to call this command again."""

import shutil
import sys
from pathlib import Path

NAME = "commerce-hooks"


def command_to_type() -> str:
    """The bare name where the shell finds it, else the path from here."""
    called = Path(sys.argv[0])
    if called.name != NAME or shutil.which(NAME) == str(called):
        return NAME
    try:
        from_here = called.absolute().relative_to(Path.cwd())
    except ValueError:
        return str(called)
    return f"./{NAME}" if from_here == Path(NAME) else str(from_here)
