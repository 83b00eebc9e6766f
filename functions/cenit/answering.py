"""What Cenit is answered: always a JSON object, with `error` in it if and only if it failed.

Cenit reads the body and not the status, and takes every object without `error`, `errors`, `msg`
and `message`, and with no `code` but 0, for success (the examples in its integration guide). An
answer that is no JSON makes its algorithms fail.
"""

import json
from dataclasses import dataclass
from typing import Any

from commerce_hooks.decoding import JsonObject
from commerce_hooks.events import problems_as_json
from commerce_hooks.outcomes import ANSWERS, Outcome, Receipt

METHODS = ("POST", "PUT", "PATCH", "DELETE")
"""Those of commands. A GET must never do anything: links are followed and fetched ahead."""
_HEADERS = {"content-type": "application/json", "cache-control": "no-store"}
_MORE_HEADERS = {Outcome.METHOD_NOT_ALLOWED: {"allow": ", ".join(METHODS)}}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operator is told of a call, and what Cenit is, where it did not fail."""

    receipt: Receipt
    success: bytes | None = None


def success(receipt: Receipt, told: JsonObject) -> Answer:
    """The answer to a command that is on the bus, or on its way there in the outbox.

    `told` is what Cenit's algorithm reads.
    """
    about: JsonObject = {
        "status": receipt.outcome.value,
        "callback_id": receipt.callback_id,
        "event_ids": list(receipt.event_ids),
    }
    return Answer(receipt, json.dumps({**told, **about}).encode())


def for_gateway(answer: Answer) -> dict[str, Any]:
    """The proxy response."""
    outcome = answer.receipt.outcome
    body = answer.success or json.dumps(_failure(answer.receipt)).encode()
    return {
        "statusCode": ANSWERS[outcome].status,
        "headers": {**_HEADERS, **_MORE_HEADERS.get(outcome, {})},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def _failure(receipt: Receipt) -> JsonObject:
    """Which failure, and never what was sent."""
    failure: JsonObject = {"error": receipt.outcome.value}
    if receipt.outcome is Outcome.INVALID:
        failure["errors"] = problems_as_json(receipt.problems)
    elif receipt.outcome is Outcome.UNAVAILABLE:
        failure["message"] = "Try again later. The command may have been carried out or not."
    elif receipt.outcome is Outcome.METHOD_NOT_ALLOWED:
        failure["message"] = f"Use one of {', '.join(METHODS)}."
    elif receipt.outcome is Outcome.NOT_IMPLEMENTED:
        failure["message"] = f"{receipt.topic} is not answered yet, only the commands are."
    return failure
