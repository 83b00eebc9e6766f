"""`commerce-hooks outbox`: what waits for the bus, and what no longer does."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen, plain
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.help_page import Group, Verb, for_example
from commerce_hooks_cli.verbs.options import Json, Stack, Yes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.outbox import Waiting
    from commerce_hooks_cli.world import World

outbox = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="What waits because the bus failed: look at it, move what is stuck.",
)
_WHAT = {
    "queue": "tried again by itself, at most ten minutes apart",
    "bucket": "tried again by itself, every minute",
    "bulk": "large callbacks; their jobs are begun anew by themselves",
    "dead letters": "stuck",
}


@outbox.command(cls=Verb, epilog=for_example("outbox status"))
def status(ctx: typer.Context, stack: Stack = None, as_json: Json = False) -> None:
    """Show what waits on its way to the bus, and where.

    Callbacks were answered 200 for all of it. Only dead letters need you: they were refused for
    good, or tried too often. Looking at them counts as a try in SQS's books, and does no harm.
    """
    from commerce_hooks_cli.outbox import OutboxPlaces

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    places = OutboxPlaces.of(world.deployment(stack, screen))
    with screen.working("Looking ..."):
        waiting = places.waiting()
    screen.emit([place.as_json() for place in waiting])
    screen.show_uncut(_table(waiting))
    for line in _advice(waiting, stack):
        screen.show(line)


@outbox.command(cls=Verb, epilog=for_example("outbox redrive"))
def redrive(
    ctx: typer.Context, yes: Yes = False, stack: Stack = None, as_json: Json = False
) -> None:
    """Put the dead letters back into the outbox, from where they go to the bus again.

    What is refused again comes back with its cause: mend that first. Events keep their ids.
    """
    from commerce_hooks_cli.outbox import OutboxPlaces

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    places = OutboxPlaces.of(deployment)
    question = f"Consumers of the bus {deployment.event_bus_name} will see their events. Redrive?"
    ask_first(world, deployment, question, yes=yes)
    with screen.working("Moving ...") as now:
        moved = places.redrive(lambda count: now(f"Moved {count} ..."))
    screen.emit({"moved": moved})
    screen.show(f"{moved} dead letters are back in the outbox." if moved else "No dead letters.")
    if moved:
        screen.show(f"`{_command('status', stack)}` shows whether they got out.")


def _table(waiting: "Sequence[Waiting]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("place")
    table.add_column("waiting", justify="right")
    table.add_column("since")
    table.add_column("what becomes of it")
    for each in waiting:
        causes = each.causes or {}
        why = ", ".join(f"{plain(cause)} ({count})" for cause, count in sorted(causes.items()))
        what = f"{_WHAT[each.place]}: {why}" if why else _WHAT[each.place]
        stuck = each.count and each.place == "dead letters"
        style = "dim" if not each.count else "bold red" if stuck else "yellow"
        table.add_row(
            each.place,
            Text(str(each.count), style),
            _ago(each.oldest),
            Text(what if each.count else "", style),
        )
    return table


def _advice(waiting: "Sequence[Waiting]", stack: str | None) -> list[str]:
    total = sum(each.count for each in waiting)
    dead = next(each.count for each in waiting if each.place == "dead letters")
    if not total:
        return ["Nothing waits: all that was answered 200 is on the bus, or in quarantine."]
    if dead:
        return [f"Mend the cause, then `{_command('redrive', stack)}` sends dead letters again."]
    return []


def _command(verb: str, stack: str | None) -> str:
    return f"{command_to_type()} outbox {verb}{f' --stack {stack}' if stack else ''}"


def _ago(moment: datetime | None) -> str:
    """How long ago, in the largest unit that fits."""
    if moment is None:
        return "-"
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
