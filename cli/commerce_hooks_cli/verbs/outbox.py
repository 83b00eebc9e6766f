"""`commerce-hooks outbox`: what waits for the bus, and what no longer does."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen, plain
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.moments import ago
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

    Callbacks were answered 200 for all of it. Dead letters need you: they were refused for good,
    or tried too often. What stays in the bucket for hours may be no letter of ours: the runbook
    says how to look. SQS counts by estimate, up to a minute behind.
    """
    from commerce_hooks_cli.outbox import OutboxPlaces

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    places = OutboxPlaces.of(world.deployment(stack, screen))
    with screen.working("Looking ..."):
        found = list(places.waiting())
    screen.emit([place.as_json() for place in found])
    screen.show_uncut(_table(found))
    for line in _advice(found, stack):
        screen.show(line)
    errors = [place.error for place in found if place.error]
    if errors:
        raise CommandError(f"{errors[0]} So this is not all.", "Try again.")


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
    moved = 0

    def count(so_far: int) -> None:
        nonlocal moved
        moved = so_far
        now(f"Moved {so_far} ...")

    try:
        with screen.working("Moving ...") as now:
            places.redrive(datetime.now(UTC), count)
    finally:
        # However it ended: those that were moved are on their way.
        screen.emit({"moved": moved})
        screen.show(_moved(moved))
    if moved:
        screen.show(f"`{_command('status', stack)}` shows whether they got out.")


def _moved(count: int) -> str:
    if not count:
        return "No dead letters were moved: there are none, or they were just looked at."
    return f"{count} dead letters are back in the outbox."


def _table(found: "Sequence[Waiting]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("place")
    table.add_column("waiting", justify="right")
    table.add_column("since")
    table.add_column("what becomes of it")
    for each in found:
        if each.count is None:
            table.add_row(each.place, Text("?", "bold red"), "-", Text("does not tell", "red"))
            continue
        causes = each.causes or {}
        why = ", ".join(f"{plain(cause)} ({count})" for cause, count in sorted(causes.items()))
        if each.count > sum(causes.values()) > 0:
            why = f"of {sum(causes.values())} looked at: {why}"
        what = f"{_WHAT[each.place]}: {why}" if why else _WHAT[each.place]
        stuck = each.count and each.place == "dead letters"
        style = "dim" if not each.count else "bold red" if stuck else "yellow"
        table.add_row(
            each.place,
            Text(str(each.count), style),
            ago(each.oldest, datetime.now(UTC)) if each.oldest else "-",
            Text(what if each.count else "", style),
        )
    return table


def _advice(found: "Sequence[Waiting]", stack: str | None) -> list[str]:
    counts = {each.place: each.count for each in found}
    if not any(count != 0 for count in counts.values()):
        return ["Nothing waits: all that was answered 200 is on the bus, or in quarantine."]
    if counts.get("dead letters"):
        return [f"Mend the cause, then `{_command('redrive', stack)}` sends dead letters again."]
    return []


def _command(verb: str, stack: str | None) -> str:
    return f"{command_to_type()} outbox {verb}{f' --stack {stack}' if stack else ''}"
