"""iSET's callback URLs for people and programs: each with its place in the shop's panel."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text

from commerce_hooks_cli.iset_panel import ADD, MENU, PANEL_FIELDS, SAVE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.callbacks import CallbackUrl
    from commerce_hooks_cli.console import Screen


def warnings_of(base_url: str) -> list[str]:
    """What is to be said of URLs that begin so, before somebody enters them."""
    if base_url.startswith("https://"):
        return []
    return ["The URLs do not begin with https://: enter them for tests only."]


def as_json(urls: Sequence[CallbackUrl], warnings: list[str]) -> list[dict[str, Any]]:
    return [
        {**asdict(url), "panel": asdict(PANEL_FIELDS[url.topic or ""]), "warnings": warnings}
        for url in urls
    ]


def as_json_without_urls(
    urls: Sequence[CallbackUrl], warnings: list[str], sheet: Path
) -> list[dict[str, Any]]:
    """The same where the sheet has the URLs, and nothing else shall."""
    return [{**one, "url": None, "sheet": str(sheet)} for one in as_json(urls, warnings)]


def show_guide(screen: Screen, platform: Platform, urls: Sequence[CallbackUrl]) -> None:
    """Which URL goes where, for a screen of 80 columns; the URLs themselves stay in one piece."""
    screen.show(Text.assemble(("In the panel: ", "dim"), (MENU, "bold")))
    screen.show("The REST API (API REST) must be active for the shop: without it, no webhooks.")
    for group, members in groupby(urls, key=lambda url: PANEL_FIELDS[url.topic or ""].group):
        screen.show("", Text(group, "bold underline"))
        for url in members:
            screen.show(_label(platform, url))
            screen.show_unwrapped(Text(url.url))
    screen.show(
        "",
        f'Where a field holds another URL already, leave it: click "{ADD}" for a new field.',
        f'At the end, click "{SAVE}".',
        "",
        "Add --sheet FILE.html for a page that tells the shop's owner all this, in Portuguese.",
    )


def _label(platform: Platform, url: CallbackUrl) -> Text:
    topic = url.topic or ""
    what = f"  {topic}, event {platform.topics[topic].detail_type}"
    return Text.assemble((PANEL_FIELDS[topic].field, "bold"), (what, "dim"))
