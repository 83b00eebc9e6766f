"""The events of a round: what was changed at a platform, what had drifted, what failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from commerce_hooks.callback import iso_utc
from commerce_hooks.decoding import JsonObject
from commerce_hooks.events import Event
from commerce_hooks.platform import SYSTEM_SOURCE
from commerce_hooks.schemas.envelope import Metadata, Resource
from commerce_hooks.subscriptions.looking import Shop
from commerce_hooks.subscriptions.planning import Action, Change
from commerce_hooks.subscriptions.rounds import Outcome, Report

CREATED, UPDATED, DELETED = "subscription.created", "subscription.updated", "subscription.deleted"
DRIFTED, FAILED = "subscription.drifted", "subscription.failed"
DETAIL_TYPES = (CREATED, UPDATED, DELETED, DRIFTED, FAILED)
Origin = Literal["schedule", "operator"]
_OF_ACTIONS = {Action.CREATE: CREATED, Action.UPDATE: UPDATED, Action.DELETE: DELETED}
_SUBSCRIPTION = "subscription"


def events_of(
    shop: Shop, report: Report, deployment: str, moment: datetime, run_id: str, origin: Origin
) -> list[Event]:
    """All that a round has to tell, in the order in which it happened.

    What failed, and what a policy keeps from being mended, is told when it is news, not again by
    each round. `run_id` names the round, as a callback's id names a delivery.
    """
    common = _Common(shop, report, deployment, moment, run_id, origin)
    return [common.event(n, *one) for n, one in enumerate(_told(shop, report))]


@dataclass(frozen=True, slots=True)
class _Common:
    """What all events of a round have in common."""

    shop: Shop
    report: Report
    deployment: str
    moment: datetime
    run_id: str
    origin: Origin

    def event(
        self, number: int, detail_type: str, change: Change | None, data: JsonObject
    ) -> Event:
        id_ = change.id if change else None
        metadata = Metadata(
            deployment=self.deployment,
            platform=self.shop.store.platform,
            store=self.shop.store.name,
            account=self.report.look.account if self.report.look else None,
            topic=change.slot if change else None,
            resource=Resource(type=_SUBSCRIPTION, id=id_) if id_ else None,
            action=detail_type.partition(".")[2],
            origin=self.origin,
            callback_id=self.run_id,
            event_id=f"{self.run_id}.{number}",
            received_at=iso_utc(self.moment),
            content_sha256=sha256(b"").hexdigest(),
        )
        return Event(SYSTEM_SOURCE, detail_type, self.moment, metadata, data)


def _told(shop: Shop, report: Report) -> Iterator[tuple[str, Change | None, JsonObject]]:
    if report.news or shop.rules.policy != "plan":
        for change in report.drifted:
            yield DRIFTED, change, _data(change)
    for change in report.done:
        yield _OF_ACTIONS[change.action], change, _data(change)
    is_broken = bool(report.wrong) and shop.rules.policy != "plan"
    if report.news and (report.outcome is Outcome.FAILED or is_broken):
        yield FAILED, None, _failure(report)


def _data(change: Change) -> JsonObject:
    after = change.desired
    address = change.existing
    return {
        "reason": change.reason.value,
        "topics": [*sorted(after.topics if after else change.topics)],
        "base_url": address.base if address else None,
        "key_id": (address.key_id or None) if address else None,
        "differences": [
            {"field": one.field, "existing": one.existing, "desired": one.desired}
            for one in change.differences
        ],
    }


def _failure(report: Report) -> JsonObject:
    return {
        "cause": report.cause,
        "wrong": [
            {
                "action": one.action.value,
                "reason": one.reason.value,
                "topic": one.slot,
                "subscription_id": one.id,
            }
            for one in report.wrong
        ],
    }
