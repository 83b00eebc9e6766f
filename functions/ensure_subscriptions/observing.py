"""Log lines and metrics: stores and what became of them, no URL and nothing of a body."""

from collections import Counter
from collections.abc import Mapping

from commerce_hooks.callback import iso_utc
from commerce_hooks.errors import UnavailableError
from commerce_hooks.observing import JobObserver, Meter
from commerce_hooks.publishing import Published
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from commerce_hooks.subscriptions.planning import Action
from commerce_hooks.subscriptions.records import Record
from commerce_hooks.subscriptions.rounds import Outcome, Report
from ensure_subscriptions.errands import Errand
from ensure_subscriptions.standing import Standing

_LEVELS = {"unusable": "warning", "internal_error": "error"}
_KINDS = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


class EnsureObserver:
    """Tells an operator; alarms read the metrics."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._dispatch = JobObserver("dispatch", meter)
        self._rounds = JobObserver("subscriptions", meter)

    def dispatched(self, stores: int) -> None:
        """Each of so many stores has its errand."""
        self._dispatch.ran("info", outcome="dispatched", stores=stores)

    def not_dispatched(self, error: UnavailableError) -> None:
        """Some stores have none, or it is not known how they stand."""
        self._dispatch.ran("error", outcome="unavailable", cause=str(error))

    def stand(self, standing: Standing) -> None:
        """It is known how the stores stand."""
        for record in standing.unhealed:
            self._dispatch.ran("warning", outcome="unhealed", **_of(record))
        for record in standing.unverified:
            self._dispatch.ran("warning", outcome="unverified", **_of(record))
        self._meter.measure("UnhealedStores", len(standing.unhealed), {"kind": "store"})
        self._meter.measure("UnverifiedStores", len(standing.unverified), {"kind": "store"})

    def row_unreadable(self, row: Row) -> None:
        """A row of the state table says nothing, and is passed over until a round writes it."""
        self._dispatch.ran("warning", outcome="row_unreadable", kind=row.kind, row=row.id)

    def strange(self, message_id: str) -> None:
        """A message was no errand of ours. What it was instead is not for the log."""
        self._rounds.ran("error", outcome="strange", message_id=message_id)

    def ran(self, errand: Errand, run_id: str, report: Report) -> None:
        """A store's round is over; `run_id` is what its events have for `callback_id`."""
        counts = _counts(report)
        self._rounds.ran(
            "warning" if report.outcome is Outcome.FAILED else "info",
            outcome=report.outcome.value,
            **_about(errand),
            callback_id=run_id,
            changes=counts,
            wrong=len(report.wrong),
            cause=report.cause,
        )
        for kind, number in counts.items():
            about = {"platform": errand.store.platform, "kind": kind}
            self._meter.measure("SubscriptionChanges", number, about)

    def not_run(self, errand: Errand, outcome: str, cause: str) -> None:
        """There was no round; why is told."""
        level = _LEVELS.get(outcome, "info")
        self._rounds.ran(level, outcome=outcome, **_about(errand), cause=cause)

    def told(self, errand: Errand, run_id: str, published: Published) -> None:
        """A round's events are on the bus, or will be; but for those that it refuses."""
        refused = published.refused
        self._rounds.ran(
            "error" if refused else "info",
            outcome="refused" if refused else "told",
            **_about(errand),
            callback_id=run_id,
            event_ids=list(published.safe),
            ids=list(refused) or None,
            cause=", ".join(refused.values()) or published.cause,
        )

    def unavailable(self, errand: Errand, error: UnavailableError) -> None:
        """A service of ours failed. The errand comes again."""
        self._rounds.ran("error", outcome="unavailable", **_about(errand), cause=str(error))


def _counts(report: Report) -> Mapping[str, int]:
    """How many of each kind; what was mended of what had drifted counts as such as well."""
    kinds = [_KINDS[change.action] for change in report.done] + ["drifted"] * len(report.drifted)
    return Counter(kinds)


def _about(errand: Errand) -> dict[str, str]:
    return {**_named(errand.store), "origin": errand.origin}


def _of(record: Record) -> dict[str, str | None]:
    since = record.wrong_since
    listed_at = record.listed_at
    return {
        **_named(record.store),
        "cause": record.cause,
        "since": None if since is None else iso_utc(since),
        "listed_at": None if listed_at is None else iso_utc(listed_at),
    }


def _named(store: StoreId) -> dict[str, str]:
    return {"platform": store.platform, "store": store.name}
