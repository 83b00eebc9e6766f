"""The stores that a deployment is told of, for verbs that only look at them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from commerce_hooks.aws import Patience
from commerce_hooks.store_parameters import SsmStores

if TYPE_CHECKING:
    from commerce_hooks.stores import Stores
    from commerce_hooks_cli.deployment import Deployment


def configured_stores(deployment: Deployment) -> Stores:
    """Their configurations, read when they are asked for; raises UnavailableError then."""
    patience = Patience(time.monotonic, time.sleep)
    return SsmStores(deployment.name, lambda: deployment.client("ssm"), patience)
