"""`commerce-hooks doctor`: a deployment checked from key ring to alarms."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import Screen, plain
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.platforms import discover_platforms
from commerce_hooks_cli.tables import Mark
from commerce_hooks_cli.verbs.endings import said_last
from commerce_hooks_cli.verbs.options import Json, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from commerce_hooks_cli.checkup import Check, Checked
    from commerce_hooks_cli.patient import Patient
    from commerce_hooks_cli.world import World

_NAME_WIDTH = 18

_NoSend = Annotated[
    bool,
    typer.Option(
        "--no-send", metavar="", help="Leave out the callbacks from end to end, and their rule."
    ),
]


def doctor(
    ctx: typer.Context, no_send: _NoSend = False, stack: Stack = None, as_json: Json = False
) -> None:
    """Check a deployment, and say what to mend.

    The stack, its keys, state, bucket, bus, queues, address, alarms and stores are looked at. Then
    a callback of every platform is sent to the store `synthetic`, and its event awaited at the
    bus, behind a temporary rule and queue that are removed at the end. Consumers of facts never
    see it: its detail-type is callback.synthetic.

    Exit code 1 if anything is wrong; warnings are none.
    """
    from commerce_hooks_cli.checkup import Result, run
    from commerce_hooks_cli.patient import Patient

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    patient = Patient(deployment, world.checkout(), world.post, world.clock.now())
    with screen.working("Looking ...") as say:
        checked = list(run(_checks(patient), say))
        checked += _round_trip(ctx, screen, patient, say) if not no_send else [_not_sent()]
    screen.emit([one.as_json() for one in checked])
    _show(screen, checked)
    wrong = sum(one.finding.result is Result.WRONG for one in checked)
    if wrong:
        raise CommandError(
            f"{wrong} of {len(checked)} checks are wrong.", "Mend them from the top."
        )


def _checks(patient: "Patient") -> "list[Check]":
    from commerce_hooks_cli.checks_of_data import checks_of_data
    from commerce_hooks_cli.checks_of_stack import checks_of_stack
    from commerce_hooks_cli.checks_of_stores import checks_of_stores

    every = [*checks_of_stack(patient), *checks_of_data(patient), *checks_of_stores(patient)]
    groups = list(dict.fromkeys(check.group for check in every))
    return sorted(every, key=lambda check: groups.index(check.group))


def _round_trip(
    ctx: typer.Context, screen: Screen, patient: "Patient", say: "Callable[[str], None]"
) -> "Iterable[Checked]":
    from commerce_hooks_cli import round_trip
    from commerce_hooks_cli.callbacks import Sender
    from commerce_hooks_cli.checkup import Checked, failed
    from commerce_hooks_cli.told import FAILURES

    world: World = ctx.obj
    deployment = patient.deployment
    left_over = said_last(ctx, screen.warn)
    try:
        wanted = round_trip.attempts(
            deployment,
            patient.ring,
            discover_platforms(patient.checkout / "functions"),
            patient.checkout / "events",
        )
        with (
            signals_end_the_verb(),
            world.follow(deployment, left_over, round_trip.FOLLOWING) as events,
        ):
            pace = round_trip.LOCALLY if deployment.local else round_trip.AT_AWS
            return round_trip.RoundTrip(Sender(world.post), events, pace, say).run(wanted)
    except FAILURES as error:
        return [Checked(round_trip.GROUP, "callbacks", failed(error))]


def _not_sent() -> "Checked":
    from commerce_hooks_cli.checkup import Checked, left_out
    from commerce_hooks_cli.round_trip import GROUP

    return Checked(GROUP, "callbacks", left_out("as --no-send says"))


def _show(screen: Screen, checked: "Sequence[Checked]") -> None:
    for group, ones in groupby(checked, key=lambda one: one.group):
        rows = Table.grid(padding=(0, 1))
        rows.add_column()
        rows.add_column(width=_NAME_WIDTH)
        rows.add_column(overflow="fold")
        for one in ones:
            rows.add_row(_mark(one), one.name, _detail(one))
        screen.show(Text(group, "bold"), Padding(rows, (0, 0, 0, 2)))


def _mark(one: "Checked") -> Mark | Text:
    from commerce_hooks_cli.checkup import Result

    match one.finding.result:
        case Result.WARNING:
            return Text("!", "bold yellow")
        case Result.LEFT_OUT:
            return Text("-", "dim")
    return Mark(good=one.finding.result is Result.GOOD)


def _detail(one: "Checked") -> Text:
    from commerce_hooks_cli.checkup import Result

    dim = one.finding.result is Result.LEFT_OUT
    text = Text(plain(one.finding.detail), "dim" if dim else "")
    if one.finding.mend:
        text.append(f"\n{plain(one.finding.mend)}", "cyan")
    return text
