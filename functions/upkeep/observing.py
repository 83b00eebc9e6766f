"""Log lines and metrics of the heartbeat and the gauges: names of prefixes, numbers, codes."""

from aws_lambda_powertools.metrics import MetricUnit

from commerce_hooks.errors import UnavailableError
from commerce_hooks.observing import JobObserver, Meter
from upkeep.records import Gauge, Prefix


class UpkeepObserver:
    """Tells an operator; alarms read the metrics."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._heartbeat = JobObserver("heartbeat", meter)
        self._gauges = JobObserver("gauges", meter)

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
