"""Log lines and metrics of the tasks: names of prefixes and stores, numbers, codes."""

from collections.abc import Sequence

from aws_lambda_powertools.metrics import MetricUnit

from commerce_hooks.callback import iso_utc
from commerce_hooks.errors import UnavailableError
from commerce_hooks.events import Event
from commerce_hooks.observing import JobObserver, Meter
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId
from upkeep.records import Gauge, Prefix
from upkeep.silence import Silence


class UpkeepObserver:
    """Tells an operator; alarms read the metrics."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._heartbeat = JobObserver("heartbeat", meter)
        self._gauges = JobObserver("gauges", meter)
        self._silence = JobObserver("silence", meter)

    def beat(self, cause: str | None) -> None:
        """A heartbeat is on the bus, or `cause` says why not."""
        if cause is None:
            self._heartbeat.ran("info", outcome="published")
        else:
            self._heartbeat.ran("error", outcome="unavailable", cause=cause)

    def gauged(self, gauge: Gauge) -> None:
        """A warning where records will soon be lost, or where the numbers are too small."""
        self._gauges.ran(
            "warning" if gauge.at_least or gauge.expiring else "info",
            outcome="at_least" if gauge.at_least else "counted",
            prefix=gauge.prefix.name,
            open=gauge.open,
            oldest_seconds=round(gauge.oldest_seconds),
            expiring=gauge.expiring,
        )
        about = {"prefix": gauge.prefix.name}
        self._meter.measure("OpenRecords", gauge.open, about)
        self._meter.measure(
            "OldestOpenRecord", gauge.oldest_seconds, about, unit=MetricUnit.Seconds
        )
        if gauge.expiring is not None:
            self._meter.measure("ExpiringRecords", gauge.expiring, about)

    def not_gauged(self, prefix: Prefix, error: UnavailableError) -> None:
        self._gauges.ran("error", outcome="unavailable", prefix=prefix.name, cause=str(error))

    def listened(self, silences: Sequence[Silence], unreadable: Sequence[StoreId]) -> None:
        """It is known who is silent, but for stores whose configuration cannot be read."""
        for silence in silences:
            self._silence.ran(
                "warning",
                outcome="silent",
                **_named(silence.store),
                since=iso_utc(silence.since),
                hours=silence.hours,
                everything=silence.everything,
                topics=list(silence.topics),
            )
        for store in unreadable:
            self._silence.ran("warning", outcome="unreadable", **_named(store))
        self._meter.measure("SilentStores", len(silences), {"kind": "store"})

    def row_unreadable(self, row: Row) -> None:
        """A row of the state table says nothing: it is passed over, or told anew."""
        self._silence.ran("warning", outcome="row_unreadable", kind=row.kind, row=row.id)

    def told(self, event: Event) -> None:
        """A store that fell silent, or is heard again, is on the bus."""
        store = StoreId(event.metadata.platform, event.metadata.store)
        outcome = event.detail_type.partition(".")[2]
        self._silence.ran(
            "info", outcome=f"told_{outcome}", **_named(store), event_ids=[event.event_id]
        )

    def not_told(self, store: StoreId, error: UnavailableError) -> None:
        self._silence.ran("error", outcome="unavailable", **_named(store), cause=str(error))

    def not_listened(self, error: UnavailableError) -> None:
        """It is not known who is silent."""
        self._silence.ran("error", outcome="unavailable", cause=str(error))


def _named(store: StoreId) -> dict[str, str]:
    return {"platform": store.platform, "store": store.name}
