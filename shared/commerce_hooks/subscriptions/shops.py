"""What a round needs to know of a store, of what deployment and operator say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from commerce_hooks.keyring import CallbackTarget, KeyRing
from commerce_hooks.platform import Platform
from commerce_hooks.platform_access import PlatformAccess, StoreAccess
from commerce_hooks.stores import Policy, StoreConfiguration, StoreId
from commerce_hooks.subscriptions.addresses import Addresses
from commerce_hooks.subscriptions.looking import Shop
from commerce_hooks.subscriptions.planning import Rules
from commerce_hooks.subscriptions.wanted import wanted


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment says of all stores.

    Args:
        base_urls: Ours; new callback URLs begin with the first.
        personal_topics: Mostly personal ones that it takes all the same, `<platform>/<topic>`.
    """

    ring: KeyRing
    base_urls: Sequence[str]
    personal_topics: Collection[str] = ()


def policy_of(ring: KeyRing, store: StoreId, configuration: StoreConfiguration) -> Policy:
    """What may be done about a store's subscriptions: `off` also if the key ring disables it."""
    disabled = ring.store(CallbackTarget(*store)).disabled
    return "off" if disabled else configuration.policy


def shop_of(
    deployed: Deployed,
    store: StoreId,
    configuration: StoreConfiguration,
    platform: Platform,
    known: PlatformAccess,
    access: StoreAccess,
) -> Shop:
    """The store, for a round.

    Args:
        deployed: Where it is.
        store: Which.
        configuration: The store's. One that the key ring disables has the policy `off`.
        platform: The store's, for its topics.
        known: The way to the platform; `access` is the store's own.
        access: See `known`.
    """
    rules = Rules(
        policy=policy_of(deployed.ring, store, configuration),
        deletes=known.deletes,
        known_topics=platform.topics,
    )
    addresses = Addresses(deployed.ring, deployed.base_urls, store)
    topics = wanted(platform, configuration, deployed.personal_topics)
    return Shop(store, access, addresses, topics, rules)
