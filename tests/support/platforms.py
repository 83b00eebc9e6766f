"""The platforms as the code has them, found by folder: adding one edits no test."""

from importlib import import_module
from pathlib import Path

from commerce_hooks.platform import Platform

FUNCTIONS = Path(__file__).parents[2] / "functions"


def platforms() -> dict[str, Platform]:
    """Every platform by its folder's name, sorted."""
    return {
        folder.parent.name: import_module(f"{folder.parent.name}.webhook").PLATFORM
        for folder in sorted(FUNCTIONS.glob("*/webhook.py"))
    }


def block_name(platform: str) -> str:
    """What the names of a platform's resources begin with: `mercado_libre`, `MercadoLibre`."""
    return "".join(word.capitalize() for word in platform.split("_"))
