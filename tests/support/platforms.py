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
