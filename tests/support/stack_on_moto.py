"""A small deployed stack on moto, of which everything is well.

CloudFormation itself is told from memory: moto's needs packages that nothing else here does.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3

from commerce_hooks_cli.checks_of_stack import outputs_of_template
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.stack_resources import ALARM, FUNCTION, LOG_GROUP, QUEUE
from support.account import Account
from support.command import CHECKOUT, REAL, RING
from support.seen_stores import deployment_on
from support.state_table import create_state_table

ALARM_NAME = f"{REAL.name}-BulkWaitingAlarm"
_BLOCKED = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass
class FakeCloudFormation:
    """Knows one stack."""

    status: str = "UPDATE_COMPLETE"
    changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        about = {"StackStatus": self.status, "CreationTime": self.changed_at}
        return {"Stacks": [about]}

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        """A resource a page, so that all pages have to be read."""
        for name, (kind, id_) in self.resources.items():
            about = {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": id_}
            yield {"StackResourceSummaries": [about]}


@dataclass
class StackOnMoto:
    """The stack, and what it consists of."""

    deployment: Deployment
    cloudformation: FakeCloudFormation
    topic: str

    def id_of(self, name: str) -> str:
        return self.cloudformation.resources[name][1]


def stack_on(account: Account) -> StackOnMoto:
    """A stack in which nothing is wrong."""
    cloudformation, known = FakeCloudFormation(), deployment_on(account)
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    _make_resources(cloudformation, account, topic)
    _make_well(known, account)

    def clients(service: str) -> Any:
        if service == "cloudformation":
            return cloudformation
        return boto3.client(service)  # type: ignore[call-overload] # by any name

    archive = boto3.client("events").create_archive(
        ArchiveName="all", EventSourceArn=known.event_bus_arn, RetentionDays=14
    )["ArchiveArn"]
    names = outputs_of_template((CHECKOUT / "template.yaml").read_text())
    deployment = replace(
        known,
        name=REAL.name,
        local=False,
        account=REAL.account,
        base_url=REAL.base_url,
        clients=clients,
        outputs={
            **dict.fromkeys(names, "-"),
            **known.outputs,
            "CenitBaseUrl": f"{REAL.base_url}/cenit",
            "EventArchiveArn": archive,
            "RequestArchiveArn": archive,
        },
    )
    return StackOnMoto(deployment, cloudformation, topic)


def _make_resources(cloudformation: FakeCloudFormation, account: Account, topic: str) -> None:
    logs, group = boto3.client("logs"), f"/aws/lambda/{REAL.name}/centry"
    logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)
    beats, dead = (
        account.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("beats", "bulk-dead")
    )
    account.sqs.send_message(QueueUrl=beats, MessageBody="{}")
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="https", Endpoint="https://pager.example"
    )
    put_alarm(ALARM_NAME, topic)
    cloudformation.resources |= {
        "HeartbeatQueue": (QUEUE, beats),
        "BulkDeadLetters": (QUEUE, dead),
        "CentryLogs": (LOG_GROUP, group),
        "BulkWaitingAlarm": (ALARM, ALARM_NAME),
        "CentryFunction": (FUNCTION, _make_function()),
    }


def put_alarm(name: str, *topics: str, runbook: str = "docs/runbook.md#bulk-waiting") -> None:
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmDescription=f"Something waits. {runbook}",
        AlarmActions=topics,
        MetricName="m",
        Namespace="n",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Sum",
    )


def ring_alarm(name: str) -> None:
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="a test"
    )


def _make_function() -> str:
    role = boto3.client("iam").create_role(
        RoleName="centry", AssumeRolePolicyDocument=json.dumps({"Statement": []})
    )["Role"]["Arn"]
    boto3.client("lambda").create_function(
        FunctionName="centry",
        Runtime="python3.13",
        Handler="centry.app.lambda_handler",
        Role=role,
        Code={"ZipFile": b"code"},
    )
    return "centry"


def _make_well(deployment: Deployment, account: Account) -> None:
    account.s3.put_public_access_block(
        Bucket=deployment.payload_bucket,
        PublicAccessBlockConfiguration=dict.fromkeys(_BLOCKED, True),  # type: ignore[arg-type]
    )
    account.s3.put_bucket_encryption(
        Bucket=deployment.payload_bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    boto3.client("dynamodb").delete_table(TableName=deployment.state_table_name)
    create_state_table(deployment.state_table_name, encrypted=True)
    keep_back(deployment.state_table_name, recovery=True)
    boto3.client("secretsmanager").put_secret_value(
        SecretId=deployment.key_ring_arn, SecretString=RING
    )


def keep_back(table: str, *, recovery: bool) -> None:
    boto3.client("dynamodb").update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovery},
    )
