"""One structured log line and metrics for each callback; no values, no URLs, no tokens."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from commerce_hooks.errors import Reason
from commerce_hooks.events import problems_as_json
from commerce_hooks.outcomes import ANSWERS, Receipt
from commerce_hooks.plain_ids import plain_id, plain_ids

_TALKATIVE = ("boto3", "botocore", "urllib3")
# Metrics that are one number for all platforms, for alarms.
_ALL_CALLBACKS = {"kind": "callback"}


@dataclass(frozen=True, slots=True)
class Meter:
    """Metrics of one deployment, apart from those of others in the same account."""

    deployment: str

    def measure(
        self,
        name: str,
        value: float,
        *dimensions: Mapping[str, str],
        unit: MetricUnit = MetricUnit.Count,
    ) -> None:
        """One value, once for each set of dimensions. Each set is a metric that costs."""
        metrics = EphemeralMetrics(namespace=f"CommerceHooks/{self.deployment}")
        metrics.add_metric(name=name, unit=unit, value=value)
        first, *others = dimensions
        for dimension in first.items():
            metrics.add_dimension(*dimension)
        for more in others:
            metrics.add_dimensions(**more)
        metrics.flush_metrics()


class JobObserver:
    """Tells an operator what became of work that no platform waits for."""

    def __init__(self, job: str, meter: Meter) -> None:
        self._job = job
        self._meter = meter
        self._loud = _loud()

    def ran(self, level: str, **fields: object) -> None:
        """A job ended, for good or for now. Its `outcome` is counted."""
        known = {name: value for name, value in fields.items() if value is not None}
        self._loud[level](self._job, extra=known)
        self._meter.measure("Jobs", 1, {"job": self._job, "outcome": str(fields["outcome"])})

    def noted(self, **fields: object) -> None:
        """Something on the way that an operator may look for; it is not counted."""
        self._loud["info"](f"{self._job}_part", extra=fields)


def _loud() -> dict[str, Callable[..., None]]:
    """How to write a log line, by its level; the SDK's own lines stay out."""
    log = Logger(service="commerce-hooks")
    # At DEBUG these print request bodies and secrets, whatever the root logger was set to.
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return {"info": log.info, "warning": log.warning, "error": log.error}


class Observer:
    """Tells an operator what became of a platform's callbacks."""

    def __init__(self, platform: str, meter: Meter) -> None:
        self._platform = platform
        self._meter = meter
        self._loud = _loud()

    def key_ring_stale(self, cause: str) -> None:
        """The ring could not be read anew, and the cached one serves on; or not all of it could."""
        self._loud["error"]("key_ring_stale", extra={"cause": cause})
        self._meter.measure("KeyRingStale", 1, _ALL_CALLBACKS)

    def received(self, receipt: Receipt, request_ids: dict[str, str], milliseconds: float) -> None:
        """A request was answered. `request_ids`: the gateway's and Lambda's names for it."""
        fault = receipt.reason is Reason.INTERNAL_ERROR
        level = "error" if fault else ANSWERS[receipt.outcome].log_level
        fields = {"platform": self._platform, "duration_ms": round(milliseconds, 1)}
        self._loud[level]("callback", extra={**fields, **request_ids, **_fields(receipt)})
        outcome = {"outcome": receipt.outcome.value}
        self._meter.measure("Callbacks", 1, {"platform": self._platform, **outcome}, outcome)
        self._meter.measure(
            "AnswerTime", milliseconds, _ALL_CALLBACKS, unit=MetricUnit.Milliseconds
        )
        if fault:
            self._meter.measure("InternalErrors", 1, _ALL_CALLBACKS)


def _fields(receipt: Receipt) -> dict[str, Any]:
    fields = {
        "outcome": receipt.outcome.value,
        "store": receipt.store,
        "topic": receipt.topic,
        "callback_id": receipt.callback_id,
        "resource": plain_id(receipt.resource),
        "resources": plain_ids(receipt.resources),
        "event_ids": list(receipt.event_ids),
        "queued": receipt.queued or None,
        "bytes": receipt.size,
        "reason": receipt.reason and receipt.reason.value,
        "errors": problems_as_json(receipt.problems),
        "cause": receipt.cause,
        "trace": list(receipt.trace),
    }
    return {name: value for name, value in fields.items() if value not in (None, [], "")}
