"""`commerce-hooks shapes`: what bodies have looked like, and what no schema declares of it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.console import Screen, plain
from commerce_hooks_cli.verbs.options import Json, Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks_cli.seen_shapes import SeenField, SeenTopic
    from commerce_hooks_cli.world import World


def shapes(
    ctx: typer.Context,
    platform: Annotated[
        str | None,
        typer.Argument(metavar="PLATFORM", help="Only this platform's.", show_default=False),
    ] = None,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC",
            help="Only this topic's; `unrecognized` are the bodies whose topic we don't know.",
            show_default=False,
        ),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", metavar="", help="Only what no schema declares.")
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Show what has been seen in bodies: paths and JSON types, never values.

    Most bodies of Konimbo and iSET are documented nowhere. This is what really came, since when,
    and what of it the topic's schema does not declare yet, so that it can be filled in.

    Without PLATFORM, one line a topic.
    """
    from commerce_hooks_cli.seen_shapes import SeenShapes

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    deployment = world.deployment(stack, screen)
    kept = SeenShapes(
        deployment.client("s3"), deployment.payload_bucket, world.checkout() / "functions"
    )
    with screen.working("Looking ..."):
        found = kept.find(platform, topic)
    if new:
        found = [seen for seen in found if seen.undeclared]
    screen.emit([_as_json(seen, _chosen(seen, new=new)) for seen in found])
    if not found:
        screen.note("Nothing undeclared was seen." if new else "Nothing was seen yet.")
    elif platform is None and not new:
        _show_overview(screen, found)
    else:
        for seen in found:
            _show_topic(screen, seen, _chosen(seen, new=new))


def _chosen(seen: "SeenTopic", *, new: bool) -> "Sequence[SeenField]":
    return seen.undeclared if new else seen.fields


def _as_json(seen: "SeenTopic", fields: "Sequence[SeenField]") -> dict[str, Any]:
    return {
        "platform": seen.platform,
        "topic": seen.topic,
        "fingerprint": seen.known.fingerprint,
        "updated_at": seen.known.updated_at,
        "changes": seen.known.changes,
        "cut": seen.is_cut,
        "paths": [asdict(field) for field in fields],
    }


def _show_overview(screen: Screen, found: "Sequence[SeenTopic]") -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("platform", "topic"):
        table.add_column(name)
    for name in ("paths", "undeclared"):
        table.add_column(name, justify="right")
    table.add_column("last change UTC")
    for seen in found:
        undeclared = str(len(seen.undeclared))
        table.add_row(
            plain(seen.platform),
            plain(seen.topic),
            f"{len(seen.fields)}{'+' if seen.is_cut else ''}",
            Text(undeclared, "" if undeclared == "0" else "yellow"),
            _moment(seen.known.updated_at),
        )
    screen.show_uncut(table)


def _show_topic(screen: Screen, seen: "SeenTopic", fields: "Sequence[SeenField]") -> None:
    screen.show(
        Text.assemble(
            (plain(f"{seen.platform} {seen.topic}"), "bold"),
            f": {len(seen.fields)} paths, {len(seen.undeclared)} of them undeclared",
        )
    )
    if seen.is_cut:
        screen.show(Text("There was too much of it: some paths are left out.", "yellow"))
    table = Table("path", "types", "since UTC", "schema", box=None, pad_edge=False)
    for field in fields:
        table.add_row(
            plain(field.path),
            plain(", ".join(field.types)),
            _moment(field.first_seen),
            Text("declared", "dim") if field.declared else Text("undeclared", "yellow"),
        )
    screen.show_uncut(table)
    screen.show("")


def _moment(moment: str | None) -> str:
    """ISO 8601 to the minute, for people."""
    return plain((moment or "-")[:16].replace("T", " "))
