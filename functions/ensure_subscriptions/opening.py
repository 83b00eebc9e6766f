"""A store made ready for its round: what is known of it, and the way to its platform."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import CommerceHooksError
from commerce_hooks.http.bounded import Bounded
from commerce_hooks.platform_access import Credentials, Surroundings
from commerce_hooks.receiving import KeyRingSource
from commerce_hooks.store_parameters import StoreUnusableError
from commerce_hooks.stores import StoreConfiguration, StoreId
from commerce_hooks.subscriptions.looking import Shop
from commerce_hooks.subscriptions.shops import Deployed, policy_of, shop_of
from ensure_subscriptions.platforms import KnownPlatform


class StoreReader(Protocol):
    """What is kept of stores; `commerce_hooks.store_parameters` says what is raised."""

    def configuration(self, store: StoreId) -> StoreConfiguration: ...
    def credentials(self, store: StoreId, kind: type[Credentials]) -> Credentials: ...


class StoreOffError(CommerceHooksError):
    """Nothing may be done about the store's subscriptions."""


class NoApiError(CommerceHooksError):
    """Its platform has no API that we know."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Makes stores ready.

    Args:
        platform: The platform of a name, None where we know no API of it.
        base_urls: The deployment's; new callback URLs begin with the first.
        personal_topics: Mostly personal ones that it takes all the same, `<platform>/<topic>`.
    """

    reader: StoreReader
    key_rings: KeyRingSource
    platform: Callable[[str], KnownPlatform | None]
    around: Surroundings
    base_urls: Sequence[str]
    personal_topics: Collection[str]

    def shop(self, store: StoreId, until: Deadline) -> Shop:
        """The store, whose access begins no call that could outlast `until`.

        Raises:
            NoApiError: There is nothing to do.
            StoreGoneError: Nor here.
            StoreOffError: Nor here.
            StoreUnusableError: There is, and it cannot be done.
            UnavailableError: SSM or the key ring does not answer.
        """
        known = self.platform(store.platform)
        if known is None:
            raise NoApiError("the platform has no API that we know")
        configuration = self.reader.configuration(store)
        ring = self.key_rings.current()
        if policy_of(ring, store, configuration) == "off":
            raise StoreOffError("the store's policy is off, or the key ring disables it")
        environments = known.access.environments
        if configuration.environment not in environments:
            raise StoreUnusableError("the store is in an environment that its platform has not")
        credentials = self.reader.credentials(store, known.access.credentials)
        access = known.access.open(
            store,
            environments[configuration.environment],
            credentials,
            replace(self.around, transport=Bounded(self.around.transport, until)),
        )
        deployed = Deployed(ring, self.base_urls, self.personal_topics)
        return shop_of(deployed, store, configuration, known.platform, known.access, access)
