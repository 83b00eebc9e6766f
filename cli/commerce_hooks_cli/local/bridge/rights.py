"""What the emulator has to know to judge rights to a table's rows and to SSM's paths."""

from __future__ import annotations

import json
import re
from typing import Any

PARTITION_KEY = "kind"
"""What the state table, our only one, calls it."""
_ITS_VALUE = re.compile(rf"\b{PARTITION_KEY} = (:\w+)")


def correct_rights() -> None:
    """Tell it which rows and which path a request is about."""
    from ministack.core import iam_actions

    known, named = iam_actions.dynamodb_service_context, iam_actions.extract_resource_arn

    def context(body: bytes) -> dict[str, Any]:
        return {**known(body), **row_conditions(body)}

    def resource(service: str, *request: Any) -> str:
        *_, body, _, region, account = request
        found: str = named(service, *request)
        if service == "ssm" and found == "*":
            return path_arn(body, region, account) or found
        return found

    iam_actions.dynamodb_service_context = context
    iam_actions.extract_resource_arn = resource


def row_conditions(body: bytes) -> dict[str, list[str]]:
    """AWS's condition key for the partition keys of a request; no key where it names none."""
    try:
        request = json.loads(body)
        row = request.get("Key") or request.get("Item")
        if row:
            return {"dynamodb:LeadingKeys": [str(row[PARTITION_KEY]["S"])]}
        name = _ITS_VALUE.search(request["KeyConditionExpression"])
        values = request["ExpressionAttributeValues"]
        return {"dynamodb:LeadingKeys": [str(values[name[1]]["S"])]} if name else {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def path_arn(body: bytes, region: str, account: str) -> str | None:
    """What GetParametersByPath asks for, as AWS judges it: the path itself, not what is below."""
    try:
        path = str(json.loads(body)["Path"])
    except (ValueError, TypeError, KeyError):
        return None
    return f"arn:aws:ssm:{region}:{account}:parameter/{path.lstrip('/')}"
