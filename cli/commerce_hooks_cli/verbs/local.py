"""`commerce-hooks local`: the whole stack on this machine."""

from typing import Annotated, Any

import typer
from rich.table import Table

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.demo_screen import next_steps
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.local.state import LocalState
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.demo import demo
from commerce_hooks_cli.verbs.options import Json
from commerce_hooks_cli.world import World

local = typer.Typer(
    no_args_is_help=True,
    help="The whole stack on this machine: no AWS account, no Docker.",
)
local.command()(demo)


@local.command()
def up(
    ctx: typer.Context,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="PORT",
            help="Where callbacks come in, on 127.0.0.1 only. 0 takes a free port.",
        ),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Start the local stack and leave it running.

    The real template runs on an emulator that listens on this machine only. While it is up,
    the other verbs find it by themselves. `commerce-hooks local down` stops it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    with signals_end_the_verb(), screen.working("Starting the local stack ...") as now:
        state = world.local_stacks.start(port, now, detach=True)
    facts = _described(world, state)
    screen.emit(facts)
    screen.show("The local stack is up.", "", _as_table(facts))
    screen.show(*next_steps(command_to_type(), running=True))


@local.command()
def down(ctx: typer.Context, as_json: Json = False) -> None:
    """Stop the local stack.

    Also cleans up after one that broke. If there is none, that is fine too.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    state = world.local_stacks.recorded()
    if state is not None:
        with screen.working("Stopping the local stack ..."):
            world.local_stacks.stop(state)
    screen.emit({"stopped": state is not None})
    screen.show("No local stack was running." if state is None else "The local stack is down.")


@local.command()
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show whether the local stack runs, and where.

    Exit code 1 if it doesn't.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    state = world.local_stacks.running()
    if state is None:
        screen.emit({"running": False})
        screen.show("No local stack is running. Start one with `commerce-hooks local up`.")
        raise typer.Exit(1)
    facts = _described(world, state)
    screen.emit(facts)
    screen.show(_as_table(facts))


def _described(world: World, state: LocalState) -> dict[str, Any]:
    return {
        "running": True,
        "stack": state.stack,
        "base_url": state.base_url,
        "started_at": state.started_at,
        "region": state.region,
        "account": state.account,
        "event_bus_arn": state.outputs.get("EventBusArn"),
        "functions": world.local_stacks.functions(state),
    }


def _as_table(facts: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("callbacks", facts["base_url"])
    table.add_row("running since", facts["started_at"])
    table.add_row("event bus", facts["event_bus_arn"])
    table.add_row("functions", "\n".join(facts["functions"]))
    return table
