"""What both fake platforms have: a clock, what goes wrong by plan, counters, and deliveries."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from fake_platforms.behaviour import Plan, behaved
from fake_platforms.counting import Requests
from fake_platforms.deliveries import Deliveries, Delivery
from fake_platforms.messages import Answered, Asked, RefusalError
from fake_platforms.records import Record, Records


class FakePlatform(ABC):
    """A platform's API.

    Args:
        clock: Seconds since 1970.
        deliveries: Makes the callbacks.
        admin_secret: What `X-Fake-Admin` has to say; without one, the admin side is closed.
    """

    listing_route: ClassVar[str]

    def __init__(
        self, clock: Callable[[], float], deliveries: Deliveries, admin_secret: str | None
    ) -> None:
        self.clock = clock
        self.deliveries = deliveries
        self.admin_secret = admin_secret
        self.plan = Plan()
        self.requests = Requests()
        self.records = Records()

    def answer(self, asked: Asked) -> Answered:
        """What the platform does with a request, and says."""
        route, shop = self.route_of(asked), self.shop_of(asked)
        listing = (asked.method, route) == ("GET", self.listing_route)
        behaviour = self.plan.take(asked.method, route, shop, listing=listing)
        answered = behaved(behaviour, lambda visible: self._carried_out(asked, visible))
        self.requests.add(asked.method, route, shop, answered)
        return answered

    def _carried_out(self, asked: Asked, visible: int | None) -> Answered:
        try:
            return self.carry_out(asked, visible)
        except RefusalError as error:
            return error.answered

    @abstractmethod
    def route_of(self, asked: Asked) -> str:
        """Its path, with `<id>` for an id; `other` if there is none such."""

    @abstractmethod
    def shop_of(self, asked: Asked) -> str:
        """Whose request it is; empty if it does not tell."""

    @abstractmethod
    def carry_out(self, asked: Asked, visible: int | None) -> Answered:
        """Do what is asked. Of a listing's records so many are there, None for all.

        Raises:
            RefusalError: It is not done.
        """

    @abstractmethod
    def shop_named(self, fields: Mapping[str, Any]) -> str | None:
        """The shop that an admin means, None if none is named."""

    @abstractmethod
    def register(self, shop: str, fields: Mapping[str, Any]) -> Record:
        """Another application's webhook, or one that somebody makes at the platform itself.

        Raises:
            ValueError: The fields are none that a webhook can have.
        """

    @abstractmethod
    def edit(self, id_: str, fields: Mapping[str, Any]) -> Record | None:
        """Somebody changes a webhook at the platform itself; None if there is none.

        Raises:
            ValueError: The fields are none that a webhook can have.
        """

    @abstractmethod
    def fire(self, fields: Mapping[str, Any]) -> Sequence[Delivery]:
        """Make the callbacks of an event that an admin describes.

        Raises:
            ValueError: There is no such event.
        """
