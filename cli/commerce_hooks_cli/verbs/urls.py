"""`commerce-hooks urls`: the callback URLs to give to a platform."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli import cenit_screen, iset_screen
from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls
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
from commerce_hooks_cli.verbs.options import Json, PlatformOrCenit, Stack, StoreName

if TYPE_CHECKING:
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.deployment import Deployment
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
    knows the URL can send callbacks in this store's name. No other verb shows one; only
    `cenit collection --with-secret` writes a key too, Cenit's, to a file.

    For iSET each comes with its place in the shop's panel. Cenit calls services instead: their
    URLs hold no token, the headers do.

    STORE becomes part of the URLs and of the events. Nothing has to be registered for it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    checked_store(store)
    if platform == "cenit":
        _refuse("--sheet", "iset", given=sheet is not None)
        _cenit(world, screen, store, topic, stack, signed=signed)
        return
    _refuse("--signed", "cenit", given=signed)
    chosen = _platform(world, platform)
    if topic is not None:
        topic_called(chosen, topic)
    if chosen.name == "iset":
        _iset(world, screen, chosen, store, topic, stack, sheet, force=force)
        return
    _refuse("--sheet", "iset", given=sheet is not None)
    deployment = world.deployment(stack, screen)
    found = _minted(deployment, chosen, store, topic)
    screen.emit([asdict(url) for url in found])
    _show(screen, [(*_about(chosen, url, deployment), url.url) for url in found])


def _refuse(option: str, platform: str, *, given: bool) -> None:
    if given:
        raise BadUsageError(f"{option} is for {platform} only.", "Leave it out.")


def _platform(world: "World", name: str) -> "Platform":
    known = discover_platforms(world.checkout() / "functions")
    if name not in known:
        raise unknown("platform", name, (*known, "cenit"))
    return platform_called(known, name)


def _minted(
    deployment: "Deployment", platform: "Platform", store: str, topic: str | None
) -> list[CallbackUrl]:
    minted = CallbackUrls(deployment.base_url, deployment.key_ring())
    if topic is None:
        return minted.for_store(platform, store)
    return [minted.for_topic(platform, store, topic)]


def _show(screen: Screen, rows: Sequence[tuple[str, str, str]]) -> None:
    table = Table("topic", "detail-type", "URL", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    if screen.fits(table):
        screen.show_uncut(table)
        return
    for topic, detail_type, url in rows:
        screen.show(f"{topic}  {detail_type}")
        screen.show_unwrapped(Text(url))


def _about(platform: "Platform", url: CallbackUrl, deployment: "Deployment") -> tuple[str, str]:
    if url.topic is None:
        return "all topics", "the body names the topic"
    topic = platform.topics[url.topic]
    known = f"{platform.name}/{topic.name}" in deployment.personal_topics
    off = "  off: see PersonalTopics" if topic.mostly_personal and not known else ""
    return url.topic, f"{topic.detail_type}{off}"


def _iset(
    world: "World",
    screen: Screen,
    platform: "Platform",
    store: str,
    topic: str | None,
    stack: str | None,
    sheet: Path | None,
    *,
    force: bool,
) -> None:
    deployment = world.deployment(stack, screen)
    found = _minted(deployment, platform, store, topic)
    warnings = iset_screen.warnings_of(deployment.base_url)
    for warning in warnings:
        screen.warn(warning)
    if sheet is None:
        screen.emit(iset_screen.as_json(found, warnings))
        iset_screen.show_guide(screen, platform, found)
        return
    write_privately(sheet, iset_sheet(store, found, https=not warnings), replace=force)
    screen.emit(iset_screen.as_json_without_urls(found, warnings, sheet))
    screen.show(
        f"{sheet} has the URLs and the steps, for the owner of the shop {store}.",
        "Hand it over like a password: whoever reads it can send callbacks in the shop's name.",
    )


def _cenit(
    world: "World",
    screen: Screen,
    store: str,
    topic: str | None,
    stack: str | None,
    *,
    signed: bool,
) -> None:
    from commerce_hooks_cli.cenit_access import CenitAccess
    from commerce_hooks_cli.cenit_calls import SERVICE_CALLS

    if topic is not None and topic not in SERVICE_CALLS:
        raise unknown("service of cenit", topic, SERVICE_CALLS)
    deployment = world.deployment(stack, screen)
    access = CenitAccess.of(deployment.key_ring(), store, signed=signed or None)
    calls = [call for call in SERVICE_CALLS.values() if topic in {None, call.name}]
    screen.emit(cenit_screen.as_json(calls, store, deployment.cenit_base_url, access))
    cenit_screen.show_services(screen, calls, store, deployment.cenit_base_url, access)
