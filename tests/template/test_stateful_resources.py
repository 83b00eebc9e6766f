"""What would break URLs or lose data is kept, private and long enough; logs hold no token."""

import json
import re

import pytest

from template.reading import RETAINED, Template

KEPT = (
    "CallbackApi",
    "CallbackDomain",
    "CallbackDomainMapping",
    "CenitApi",
    "CenitDomainMapping",
    "EventBus",
    "EventArchive",
    "KeyRing",
    "PayloadBucket",
    "PayloadBucketPolicy",
    "BulkQueue",
    "BulkDeadLetters",
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


def test_the_archive_keeps_the_events_of_our_bus_for_as_long_as_asked(template: Template) -> None:
    assert template.properties("EventArchive") == {
        "SourceArn": {"Fn::GetAtt": ["EventBus", "Arn"]},
        "RetentionDays": {"Ref": "ArchiveRetentionDays"},
    }
    assert template.document["Parameters"]["ArchiveRetentionDays"]["Default"] == 14


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


def test_every_prefix_of_the_bucket_is_emptied_by_itself(template: Template) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    expiry = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}

    assert all(rule["Status"] == "Enabled" for rule in rules)
    assert expiry == {
        "oversize/": {"Fn::FindInMap": ["OversizeDays", {"Ref": "ArchiveRetentionDays"}, "Days"]},
        "quarantine/": {"Ref": "ParkedRetentionDays"},
        "outbox/": {"Ref": "ParkedRetentionDays"},
        "quarantine-sensitive/": {"Ref": "SensitiveRetentionDays"},
        "answers/": 1,
        "bulk/": {"Ref": "SensitiveRetentionDays"},
    }


def test_unfinished_uploads_are_removed_everywhere(template: Template) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    removing = [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]

    assert [rule for rule in removing if "Prefix" not in rule]


def test_what_an_archived_event_refers_to_outlives_it(template: Template) -> None:
    allowed = template.document["Parameters"]["ArchiveRetentionDays"]["AllowedValues"]
    oversize = template.document["Mappings"]["OversizeDays"]

    assert set(oversize) == {str(days) for days in allowed}
    assert all(oversize[str(days)]["Days"] >= days + 7 for days in allowed)


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
