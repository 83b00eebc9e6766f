"""What a function of the local stack logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState


def read_logs(state: LocalState, function: str) -> str:
    """The function's lines in CloudWatch Logs, oldest first."""
    resource = state.client("cloudformation").describe_stack_resource(
        StackName=state.stack, LogicalResourceId=function
    )["StackResourceDetail"]
    described = state.client("lambda").get_function_configuration(
        FunctionName=resource["PhysicalResourceId"]
    )
    group = described["LoggingConfig"]["LogGroup"]
    logs = state.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return ""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return "\n".join(event["message"] for page in pages for event in page["events"])
