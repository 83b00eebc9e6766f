"""All output in one place: results on stdout, for people or as JSON; the rest on stderr."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType
    from rich.measure import Measurement

# Wide enough for our tables where there is no terminal that says how wide it is.
_WIDTH_OF_A_FILE = 100
_ENDLESS = 10_000


class Screen:
    """What a verb says. `recorder` gets a copy of what is shown to people."""

    def __init__(self, *, as_json: bool = False, recorder: Console | None = None) -> None:
        self.as_json = as_json
        self._out = _console(stderr=False)
        self._err = _console(stderr=True)
        self._recorder = recorder

    @property
    def room(self) -> int | None:
        """The terminal's columns; None for a file, which is as wide as needed."""
        return self._out.width if self._out.is_terminal else None

    def fits(self, thing: RenderableType) -> bool:
        """Whether nothing would be cut or wrapped."""
        return self.room is None or self._measured(thing).maximum <= self.room

    def show(self, *things: RenderableType) -> None:
        """Results for people; nothing with --json."""
        if self.as_json:
            return
        for thing in things:
            self._out.print(thing)
            if self._recorder is not None:
                self._recorder.print(thing)

    def show_unwrapped(self, line: Text) -> None:
        """A line to be copied: longer than the terminal, it stays one line."""
        if not self.as_json:
            self._out.print(line, soft_wrap=True)

    def show_uncut(self, thing: RenderableType) -> None:
        """Like `show`, but words that are longer than the terminal stay in one piece."""
        if not self.as_json:
            Console(highlight=False, width=self._width_without_cuts(thing)).print(thing)

    def emit(self, value: Any) -> None:
        """The result for programs; nothing without --json."""
        if self.as_json:
            self.emit_line(json.dumps(value, ensure_ascii=False, indent=2))

    def emit_line(self, text: str) -> None:
        """JSON, which is UTF-8 even where the terminal isn't. What could drive one is escaped."""
        sys.stdout.flush()
        sys.stdout.buffer.write(_escaped(text).encode() + b"\n")
        sys.stdout.buffer.flush()

    def note(self, text: str) -> None:
        """An aside, out of the way of results."""
        self._err.print(Text(plain(text), style="dim"), soft_wrap=True)

    def warn(self, text: str) -> None:
        self._err.print(Text.assemble(("warning: ", "bold yellow"), plain(text)), soft_wrap=True)

    def fail(self, message: str, hint: str = "") -> None:
        self._err.print(Text.assemble(("error: ", "bold red"), plain(message)), soft_wrap=True)
        if hint:
            self._err.print(Text.assemble(("  try: ", "dim"), plain(hint)), soft_wrap=True)

    def _width_without_cuts(self, thing: RenderableType) -> int:
        needed = self._measured(thing)
        return max(needed.minimum, min(needed.maximum, self.room or _ENDLESS))

    def _measured(self, thing: RenderableType) -> Measurement:
        return self._out.measure(thing, options=self._out.options.update(width=_ENDLESS))

    @contextmanager
    def working(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show that something takes its time; what is yielded says what it is now."""
        if self.as_json or not self._err.is_terminal:
            yield lambda _: None
            return
        with self._err.status(text) as status:
            yield status.update

    @contextmanager
    def progress(self, text: str) -> Iterator[Callable[[float, str], None]]:
        """A bar; what is yielded says how much of it is done, from 0 to 1, and where that is."""
        if self.as_json or not self._err.is_terminal:
            yield lambda _, __: None
            return
        # Here, because only long work needs it and it is slow to load.
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[at]}", "dim"),
        )
        with Progress(*columns, console=self._err, transient=True) as shown:
            bar = shown.add_task(text, total=1.0, at="")
            yield lambda done, at: shown.update(bar, completed=done, at=at)


def plain(text: str, *, keep: str = "") -> str:
    """The text with control characters spelled out: what others sent cannot drive a terminal."""
    return "".join(_harmless(character, keep) for character in text)


def _escaped(json_text: str) -> str:
    """The same JSON: beyond its white space, control characters are only within its strings."""
    return "".join(one if one in "\n\t" or not _drives(one) else _units(one) for one in json_text)


def _units(character: str) -> str:
    """As JSON escapes it: beyond 16 bits as two surrogates (RFC 8259, 7)."""
    encoded = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{encoded[at : at + 4]}" for at in range(0, len(encoded), 4))


def _drives(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def _harmless(character: str, keep: str) -> str:
    if character in keep or not _drives(character):
        return character
    return f"\\u{ord(character):04x}"


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_A_FILE
    return console
