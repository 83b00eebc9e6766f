"""What several verbs about subscriptions take, worded once."""

from typing import Annotated

import typer

from commerce_hooks_cli.errors import BadUsageError

AnyPlatform = Annotated[
    str | None,
    typer.Argument(
        metavar="PLATFORM", help="Only its stores. Without it: all.", show_default=False
    ),
]
AnyStore = Annotated[
    str | None, typer.Argument(metavar="STORE", help="Only this store.", show_default=False)
]
Adopt = Annotated[
    bool,
    typer.Option(
        "--adopt",
        metavar="",
        help="Take over what has a URL of ours for the store, and a token that is none of ours.",
    ),
]
MaxDeletions = Annotated[
    int | None,
    typer.Option(
        "--max-deletions",
        min=0,
        metavar="N",
        help="A store's plan that would delete more deletes nothing. Without it: 5.",
        show_default=False,
    ),
]
AnotherPolicy = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="upsert or sync: for this once in place of the stores' own, but for those that are "
        "off.",
        show_default=False,
    ),
]
_ACTING = {"upsert", "sync"}


def check_policy(policy: str | None) -> None:
    """Raises BadUsageError for one that does nothing, or that there is not."""
    if policy is not None and policy not in _ACTING:
        raise BadUsageError(
            f"{policy!r} is no policy for once.",
            "Give --policy upsert, or --policy sync, which deletes as well.",
        )
