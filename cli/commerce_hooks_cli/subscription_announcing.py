"""What an operator changed at a platform, told on the bus, as the function tells what it did."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commerce_hooks.aws import EventBridgeBus
from commerce_hooks.deadline import Deadline
from commerce_hooks.publishing import NotPublishedError, Publisher
from commerce_hooks.subscriptions.events import events_of
from commerce_hooks_cli.bus_failure import bus_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_hooks.events import Event
    from commerce_hooks.subscriptions.looking import Shop
    from commerce_hooks.subscriptions.rounds import Report
    from commerce_hooks_cli.subscription_desk import SubscriptionDesk


@dataclass
class Announcing:
    """Events put on the bus with the operator's credentials. What fails is kept as a remark.

    Args:
        sent: So many are on the bus.
        unsent: So many are not, as far as is known.
        cause: Why not; after that no other is tried, for each would take its time.
    """

    desk: SubscriptionDesk
    sent: int = 0
    unsent: int = 0
    cause: str | None = None

    def announce(self, shop: Shop, report: Report) -> None:
        """Tell what a round did."""
        around = self.desk.stores.surroundings
        events = events_of(
            shop,
            report,
            self.desk.stores.deployment.deployment_name,
            around.now(),
            around.new_id(),
            "operator",
        )
        if self.cause is None:
            if events:
                self._publish(events)
        else:
            self.unsent += len(events)

    @property
    def remark(self) -> str | None:
        """What to say in the end; None if all are on the bus."""
        if not self.unsent:
            return None
        return (
            f"{self.unsent} events about this are not on the bus ({self.cause}). "
            "What was done at the platforms is done."
        )

    def _publish(self, events: Sequence[Event]) -> None:
        deployment, clock = self.desk.stores.deployment, self.desk.stores.world.clock
        bus = EventBridgeBus(deployment.client("events"), deployment.event_bus_arn)
        deadline = Deadline(time.monotonic, bus_seconds(len(events)))
        try:
            published = Publisher(bus, clock.sleep).publish(events, deadline)
        except NotPublishedError as error:
            published, self.cause = error.published, error.cause
            self.unsent += len(error.left)
        if published.refused:
            self.unsent += len(published.refused)
            self.cause = ", ".join(sorted(set(published.refused.values())))
        self.sent += len(published.event_ids)
