"""`commerce-hooks local`: the whole stack on this machine."""

from typing import Annotated, Any

import typer
from rich.text import Text

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.demo_screen import next_steps
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.local.errors import StaleStateError
from commerce_hooks_cli.local.state import LocalState
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.demo import demo
from commerce_hooks_cli.verbs.endings import a_clean_stop_is_said
from commerce_hooks_cli.verbs.fault import fault, faults_as_json, told
from commerce_hooks_cli.verbs.help_page import Group, Verb
from commerce_hooks_cli.verbs.options import Json
from commerce_hooks_cli.verbs.platform import platform
from commerce_hooks_cli.world import World

local = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The whole stack on this machine: no AWS account, no Docker.",
)
local.command(cls=Verb)(demo)
local.command(cls=Verb)(fault)
local.add_typer(platform, name="platform")


@local.command(cls=Verb)
def up(
    ctx: typer.Context,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="PORT",
            help="Where callbacks come in, on 127.0.0.1 only. Without it: a free one.",
            show_default=False,
        ),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Start the local stack and leave it running.

    The real template runs on an emulator that listens on this machine only. While it is up,
    the other verbs find it by themselves. `local down` stops it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    with (
        a_clean_stop_is_said(world, screen),
        signals_end_the_verb(),
        screen.working("Starting the local stack ...") as now,
    ):
        state = world.local_stacks.start(port, now, detach=True)
    facts = _described(world, state)
    screen.emit(facts)
    screen.show("The local stack is up.", "")
    _show(screen, facts)
    screen.show(*next_steps(command_to_type(), running=True))


@local.command(cls=Verb)
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


@local.command(cls=Verb)
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show whether the local stack runs, and where.

    Exit code 1 if it doesn't.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    try:
        state = world.local_stacks.running()
    except StaleStateError as error:
        screen.emit({"running": False, "problem": error.message})
        raise
    if state is None:
        screen.emit({"running": False})
        screen.show(f"No local stack is running. Start one with `{command_to_type()} local up`.")
        raise typer.Exit(1)
    facts = _described(world, state)
    screen.emit(facts)
    _show(screen, facts)


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
        "platforms": dict(state.platforms),
        "emulator_log": str(state.emulator_log),
        "faults": faults_as_json(world.local_stacks.faults(state)),
    }


def _show(screen: Screen, facts: dict[str, Any]) -> None:
    for label, fact in (
        ("callbacks", facts["base_url"]),
        ("running since", facts["started_at"]),
        ("event bus", facts["event_bus_arn"]),
        ("functions", ", ".join(facts["functions"])),
        ("fake platforms", ", ".join(f"{n} {url}" for n, url in facts["platforms"].items())),
        ("emulator's log", facts["emulator_log"]),
        *([("made to fail", told(facts["faults"]))] if facts["faults"] else []),
    ):
        screen.show_unwrapped(Text.assemble((f"{label:<16}", "dim"), fact or "-"))
