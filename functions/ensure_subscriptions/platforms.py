"""The platforms that we can call, found by name: the one place where all of them meet.

Only those of the stores at hand are loaded.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from commerce_hooks.platform import Platform
from commerce_hooks.platform_access import PlatformAccess

_FOLDER = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class KnownPlatform:
    """A platform, and the way to its API."""

    platform: Platform
    access: PlatformAccess


Called = Callable[[str], KnownPlatform | None]


def platform_called(name: str) -> KnownPlatform | None:
    """The platform of that name; None if there is none, or none of whose API we know."""
    if not _FOLDER.fullmatch(name):
        return None
    webhook, access = _module(name, "webhook"), _module(name, "access")
    if webhook is None or access is None:
        return None
    return KnownPlatform(webhook.PLATFORM, access.ACCESS)


def at_fakes(called: Called, base_urls: Mapping[str, str]) -> Called:
    """The same, with platforms that have a fake one on this machine in its place."""

    def faked(name: str) -> KnownPlatform | None:
        known, base_url = called(name), base_urls.get(name)
        if known is None or base_url is None:
            return known
        return replace(known, access=known.access.at(base_url))

    return faked


def _module(folder: str, name: str) -> Any:
    """A module of a platform's folder; None if it has none of that name."""
    module = f"{folder}.{name}"
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        # Of what such a module itself imports nothing may be missing.
        if error.name not in (folder, module):
            raise
        return None
