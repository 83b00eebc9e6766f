"""The state table of a deployment, as the command reads and writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_hooks.state.table import StateTable
    from commerce_hooks_cli.deployment import Deployment

# Longer than a function may take: a person would rather wait than repeat the command.
_SECONDS = 20.0


def open_state_table(deployment: Deployment) -> StateTable:
    """The table, called when it is first needed; its methods raise UnavailableError."""
    import time
    from uuid import uuid4

    from commerce_hooks.aws import Patience
    from commerce_hooks.state.aws import DynamoStateTable

    return DynamoStateTable(
        deployment.state_table_name,
        lambda: deployment.client("dynamodb"),
        Patience(time.monotonic, time.sleep),
        lambda: uuid4().hex,
        _SECONDS,
    )
