"""The platforms as the code has them, found by folder: adding one edits no test."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from cenit.services import PLATFORM as CENIT
from commerce_hooks.platform import Platform

FUNCTIONS = Path(__file__).parents[2] / "functions"


@cache
def platforms() -> Mapping[str, Platform]:
    """Every platform by its folder's name, sorted."""
    return {
        folder.parent.name: import_module(f"{folder.parent.name}.webhook").PLATFORM
        for folder in sorted(FUNCTIONS.glob("*/webhook.py"))
    }


@cache
def senders() -> Mapping[str, Platform]:
    """Every platform, and Cenit, whose commands become events as well; sorted."""
    return dict(sorted({**platforms(), CENIT.name: CENIT}.items()))


def block_name(platform: str) -> str:
    """What the names of a platform's resources begin with: `mercado_libre`, `MercadoLibre`."""
    return "".join(word.capitalize() for word in platform.split("_"))
