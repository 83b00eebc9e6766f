"""What several verbs take, worded once."""

from typing import Annotated

import typer

from commerce_hooks_cli.local.checkout import find_checkout
from commerce_hooks_cli.local.errors import CheckoutNotFoundError
from commerce_hooks_cli.platforms import platform_names

Json = Annotated[
    bool,
    typer.Option("--json", metavar="", help="Print JSON for programs, not tables for people."),
]
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="A deployed CloudFormation stack; account and Region come from the AWS environment "
        "(AWS_PROFILE, AWS_REGION). Without it: the local stack.",
        show_default=False,
    ),
]
Yes = Annotated[
    bool,
    typer.Option("--yes", metavar="", help="Don't ask before writing to a deployed stack."),
]


def _which_platforms() -> str:
    try:
        names = platform_names(find_checkout().root / "functions")
    except CheckoutNotFoundError:
        return "One of the checkout's platforms."
    return f"One of: {', '.join(names)}."


PlatformName = Annotated[
    str, typer.Argument(metavar="PLATFORM", help=_which_platforms(), show_default=False)
]
PlatformOrCenit = Annotated[
    str,
    typer.Argument(metavar="PLATFORM", help=f"{_which_platforms()} Or cenit.", show_default=False),
]
Label = Annotated[
    str | None,
    typer.Option(
        "--label", metavar="TEXT", help="Only stores whose label has it.", show_default=False
    ),
]


def has_label(label: str, wanted: str | None) -> bool:
    """Whether a store with this label is meant, in whatever case it was typed."""
    return wanted is None or wanted.casefold() in label.casefold()


StoreName = Annotated[
    str,
    typer.Argument(
        metavar="STORE", help="Your name for the shop: a-z, 0-9 and -.", show_default=False
    ),
]
