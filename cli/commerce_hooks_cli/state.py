"""The state table of a deployment, opened with the operator's credentials."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from commerce_hooks.aws import Patience
from commerce_hooks.state.aws import DynamoStateTable

if TYPE_CHECKING:
    from commerce_hooks.state.table import StateTable
    from commerce_hooks_cli.deployment import Deployment

PATIENCE = Patience(time.monotonic, time.sleep)
_PAGE_SECONDS = 20.0
"""Nobody but the operator waits."""


def state_table(deployment: Deployment) -> StateTable:
    """The table; what was seen last is in it.

    Raises:
        CommandError: The stack is of a template that has none.
    """
    return DynamoStateTable(
        deployment.state_table_name,
        lambda: deployment.client("dynamodb"),
        PATIENCE,
        new_writer=lambda: uuid4().hex,
        seconds=_PAGE_SECONDS,
    )
