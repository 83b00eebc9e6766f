"""What a store's platform says of its subscriptions, as a port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks.platform_access import Subscription
    from commerce_hooks.stores import StoreId
    from commerce_hooks_cli.deployment import Deployment


class NotReadBackError(Exception):
    """The platform did not tell. The text says why, in the operator's words, without secrets."""


class ReadBack(Protocol):
    """Asks a store's platform."""

    def __call__(self, deployment: Deployment, store: StoreId, /) -> Sequence[Subscription] | None:
        """All its subscriptions, of whomever; None if it can't be asked: no API, no credentials.

        Raises:
            NotReadBackError: It could be asked and did not tell, or not all.
        """
        ...
