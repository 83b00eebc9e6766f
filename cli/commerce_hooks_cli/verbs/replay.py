"""`commerce-hooks replay`: events of some time once more, out of the archive."""

from typing import TYPE_CHECKING

import typer

from commerce_hooks_cli.archives import Window, in_words, replay_name
from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.replay_plan import ReplayPlan, chosen_rules, in_units
from commerce_hooks_cli.verbs.endings import said_last
from commerce_hooks_cli.verbs.options import Json, Stack, Yes
from commerce_hooks_cli.verbs.replay_options import (
    From,
    Requests,
    RuleNames,
    To,
    archives_with,
)

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_hooks_cli.replaying import Replaying
    from commerce_hooks_cli.world import World

_LOOK_EVERY_SECONDS, _LOCALLY = 5.0, 0.1


def replay(
    ctx: typer.Context,
    begin: From,
    end: To,
    rules: RuleNames = None,
    requests: Requests = False,
    stack: Stack = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put the events of some time on the bus once more, out of the archive.

    They keep their time, their event_id and all their data; the field replay-name says that they
    are replayed. They go to all rules of the bus, or to those you name. Requests stay out of it,
    unless you ask for them.

    On AWS, events reach the archive up to 10 minutes late. Ctrl-C cancels the replay.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    now = world.clock.now()
    window = Window.parse(begin, end, now)
    deployment = world.deployment(stack, screen)
    with screen.working("Looking ..."):
        archives = archives_with(world, deployment, window, now, requests=requests)
        known = world.replays(deployment).rules(deployment.event_bus_name)
    chosen = chosen_rules(deployment.event_bus_name, known, rules or ())
    names = [replay_name("replay", now) for _ in archives]
    plan = ReplayPlan(deployment, archives, names, window, chosen, bool(rules), requests)
    screen.show(plan.table())
    _warn(screen, plan, now)
    ask_first(world, deployment, plan.question(), yes=yes)
    started = world.clock.now()
    with signals_end_the_verb():
        replaying = _replay(ctx, screen, plan)
    screen.emit(plan.as_json(replaying.standing, now))
    took = in_units(world.clock.now() - started)
    screen.show(f"Replayed in {took}. EventBridge doesn't tell how many events that was.")


def _warn(screen: Screen, plan: ReplayPlan, now: "datetime") -> None:
    if missing := plan.may_miss(now):
        screen.warn(
            "AWS takes up to 10 minutes until an event is in the archive. What came in after "
            f"{in_words(missing)} UTC may be missing."
        )


def _replay(ctx: typer.Context, screen: Screen, plan: ReplayPlan) -> "Replaying":
    from commerce_hooks_cli.replaying import Replaying

    world: World = ctx.obj
    deployment = plan.deployment
    replaying = Replaying(
        world.replays(deployment), plan.orders(), world.clock, said_last(ctx, screen.warn)
    )
    every = _LOCALLY if deployment.local else _LOOK_EVERY_SECONDS
    try:
        with replaying, screen.progress("Replaying") as show:
            while not replaying.look():
                show(replaying.part, f"{in_words(replaying.reached)} UTC")
                world.clock.sleep(every)
    except (KeyboardInterrupt, SystemExit):
        said_last(ctx, screen.note)(_how_to_go_on(replaying, plan))
        raise
    return replaying


def _how_to_go_on(replaying: "Replaying", plan: ReplayPlan) -> str:
    again = [command_to_type(), "replay", "--from", f"{replaying.reached:%Y-%m-%dT%H:%M:%S}"]
    again += ["--to", f"{plan.window.end:%Y-%m-%dT%H:%M:%S}"]
    again += [word for rule in plan.rules if plan.chosen for word in ("--rule", rule.name)]
    again += ["--requests"] if plan.requests else []
    again += [] if plan.deployment.local else ["--stack", plan.deployment.name]
    what = "Cancelled" if replaying.over else "Interrupted"
    if replaying.reached == plan.window.begin:
        return f"{what}, as far as EventBridge tells before anything went out."
    return (
        f"{what}. Events of before {in_words(replaying.reached)} UTC went out. "
        f"To go on from there: {' '.join(again)}"
    )
