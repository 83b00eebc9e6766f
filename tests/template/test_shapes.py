"""The shape watch: it sees the events whose data is in them, off the callbacks' path."""

import json
from typing import Any

import pytest
from ministack.services import eventbridge

from commerce_hooks.platform import QUARANTINED, SYNTHETIC, SYSTEM_SOURCE, UNRECOGNIZED, Platform
from shapes.entrypoint import RUN_SECONDS
from shapes.notices import SHAPE_CHANGED
from shapes.sightings import WatchedTopic
from support.shapes import bus_event
from template.reading import Template, Tree

DEPLOYMENT = "commerce-hooks/dev"
STORED = {"stored": {"bucket": "payloads", "key": "oversize/x", "size": 9, "sha256": "0" * 64}}


def arn(name: str) -> Tree:
    return {"Fn::GetAtt": [name, "Arn"]}


def is_watched(template: Template, event: dict[str, Any]) -> bool:
    """What the emulator's TestEventPattern says to the template's pattern."""
    pattern = json.dumps(template.properties("ShapesRule")["EventPattern"])
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
    return bus_event(
        {"id": 1}, platform=platform, detail_type=detail_type, **{"deployment": DEPLOYMENT, **more}
    )


def test_it_sees_every_event_of_a_platform_s_callbacks(
    template: Template, platform: Platform
) -> None:
    for detail_type in set(platform.detail_types) - {QUARANTINED, SYNTHETIC}:
        assert is_watched(template, event(platform.name, detail_type)), detail_type


def test_it_sees_bodies_of_unknown_topics_and_replayed_events(template: Template) -> None:
    assert is_watched(template, event("konimbo", UNRECOGNIZED, topic=None))
    assert is_watched(template, event("konimbo", "order.created", event={"replay-name": "again"}))


def test_it_does_not_see_what_it_says_itself_or_it_would_go_in_circles(template: Template) -> None:
    said = event("konimbo", SHAPE_CHANGED, event={"source": SYSTEM_SOURCE})

    assert not is_watched(template, said)


@pytest.mark.parametrize(
    "unseen",
    [
        event("konimbo", QUARANTINED),
        event("konimbo", QUARANTINED, payload=STORED),
        event("konimbo", "order.created", payload=STORED),
        event("konimbo", "order.created", deployment="another/prod"),
        {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {}}},
    ],
    ids=["quarantined", "parked", "data in the bucket", "another deployment's", "AWS's"],
)
def test_it_does_not_see_what_has_no_body_of_ours_in_it(
    template: Template, unseen: dict[str, Any]
) -> None:
    assert not is_watched(template, unseen)


def test_the_rule_has_a_queue_and_a_place_for_what_it_cannot_deliver(template: Template) -> None:
    rule = template.properties("ShapesRule")

    assert rule["EventBusName"] == {"Ref": "EventBus"}
    assert rule["Targets"] == [
        {
            "Id": "shapes",
            "Arn": arn("ShapesQueue"),
            "DeadLetterConfig": {"Arn": arn("ShapesDeadLetters")},
        }
    ]


def test_only_the_rule_may_send_to_the_queues(template: Template) -> None:
    assert template.properties("ShapesQueuePolicy") == {
        "Queues": [{"Ref": "ShapesQueue"}, {"Ref": "ShapesDeadLetters"}],
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": "*",
                    "Condition": {"ArnEquals": {"aws:SourceArn": arn("ShapesRule")}},
                }
            ],
        },
    }


def test_a_message_is_given_time_tries_and_a_last_place(template: Template) -> None:
    function = template.function_settings("ShapesFunction")
    mapping = function["Events"]["Seen"]["Properties"]
    queue, dead = template.properties("ShapesQueue"), template.properties("ShapesDeadLetters")

    window = mapping["MaximumBatchingWindowInSeconds"]
    # Lambda developer guide, "Configuring a queue to use with Lambda".
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + window
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": arn("ShapesDeadLetters"),
        "maxReceiveCount": 20,
    }
    assert queue["SqsManagedSseEnabled"] is dead["SqsManagedSseEnabled"] is True
    # A dead letter's age counts from when it was first sent.
    assert queue["MessageRetentionPeriod"] < dead["MessageRetentionPeriod"] == 14 * 86_400


def test_the_function_takes_batches_and_names_those_that_failed(template: Template) -> None:
    assert template.properties("ShapesFunction")["Events"] == {
        "Seen": {
            "Type": "SQS",
            "Properties": {
                "Queue": arn("ShapesQueue"),
                "BatchSize": 100,
                "MaximumBatchingWindowInSeconds": 5,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
        }
    }


def test_the_function_ends_after_the_deadline_that_the_code_keeps(template: Template) -> None:
    assert template.properties("ShapesFunction")["Timeout"] >= RUN_SECONDS + 5


def test_the_role_may_learn_and_tell_and_nothing_else(template: Template) -> None:
    (policy,) = template.properties("ShapesRole")["Policies"]

    assert template.properties("ShapesFunction")["Role"] == arn("ShapesRole")
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": arn("ShapesLogs"),
        },
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": arn("ShapesQueue"),
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": {"Fn::Sub": "${PayloadBucket.Arn}/shapes/*"},
        },
        {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": arn("EventBus"),
            "Condition": {
                "Null": {"events:source": "false", "events:detail-type": "false"},
                "ForAllValues:StringEquals": {
                    "events:source": [SYSTEM_SOURCE],
                    "events:detail-type": [SHAPE_CHANGED],
                },
            },
        },
    ]


def test_what_was_seen_is_kept_for_good(template: Template) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    key = WatchedTopic("konimbo", "order_created").key

    assert [rule for rule in rules if key.startswith(rule.get("Prefix", "nothing"))] == []


def test_no_platform_s_function_may_touch_what_was_seen(template: Template) -> None:
    for name, role in template.of_type("AWS::IAM::Role").items():
        assert ("/shapes/" in str(role)) == (name == "ShapesRole")
