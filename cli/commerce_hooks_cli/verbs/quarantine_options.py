"""What the verbs of the quarantine take, and the selection that it makes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commerce_hooks.errors import Reason
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.moments import moment
from commerce_hooks_cli.platforms import checked_platform_name, checked_store, refuse_cenit
from commerce_hooks_cli.quarantine_selection import Selection
from commerce_hooks_cli.world import World

Platform = Annotated[
    str | None,
    typer.Option(
        "--platform", metavar="PLATFORM", help="Only of this platform.", show_default=False
    ),
]
Store = Annotated[
    str | None,
    typer.Option("--store", metavar="STORE", help="Only of this store.", show_default=False),
]
ReasonKept = Annotated[
    Reason | None,
    typer.Option(
        "--reason",
        metavar="REASON",
        help=f"Only kept for this reason: {', '.join(Reason)}.",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only received then or later: an ISO time in UTC, or how long ago (30m, 2h, 3d).",
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="TIME", help="Only received before; the same.", show_default=False
    ),
]
CallbackId = Annotated[
    str,
    typer.Argument(
        metavar="CALLBACK_ID",
        help="The callback's id, or its first 8 characters or more.",
        show_default=False,
    ),
]
CallbackIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CALLBACK_ID",
        help="The callbacks' ids, or their first 8 characters or more.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help="Also write the body's bytes to a new file that only you can read. Nothing is "
        "left out of it.",
        show_default=False,
    ),
]
Repaired = Annotated[
    Path | None,
    typer.Option(
        "--body",
        metavar="FILE",
        help="Take this body in place of the one that was kept: `show --output` writes that for "
        "you to repair. For one callback only.",
        show_default=False,
    ),
]


def selection(
    world: World,
    platform: str | None,
    store: str | None,
    reason: Reason | None,
    since: str | None,
    until: str | None,
    *,
    done: bool,
) -> Selection:
    """What was chosen.

    Raises:
        BadUsageError: There can be nothing like that.
    """
    now = datetime.now(UTC)
    if platform is not None:
        refuse_cenit(
            platform,
            "Cenit's calls are never quarantined.",
            "What is wrong with one is in the answer to it, and in the function's log.",
        )
        checked_platform_name(platform, world.checkout() / "functions")
    begin, end = (None if text is None else moment(text, now) for text in (since, until))
    if begin and end and begin >= end:
        raise BadUsageError("--since is not before --until.", "Exchange them.")
    return Selection(
        platform,
        None if store is None else checked_store(store),
        None if reason is None else reason.value,
        begin,
        end,
        done,
    )
