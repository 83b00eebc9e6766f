"""Stores of a deployment on moto: their configurations, and what was seen of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3

from commerce_hooks.callback import iso_utc
from commerce_hooks.state.seen import AccountSeen, Seen, note_account, note_seen
from commerce_hooks.stores import StoreConfiguration, StoreId, configuration_path
from commerce_hooks.subscriptions.records import keep_record, record_of
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.state_table import open_state_table
from support.account import Account
from support.command import LOCAL
from support.replays import NOW


def deployment_on(account: Account) -> Deployment:
    """The deployment whose resources the account has."""
    clients: Any = cache(boto3.client)
    about = account.environment
    return replace(
        LOCAL,
        event_bus_arn=about["EVENT_BUS_ARN"],
        event_bus_name=about["EVENT_BUS_ARN"].rpartition("/")[2],
        key_ring_arn=about["KEY_RING_ARN"],
        payload_bucket=about["PAYLOAD_BUCKET"],
        clients=clients,
        outputs={
            **LOCAL.outputs,
            "OutboxQueueUrl": about["OUTBOX_QUEUE_URL"],
            "OutboxDeadLettersUrl": about["OUTBOX_DEAD_LETTERS_URL"],
            "StateTableName": about["STATE_TABLE"],
        },
    )


def configure(deployment: Deployment, store: str, **about: Any) -> None:
    known = {"added_at": iso_utc(NOW - timedelta(days=30)), **about}
    text = StoreConfiguration.model_validate(known).model_dump_json()
    put_configuration(deployment, store, text)


def put_configuration(deployment: Deployment, store: str, text: str) -> None:
    boto3.client("ssm").put_parameter(
        Name=f"{configuration_path(deployment.name)}/{store}",
        Value=text,
        Type="String",
        Overwrite=True,
    )


def heard(
    deployment: Deployment,
    store: str,
    topic: str = "order_created",
    *,
    key: str = "k1",
    at: datetime = NOW,
    account: str | None = None,
) -> None:
    """Note a callback as the function activity does."""
    table, id_ = open_state_table(deployment), StoreId.parse(store)
    note_seen(table, Seen(id_, topic, key, at.astimezone(UTC), "order.created", "c.0", account))
    if account:
        note_account(table, AccountSeen(id_, account, at))


def looked_at(deployment: Deployment, store: str, **found: Any) -> None:
    """Put on record what a look at the store's subscriptions found."""
    table, id_ = open_state_table(deployment), StoreId.parse(store)
    about = {"outcome": "as_desired", "ran_at": NOW, "listed_at": NOW, **found}
    keep_record(table, replace(record_of(table, id_), **about))
