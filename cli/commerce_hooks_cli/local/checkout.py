"""Where the working copy is, and what of it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commerce_hooks_cli.local.errors import CheckoutNotFoundError

TEMPLATE = "template.yaml"
STATE_DIRECTORY = ".local"


@dataclass(frozen=True)
class Checkout:
    """A folder with template.yaml in it."""

    root: Path

    @property
    def template(self) -> Path:
        return self.root / TEMPLATE

    @property
    def state_directory(self) -> Path:
        return self.root / STATE_DIRECTORY


def find_checkout() -> Checkout:
    """The working copy that this package belongs to, else the one around the working directory.

    Raises:
        CheckoutNotFoundError: There is neither.
    """
    for origin in (Path(__file__).resolve(), Path.cwd()):
        for folder in (origin, *origin.parents):
            if (folder / TEMPLATE).is_file() and (folder / "functions").is_dir():
                return Checkout(folder)
    raise CheckoutNotFoundError(
        f"There is no {TEMPLATE} here or in a folder above.",
        "Run the command inside a checkout of the project.",
    )
