"""`commerce-hooks local demo`: from callbacks to events, before your eyes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from commerce_hooks_cli import demo_fixed, demo_screen, fault_demo_screen
from commerce_hooks_cli.callbacks import Sender
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.demo import Outcome, Script, promised, receive, repair, send_all
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.fault_demo import FaultOutcome, FaultPlay
from commerce_hooks_cli.interruptions import postponed_interruptions, signals_end_the_verb
from commerce_hooks_cli.local.state import LocalState
from commerce_hooks_cli.picture import recorder, save
from commerce_hooks_cli.platforms import discover_platforms
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.endings import a_clean_stop_is_said
from commerce_hooks_cli.verbs.fault import faults_as_json, told
from commerce_hooks_cli.verbs.options import Json
from commerce_hooks_cli.world import World

if TYPE_CHECKING:
    from commerce_hooks_cli.rotation_demo import RotationOutcome

_PROBLEMS_TOLD = 3
# A second, so that nobody waits for a minute until the functions have read a change.
_QUICK_RING = {"KeyRingCacheSeconds": "1"}


class _Fault(StrEnum):
    """What can fail while the demo plays."""

    BUS = "bus"


def demo(
    ctx: typer.Context,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg", metavar="PATH", help="Also save the screen as a picture.", show_default=False
        ),
    ] = None,
    fixed: Annotated[
        bool,
        typer.Option(
            "--fixed",
            metavar="",
            help="Show stand-ins for ids, times, durations and the port, so that two pictures "
            "of the same code are equal.",
        ),
    ] = False,
    fault: Annotated[
        _Fault | None,
        typer.Option(
            "--fault",
            metavar="bus",
            help="Let the bus fail meanwhile: callbacks wait in the outbox, and their events "
            "come off the bus once it is back.",
            show_default=False,
        ),
    ] = None,
    rotate: Annotated[
        bool,
        typer.Option(
            "--rotate",
            metavar="",
            help="Replace the key of all URLs, and revoke one shop's, while callbacks keep coming. "
            "Needs a stack of its own.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Send callbacks of every platform and show the events they become.

    Starts the local stack and stops it again; one that already runs is used and left running.
    Two of the callbacks are bad: one with a forged token, and one with a broken body, which is
    then replayed out of quarantine. Exit code 1 if anything is answered or delivered otherwise
    than it must be.
    """
    if fixed and (fault or rotate):
        raise BadUsageError("Of this demo there is no picture to compare.", "Omit --fixed.")
    if fault and rotate:
        raise BadUsageError("--fault and --rotate are demos of their own.", "Omit one of them.")
    world: World = ctx.obj
    if rotate:
        _refuse_a_running_stack(world)
    recording = recorder() if svg else None
    screen = Screen(as_json=as_json, recorder=recording)
    with (
        a_clean_stop_is_said(world, screen),
        signals_end_the_verb(),
        _stack(world, screen, _QUICK_RING if rotate else {}) as stack,
    ):
        outcome: Outcome | FaultOutcome | RotationOutcome
        if rotate:
            outcome = _play_rotation(world, screen, stack)
        elif fault:
            outcome = _play_fault(world, screen, stack)
        else:
            outcome = _play(world, screen, stack, fixed=fixed)
    screen.emit(outcome.as_json())
    command = demo_fixed.COMMAND if fixed else command_to_type()
    screen.show(*demo_screen.next_steps(command, running=not stack.own))
    if svg and recording:
        save(recording, svg, "commerce-hooks local demo")
    if outcome.problems:
        raise _failure(outcome.problems)


def _failure(problems: list[str]) -> CommandError:
    more = len(problems) - _PROBLEMS_TOLD
    told = [*problems[:_PROBLEMS_TOLD], *([f"And {more} more like this."] if more > 0 else [])]
    return CommandError(
        " ".join(("The demo did not go as it must.", *told)),
        "Run it again; if it fails again, `make test` narrows it down.",
    )


@dataclass(frozen=True)
class _Stack:
    """The stack that the demo plays on, and whether the demo started it."""

    state: LocalState
    own: bool
    seconds: float = 0.0


@contextmanager
def _stack(world: World, screen: Screen, parameters: Mapping[str, str]) -> Iterator[_Stack]:
    running = world.local_stacks.running()
    if running is not None:
        _refuse_faults(world, running)
        yield _Stack(running, own=False)
        return
    started = monotonic()
    with screen.working("Starting the local stack ...") as now:
        state = world.local_stacks.start(0, now, detach=False, parameters=parameters)
    try:
        yield _Stack(state, own=True, seconds=monotonic() - started)
    finally:
        with postponed_interruptions(), screen.working("Stopping the local stack ..."):
            world.local_stacks.stop(state)


def _refuse_a_running_stack(world: World) -> None:
    """Its URLs may be in use, and this demo takes them away."""
    if world.local_stacks.running() is not None:
        raise CommandError(
            "This demo retires a key and revokes URLs, so it plays on a stack of its own.",
            f"`{command_to_type()} local down` stops the one that runs.",
        )


def _refuse_faults(world: World, running: LocalState) -> None:
    if faults := world.local_stacks.faults(running):
        raise CommandError(
            f"The local stack is made to fail: {told(faults_as_json(faults))}.",
            f"`{command_to_type()} local fault off` ends that.",
        )


def _play(world: World, screen: Screen, stack: _Stack, *, fixed: bool) -> Outcome:
    """Send, receive, and show both."""
    screen.show(*_introduction(stack, fixed=fixed))
    deployment = world.find_deployment(None)
    checkout = world.checkout()
    platforms = discover_platforms(checkout / "functions")
    todo = Script(deployment, platforms, checkout / "events").attempts()
    with world.follow(deployment, screen.warn) as events, screen.working("Sending ...") as now:
        exchanges = list(send_all(todo, Sender(world.post), now))
        if len(exchanges) == len(todo):
            now("Replaying one out of quarantine ...")
            exchanges.append(repair(exchanges, todo, partial(world.replay, deployment, platforms)))
        now("Waiting for the events ...")
        received = receive(events, promised(exchanges))
        now("Adding a store ...")
        healing = world.heal(deployment, stack.state, events, now)
        outcome = Outcome(exchanges, received, healing)
    if fixed:
        outcome = demo_fixed.fixed(outcome)
    screen.show(
        *demo_screen.exchanges_table(outcome.exchanges),
        *demo_screen.events_table(outcome.events),
        *demo_screen.one_event(outcome.events),
        *demo_screen.healing(outcome.healing),
        *demo_screen.verdict(outcome),
    )
    return outcome


def _play_fault(world: World, screen: Screen, stack: _Stack) -> FaultOutcome:
    """Let the bus fail, send, receive, and show what became of it."""
    screen.show(*_introduction(stack, fixed=False))
    deployment = world.find_deployment(None)
    checkout = world.checkout()
    platforms = discover_platforms(checkout / "functions")
    todo = Script(deployment, platforms, checkout / "events").one_of_each()
    with world.follow(deployment, screen.warn) as events, screen.working("Preparing ...") as now:
        sender = Sender(world.post)
        play = FaultPlay(deployment, stack.state, world.local_stacks, sender, now)
        outcome = play.play(todo, events)
    screen.show(*fault_demo_screen.story(outcome))
    return outcome


def _play_rotation(world: World, screen: Screen, stack: _Stack) -> "RotationOutcome":
    """Replace a key and revoke URLs while callbacks keep coming, and show what became of them."""
    from commerce_hooks_cli import rotation_demo_screen
    from commerce_hooks_cli.rotation_demo import RotationPlay

    screen.show(*_introduction(stack, fixed=False))
    deployment = world.find_deployment(None)
    checkout = world.checkout()
    platforms = discover_platforms(checkout / "functions")
    with world.follow(deployment, screen.warn) as events, screen.working("Preparing ...") as now:
        sender = Sender(world.post)
        play = RotationPlay(world, deployment, platforms, checkout / "events", sender, now)
        outcome = play.play(events)
    screen.show(*rotation_demo_screen.story(outcome))
    return outcome


def _introduction(stack: _Stack, *, fixed: bool) -> Iterator[RenderableType]:
    ready = f"ready in {stack.seconds:.1f} s" if stack.own else "was running already"
    if fixed:
        return demo_screen.introduction(demo_fixed.BASE_URL, demo_fixed.READY)
    return demo_screen.introduction(stack.state.base_url, ready)
