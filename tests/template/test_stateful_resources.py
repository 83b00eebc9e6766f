"""What would break URLs or lose data is kept, private and long enough; logs hold no token."""

import json
import re

import pytest

from commerce_hooks.parking import DONE, STATE_TAG
from template.reading import RETAINED, Template

KEPT = (
    "CallbackApi",
    "CallbackDomain",
    "CallbackDomainMapping",
    "CenitApi",
    "CenitDomainMapping",
    "EventBus",
    "EventArchive",
    "RequestArchive",
    "KeyRing",
    "PayloadBucket",
    "PayloadBucketPolicy",
    "BulkQueue",
    "BulkDeadLetters",
    "OutboxQueue",
    "OutboxDeadLetters",
)


API_PARTS = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
}


@pytest.mark.parametrize("name", KEPT)
def test_losing_it_would_break_urls_or_lose_data_so_it_outlives_the_stack(
    template: Template, name: str
) -> None:
    policies = {key: template.resources[name].get(key) for key in RETAINED}

    assert policies == RETAINED


def test_a_protected_table_outlives_even_a_deployment_that_failed_at_first(
    template: Template,
) -> None:
    """Its rollback would otherwise delete what the protection keeps, and fail."""
    for resource in template.resources.values():
        if resource.get("Properties", {}).get("DeletionProtectionEnabled"):
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert template.properties("StateTable")["DeletionProtectionEnabled"] is True


def test_a_table_that_a_failed_deployment_left_behind_blocks_no_second_one(
    template: Template,
) -> None:
    assert "TableName" not in template.properties("StateTable")


def test_an_api_s_stage_outlives_the_stack_with_the_api(cloudformation: Template) -> None:
    for resource in cloudformation.resources.values():
        if resource["Type"] in API_PARTS:
            assert {key: resource.get(key) for key in RETAINED} == RETAINED


def test_the_way_the_first_key_is_generated_never_changes(template: Template) -> None:
    # CloudFormation makes a new secret value when any of this changes, without asking. Every
    # callback URL in use would be refused from then on. If this test fails, the template is
    # wrong, not the test; new keys are added by rotation.
    assert template.properties("KeyRing")["GenerateSecretString"] == {
        "SecretStringTemplate": '{"sign":"k1"}',
        "GenerateStringKey": "k1",
        "PasswordLength": 64,
        "ExcludePunctuation": True,
    }


def test_the_key_ring_has_no_name_that_a_second_stack_could_want(template: Template) -> None:
    assert "Name" not in template.properties("KeyRing")


@pytest.mark.parametrize("name", ["EventArchive", "RequestArchive"])
def test_an_archive_keeps_the_events_of_our_bus_for_as_long_as_asked(
    template: Template, name: str
) -> None:
    archive = template.properties(name)

    assert archive["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    assert archive["RetentionDays"] == {"Ref": "ArchiveRetentionDays"}
    assert template.document["Parameters"]["ArchiveRetentionDays"]["Default"] == 14


def test_requests_have_an_archive_of_their_own_and_heartbeats_none(template: Template) -> None:
    # A list of prefixes behind anything-but is what the CDK's Match.anythingButPrefix writes
    # (aws-cdk-lib, aws-events, event-pattern.ts).
    assert template.properties("EventArchive")["EventPattern"] == {
        "detail-type": [{"anything-but": {"prefix": ["request.", "system."]}}]
    }
    assert template.properties("RequestArchive")["EventPattern"] == {
        "detail-type": [{"prefix": "request."}]
    }


def test_an_archive_has_these_properties_and_no_others(template: Template) -> None:
    for archive in template.of_type("AWS::Events::Archive").values():
        assert archive.keys() == {"Description", "EventPattern", "RetentionDays", "SourceArn"}


def test_nobody_outside_the_account_reads_the_bucket(template: Template) -> None:
    bucket = template.properties("PayloadBucket")

    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_is_encrypted(template: Template) -> None:
    encryption = template.properties("PayloadBucket")["BucketEncryption"]

    assert encryption == {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ]
    }


def test_the_bucket_answers_over_tls_only_as_long_as_it_exists(template: Template) -> None:
    policy = template.properties("PayloadBucketPolicy")

    assert policy["Bucket"] == {"Ref": "PayloadBucket"}
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [
                {"Fn::GetAtt": ["PayloadBucket", "Arn"]},
                {"Fn::Sub": "${PayloadBucket.Arn}/*"},
            ],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    assert {key: template.resources["PayloadBucketPolicy"][key] for key in RETAINED} == RETAINED


def test_what_is_done_expires_by_itself_and_of_what_waits_only_what_may_hold_card_data(
    template: Template,
) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    about = [
        {name: value for name, value in rule.items() if name not in {"Id", "Status"}}
        for rule in rules
        if "Prefix" in rule
    ]
    weeks_more = {"Fn::FindInMap": ["OversizeDays", {"Ref": "ArchiveRetentionDays"}, "Days"]}
    done = [{"Key": STATE_TAG, "Value": DONE}]

    assert all(rule["Status"] == "Enabled" for rule in rules)
    assert about == [
        {"Prefix": "oversize/", "ExpirationInDays": weeks_more},
        {"Prefix": "quarantine/", "TagFilters": done, "ExpirationInDays": weeks_more},
        {"Prefix": "quarantine-sensitive/", "ExpirationInDays": {"Ref": "SensitiveRetentionDays"}},
        {"Prefix": "bulk/", "ExpirationInDays": {"Ref": "SensitiveRetentionDays"}},
        {"Prefix": "answers/", "ExpirationInDays": 1},
    ]


def test_no_function_may_mark_a_record_as_done(cloudformation: Template) -> None:
    assert "Tagging" not in str(cloudformation.of_type("AWS::IAM::Role")).replace(
        "s3:GetObjectTagging", ""
    )


def test_unfinished_uploads_are_removed_everywhere(template: Template) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    removing = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]

    assert [rule for rule in removing if "Prefix" not in rule]


def test_what_an_archived_event_refers_to_outlives_it(template: Template) -> None:
    allowed = template.document["Parameters"]["ArchiveRetentionDays"]["AllowedValues"]
    oversize = template.document["Mappings"]["OversizeDays"]

    assert set(oversize) == {str(days) for days in allowed}
    # It may have waited in the outbox's queue and among its dead letters before it was archived.
    queues = [template.properties(name) for name in ("OutboxQueue", "OutboxDeadLetters")]
    late = sum(queue["MessageRetentionPeriod"] for queue in queues) // (24 * 3600)
    a_week = 7

    assert all(oversize[str(days)] == {"Days": days + late + a_week} for days in allowed)


def test_every_log_group_forgets(cloudformation: Template) -> None:
    for group in cloudformation.of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_names_the_route_and_never_the_path_or_the_caller(
    cloudformation: Template,
) -> None:
    settings = cloudformation.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]

    assert settings["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert set(re.findall(r"\$context\.([\w.]+)", settings["Format"])) == {
        "requestTimeEpoch",
        "requestId",
        "routeKey",
        "httpMethod",
        "status",
        "error.responseType",
        "responseLength",
        "responseLatency",
        "integrationStatus",
        "integrationLatency",
    }


def test_the_access_log_is_one_json_object_a_line(cloudformation: Template) -> None:
    line = cloudformation.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]

    assert "\n" not in line
    assert set(re.findall(r"\$[\w.]+", line)) == set(json.loads(line).values())


def test_the_state_table_is_encrypted_and_can_be_put_back_to_any_moment(
    template: Template,
) -> None:
    table = template.properties("StateTable")

    # With the account's own key (AWS::DynamoDB::Table SSESpecification), not one of AWS's.
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
