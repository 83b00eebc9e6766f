"""Asking the function that keeps subscriptions to look at some stores at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.aws import in_plain_words
from commerce_hooks_cli.store_book import StoreBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from commerce_hooks.keyring import StoreKeys
    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.deployment import Deployment
    from commerce_hooks_cli.world import World

ACTING = frozenset({"upsert", "sync"})
"""The policies by which something is changed at a platform."""


@dataclass(frozen=True)
class Requested:
    """What became of a request.

    Args:
        stores: So many will be looked at within a minute or so.
        remark: Why others will not before the next round; None if there are none.
    """

    stores: int = 0
    remark: str | None = None


def acts(configuration: StoreConfiguration | None) -> bool:
    """Whether a look at the store changes anything."""
    return configuration is not None and configuration.policy in ACTING


def can_be_asked(deployment: Deployment) -> bool:
    """Whether the deployment has such a function: one of an older template has none."""
    return deployment.subscriptions_queue_url is not None


def request_looks(
    deployment: Deployment,
    stores: Iterable[StoreId],
    new_id: Callable[[], str] = lambda: str(uuid4()),
) -> Requested:
    """Have these stores looked at. That is a convenience: rounds come by themselves."""
    url, sent = deployment.subscriptions_queue_url, 0
    if url is None:
        return Requested()
    sqs = deployment.client("sqs")
    try:
        for store in stores:
            sqs.send_message(
                QueueUrl=url,
                MessageBody=_body(store),
                MessageGroupId=str(store),
                MessageDeduplicationId=new_id(),
            )
            sent += 1
    except (BotoCoreError, ClientError) as error:
        return Requested(sent, _not_before_the_next_round(error))
    return Requested(sent)


def request_look_after_revoking(
    deployment: Deployment, world: World, store: StoreId, keys: StoreKeys
) -> Requested:
    """Have a store's subscriptions given its new URLs at once, where that is ours to do.

    Until then its platform calls URLs that are refused, and Konimbo repeats nothing.

    Args:
        deployment: Where the store is.
        world: For its book, and for which platforms can be called.
        store: Whose URLs were revoked, or are taken again.
        keys: What the key ring says of it by now.
    """
    if keys.disabled or not can_be_asked(deployment) or store.platform not in world.accesses():
        return Requested()
    try:
        configuration = StoreBook.of(deployment, world.clock).configuration(store)
    except (BotoCoreError, ClientError) as error:
        # What was revoked is revoked.
        return Requested(remark=_not_before_the_next_round(error))
    return request_looks(deployment, [store]) if acts(configuration) else Requested()


def _not_before_the_next_round(error: BotoCoreError | ClientError) -> str:
    return f"Subscriptions are looked at by the next round only: {in_plain_words(error).message}"


def _body(store: StoreId) -> str:
    told = {"platform": store.platform, "store": store.name, "origin": "operator"}
    return json.dumps(told, separators=(",", ":"))
