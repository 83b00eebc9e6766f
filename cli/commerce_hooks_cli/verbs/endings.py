"""What is said at the end of a verb, whichever way it ends."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import typer

    from commerce_hooks_cli.console import Screen
    from commerce_hooks_cli.world import World


def said_last(ctx: typer.Context, say: Callable[[str], None]) -> Callable[[str], None]:
    """Say things when all is over, so that they come after the error that led to them."""

    def later(text: str) -> None:
        ctx.find_root().call_on_close(partial(say, text))

    return later


@contextmanager
def a_clean_stop_is_said(world: World, screen: Screen) -> Iterator[None]:
    """After Ctrl-C and the clean-up: that there is no local stack, if there is none."""
    try:
        yield
    except KeyboardInterrupt:
        if world.local_stacks.recorded() is None:
            screen.note("Stopped; nothing was left behind.")
        raise
