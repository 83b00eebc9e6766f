"""`commerce-hooks urls`: the callback URLs to give to a platform."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commerce_hooks_cli import iset_screen
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.errors import BadUsageError
from commerce_hooks_cli.iset_sheet import sheet as iset_sheet
from commerce_hooks_cli.platforms import (
    checked_store,
    discover_platforms,
    platform_called,
    topic_called,
    unknown,
)
from commerce_hooks_cli.private_files import write_privately
from commerce_hooks_cli.url_screen import UrlPage, cenit_page, url_page
from commerce_hooks_cli.verbs.options import Json, PlatformOrCenit, Stack, StoreName

if TYPE_CHECKING:
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.world import World


def urls(
    ctx: typer.Context,
    platform: PlatformOrCenit,
    store: StoreName,
    topic: Annotated[
        str | None,
        typer.Option(
            "--topic",
            metavar="TOPIC",
            help="Only this topic's URL, or this service's of Cenit.",
            show_default=False,
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet",
            metavar="FILE.html",
            help="iSET only: write the URLs into a page for the shop's owner, and show none.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Let --sheet replace a file.")
    ] = False,
    signed: Annotated[
        bool,
        typer.Option("--signed", metavar="", help="Cenit only: what signing takes, not a token."),
    ] = False,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Print the callback URLs to enter at a platform.

    Each URL holds a token that proves a callback genuine. Treat it like a password: whoever
    knows the URL can send callbacks in this store's name. `stores add` shows them too, and no
    other verb; only `cenit collection --with-secret` writes a key too, Cenit's, to a file.

    For iSET each comes with its place in the shop's panel. Cenit calls services instead: their
    URLs hold no token, the headers do.

    STORE becomes part of the URLs and of the events. Nothing has to be registered for it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    checked_store(store)
    if platform == "cenit":
        _refuse("--sheet", "iset", given=sheet is not None)
        _print(
            screen, cenit_page(world.deployment(stack, screen), store, topic, signed=signed or None)
        )
        return
    _refuse("--signed", "cenit", given=signed)
    chosen = _platform(world, platform)
    if topic is not None:
        topic_called(chosen, topic)
    if chosen.name != "iset":
        _refuse("--sheet", "iset", given=sheet is not None)
    page = url_page(world.deployment(stack, screen), chosen, store, topic)
    if sheet is None:
        _print(screen, page)
    else:
        _write_sheet(screen, page, store, sheet, force=force)


def _refuse(option: str, platform: str, *, given: bool) -> None:
    if given:
        raise BadUsageError(f"{option} is for {platform} only.", "Leave it out.")


def _platform(world: "World", name: str) -> "Platform":
    known = discover_platforms(world.checkout() / "functions")
    if name not in known:
        raise unknown("platform", name, (*known, "cenit"))
    return platform_called(known, name)


def _print(screen: Screen, page: UrlPage) -> None:
    for warning in page.warnings:
        screen.warn(warning)
    screen.emit(page.as_json)
    page.show(screen)


def _write_sheet(screen: Screen, page: UrlPage, store: str, sheet: Path, *, force: bool) -> None:
    for warning in page.warnings:
        screen.warn(warning)
    https = all(url.url.startswith("https://") for url in page.urls)
    text = iset_sheet(store, list(page.urls), https=https)
    write_privately(sheet, text, replace=force)
    screen.emit(iset_screen.as_json_without_urls(page.urls, list(page.warnings), sheet))
    screen.show(
        f"{sheet} has the URLs and the steps, for the owner of the shop {store}.",
        "Hand it over like a password: whoever reads it can send callbacks in the shop's name.",
    )
