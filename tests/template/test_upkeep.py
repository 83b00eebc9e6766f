"""Upkeep: the heartbeat reaches its queue and nothing else, and the gauges may only look."""

import json
from typing import Any

import pytest
from ministack.services import eventbridge

from commerce_hooks.deadline import BUCKET_SECONDS
from commerce_hooks.platform import SYSTEM_SOURCE
from commerce_hooks.state.seen import SEEN
from commerce_hooks.stores import configuration_path, credentials_path
from support.upkeep import MOMENT
from template.reading import Template, Tree
from template.rights import arn_of, may
from upkeep.entrypoint import BEAT_SECONDS, GAUGES_SECONDS, LISTEN_SECONDS
from upkeep.episodes import SILENCE, STORE_HEARD, STORE_SILENT
from upkeep.heartbeat import HEARTBEAT, heartbeat_of
from upkeep.records import Sign, watched

DEPLOYMENT = "commerce-hooks/dev"
DAYS = 86_400


def arn(name: str) -> Tree:
    return {"Fn::GetAtt": [name, "Arn"]}


def matches(template: Template, rule: str, event: dict[str, Any]) -> bool:
    """What the emulator's TestEventPattern says to a rule of the template."""
    pattern = json.dumps(template.properties(rule)["EventPattern"])
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


def heartbeat(deployment: str = DEPLOYMENT, **event: Any) -> dict[str, Any]:
    """A heartbeat as the bus hands it on."""
    made = heartbeat_of(deployment, MOMENT, "beat")
    about = {"source": made.source, "detail-type": made.detail_type}
    return {**about, "detail": json.loads(made.detail), **event}


def test_the_heartbeat_s_rule_sees_the_heartbeat_that_the_code_makes(template: Template) -> None:
    assert matches(template, "HeartbeatRule", heartbeat())


@pytest.mark.parametrize(
    "unseen",
    [
        heartbeat("commerce-hooks/prod"),
        heartbeat(source="commerce-hooks.konimbo"),
        heartbeat(**{"detail-type": "callback.shape_changed"}),
    ],
    ids=["another deployment's", "a platform's", "another of ours"],
)
def test_it_sees_nothing_else(template: Template, unseen: dict[str, Any]) -> None:
    assert not matches(template, "HeartbeatRule", unseen)


def test_the_shape_watch_does_not_see_heartbeats(template: Template) -> None:
    assert not matches(template, "ShapesRule", heartbeat())


def test_the_rule_has_a_queue_and_a_place_for_what_it_cannot_deliver(template: Template) -> None:
    rule = template.properties("HeartbeatRule")

    assert rule["EventBusName"] == {"Ref": "EventBus"}
    assert rule["Targets"] == [
        {
            "Id": "heartbeat",
            "Arn": arn("HeartbeatQueue"),
            "DeadLetterConfig": {"Arn": arn("HeartbeatDeadLetters")},
        }
    ]


def test_only_the_rule_may_send_to_the_queues(template: Template) -> None:
    assert template.properties("HeartbeatQueuePolicy") == {
        "Queues": [{"Ref": "HeartbeatQueue"}, {"Ref": "HeartbeatDeadLetters"}],
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": "*",
                    "Condition": {"ArnEquals": {"aws:SourceArn": arn("HeartbeatRule")}},
                }
            ],
        },
    }


def test_nobody_reads_the_queue_so_it_forgets_soon(template: Template) -> None:
    assert template.properties("HeartbeatQueue") == {
        "SqsManagedSseEnabled": True,
        "MessageRetentionPeriod": 3_600,
    }
    assert template.properties("HeartbeatDeadLetters") == {
        "SqsManagedSseEnabled": True,
        "MessageRetentionPeriod": 14 * DAYS,
    }


def test_the_schedules_name_tasks_that_the_code_has(template: Template) -> None:
    events = template.properties("UpkeepFunction")["Events"]

    assert {name: event["Type"] for name, event in events.items()} == {
        "Heartbeat": "Schedule",
        "Gauges": "Schedule",
        "Silence": "Schedule",
    }
    assert [event["Properties"] for event in events.values()] == [
        {"Schedule": "rate(5 minutes)", "Input": '{"task":"heartbeat"}'},
        {"Schedule": "cron(0 5 * * ? *)", "Input": '{"task":"gauges"}'},
        {"Schedule": "rate(1 hour)", "Input": '{"task":"silence"}'},
    ]


def test_heartbeats_do_not_pile_up_and_gauges_that_failed_are_taken_again(
    template: Template,
) -> None:
    function = template.properties("UpkeepFunction")
    # Lambda waits for a minute before the second try and for two before the third (Lambda
    # developer guide, "How Lambda handles errors and retries with asynchronous invocation").
    third = 2 * function["Timeout"] + 60 + 120

    config = function["EventInvokeConfig"]
    assert config["MaximumRetryAttempts"] == 2
    assert third < config["MaximumEventAgeInSeconds"] <= 900


def test_the_function_ends_after_the_deadlines_that_the_code_keeps(template: Template) -> None:
    timeout = template.properties("UpkeepFunction")["Timeout"]

    # Tags are read in chunks of four calls one after the other.
    gauges, silence = GAUGES_SECONDS + 4 * BUCKET_SECONDS, LISTEN_SECONDS
    assert timeout >= max(BEAT_SECONDS, gauges, silence) + 5


def test_a_record_that_expires_open_is_told_of_by_two_gauges_at_least(template: Template) -> None:
    days = template.document["Parameters"]["SensitiveRetentionDays"]
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["SENSITIVE_RETENTION_DAYS"] == {"Ref": "SensitiveRetentionDays"}
    assert days["MinValue"] > 2


def test_what_a_rule_deletes_although_it_is_open_is_what_the_gauges_call_expiring(
    template: Template,
) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    deleting = {rule["Prefix"]: rule for rule in rules if "Prefix" in rule}

    for prefix in watched(sensitive_days=5):
        rule = deleting.get(prefix.folder, {"TagFilters": []})
        deletes_open = "TagFilters" not in rule
        assert deletes_open == (prefix.expires_after_days is not None), prefix.name
        if deletes_open:
            assert rule["ExpirationInDays"] == {"Ref": "SensitiveRetentionDays"}


# --- rights, by what the emulator's implementation of IAM says to them --------------------------


def upkeep_may(template: Template, action: str, resource: str, **keys: Any) -> bool:
    """`keys` without their service, which is the action's."""
    service = action.partition(":")[0]
    named = {f"{service}:{key}": value for key, value in keys.items()}
    return may(template, "UpkeepRole", action, resource, **named)


def test_it_may_list_what_is_watched_and_nothing_else(template: Template) -> None:
    folders = [prefix.folder for prefix in watched(sensitive_days=5)]

    def may_list(**keys: str) -> bool:
        return upkeep_may(template, "s3:ListBucket", "PayloadBucket", **keys)

    assert all(may_list(prefix=folder) for folder in folders)
    assert not may_list(prefix="oversize/")
    assert not may_list(prefix="")
    assert not may_list()


def test_it_may_see_whether_a_record_is_done_but_not_read_or_mark_it(template: Template) -> None:
    for prefix in watched(sensitive_days=5):
        at = f"{arn_of('PayloadBucket')}/{prefix.folder}konimbo/acme/2026-03-09/id"
        tags = upkeep_may(template, "s3:GetObjectTagging", at)
        assert tags == (prefix.sign is Sign.TAG), prefix.name
        for action in ("GetObject", "PutObject", "DeleteObject", "PutObjectTagging"):
            assert not upkeep_may(template, f"s3:{action}", at)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (configuration_path("hooks"), True),
        (credentials_path("hooks"), False),
        (configuration_path("another"), False),
        ("/commerce-hooks/hooks", False),
        ("/", False),
    ],
)
def test_it_may_read_configurations_and_no_credentials(
    template: Template, path: str, *, allowed: bool
) -> None:
    at = f"arn:aws:ssm:eu-central-1:123456789012:parameter{path}"

    assert upkeep_may(template, "ssm:GetParametersByPath", at) == allowed
    assert not upkeep_may(template, "ssm:GetParameter", at)
    assert not upkeep_may(template, "kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/x")


@pytest.mark.parametrize(
    ("kind", "reads", "writes"),
    [(SEEN, True, False), (SILENCE, True, True), ("accounts", False, False), ("t", False, False)],
)
def test_of_the_table_it_may_read_last_seen_and_keep_silences(
    template: Template, kind: str, *, reads: bool, writes: bool
) -> None:
    def may_do(action: str, *kinds: str) -> bool:
        keys = {"LeadingKeys": list(kinds)} if kinds else {}
        return upkeep_may(template, f"dynamodb:{action}", "StateTable", **keys)

    assert may_do("Query", kind) == reads
    assert may_do("PutItem", kind) == may_do("DeleteItem", kind) == writes
    assert not may_do("PutItem", SILENCE, SEEN)
    for action in ("Query", "PutItem", "DeleteItem", "Scan"):
        assert not may_do(action)
    for action in ("Scan", "GetItem", "UpdateItem"):
        assert not may_do(action, kind)


def test_it_may_read_the_key_ring_and_no_other_secret(template: Template) -> None:
    assert upkeep_may(template, "secretsmanager:GetSecretValue", "KeyRing")
    assert not upkeep_may(template, "secretsmanager:GetSecretValue", "Another")
    assert not upkeep_may(template, "secretsmanager:PutSecretValue", "KeyRing")


def test_it_may_publish_heartbeats_and_tell_of_stores_and_nothing_else(template: Template) -> None:
    told = [HEARTBEAT, STORE_SILENT, STORE_HEARD]
    own: dict[str, Any] = {"source": [SYSTEM_SOURCE], "detail-type": told}

    def may_put(bus: str = "EventBus", **keys: Any) -> bool:
        return upkeep_may(template, "events:PutEvents", bus, **keys)

    assert all(may_put(**{**own, "detail-type": [kind]}) for kind in told)
    assert may_put(**own)
    assert not may_put(**{**own, "source": ["commerce-hooks.konimbo"]})
    assert not may_put(**{**own, "detail-type": [HEARTBEAT, "order.created"]})
    assert not may_put()
    assert not may_put("KeyRing", **own)


def test_it_may_do_nothing_more_but_log(template: Template) -> None:
    (policy,) = template.properties("UpkeepRole")["Policies"]
    first, *_ = statements = policy["PolicyDocument"]["Statement"]

    assert template.properties("UpkeepFunction")["Role"] == arn("UpkeepRole")
    assert [statement["Action"] for statement in statements] == [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        "s3:ListBucket",
        "s3:GetObjectTagging",
        "secretsmanager:GetSecretValue",
        "ssm:GetParametersByPath",
        "dynamodb:Query",
        ["dynamodb:PutItem", "dynamodb:DeleteItem"],
        "events:PutEvents",
    ]
    assert first["Resource"] == arn("UpkeepLogs")
