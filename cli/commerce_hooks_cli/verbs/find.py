"""`commerce-hooks find`: whether something arrived, and what became of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commerce_hooks_cli.archives import Window, in_words
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.moments import moment
from commerce_hooks_cli.platforms import checked_store, platform_names, unknown
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.options import Json, Stack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commerce_hooks_cli.callback_history import History
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.find_screen import Next
    from commerce_hooks_cli.finding import Finder
    from commerce_hooks_cli.world import World

_CENIT = "cenit"
# Lines of this very second are looked for, too.
_A_SECOND = timedelta(seconds=1)

_What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="The platform's id of an order, product, ...; or a callback_id or an event_id.",
        show_default=False,
    ),
]
_Platform = Annotated[
    str | None,
    typer.Argument(metavar="PLATFORM", help="Only what it sent; quicker.", show_default=False),
]
_Store = Annotated[
    str | None, typer.Argument(metavar="STORE", help="Only of this store.", show_default=False)
]
_From = Annotated[
    str,
    typer.Option(
        "--from", metavar="TIME", help="Came then or later: an ISO time in UTC, or 30m, 2h, 3d ago."
    ),
]
_To = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="TIME", help="Came before; the same. Without it: now.", show_default=False
    ),
]
_Limit = Annotated[
    int, typer.Option("--limit", min=1, max=100, metavar="N", help="Show the last so many.")
]


def find(
    ctx: typer.Context,
    what: _What,
    platform: _Platform = None,
    store: _Store = None,
    begin: _From = "7d",
    end: _To = None,
    limit: _Limit = 20,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Say whether something arrived, and what became of it.

    Looks through the functions' logs, follows what waited or was left to a job, and looks into
    quarantine. For each callback: when it came, what happened to it, its events, and the command
    that does what can be done next.

    Exit code 1 if nothing is found. Logs may be a minute behind.
    """
    from commerce_hooks_cli.sought import Sought

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    sought = Sought.parse(what)
    receivers = _receivers(world, platform)
    window = _window(begin, end, world.clock.now())
    if store is not None:
        checked_store(store)
    deployment = world.deployment(stack, screen)
    now = world.clock.now()
    finder = _finder(deployment, receivers, store, window, now)
    with screen.working("Looking ...") as say:
        finder.on_page = _counting(say)
        histories, more = finder.find(sought, limit)
        steps = _next_steps(world, deployment, histories, now)
    screen.emit([_as_json(one, then) for one, then in zip(histories, steps, strict=True)])
    _show(screen, histories, steps, now, stack)
    if more:
        screen.note(f"{more} older ones are left out: --limit shows more.")
    if not finder.complete:
        screen.warn("There was more in the logs than could be looked at: narrow --from and --to.")
    if not histories:
        raise _not_found(deployment, what, window, receivers, now)


def _receivers(world: "World", platform: str | None) -> list[str]:
    known = [*platform_names(world.checkout() / "functions"), _CENIT]
    if platform is None:
        return known
    if platform not in known:
        raise unknown("platform", platform, known)
    return [platform]


def _window(begin: str, end: str | None, now: "datetime") -> Window:
    first, last = moment(begin, now), moment(end, now) if end else now + _A_SECOND
    if first >= last:
        raise BadUsageError("--from is not before --to.", "Exchange them.")
    return Window(first, last)


def _finder(
    deployment: "Deployment",
    receivers: "Sequence[str]",
    store: str | None,
    window: Window,
    now: "datetime",
) -> "Finder":
    from commerce_hooks_cli.finding import Finder
    from commerce_hooks_cli.log_lines import FunctionLogs
    from commerce_hooks_cli.quarantine import QuarantineRecords

    logs = FunctionLogs(deployment.client("logs"), deployment.name)
    records = QuarantineRecords(deployment.client("s3"), deployment.payload_bucket)
    return Finder(logs, records, receivers, store, window, now)


def _counting(say: Any) -> Any:
    pages = 0

    def count() -> None:
        nonlocal pages
        pages += 1
        say(f"Looking, page {pages} of the logs ...")

    return count


def _next_steps(
    world: "World", deployment: "Deployment", histories: "Sequence[History]", now: "datetime"
) -> "list[Next]":
    from commerce_hooks_cli.find_screen import next_step

    days: dict[bool, int | None] = {}
    for request in {one.is_request for one in histories}:
        days[request] = _retention(world, deployment, requests=request)
    return [next_step(one, days[one.is_request], now) for one in histories]


def _retention(world: "World", deployment: "Deployment", *, requests: bool) -> int | None:
    """How long the archive keeps events; None where that can't be told."""
    from commerce_hooks_cli.told import ask

    def days() -> int:
        arn = deployment.request_archive_arn if requests else deployment.event_archive_arn
        return world.replays(deployment).archive(arn).retention_days

    return ask("The archive", days).value


def _show(
    screen: Screen,
    histories: "Sequence[History]",
    steps: "Sequence[Next]",
    now: "datetime",
    stack: str | None,
) -> None:
    from commerce_hooks_cli.find_screen import history_lines

    for number, (history, then) in enumerate(zip(histories, steps, strict=True)):
        if number:
            screen.show("")
        for line in history_lines(history, then, now, lambda verb: _command(verb, stack)):
            screen.show_unwrapped(line)


def _as_json(history: "History", then: "Next") -> dict[str, Any]:
    return {**history.as_json(), "next": {"say": then.say, "command": then.command}}


def _command(verb: str, stack: str | None) -> str:
    return f"{command_to_type()} {verb}{f' --stack {stack}' if stack else ''}"


def _not_found(
    deployment: "Deployment",
    what: str,
    window: Window,
    receivers: "Sequence[str]",
    now: "datetime",
) -> CommandError:
    """That there is nothing, and what that can mean."""
    program = command_to_type()
    return CommandError(
        f"Nothing about {what} is in the logs from {in_words(window.begin)} "
        f"to {in_words(min(window.end, now))} UTC{_log_retention(deployment, receivers[0])}.",
        "It may have come earlier (--from); a minute ago, and is not there yet; or not at all: "
        f"`{program} status PLATFORM STORE` shows what came of its store. What could not be read "
        f"has no id in the log: `{program} quarantine list`.",
    )


def _log_retention(deployment: "Deployment", function: str) -> str:
    from commerce_hooks_cli.log_lines import FunctionLogs
    from commerce_hooks_cli.told import ask

    logs = FunctionLogs(deployment.client("logs"), deployment.name)
    days = ask("The log", lambda: logs.retention_days(function)).value
    return f", which are kept for {days} days" if days else ""
