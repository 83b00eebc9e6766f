"""Answers with what the function was given, or logs it."""

import json
import os
import sys
from typing import Any


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    print("a line of the function's own")  # noqa: T201 - the log is what is tested
    if event.get("rawPath", event.get("path", "")).endswith("/raise"):
        raise ValueError("asked for")
    given = {
        "event": event,
        "environment": dict(os.environ),
        "version": sys.version,
        "function": context.invoked_function_arn,
    }
    return {"statusCode": 200, "body": json.dumps(given)}


def log_batch(event: dict[str, Any], _: Any) -> dict[str, Any]:
    print(json.dumps({"batch": [json.loads(r["body"])["detail"] for r in event["Records"]]}))  # noqa: T201 - the same
    failed = [r["messageId"] for r in event["Records"] if "fail" in json.loads(r["body"])["detail"]]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
