"""`commerce-hooks local fault`: let what the functions rely on fail, and see what they do."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.local.faults import Fault, Kind, Service, possible
from commerce_hooks_cli.local.state import LocalState
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.options import Json
from commerce_hooks_cli.world import World


class _What(StrEnum):
    """A service, or none."""

    BUS = Service.BUS.value
    QUEUES = Service.QUEUES.value
    BUCKET = Service.BUCKET.value
    KEY_RING = Service.KEY_RING.value
    OFF = "off"


def fault(
    ctx: typer.Context,
    what: Annotated[
        _What,
        typer.Argument(
            metavar="SERVICE",
            help=f"What fails from now on; {_What.OFF}: nothing any more.",
            show_default=False,
        ),
    ],
    kind: Annotated[
        Kind, typer.Option("--kind", metavar="KIND", help=f"One of: {', '.join(Kind)}.")
    ] = Kind.ERROR,
    as_json: Json = False,
) -> None:
    """Let a service of the local stack fail, until you switch it off or the stack is down.

    Calls of the functions and of this command are answered as AWS would when it fails. A call
    that hangs ends when the caller gives up; of a partial one, which only the bus knows, the
    first event of a call fails, and every second one after it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    state = _running(world)
    if what is _What.OFF:
        world.local_stacks.switch_faults(state, {})
    else:
        service = Service(what.value)
        if not possible(service, kind):
            raise BadUsageError(
                f"Calls of the {service} succeed or fail as a whole.",
                f"Only the {Service.BUS} can be {Kind.PARTIAL}.",
            )
        before = {name: one.kind for name, one in world.local_stacks.faults(state).items()}
        world.local_stacks.switch_faults(state, {**before, service: kind})
    faults = faults_as_json(world.local_stacks.faults(state))
    screen.emit({"faults": faults})
    screen.show(f"Fails now: {told(faults)}." if faults else "Nothing fails on purpose.")
    if faults:
        screen.note(f"`{command_to_type()} local fault off` ends it.")


def faults_as_json(faults: Mapping[Service, Fault]) -> dict[str, Any]:
    return {name.value: asdict(one) for name, one in faults.items()}


def told(faults: Mapping[str, Any]) -> str:
    """What fails, how, and how many calls have met that; `faults` is as JSON has it."""
    return ", ".join(
        f"{name} ({one['kind']}, met by {one['calls']} calls)" for name, one in faults.items()
    )


def _running(world: World) -> LocalState:
    state = world.local_stacks.running()
    if state is None:
        raise CommandError(
            "No local stack is running.", f"Start one with `{command_to_type()} local up`."
        )
    return state
