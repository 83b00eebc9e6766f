"""A receipt as API Gateway's answer. It never repeats what was sent."""

import json
from typing import Any

from commerce_hooks.events import problems_as_json
from commerce_hooks.outcomes import ANSWERS, Outcome, Receipt
from commerce_hooks.platform import Platform


def answer(receipt: Receipt, platform: Platform) -> dict[str, Any]:
    """The proxy response, good for HTTP APIs and REST APIs."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    if receipt.outcome is Outcome.METHOD_NOT_ALLOWED:
        headers["allow"] = "POST"
    return {
        "statusCode": ANSWERS[receipt.outcome].status,
        "headers": headers,
        "body": json.dumps(_body(receipt, platform)),
        "isBase64Encoded": False,
    }


def _body(receipt: Receipt, platform: Platform) -> dict[str, Any]:
    if receipt.outcome is Outcome.METHOD_NOT_ALLOWED:
        return {"error": receipt.outcome.value, "message": _purpose(receipt, platform)}
    if ANSWERS[receipt.outcome].status != 200:  # noqa: PLR2004 - HTTP's OK
        return {"error": receipt.outcome.value}
    if receipt.outcome is Outcome.IGNORED:
        return {"status": receipt.outcome.value}
    body = {
        "status": receipt.outcome.value,
        "callback_id": receipt.callback_id,
        "event_ids": list(receipt.event_ids),
        **({"queued": receipt.queued} if receipt.queued else {}),
    }
    if receipt.reason is None:
        return body
    return {**body, "reason": receipt.reason.value, "errors": problems_as_json(receipt.problems)}


def _purpose(receipt: Receipt, platform: Platform) -> str:
    """What a person learns who opens a genuine URL in a browser."""
    topic = f" {receipt.topic}" if receipt.topic else ""
    return (
        f"This URL takes{topic} callbacks of {platform.name} for the store {receipt.store}. "
        "It is in order; the platform has to call it with POST."
    )
