"""The demo's screen as an SVG file."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from rich.console import Console

from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = 100
# Whoever looks at the picture should not have to ask a third party for a font.
_REMOTE_FONT = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def recorder() -> Console:
    """A console that nobody sees, always as wide and as colourful."""
    return Console(
        record=True,
        width=_COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def save(recording: Console, path: Path, title: str) -> None:
    svg = _REMOTE_FONT.sub("", recording.export_svg(title=title))
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Could not write {path}: {error.strerror}.") from error
