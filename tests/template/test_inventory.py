"""Nothing stands in the template that these tests don't know of.

Most ways to weaken a stack are additions: a resource policy, a function URL, a rotation
schedule, a lifecycle rule without a prefix. So what there is, is listed.
"""

from collections import Counter

import pytest

from support.platforms import platforms
from template.reading import FUNCTION, Template

OUTPUTS_AS_PARAMETERS = 5
ONCE = {
    "AWS::Serverless::Api": 1,
    "AWS::Serverless::HttpApi": 1,
    "AWS::Serverless::LayerVersion": 1,
    "AWS::ApiGatewayV2::DomainName": 1,
    "AWS::ApiGatewayV2::ApiMapping": 2,
    "AWS::Route53::RecordSet": 1,
    "AWS::Events::EventBus": 1,
    "AWS::Events::Archive": 2,
    "AWS::Events::EventBusPolicy": 1,
    "AWS::SecretsManager::Secret": 1,
    "AWS::S3::Bucket": 1,
    "AWS::S3::BucketPolicy": 1,
    "AWS::DynamoDB::Table": 1,
    "AWS::SSM::Parameter": OUTPUTS_AS_PARAMETERS,
    # Callbacks that the gateway turned away: too many, too large.
    "AWS::Logs::MetricFilter": 2,
    # For activity, bulks and shapes, each with a queue for its dead letters, the default route, and
    # the access log.
    FUNCTION: 5,
    "AWS::IAM::Role": 5,
    "AWS::Logs::LogGroup": 6,
    "AWS::SQS::Queue": 6,
    # For activity and shapes.
    "AWS::Events::Rule": 2,
    "AWS::SQS::QueuePolicy": 2,
}
# Beside the two of each function.
ALARMS = 29
# No platform waits for these, so they may take longer.
JOBS = {
    "ActivityFunction",
    "BulkFunction",
    "EnsureSubscriptionsFunction",
    "RedeliverFunction",
    "ShapesFunction",
    "UpkeepFunction",
}
# Schedules call these, asynchronously.
SCHEDULED = {"EnsureSubscriptionsFunction", "RedeliverFunction", "UpkeepFunction"}
# This alone has to know where callback URLs lead.
OWN_ENVIRONMENT = {
    "EnsureSubscriptionsFunction": {
        "ENSURE_SUBSCRIPTIONS_QUEUE_URL",
        "API_URL",
        "FORMER_BASE_URLS",
        "PUBLIC_BASE_URL",
    }
}
# What waits for the bus, and its dead letters.
OUTBOX = {FUNCTION: 1, "AWS::IAM::Role": 1, "AWS::Logs::LogGroup": 1, "AWS::SQS::Queue": 2}
# A queue of stores, and its dead letters.
SUBSCRIPTIONS = OUTBOX
# The heartbeat's rule, its queue, and one for what the rule could not deliver.
UPKEEP = {
    FUNCTION: 1,
    "AWS::IAM::Role": 1,
    "AWS::Logs::LogGroup": 1,
    "AWS::Events::Rule": 1,
    "AWS::SQS::Queue": 2,
    "AWS::SQS::QueuePolicy": 1,
}
A_PLATFORM = {FUNCTION: 1, "AWS::IAM::Role": 1, "AWS::Logs::LogGroup": 1}
PROPERTIES = {
    "CallbackApi": {"AccessLogSettings", "RouteSettings"},
    "CallbackDomain": {"DomainName", "DomainNameConfigurations"},
    "CallbackDomainMapping": {"ApiId", "DomainName", "Stage"},
    "CenitApi": {
        "AccessLogSetting",
        "BinaryMediaTypes",
        "DisableExecuteApiEndpoint",
        "EndpointConfiguration",
        "GatewayResponses",
        "MethodSettings",
        "OpenApiVersion",
        "StageName",
    },
    "CenitDomainMapping": {"ApiId", "ApiMappingKey", "DomainName", "Stage"},
    "EventBus": {"Name", "Description"},
    "KeyRing": {"Description", "GenerateSecretString"},
    "PayloadBucket": {
        "BucketEncryption",
        "LifecycleConfiguration",
        "OwnershipControls",
        "PublicAccessBlockConfiguration",
    },
    "SharedLayer": {
        "LayerName",
        "Description",
        "ContentUri",
        "CompatibleRuntimes",
        "CompatibleArchitectures",
        "RetentionPolicy",
    },
}


def test_the_template_holds_these_resources_and_no_others(template: Template) -> None:
    expected = Counter(ONCE)
    expected.update(UPKEEP)
    expected.update(OUTBOX)
    expected.update(SUBSCRIPTIONS)
    for _ in platforms():
        expected.update(A_PLATFORM)

    expected["AWS::CloudWatch::Alarm"] = ALARMS + 2 * expected[FUNCTION]
    assert Counter(r["Type"] for r in template.resources.values()) == expected


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_a_shared_resource_has_these_properties_and_no_others(
    template: Template, name: str
) -> None:
    assert template.properties(name).keys() == PROPERTIES[name]


def test_a_function_has_these_properties_and_no_others(template: Template) -> None:
    shared = {
        "CodeUri",
        "Runtime",
        "Architectures",
        "MemorySize",
        "Timeout",
        "Environment",
    }
    own = {"Handler", "Role", "LoggingConfig", "Events"}

    assert template.document["Globals"].keys() == {"Function"}
    assert template.document["Globals"]["Function"].keys() == shared
    for name, properties in template.of_type(FUNCTION).items():
        more = {"Timeout"} if name in JOBS else set()
        more |= {"EventInvokeConfig"} if name in SCHEDULED else set()
        more |= {"Environment"} if name in OWN_ENVIRONMENT else set()
        assert properties.keys() - {"Layers"} == own | more, name
        variables = properties.get("Environment", {}).get("Variables", {})
        assert variables.keys() == OWN_ENVIRONMENT.get(name, set()), name


def test_the_environment_holds_names_and_no_secret(template: Template) -> None:
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]

    assert variables.keys() == {
        "BULK_QUEUE_URL",
        "DEPLOYMENT",
        "EVENT_BUS_ARN",
        "KEY_RING_ARN",
        "KEY_RING_CACHE_SECONDS",
        "MAX_INLINE_BYTES",
        "OUTBOX_DEAD_LETTERS_URL",
        "OUTBOX_QUEUE_URL",
        "PAYLOAD_BUCKET",
        "PERSONAL_DATA",
        "PERSONAL_TOPICS",
        "POWERTOOLS_LOG_LEVEL",
        "SENSITIVE_RETENTION_DAYS",
        "STATE_TABLE",
    }
    assert "{{resolve" not in str(template.document)


def test_a_rule_for_the_whole_bucket_deletes_nothing_but_unfinished_uploads(
    template: Template,
) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]

    assert [rule.keys() for rule in rules if "Prefix" not in rule] == [
        {"Id", "Status", "AbortIncompleteMultipartUpload"}
    ]


def test_what_is_not_said_at_a_deployment_is_this(template: Template) -> None:
    defaults = {n: p["Default"] for n, p in template.document["Parameters"].items()}

    assert {name: value for name, value in defaults.items() if value != ""} == {
        "Stage": "dev",
        "LogLevel": "INFO",
        "LogRetentionDays": 30,
        "ArchiveRetentionDays": 14,
        "SensitiveRetentionDays": 5,
        "PersonalData": "full",
        "MaxInlineBytes": 240000,
        "RestApiAccessLog": "off",
        "KeyRingCacheSeconds": 60,
        "CallbackRateLimit": 1000,
        "CallbackBurstLimit": 2000,
    }
    assert template.document["Globals"]["Function"]["MemorySize"] == 512


def test_the_custom_domain_leads_to_the_api_by_today_s_tls(template: Template) -> None:
    (configuration,) = template.properties("CallbackDomain")["DomainNameConfigurations"]

    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert template.properties("CallbackDomainMapping")["Stage"] == {"Ref": "CallbackApi.Stage"}
    assert template.properties("CenitDomainMapping")["Stage"] == {"Ref": "CenitApi.Stage"}
    assert template.document["Conditions"]["HasDomain"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]
    }
