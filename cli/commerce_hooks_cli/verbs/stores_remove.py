"""`commerce-hooks stores remove`: a shop that has gone."""

from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError, CommandError
from commerce_hooks_cli.verbs.options import Json, PlatformOrCenit, Stack, StoreName

if TYPE_CHECKING:
    from commerce_hooks_cli.world import World


def remove(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    keep_urls: Annotated[
        bool,
        typer.Option("--keep-urls", metavar="", help="Leave its callback URLs working."),
    ] = False,
    subscriptions: Annotated[
        bool | None,
        typer.Option(
            "--subscriptions/--keep-subscriptions",
            metavar="",
            help="Delete its subscriptions of ours at the platform, or leave them. Without "
            "either you are asked.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", metavar="", help="Don't ask. Subscriptions of ours are deleted."),
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Remove a shop: its subscriptions of ours, its URLs, its settings and credentials.

    Subscriptions that are not ours are left alone. Its callback URLs are refused soon after,
    when functions have read the key ring anew. If it fails half-way, repeat it. While the
    platform can't be asked for its subscriptions, it goes only with --keep-subscriptions.
    """
    from commerce_hooks_cli.store_desk import StoreDesk
    from commerce_hooks_cli.store_farewell import Farewell, Removal, carry_out
    from commerce_hooks_cli.store_settings import checked_store_id, known_platforms

    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    id_ = checked_store_id(known_platforms(world), platform, store)
    desk = StoreDesk.at(world, screen, stack)
    farewell = Farewell.of(desk, id_, keep_urls=keep_urls)
    if farewell.already_over:
        screen.emit(Removal(farewell).as_json())
        screen.show(f"The store {id_} is removed already.")
        return
    screen.show(*farewell.plan())
    if subscriptions is not False:
        farewell.check_told(farewell.there)
    if not yes and world.ask is None:
        raise BadUsageError(
            "This cannot be taken back, and there is no terminal to ask you first.",
            "Add --yes if you mean it.",
        )
    delete = _whether_to_delete(world, farewell.deletable, subscriptions, yes=yes)
    if not yes and world.ask is not None and not world.ask(f"Remove the store {id_}?"):
        raise CommandError("Nothing was done, as you wished.")
    removal = Removal(farewell)
    carry_out([removal], delete=delete)
    if removal.failure:
        raise removal.failure
    screen.emit(removal.as_json())
    screen.show(f"The store {id_} is removed.", *removal.left_to_do())
    if not keep_urls:
        seconds = desk.deployment.key_ring_cache_seconds
        screen.show(f"Its callback URLs are refused within {seconds} seconds.")


def _whether_to_delete(world: "World", count: int, wanted: bool | None, *, yes: bool) -> bool:
    if wanted is not None or not count or yes or world.ask is None:
        return wanted is not False
    return world.ask(f"Delete our {count} subscriptions at the platform?")
