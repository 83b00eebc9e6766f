"""What the verbs take that look into the archives."""

from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.archives import Archive, Window
from commerce_hooks_cli.world import World

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_hooks_cli.deployment import Deployment

From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Events of then or later: an ISO time in UTC, or how long ago (30m, 2h, 3d).",
        show_default=False,
    ),
]
To = Annotated[
    str,
    typer.Option(
        "--to", metavar="TIME", help="Events of before then; the same.", show_default=False
    ),
]
FromIfNotLately = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Where to begin to look: an ISO time in UTC, or how long ago (30m, 2h, 3d). "
        "Without it: a day before --to.",
        show_default=False,
    ),
]
ToIfNotNow = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="TIME",
        help="Where to end; the same. Without it: now.",
        show_default=False,
    ),
]
RuleNames = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="NAME",
        help="Only to this rule, by name or ARN; can be given several times.",
        show_default=False,
    ),
]
Requests = Annotated[
    bool,
    typer.Option(
        "--requests",
        metavar="",
        help="Also requests (request.*), which are left out otherwise: whoever gets one does "
        "again what it asks for.",
    ),
]


def archives_with(
    world: World, deployment: "Deployment", window: Window, now: "datetime", *, requests: bool
) -> list[Archive]:
    """The archives to look into, which have events of that time.

    Raises:
        BadUsageError: They don't keep events for so long.
        CommandError: They were not there yet.
    """
    arns = [deployment.event_archive_arn]
    if requests:
        arns.append(deployment.request_archive_arn)
    replays = world.replays(deployment)
    archives = [replays.archive(arn) for arn in arns]
    for archive in archives:
        window.check(archive, now)
    return archives
