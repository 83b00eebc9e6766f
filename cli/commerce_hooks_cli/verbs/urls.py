"""`commerce-hooks urls`: the callback URLs to give to a platform."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from commerce_hooks_cli.callbacks import CallbackUrl, CallbackUrls
from commerce_hooks_cli.consent import announce
from commerce_hooks_cli.console import Screen
from commerce_hooks_cli.platforms import (
    checked_store,
    discover_platforms,
    platform_called,
    topic_called,
)
from commerce_hooks_cli.verbs.options import Json, PlatformName, Stack

if TYPE_CHECKING:
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.world import World


def urls(
    ctx: typer.Context,
    platform: PlatformName,
    store: Annotated[
        str,
        typer.Argument(
            metavar="STORE",
            help="Your name for the shop: a-z, 0-9 and -.",
            show_default=False,
        ),
    ],
    topic: Annotated[
        str | None,
        typer.Option("--topic", metavar="TOPIC", help="Only this topic's URL.", show_default=False),
    ] = None,
    stack: Stack = None,
    as_json: Json = False,
) -> None:
    """Print the callback URLs to enter at a platform.

    Each URL holds a token that proves a callback genuine. Treat it like a password: whoever
    knows the URL can send callbacks in this store's name. No other verb shows one.

    STORE becomes part of the URLs and of the events. Nothing has to be registered for it.
    """
    world: World = ctx.obj
    screen = Screen(as_json=as_json)
    chosen = platform_called(discover_platforms(world.checkout() / "functions"), platform)
    checked_store(store)
    if topic is not None:
        topic_called(chosen, topic)
    deployment = world.deployment(stack, screen)
    announce(screen, deployment)
    minted = CallbackUrls(deployment.base_url, deployment.key_ring())
    found = (
        minted.for_store(chosen, store)
        if topic is None
        else [minted.for_topic(chosen, store, topic)]
    )
    screen.emit([asdict(url) for url in found])
    _show(screen, chosen, found)


def _show(screen: Screen, platform: "Platform", urls: Sequence[CallbackUrl]) -> None:
    table = Table("topic", "detail-type", "URL", box=None, pad_edge=False, header_style="bold")
    for url in urls:
        table.add_row(*_about(platform, url), url.url)
    if screen.fits(table):
        screen.show_uncut(table)
        return
    for url in urls:
        screen.show("  ".join(_about(platform, url)))
        screen.show_unwrapped(Text(url.url))


def _about(platform: "Platform", url: CallbackUrl) -> tuple[str, str]:
    if url.topic is None:
        return "all topics", "the body names the topic"
    return url.topic, platform.topics[url.topic].detail_type
