"""Activity: it sees every event of a callback, off the callbacks' path, and may keep last-seen."""

import json
from typing import Any

import pytest
from ministack.services import eventbridge

from activity.entrypoint import RUN_SECONDS
from commerce_hooks.platform import SYNTHETIC_STORE, SYSTEM_SOURCE
from commerce_hooks.schemas.envelope import Metadata
from commerce_hooks.state.seen import ACCOUNTS, SEEN
from shapes.notices import SHAPE_CHANGED
from support.platforms import senders
from support.shapes import bus_event
from template.reading import Template, Tree
from template.rights import may

DEPLOYMENT = "commerce-hooks/dev"
STORED = {"stored": {"bucket": "payloads", "key": "oversize/x", "size": 9, "sha256": "0" * 64}}


def arn(name: str) -> Tree:
    return {"Fn::GetAtt": [name, "Arn"]}


def is_seen(template: Template, event: dict[str, Any]) -> bool:
    """What the emulator's TestEventPattern says to the template's pattern."""
    pattern = json.dumps(template.properties("ActivityRule")["EventPattern"])
    name = json.dumps({"Fn::Sub": "${AWS::StackName}/${Stage}"})
    assert name in pattern
    _, _, body = eventbridge._test_event_pattern(
        {
            "EventPattern": pattern.replace(name, json.dumps(DEPLOYMENT)),
            "Event": json.dumps(
                {"id": "1", "account": "1", "time": "", "region": "r", "resources": [], **event}
            ),
        }
    )
    return bool(json.loads(body)["Result"])


def event(platform: str, detail_type: str, **more: Any) -> dict[str, Any]:
    known = {"deployment": DEPLOYMENT, "origin": Metadata.model_fields["origin"].default}
    return bus_event({"id": 1}, platform=platform, detail_type=detail_type, **{**known, **more})


def test_it_sees_every_event_that_any_platform_sends(template: Template) -> None:
    for name, platform in senders().items():
        for detail_type in platform.detail_types:
            assert is_seen(template, event(name, detail_type)), detail_type
            assert is_seen(template, event(name, detail_type, payload=STORED)), detail_type
            assert is_seen(template, event(name, detail_type, store=SYNTHETIC_STORE)), detail_type


@pytest.mark.parametrize(
    "unseen",
    [
        event("konimbo", SHAPE_CHANGED, event={"source": SYSTEM_SOURCE}),
        event("konimbo", "store.silent", event={"source": SYSTEM_SOURCE}, origin="schedule"),
        event("konimbo", "order.created", origin="schedule"),
        event("konimbo", "order.created", deployment="another/prod"),
        {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {}}},
    ],
    ids=["a changed shape", "a silent store", "a schedule's", "another deployment's", "AWS's"],
)
def test_it_does_not_see_what_stems_from_no_callback_of_ours(
    template: Template, unseen: dict[str, Any]
) -> None:
    assert not is_seen(template, unseen)


def test_the_rule_has_a_queue_and_a_place_for_what_it_cannot_deliver(template: Template) -> None:
    rule = template.properties("ActivityRule")

    assert rule["EventBusName"] == {"Ref": "EventBus"}
    assert rule["Targets"] == [
        {
            "Id": "activity",
            "Arn": arn("ActivityQueue"),
            "DeadLetterConfig": {"Arn": arn("ActivityDeadLetters")},
        }
    ]


def test_only_the_rule_may_send_to_the_queues(template: Template) -> None:
    assert template.properties("ActivityQueuePolicy") == {
        "Queues": [{"Ref": "ActivityQueue"}, {"Ref": "ActivityDeadLetters"}],
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": "*",
                    "Condition": {"ArnEquals": {"aws:SourceArn": arn("ActivityRule")}},
                }
            ],
        },
    }


def test_a_message_is_given_time_tries_and_a_last_place(template: Template) -> None:
    function = template.function_settings("ActivityFunction")
    mapping = function["Events"]["Seen"]["Properties"]
    queue, dead = template.properties("ActivityQueue"), template.properties("ActivityDeadLetters")

    window = mapping["MaximumBatchingWindowInSeconds"]
    # Lambda developer guide, "Configuring a queue to use with Lambda".
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": arn("ActivityDeadLetters"),
        "maxReceiveCount": 20,
    }
    assert queue["SqsManagedSseEnabled"] is dead["SqsManagedSseEnabled"] is True
    # A dead letter's age counts from when it was first sent.
    assert queue["MessageRetentionPeriod"] < dead["MessageRetentionPeriod"] == 14 * 86_400


def test_the_function_takes_large_batches_and_names_those_that_failed(template: Template) -> None:
    assert template.properties("ActivityFunction")["Events"] == {
        "Seen": {
            "Type": "SQS",
            "Properties": {
                "Queue": arn("ActivityQueue"),
                "BatchSize": 500,
                "MaximumBatchingWindowInSeconds": 20,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
        }
    }


def test_the_function_ends_after_the_deadline_that_the_code_keeps(template: Template) -> None:
    # The last call was begun with its full time left.
    assert template.properties("ActivityFunction")["Timeout"] >= RUN_SECONDS + 5


def test_the_role_may_take_messages_and_keep_rows_and_nothing_else(template: Template) -> None:
    (policy,) = template.properties("ActivityRole")["Policies"]
    log, take, keep = policy["PolicyDocument"]["Statement"]

    assert template.properties("ActivityFunction")["Role"] == arn("ActivityRole")
    assert log == {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": arn("ActivityLogs"),
    }
    assert take == {
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        "Resource": arn("ActivityQueue"),
    }
    assert (keep["Action"], keep["Resource"]) == ("dynamodb:PutItem", arn("StateTable"))


@pytest.mark.parametrize(
    ("kinds", "allowed"),
    [
        ([SEEN], True),
        ([ACCOUNTS], True),
        ([SEEN, ACCOUNTS], True),
        (["tokens"], False),
        (["silence"], False),
        ([SEEN, "tokens"], False),
        (None, False),
    ],
    ids=str,
)
def test_it_may_keep_last_seen_and_no_other_kind_of_row(
    template: Template, kinds: list[str] | None, *, allowed: bool
) -> None:
    keys = {} if kinds is None else {"dynamodb:LeadingKeys": kinds}

    assert may(template, "ActivityRole", "dynamodb:PutItem", "StateTable", **keys) == allowed
    for action in ("GetItem", "Query", "Scan", "UpdateItem", "DeleteItem", "BatchWriteItem"):
        assert not may(template, "ActivityRole", f"dynamodb:{action}", "StateTable", **keys)
