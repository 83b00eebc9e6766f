"""Answers with what the function was given."""

import json
import os
import sys
from typing import Any


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    print("a line of the function's own")  # noqa: T201 - the log is what is tested
    if event["rawPath"].endswith("/raise"):
        raise ValueError("asked for")
    given = {
        "event": event,
        "environment": dict(os.environ),
        "version": sys.version,
        "function": context.invoked_function_arn,
    }
    return {"statusCode": 200, "body": json.dumps(given)}
