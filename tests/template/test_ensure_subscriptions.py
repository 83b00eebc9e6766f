"""Looking after subscriptions: who calls the function, with how much time, and what it may do."""

from typing import Any

import pytest

from commerce_hooks.platform import SYSTEM_SOURCE
from commerce_hooks.state.leases import LEASE_SECONDS, LEASES
from commerce_hooks.state.seen import SEEN
from commerce_hooks.state.token_rows import TOKENS
from commerce_hooks.stores import configuration_path, credentials_path
from commerce_hooks.subscriptions.events import DETAIL_TYPES
from commerce_hooks.subscriptions.ledger import LEDGER
from commerce_hooks.subscriptions.records import ROUNDS
from commerce_hooks.subscriptions.rounds import ROUND_SECONDS
from ensure_subscriptions.standing import PERIOD
from ensure_subscriptions.working import TELL_SECONDS
from template.reading import Template, Tree
from template.rights import arn_of, may
from template.test_interface import PUBLIC_BASE_URL

FUNCTION, ROLE = "EnsureSubscriptionsFunction", "EnsureSubscriptionsRole"
QUEUE, DEAD = "EnsureSubscriptionsQueue", "EnsureSubscriptionsDeadLetters"
CALLS = "calls"
"""The rows by which an access keeps to its share of a platform's rate limit."""
INPUT = '{"task":"dispatch"}'
DAYS = 86_400


def arn(name: str) -> Tree:
    return {"Fn::GetAtt": [name, "Arn"]}


# --- Time ---------------------------------------------------------------------------------------


def test_the_function_ends_after_a_round_and_its_events_and_before_the_lease(
    template: Template,
) -> None:
    timeout = template.properties(FUNCTION)["Timeout"]

    assert ROUND_SECONDS + TELL_SECONDS + 30 <= timeout < LEASE_SECONDS


def test_a_message_is_given_time_tries_and_a_last_place(template: Template) -> None:
    function, queue = template.function_settings(FUNCTION), template.properties(QUEUE)

    # Lambda developer guide, "Configuring a queue to use with Lambda".
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    # Nobody comes again while a run that died still holds the lease.
    assert queue["VisibilityTimeout"] > LEASE_SECONDS
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": arn(DEAD), "maxReceiveCount": 3}
    # It lives until its tries are over.
    assert queue["MessageRetentionPeriod"] > 3 * queue["VisibilityTimeout"]


def test_both_queues_keep_the_order_and_are_encrypted(template: Template) -> None:
    for name in (QUEUE, DEAD):
        queue = template.properties(name)
        assert queue["FifoQueue"] is queue["SqsManagedSseEnabled"] is True
        # One message for each store and dispatch, whatever it says.
        assert "ContentBasedDeduplication" not in queue
    # A FIFO queue's dead letters begin anew (SQS developer guide, "Dead-letter queues").
    assert template.properties(DEAD)["MessageRetentionPeriod"] == 14 * DAYS


# --- Who calls it -------------------------------------------------------------------------------


def test_one_message_at_a_time_and_few_at_once(template: Template) -> None:
    assert template.properties(FUNCTION)["Events"]["Errand"] == {
        "Type": "SQS",
        "Properties": {
            "Queue": arn(QUEUE),
            "BatchSize": 1,
            "ScalingConfig": {"MaximumConcurrency": 5},
        },
    }


def test_the_schedule_s_period_is_the_one_that_the_code_counts_with(template: Template) -> None:
    schedule = template.properties(FUNCTION)["Events"]["Dispatch"]

    assert schedule == {
        "Type": "Schedule",
        "Properties": {"Schedule": "rate(1 hour)", "Input": INPUT},
    }
    assert PERIOD.total_seconds() == 3600


def test_it_runs_after_every_deployment_of_this_stack(cloudformation: Template) -> None:
    (name,) = (
        name
        for name, rule in cloudformation.of_type("AWS::Events::Rule").items()
        if "aws.cloudformation" in str(rule.get("EventPattern"))
    )
    rule = cloudformation.properties(name)
    (target,) = rule["Targets"]

    # The default bus: no other gets AWS's own events.
    assert "EventBusName" not in rule
    assert rule["EventPattern"] == {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {
            "stack-id": [{"Ref": "AWS::StackId"}],
            "status-details": {
                "status": ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
            },
        },
    }
    assert (target["Arn"], target["Input"]) == (arn(FUNCTION), INPUT)
    permissions = cloudformation.of_type("AWS::Lambda::Permission").values()
    (allowed,) = (one for one in permissions if one.get("SourceArn") == arn(name))
    assert allowed == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": FUNCTION},
        "Principal": "events.amazonaws.com",
        "SourceArn": arn(name),
    }


def test_a_dispatch_that_failed_is_not_made_again_by_itself(template: Template) -> None:
    """It would send all stores a second message."""
    config = template.properties(FUNCTION)["EventInvokeConfig"]

    assert config["MaximumRetryAttempts"] == 0
    assert config["MaximumEventAgeInSeconds"] < PERIOD.total_seconds()


def test_it_knows_where_callback_urls_lead_as_the_command_does(template: Template) -> None:
    variables = template.properties(FUNCTION)["Environment"]["Variables"]

    assert variables == {
        "ENSURE_SUBSCRIPTIONS_QUEUE_URL": {"Ref": QUEUE},
        "API_URL": {"Fn::GetAtt": ["CallbackApi", "ApiEndpoint"]},
        "FORMER_BASE_URLS": {"Ref": "FormerBaseUrls"},
        "PUBLIC_BASE_URL": template.document["Outputs"]["PublicBaseUrl"]["Value"],
    }
    assert template.properties("PublicBaseUrlParameter")["Value"] == PUBLIC_BASE_URL


# --- Rights, by what the emulator's implementation of IAM says to them --------------------------


def it_may(template: Template, action: str, resource: str, **keys: Any) -> bool:
    """`keys` without their service, which is the action's."""
    service = action.partition(":")[0]
    return may(template, ROLE, action, resource, **{f"{service}:{k}": v for k, v in keys.items()})


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        (CALLS, {"GetItem", "PutItem"}),
        (LEASES, {"GetItem", "PutItem"}),
        (LEDGER, {"GetItem", "PutItem", "Query", "DeleteItem"}),
        (ROUNDS, {"GetItem", "PutItem", "Query"}),
        (TOKENS, {"GetItem", "PutItem", "DeleteItem"}),
        (SEEN, set()),
        ("silence", set()),
        ("accounts", set()),
    ],
)
def test_of_the_table_it_may_touch_the_kinds_that_a_round_needs(
    template: Template, kind: str, actions: set[str]
) -> None:
    every = ("GetItem", "PutItem", "Query", "DeleteItem", "Scan", "UpdateItem", "BatchWriteItem")

    allowed = {
        action
        for action in every
        if it_may(template, f"dynamodb:{action}", "StateTable", LeadingKeys=[kind])
    }

    assert allowed == actions
    for action in every:
        assert not it_may(template, f"dynamodb:{action}", "StateTable", LeadingKeys=[kind, SEEN])
        assert not it_may(template, f"dynamodb:{action}", "StateTable")


@pytest.mark.parametrize(
    ("path", "listed", "read"),
    [
        (configuration_path("hooks"), True, False),
        (credentials_path("hooks"), False, False),
        (f"{configuration_path('hooks')}/konimbo/acme", False, True),
        (f"{credentials_path('hooks')}/konimbo/acme", False, True),
        (f"{credentials_path('another')}/konimbo/acme", False, False),
        (f"{configuration_path('another')}/konimbo/acme", False, False),
        ("/commerce-hooks/hooks/api-url", False, False),
        ("/", False, False),
    ],
)
def test_it_lists_stores_and_reads_those_it_is_sent_to(
    template: Template, path: str, *, listed: bool, read: bool
) -> None:
    at = f"arn:aws:ssm:eu-central-1:123456789012:parameter{path}"

    assert it_may(template, "ssm:GetParametersByPath", at) == listed
    assert it_may(template, "ssm:GetParameter", at) == read
    for action in ("GetParameters", "PutParameter", "DeleteParameter"):
        assert not it_may(template, f"ssm:{action}", at)
    assert not it_may(template, "kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/x")


def test_it_may_use_its_own_queue_and_leave_events_in_the_outbox(template: Template) -> None:
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "SendMessage"):
        assert it_may(template, f"sqs:{action}", QUEUE)
        assert it_may(template, f"sqs:{action}", "OutboxQueue") == (action == "SendMessage")
        assert not it_may(template, f"sqs:{action}", DEAD)
    assert not it_may(template, "sqs:PurgeQueue", QUEUE)
    bucket = arn_of("PayloadBucket")
    assert it_may(template, "s3:PutObject", f"{bucket}/outbox/system/2026-03-09/run.0.json")
    assert not it_may(template, "s3:PutObject", f"{bucket}/outbox/konimbo/2026-03-09/run.0.json")
    assert not it_may(template, "s3:GetObject", f"{bucket}/outbox/system/2026-03-09/run.0.json")


def test_it_may_read_the_key_ring_and_not_change_it(template: Template) -> None:
    assert it_may(template, "secretsmanager:GetSecretValue", "KeyRing")
    assert not it_may(template, "secretsmanager:GetSecretValue", "Another")
    assert not it_may(template, "secretsmanager:PutSecretValue", "KeyRing")


def test_it_may_tell_of_subscriptions_and_nothing_else(template: Template) -> None:
    own: dict[str, Any] = {"source": [SYSTEM_SOURCE], "detail-type": list(DETAIL_TYPES)}

    def may_put(bus: str = "EventBus", **keys: Any) -> bool:
        return it_may(template, "events:PutEvents", bus, **keys)

    assert may_put(**own)
    assert all(may_put(**{**own, "detail-type": [kind]}) for kind in DETAIL_TYPES)
    assert not may_put(**{**own, "source": ["commerce-hooks.konimbo"]})
    assert not may_put(**{**own, "detail-type": [*DETAIL_TYPES, "order.created"]})
    assert not may_put()
    assert not may_put("KeyRing", **own)


def test_it_may_do_nothing_more_but_log(template: Template) -> None:
    (policy,) = template.properties(ROLE)["Policies"]
    first, *_ = statements = policy["PolicyDocument"]["Statement"]

    assert template.properties(FUNCTION)["Role"] == arn(ROLE)
    assert [statement["Action"] for statement in statements] == [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"],
        "secretsmanager:GetSecretValue",
        "ssm:GetParametersByPath",
        "ssm:GetParameter",
        ["dynamodb:GetItem", "dynamodb:PutItem"],
        "dynamodb:Query",
        "dynamodb:DeleteItem",
        "s3:PutObject",
        "sqs:SendMessage",
        "events:PutEvents",
    ]
    assert first["Resource"] == arn("EnsureSubscriptionsLogs")
