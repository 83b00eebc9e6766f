"""`commerce-hooks local platform`: the fake platforms, as somebody sees them who works there."""

import json
from typing import Annotated

import typer
from rich.table import Table

from commerce_hooks_cli.console import Screen, plain
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.local.shops import Attempt, FakeShops
from commerce_hooks_cli.program import command_to_type
from commerce_hooks_cli.samples import find_sample
from commerce_hooks_cli.verbs.help_page import Group, Verb
from commerce_hooks_cli.verbs.options import Json
from commerce_hooks_cli.world import World

platform = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="The fake platforms that the stores of the local stack belong to.",
)
_Platform = Annotated[
    str, typer.Argument(metavar="PLATFORM", help="centry or konimbo.", show_default=False)
]


@platform.command("list", cls=Verb)
def list_(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="PLATFORM", help="Only of this one.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List all webhooks that are registered at the fake platforms, everybody's."""
    world: World = ctx.obj
    screen, shops = Screen(as_json=as_json), _shops(world)
    found = {one: shops.webhooks(one) for one in ([name] if name else shops.platforms)}
    screen.emit(
        [
            {
                "platform": platform_,
                "id": one.id,
                "shop": one.shop,
                "topics": [*one.topics],
                "host": one.host,
                "active": one.active,
            }
            for platform_, webhooks in found.items()
            for one in webhooks
        ]
    )
    if not any(found.values()):
        screen.show("No webhook is registered.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("platform", "shop", "id", "topics", "calls"):
        table.add_column(title, overflow="fold")
    for platform_, webhooks in found.items():
        for one in webhooks:
            host = one.host if one.active else f"{one.host} (inactive)"
            cells = (platform_, one.shop, one.id, " ".join(one.topics), host)
            table.add_row(*map(plain, cells))
    screen.show_uncut(table)


@platform.command(cls=Verb)
def delete(
    ctx: typer.Context,
    name: _Platform,
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of a webhook.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Delete a webhook at a fake platform, as somebody there might, and tell nobody."""
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    _shops(world).delete(name, id_)
    screen.emit({"deleted": id_})
    screen.show(f"The webhook {plain(id_)} is gone from the fake {name}.")
    screen.note(f"`{command_to_type()} subscriptions plan` sees it.")


@platform.command(cls=Verb)
def call(
    ctx: typer.Context,
    name: _Platform,
    topic: Annotated[
        str,
        typer.Argument(
            metavar="TOPIC", help="The platform's word, as in events/.", show_default=False
        ),
    ],
    as_json: Json = False,
) -> None:
    """Let something happen in the fake shops, so that the platform calls who subscribed to it.

    The body is the sample of the topic. Exit code 1 if nobody is called, or an answer is not good.
    """
    world: World = ctx.obj
    screen, shops = Screen(as_json=as_json), _shops(world)
    sample = find_sample(world.checkout() / "events", name, topic)
    attempts = shops.happen(name, topic, json.loads(sample.body))
    screen.emit([{"webhook": one.webhook, "status": one.status} for one in attempts])
    for one in attempts:
        screen.show(f"webhook {plain(one.webhook)}: answered {one.status or 'not at all'}")
    if not attempts:
        raise CommandError(
            f"Nobody has subscribed to {topic} at the fake {name}.",
            f"`{command_to_type()} stores add {name} STORE` makes a store, "
            "and its subscriptions with it.",
        )
    if not all(_is_good(one) for one in attempts):
        raise CommandError("Not every callback was taken.")


def _is_good(attempt: Attempt) -> bool:
    return attempt.status is not None and attempt.status // 100 == 2  # noqa: PLR2004 - success


def _shops(world: World) -> FakeShops:
    state = world.local_stacks.running()
    if state is None:
        raise CommandError(
            "No local stack is running.", f"Start one with `{command_to_type()} local up`."
        )
    return FakeShops.of(state)
