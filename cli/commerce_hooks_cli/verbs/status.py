"""`commerce-hooks status`: the daily look at a deployment and its stores."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.platforms import checked_store, platform_names, unknown
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.verbs.options import Json, Label, Stack, has_label

if TYPE_CHECKING:
    from datetime import datetime

    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.status_screen import Row
    from commerce_hooks_cli.status_sources import Surveyed
    from commerce_hooks_cli.world import World

_Platform = Annotated[
    str | None,
    typer.Argument(metavar="PLATFORM", help="Of one store, closely.", show_default=False),
]
_Store = Annotated[
    str | None, typer.Argument(metavar="STORE", help="That store.", show_default=False)
]
_All = Annotated[
    bool,
    typer.Option("--all", metavar="", help="Every store, also where that is more than a screen."),
]


def status(
    ctx: typer.Context,
    platform: _Platform = None,
    store: _Store = None,
    label: Label = None,
    everything: _All = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show what came lately of each store, and what is wrong. Meant for every morning.

    First the deployment: what is in quarantine, what waits for the bus, which key signs, which
    alarms ring. Then a row per store, problems first: the last callback and its topic, the keys
    that callbacks came with, how many are in quarantine, and remarks. Where there are more stores
    than fit a screen, only those with problems.

    With PLATFORM and STORE: that store's topics, keys and identities, and what to do about each
    remark. Last callbacks are noted behind the bus, seconds after the event.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    chosen = _chosen(world, platform, store, filtered=bool(label or everything))
    deployment = world.deployment(stack, screen)
    now = world.clock.now()
    from commerce_hooks_cli.status_sources import survey

    with screen.working("Looking ..."):
        surveyed = survey(deployment, chosen)
    if chosen:
        _show_store(screen, surveyed, chosen, now, stack)
    else:
        _show_all(screen, deployment, surveyed, now, label, everything=everything, stack=stack)
    _judge(surveyed)


def _chosen(
    world: "World", platform: str | None, store: str | None, *, filtered: bool
) -> "StoreId | None":
    if platform is None:
        return None
    from commerce_hooks.stores import StoreId

    if store is None:
        raise BadUsageError(
            "A store is named by its platform and its name.", "Add STORE, or leave both out."
        )
    if filtered:
        raise BadUsageError("--label and --all are for all stores.", "Leave them out.")
    known = [*platform_names(world.checkout() / "functions"), "cenit"]
    if platform not in known:
        raise unknown("platform", platform, known)
    return StoreId(platform, checked_store(store))


def _show_all(
    screen: Screen,
    deployment: "Deployment",
    surveyed: "Surveyed",
    now: "datetime",
    label: str | None,
    *,
    everything: bool,
    stack: str | None,
) -> None:
    from commerce_hooks_cli import status_screen as see
    from commerce_hooks_cli.status_json import survey_as_json

    facts = [one for one in surveyed.evidence.all() if has_label(one.label, label)]
    rows = see.rows_of(facts, now)
    screen.emit(survey_as_json(surveyed, rows, local=deployment.local))
    screen.show(see.deployment_line(surveyed, local=deployment.local), "")
    shown = see.shown_rows(rows, everything=everything)
    if shown:
        screen.show(see.overview(shown, now))
    elif not rows:
        screen.show(_nobody(surveyed, label))
    for line in see.summary(rows, shown, now):
        screen.show(Text(line, "dim"))
    for line in see.subscription_lines(rows, lambda verb: f"`{_command(verb, stack)}`"):
        screen.show_unwrapped(Text(line, "red"))


def _nobody(surveyed: "Surveyed", label: str | None) -> str:
    if label is not None:
        return "No store has such a label."
    if surveyed.errors:
        return "No store is known of, as far as could be told."
    return f"No store yet. Add one: {command_to_type()} stores add PLATFORM STORE"


def _show_store(
    screen: Screen, surveyed: "Surveyed", store: "StoreId", now: "datetime", stack: str | None
) -> None:
    from commerce_hooks_cli import status_screen as see
    from commerce_hooks_cli.status_json import row_as_json

    (row,) = see.rows_of([surveyed.evidence.of(store)], now)
    screen.emit({**row_as_json(row), "errors": surveyed.errors})
    for line in see.store_lines(row, now):
        screen.show_unwrapped(line)
    screen.show("")
    if row.facts.seen or row.facts.standing.value == "configured":
        screen.show_uncut(see.topics_table(row.facts, now))
        screen.show("")
    screen.show(*see.advice(row.remarks, lambda verb: _command(verb, stack)))
    if not row.remarks and not surveyed.errors:
        screen.show(Text(_all_is_well(row), "green"))


def _all_is_well(row: "Row") -> str:
    return "All is well." if row.facts.seen else "Nothing came yet, and it need not have."


def _command(verb: str, stack: str | None) -> str:
    return f"{command_to_type()} {verb}{f' --stack {stack}' if stack else ''}"


def _judge(surveyed: "Surveyed") -> None:
    if surveyed.errors:
        raise CommandError(
            f"{' '.join(surveyed.errors)} So this is not all.", "Try again, or see `doctor`."
        )
