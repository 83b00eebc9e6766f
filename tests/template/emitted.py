"""The metrics that our code emits, seen as CloudWatch sees them: in what it prints."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from activity.keeping import Unsettled
from activity.observing import ActivityObserver
from commerce_hooks.deadline import Deadline
from commerce_hooks.errors import Reason, UnavailableError
from commerce_hooks.listing import Listed, Page
from commerce_hooks.observing import JobObserver, Meter, Observer
from commerce_hooks.outbox import OUTBOX_PREFIX
from commerce_hooks.outcomes import Outcome, Receipt
from commerce_hooks.state.seen import SEEN
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.records import Record
from commerce_hooks.subscriptions.rounds import Outcome as RoundOutcome
from commerce_hooks.subscriptions.rounds import Report
from ensure_subscriptions.errands import Errand
from ensure_subscriptions.observing import EnsureObserver
from ensure_subscriptions.standing import Standing
from redeliver.dead_letters import DeadLetters
from redeliver.draining import Drain
from redeliver.entrypoint import Parts, handler_of
from redeliver.redelivery import Redelivery
from redeliver.sweeping import Sweep
from support.activity import sighting
from support.bulk import BulkRig
from template.alarms import Metric
from template.reading import ROOT
from upkeep.observing import UpkeepObserver
from upkeep.records import Gauge, watched
from upkeep.silence import Silence

GATEWAY = {"api_request_id": "a", "function_request_id": "f"}
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def observe_everything(deployment: str) -> None:
    """Whatever an alarm may have to watch happens once, as the functions would tell it."""
    meter = Meter(deployment)
    observer = Observer("centry", meter)
    for outcome in Outcome:
        observer.received(Receipt(outcome), GATEWAY, 1.0)
    fault = Receipt(
        Outcome.QUARANTINED,
        "acme",
        "x",
        "c",
        reason=Reason.INTERNAL_ERROR,
        cause="KeyError",
        trace=("webhook.py:1",),
    )
    observer.received(fault, GATEWAY, 1.0)
    observer.key_ring_stale("Timeout")
    _bulks_go_wrong(JobObserver(job_of("bulk"), meter))
    _something_stays_in_the_outbox(meter)
    upkeep = UpkeepObserver(meter)
    upkeep.beat(None)
    for prefix in watched(5):
        upkeep.gauged(Gauge(prefix, NOW))
    _stores_are_silent(upkeep)
    activity = ActivityObserver(JobObserver("activity", meter))
    activity.dropped("m1")
    activity.unsettled(Unsettled(sighting(), "table: Timeout"))
    _subscriptions_are_not_in_order(EnsureObserver(meter))


def job_of(function: str) -> str:
    """What a function that has one job calls it, in its log lines and metrics."""
    source = (ROOT / "functions" / function / "app.py").read_text("utf-8")
    (name,) = re.findall(r'job_observer\("([a-z_]+)"\)', source)
    return str(name)


def _bulks_go_wrong(observer: JobObserver) -> None:
    lost, unreadable, waiting = BulkRig(b"{}"), BulkRig(b"{}"), BulkRig(b"{}")
    lost.bucket.objects.clear()
    unreadable.bucket.attributes.clear()
    waiting.event_bridge.fail_next.extend(["AccessDeniedException"] * 9)
    for rig in (lost, unreadable, waiting):
        rig.work()
        for line in rig.told.lines:
            observer.ran(**line)  # type: ignore[arg-type]


class ListedAndNoMore:
    """A bucket that lists an object of the outbox and then fails."""

    def page(self, folder: str, token: str | None, seconds: float) -> Page:
        if folder != f"{OUTBOX_PREFIX}/":
            raise UnavailableError("bucket", f"{folder} after {token} within {seconds} seconds")
        return Page([Listed(f"{folder}letter", NOW, 1)], None)

    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        raise UnavailableError("bucket", f"{len(keys)} objects within {seconds} seconds")

    def put(self, key: str, body: bytes, attributes: Mapping[str, str], seconds: float) -> None:
        raise NotImplementedError

    def delete(self, keys: Sequence[str], seconds: float) -> None:
        raise NotImplementedError


class ListedAndNotOurs(ListedAndNoMore):
    """A bucket with an object in the outbox that holds no letters."""

    def read(self, keys: Sequence[str], seconds: float) -> Mapping[str, bytes]:
        assert seconds > 0
        return dict.fromkeys(keys, b"not ours")


def _something_stays_in_the_outbox(meter: Meter) -> None:
    not_used: Any = None
    redelivery = Redelivery(not_used, not_used, DeadLetters(not_used))
    told = JobObserver("drain", meter)
    Drain(ListedAndNotOurs(), redelivery, told).run(Deadline(lambda: 0.0, 60))
    objects = ListedAndNoMore()
    drain = Drain(objects, not_used, told)
    sweep = Sweep(objects, not_used, lambda: NOW, JobObserver("sweep", meter))
    handler = handler_of(Parts(not_used, drain, sweep, meter))
    for task in ("drain", "sweep"):
        handler({"task": task}, None)


def _stores_are_silent(observer: UpkeepObserver) -> None:
    acme = StoreId("konimbo", "acme")
    failed = UnavailableError("table", "Timeout")
    observer.listened([Silence(acme, NOW, 48, everything=True, topics=())], [acme])
    observer.row_unreadable(Row(SEEN, "konimbo/acme#t#k1"))
    observer.not_told(acme, failed)
    observer.not_listened(failed)


def _subscriptions_are_not_in_order(observer: EnsureObserver) -> None:
    store = StoreId("konimbo", "acme")
    errand, failed = Errand(store=store), UnavailableError("table", "Timeout")
    record = Record(store, cause="words", listed_at=NOW, wrong_since=NOW)
    observer.dispatched(1)
    observer.not_dispatched(failed)
    observer.stand(Standing(unhealed=(record,), unverified=(record,)))
    for outcome in RoundOutcome:
        observer.ran(errand, "run", Report(outcome))
    for other in ("busy", "gone", "no_api", "unusable"):
        observer.not_run(errand, other, "words")
    observer.unavailable(errand, failed)
    observer.strange("m1")


def lines_in(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def metrics_in(printed: str) -> Iterator[Metric]:
    """CloudWatch user guide, "Specification: Embedded metric format"."""
    for line in lines_in(printed):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, str(line[name])) for name in names)
                for metric in directive["Metrics"]:
                    yield Metric(directive["Namespace"], metric["Name"], dimensions)
