"""The platforms of this checkout: every folder of functions/ with a webhook.py is one."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from commerce_hooks.callback_urls import STORE_NAME
from commerce_hooks_cli.errors import BadUsageError, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from commerce_hooks.platform import Platform, Topic


def platform_names(functions: Path) -> list[str]:
    """The platforms' names, which are their folders', without loading any."""
    return sorted(path.parent.name for path in functions.glob("*/webhook.py"))


def discover_platforms(functions: Path) -> dict[str, Platform]:
    """All platforms by name, in the order of their folders' names."""
    folders = platform_names(functions)
    if not folders:
        raise CommandError(
            f"There is no platform in {functions}.",
            "Run the command from a complete checkout of the repository.",
        )
    platforms = [import_module(f"{folder}.webhook").PLATFORM for folder in folders]
    return {platform.name: platform for platform in platforms}


def platform_called(platforms: Mapping[str, Platform], name: str) -> Platform:
    if name not in platforms:
        raise unknown("platform", name, platforms)
    return platforms[name]


def topic_called(platform: Platform, name: str) -> Topic:
    if name not in platform.topics:
        raise unknown(f"topic of {platform.name}", name, platform.topics)
    return platform.topics[name]


def checked_platform_name(name: str, functions: Path) -> str:
    """The name itself, if a platform of the checkout has it; none is loaded."""
    known = platform_names(functions)
    if name not in known:
        raise unknown("platform", name, known)
    return name


def checked_store(name: str) -> str:
    """The name itself, if it can stand in a callback URL."""
    if not STORE_NAME.fullmatch(name):
        raise BadUsageError(
            f"{name!r} cannot be the name of a store.",
            "Use up to 63 of the characters a-z, 0-9 and -, not beginning with -.",
        )
    return name


def refuse_cenit(name: str, why: str, hint: str) -> None:
    """Say why this is not for Cenit, which is no platform but is called like one elsewhere."""
    if name == "cenit":
        raise BadUsageError(why, hint)


def unknown(kind: str, name: str, known: Iterable[str]) -> BadUsageError:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return BadUsageError(f"{name!r} is no {kind}.", f"{meant}There are: {', '.join(names)}.")
