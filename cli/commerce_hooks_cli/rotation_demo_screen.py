"""What the demo of a rotation shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import plain
from commerce_hooks_cli.demo_screen import heading
from commerce_hooks_cli.rotation_demo import NEW, OLD, SET_FORWARD
from commerce_hooks_cli.tables import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from commerce_hooks_cli.rotation_demo import RotationOutcome


def story(outcome: RotationOutcome) -> Iterator[RenderableType]:
    yield heading(1, "A key is replaced while callbacks keep coming")
    yield _steps(outcome)
    yield heading(2, f"When {OLD} was retired")
    yield Text(f"Right after all shops had changed over, `keys revoke {OLD}` still said no:")
    for obstacle in outcome.in_the_way:
        yield Text(f"  {plain(obstacle.why)}", "yellow")
    hours = SET_FORWARD.total_seconds() / 3600
    yield Text(
        f"Nobody waits that long for a demo, so its clock was set forward by {hours:.0f} hours "
        "there: for that decision only. Everything else took the time that it shows."
    )
    yield heading(3, "How soon what was revoked was refused")
    for what, seconds in outcome.refused_after.items():
        took = "not in time" if seconds is None else f"{seconds:.1f} s"
        yield Text.assemble(f"  {plain(what):<16}", (took, "dim"))
    yield Text(
        f"At most {outcome.within_seconds:.0f} s: functions keep the key ring for "
        f"{outcome.cache_seconds} s here, for 60 s unless you set otherwise, and take up to 2 s "
        "to read it."
    )
    yield from _verdict(outcome)


def _steps(outcome: RotationOutcome) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("after", justify="right", no_wrap=True)
    table.add_column("what was done")
    table.add_column("callbacks", justify="right")
    table.add_column("refused", justify="right")
    for step in outcome.steps:
        table.add_row(
            Mark(good=not step.refused),
            Text(f"{step.seconds:.1f} s", "dim"),
            plain(step.what),
            str(len(step.exchanges)),
            Text(str(step.refused), "bold red" if step.refused else "green"),
        )
    return table


def _verdict(outcome: RotationOutcome) -> Iterator[RenderableType]:
    if outcome.problems:
        return
    revoked = "/".join(outcome.revoked)
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(
        Mark(good=True),
        f"{len(outcome.exchanges)} callbacks of {outcome.shops} shops while {NEW} took the place "
        f"of {OLD}: each accepted, and every event came off the bus. Only what was revoked was "
        f"refused: URLs of {OLD}, and those that {revoked} had.",
    )
    yield Text()
    yield line
