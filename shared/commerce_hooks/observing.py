"""One structured log line and one metric for each callback; no values, no URLs, no tokens."""

import logging
import re
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from commerce_hooks.errors import Reason
from commerce_hooks.events import problems_as_json
from commerce_hooks.outcomes import ANSWERS, Receipt

NAMESPACE = "CommerceHooks"
# Cenit's ids may be free text, and so about a person: logged is only what looks like an id.
_PLAIN_ID = re.compile(r"[A-Za-z0-9._~#:/-]{1,64}")
_TALKATIVE = ("boto3", "botocore", "urllib3")


class JobObserver:
    """Tells an operator what became of work that no platform waits for."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._loud = _loud()

    def ran(self, level: str, **fields: object) -> None:
        """A job ended, for good or for now."""
        known = {name: value for name, value in fields.items() if value is not None}
        self._loud[level](self._job, extra=known)


def _loud() -> dict[str, Callable[..., None]]:
    """How to write a log line, by its level; the SDK's own lines stay out."""
    log = Logger(service="commerce-hooks")
    # At DEBUG these print request bodies and secrets, whatever the root logger was set to.
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return {"info": log.info, "warning": log.warning, "error": log.error}


class Observer:
    """Tells an operator what became of a platform's callbacks."""

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._loud = _loud()

    def key_ring_stale(self, cause: str) -> None:
        """The ring could not be read anew, and the cached one serves on; or not all of it could."""
        self._loud["error"]("key_ring_stale", extra={"cause": cause})

    def received(self, receipt: Receipt, request_ids: dict[str, str], milliseconds: float) -> None:
        """A request was answered. `request_ids`: the gateway's and Lambda's names for it."""
        fault = receipt.reason is Reason.INTERNAL_ERROR
        level = "error" if fault else ANSWERS[receipt.outcome].log_level
        fields = {"platform": self._platform, "duration_ms": round(milliseconds, 1)}
        self._loud[level]("callback", extra={**fields, **request_ids, **_fields(receipt)})
        with single_metric(
            name="Callbacks", unit=MetricUnit.Count, value=1, namespace=NAMESPACE
        ) as metric:
            metric.add_dimension(name="platform", value=self._platform)
            metric.add_dimension(name="outcome", value=receipt.outcome.value)


def _fields(receipt: Receipt) -> dict[str, Any]:
    fields = {
        "outcome": receipt.outcome.value,
        "store": receipt.store,
        "topic": receipt.topic,
        "callback_id": receipt.callback_id,
        "resource": _plain(receipt.resource),
        "event_ids": list(receipt.event_ids),
        "queued": receipt.queued or None,
        "bytes": receipt.size,
        "reason": receipt.reason and receipt.reason.value,
        "errors": problems_as_json(receipt.problems),
        "cause": receipt.cause,
        "trace": list(receipt.trace),
    }
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def _plain(id_: str | None) -> str | None:
    return id_ if id_ and _PLAIN_ID.fullmatch(id_) else None
