"""EventBridge's archives, and replays out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from commerce_hooks_cli.archives import Archive, Progress, ReplayOrder, ReplayState, Rule
from commerce_hooks_cli.aws import error_code
from commerce_hooks_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import ReplayDestinationTypeDef, RuleTypeDef

# CancelReplay, API reference; the emulator says the second of what has ended.
_OVER_ALREADY = {"IllegalStatusException", "ValidationException", "ResourceNotFoundException"}


class EventBridgeReplays:
    """The replays of one account and Region."""

    def __init__(self, client: EventBridgeClient) -> None:
        self._client = client

    def archive(self, arn: str) -> Archive:
        told = self._client.describe_archive(ArchiveName=arn.partition("/")[2])
        return Archive(arn, told.get("RetentionDays", 0), told["CreationTime"])

    def rules(self, bus: str) -> list[Rule]:
        """All rules of a bus that events can match."""
        found: list[RuleTypeDef] = []
        for page in self._client.get_paginator("list_rules").paginate(EventBusName=bus):
            found += page["Rules"]
        return [_rule(told) for told in found if told.get("EventPattern")]

    def start(self, order: ReplayOrder) -> None:
        """Start a replay.

        Raises:
            CommandError: Too many are running.
        """
        destination: ReplayDestinationTypeDef = {"Arn": order.bus_arn}
        if order.rule_arns:
            destination["FilterArns"] = list(order.rule_arns)
        try:
            self._client.start_replay(
                ReplayName=order.name,
                Description=f"Started by `commerce-hooks {order.verb}`.",
                EventSourceArn=order.archive_arn,
                EventStartTime=order.window.begin,
                EventEndTime=order.window.end,
                Destination=destination,
            )
        except ClientError as error:
            if error_code(error) != "LimitExceededException":
                raise
            raise CommandError(
                "AWS runs ten replays at once in an account and Region, and ten are running.",
                "Wait until one has ended: `aws events list-replays --state RUNNING`.",
            ) from error

    def progress(self, name: str) -> Progress:
        told = self._client.describe_replay(ReplayName=name)
        return Progress(
            ReplayState(told["State"]),
            told.get("EventLastReplayedTime"),
            told.get("StateReason", ""),
        )

    def cancel(self, name: str) -> bool:
        """Have a replay end; False where it has ended, or never began."""
        try:
            self._client.cancel_replay(ReplayName=name)
        except ClientError as error:
            if error_code(error) in _OVER_ALREADY:
                return False
            raise
        return True


def _rule(told: RuleTypeDef) -> Rule:
    return Rule(
        told["Name"],
        told["Arn"],
        enabled=told.get("State") != "DISABLED",
        managed="ManagedBy" in told,
    )
