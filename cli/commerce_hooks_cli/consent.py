"""Before a verb writes to a real stack: ask where consumers would notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_hooks_cli.errors import BadUsageError, CommandError

if TYPE_CHECKING:
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import World


def ask_first(world: World, deployment: Deployment, question: str, *, yes: bool) -> None:
    """Go on only with consent.

    Raises:
        CommandError: There is none, or nobody to ask.
    """
    if deployment.local or yes:
        return
    if world.ask is None:
        raise BadUsageError(
            "This writes to a deployed stack, and there is no terminal to ask you first.",
            "Add --yes if you mean it.",
        )
    if not world.ask(question):
        raise CommandError("Nothing was done, as you wished.")
