"""Asking the function that keeps subscriptions to look at some stores at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.aws import in_plain_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from commerce_hooks.stores import StoreConfiguration, StoreId
    from commerce_hooks_cli.deployment import Deployment

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
        why = in_plain_words(error).message
        return Requested(sent, f"Subscriptions are looked at by the next round only: {why}")
    return Requested(sent)


def _body(store: StoreId) -> str:
    told = {"platform": store.platform, "store": store.name, "origin": "operator"}
    return json.dumps(told, separators=(",", ":"))
