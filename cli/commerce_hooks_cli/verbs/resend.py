"""`commerce-hooks resend`: one event, or those of one callback, once more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from commerce_hooks_cli.archives import Archive, ReplayOrder, Window, in_words, replay_name
from commerce_hooks_cli.consent import ask_first
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.following import Following
from commerce_hooks_cli.interruptions import signals_end_the_verb
from commerce_hooks_cli.moments import moment
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.tables import event_heading, event_row
from commerce_hooks_cli.verbs.endings import said_last
from commerce_hooks_cli.verbs.options import Json, Stack, Yes
from commerce_hooks_cli.verbs.replay_options import (
    FromIfNotLately,
    Requests,
    ToIfNotNow,
    archives_with,
)
from commerce_hooks_cli.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.bus_event import BusEvent
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.quarantine import Record
    from commerce_hooks_cli.resending import Pace, Wanted

_A_DAY = timedelta(days=1)
_A_MINUTE = timedelta(minutes=1)
_HALF_AN_HOUR = 1800
_SHOWN = 20
_REQUEST = "request."

_Id = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="An event's event_id; or a callback's callback_id, for all of its events.",
        show_default=False,
    ),
]
_Timeout = Annotated[
    int,
    typer.Option("--timeout", min=1, metavar="SECONDS", help="Look no longer than this."),
]


def resend(
    ctx: typer.Context,
    id_: _Id,
    begin: FromIfNotLately = None,
    end: ToIfNotNow = None,
    requests: Requests = False,
    timeout: _Timeout = _HALF_AN_HOUR,
    stack: Stack = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put one event, or all events of one callback, on the bus again.

    It is looked for in the archive of the last day, or of the time you name. On AWS that takes
    minutes, and what is younger than 10 minutes may not be there yet. What is looked through goes
    to a temporary rule and queue, to no consumer; both are removed at the end.

    It is sent with the same time, ids and data. A callback in quarantine has not become an event
    yet: `quarantine replay` is for those.
    """
    from commerce_hooks_cli.bus_failure import waiting
    from commerce_hooks_cli.resending import Wanted, publish

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    wanted = Wanted.parse(id_)
    now = world.clock.now()
    window = _window(begin, end, now)
    deployment = world.deployment(stack, screen)
    with screen.working("Looking ..."):
        kept = _in_quarantine(deployment, wanted, stack)
        if kept and begin is end is None:
            # What was replayed from there has the time that it came in at.
            window = Window.around(kept.received_at, _A_MINUTE, now)
        archives = archives_with(world, deployment, window, now, requests=requests)
    place = _Place(deployment, archives, window)
    with signals_end_the_verb():
        found = _look(ctx, screen, wanted, place, timeout)
    _judge(found, wanted, place, requests=requests)
    _show(screen, found)
    ask_first(world, deployment, _question(deployment, found), yes=yes)
    with screen.working(f"Sending: {waiting(len(found))} ..."):
        published = publish(deployment, world.clock, found)
    screen.emit(_as_json(found, published.event_ids))
    screen.show(Text(f"{_count(found)} sent again, with the same ids.", "green"))


@dataclass(frozen=True)
class _Place:
    """Where something is looked for."""

    deployment: "Deployment"
    archives: "Sequence[Archive]"
    window: Window

    def orders(self, names: "Sequence[str]", rule_arn: str) -> list[ReplayOrder]:
        bus = self.deployment.event_bus_arn
        return [
            ReplayOrder(name, archive.arn, bus, self.window, "resend", (rule_arn,))
            for name, archive in zip(names, self.archives, strict=True)
        ]


def _window(begin: str | None, end: str | None, now: datetime) -> Window:
    last = end or "0m"
    return Window.parse(begin or (moment(last, now) - _A_DAY).isoformat(), last, now)


def _in_quarantine(
    deployment: "Deployment", wanted: "Wanted", stack: str | None
) -> "Record | None":
    """The callback's record, if it has one.

    Raises:
        CommandError: It waits there, and what is wanted comes of it only when it is replayed.
    """
    from commerce_hooks_cli.quarantine import QuarantineRecords

    records = QuarantineRecords(deployment.client("s3"), deployment.payload_bucket)
    record = records.of(wanted.callback_id)
    if record is None or record.done or wanted.is_quarantine_notice:
        return record
    option = f" --stack {stack}" if stack else ""
    raise CommandError(
        f"The callback {wanted.callback_id} waits in quarantine: it has not become an event yet.",
        f"`{command_to_type()} quarantine replay {wanted.callback_id}{option}`",
    )


def _look(
    ctx: typer.Context, screen: Screen, wanted: "Wanted", place: _Place, timeout: int
) -> "list[BusEvent]":
    from commerce_hooks_cli.replaying import Replaying
    from commerce_hooks_cli.resending import AT_AWS, LOCALLY, Search

    world: World = ctx.obj
    deployment = place.deployment
    pace = LOCALLY if deployment.local else AT_AWS
    names = [replay_name("resend", world.clock.now()) for _ in place.archives]
    following = Following(wanted.pattern(names), "resend")
    left_over = said_last(ctx, screen.warn)
    with world.follow(deployment, left_over, following) as events:
        screen.note(f"Looking into the archive {_between(place.window)}.")
        if not deployment.local:
            screen.note(f"Temporary rule and queue: {events.name}")
        _wait_for_the_rule(world, screen, pace)
        orders = place.orders(names, events.rule_arn)
        with (
            Replaying(world.replays(deployment), orders, world.clock, left_over) as replaying,
            screen.progress("Looking") as show,
        ):
            return Search(wanted, world.clock, pace, timeout).run(replaying, events, show)


def _wait_for_the_rule(world: World, screen: Screen, pace: "Pace") -> None:
    """A replay that began before would pass by the rule."""
    seconds = round(pace.rule)
    if not seconds:
        return
    with screen.working("Giving AWS a minute to take up the rule ...") as now:
        for left in range(seconds, 0, -1):
            now(f"Giving AWS a minute to take up the rule, {left} s left ...")
            world.clock.sleep(1)


def _judge(found: "Sequence[BusEvent]", wanted: "Wanted", place: _Place, *, requests: bool) -> None:
    if not found:
        what = f"event {wanted.event_id}" if wanted.event_id else "events of this callback"
        raise CommandError(
            f"The archive has no {what} {_between(place.window)}.",
            _where_else(place, requests=requests),
        )
    # Archives of an earlier version had requests among the others.
    if not requests and any(event.detail_type.startswith(_REQUEST) for event in found):
        raise CommandError(
            "This is a request: whoever gets it does again what it asks for.",
            "Add --requests if you mean that.",
        )


def _where_else(place: _Place, *, requests: bool) -> str:
    ways = [] if requests else ["a request with --requests"]
    ways.append("another time with --from and --to")
    ways += [] if place.deployment.local else ["what came in within 10 minutes a little later"]
    ways.append(f"what waits for the bus with `{command_to_type()} outbox status`")
    return "; ".join(ways) + "."


def _show(screen: Screen, found: "Sequence[BusEvent]") -> None:
    came_in = datetime.fromisoformat(found[0].time)
    screen.show(Text(f"Came in at {in_words(came_in)} UTC:"))
    screen.show_unwrapped(event_heading(screen.room))
    for event in found[:_SHOWN]:
        screen.show_unwrapped(event_row(event, screen.room))
    if len(found) > _SHOWN:
        screen.show(f"and {len(found) - _SHOWN} more")


def _question(deployment: "Deployment", found: "Sequence[BusEvent]") -> str:
    requests = any(event.detail_type.startswith(_REQUEST) for event in found)
    asked = " What is asked for, they will do again." if requests else ""
    whose = f"Consumers of the bus {deployment.event_bus_name}"
    return f"{whose} will see {_count(found)} again.{asked} Send?"


def _as_json(found: "Sequence[BusEvent]", sent: "Sequence[str]") -> dict[str, Any]:
    return {
        "events": [
            {
                "event_id": event.event_id,
                "source": event.source,
                "detail_type": event.detail_type,
                "time": event.time,
            }
            for event in found
        ],
        "sent": list(sent),
    }


def _between(window: Window) -> str:
    return f"from {in_words(window.begin)} to {in_words(window.end)} UTC"


def _count(found: "Sequence[BusEvent]") -> str:
    return "1 event" if len(found) == 1 else f"{len(found)} events"
