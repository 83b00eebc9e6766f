"""Cenit's front door: whatever the gateway itself answers, Cenit takes it for a failure."""

import json
import re
from typing import Any

import pytest

from commerce_hooks.deadline import FUNCTION_TIMEOUT_SECONDS
from template.reading import Template, nodes

RESPONSES = "x-amazon-apigateway-gateway-responses"
WORDS = {
    "DEFAULT_4XX": (None, "refused"),
    "DEFAULT_5XX": (None, "unavailable"),
    "INTEGRATION_TIMEOUT": (None, "timeout"),
    "MISSING_AUTHENTICATION_TOKEN": ("404", "not_found"),
    "REQUEST_TOO_LARGE": (None, "too_large"),
    "RESOURCE_NOT_FOUND": (None, "not_found"),
    "THROTTLED": (None, "throttled"),
}


@pytest.fixture(scope="module")
def body(cloudformation: Template) -> dict[str, Any]:
    """The API's OpenAPI document as CloudFormation gets it."""
    return dict(cloudformation.only("AWS::ApiGateway::RestApi")["Body"])


@pytest.fixture(scope="module")
def stage(cloudformation: Template) -> dict[str, Any]:
    """The one stage: SAM adds a second one unless it is told an OpenAPI version."""
    return cloudformation.only("AWS::ApiGateway::Stage")


def test_every_answer_of_the_gateway_s_is_json_that_says_error(body: dict[str, Any]) -> None:
    found = {
        kind: (response.get("statusCode"), json.loads(text)["error"])
        for kind, response in body[RESPONSES].items()
        for text in [response["responseTemplates"]["application/json"]]
    }

    assert found == WORDS


def test_an_answer_of_the_gateway_s_quotes_nothing_that_was_sent(body: dict[str, Any]) -> None:
    """Its own message for a mistyped path quotes the Authorization header."""
    for response in body[RESPONSES].values():
        told = json.loads(response["responseTemplates"]["application/json"])
        assert set(told) == {"error", "message"}
        assert "$" not in str(told)
        assert not response["responseParameters"]


def test_its_routes_take_any_method_and_ask_no_authorization(body: dict[str, Any]) -> None:
    assert set(body["paths"]) == {"/{store}/{service}", "/{store}/{service}/{id}"}
    for methods in body["paths"].values():
        (operation,) = methods.values()
        assert set(methods) == {"x-amazon-apigateway-any-method"}
        assert operation.keys() == {"x-amazon-apigateway-integration", "responses"}
        integration = operation["x-amazon-apigateway-integration"]
        assert integration["type"] == "aws_proxy"
        assert "${CenitFunction.Arn}" in str(integration["uri"])


def test_bodies_arrive_as_they_were_sent(body: dict[str, Any]) -> None:
    assert body["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_it_is_regional_and_has_one_stage_named_as_the_path_begins(
    cloudformation: Template, stage: dict[str, Any]
) -> None:
    api = cloudformation.only("AWS::ApiGateway::RestApi")

    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert stage["StageName"] == "cenit"


def test_behind_the_custom_domain_the_path_is_the_same(template: Template) -> None:
    mapping = template.properties("CenitDomainMapping")

    assert mapping["ApiMappingKey"] == template.properties("CenitApi")["StageName"]
    assert mapping["DomainName"] == {"Ref": "CallbackDomain"}
    assert mapping["ApiId"] == {"Ref": "CenitApi"}


def test_it_has_the_throttle_of_a_platform_and_logs_no_headers_or_bodies(
    stage: dict[str, Any],
) -> None:
    assert stage["MethodSettings"] == [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": {"Ref": "CallbackRateLimit"},
            "ThrottlingBurstLimit": {"Ref": "CallbackBurstLimit"},
            "LoggingLevel": "OFF",
            "DataTraceEnabled": False,
            "CachingEnabled": False,
            "MetricsEnabled": False,
        }
    ]


def test_its_access_log_is_written_only_when_asked_for(
    template: Template, stage: dict[str, Any]
) -> None:
    """A REST API's needs a setting of the whole account, which is not ours to make."""
    condition, _, otherwise = stage["AccessLogSetting"]["Fn::If"]

    assert template.document["Conditions"][condition] == {
        "Fn::Equals": [{"Ref": "RestApiAccessLog"}, "on"]
    }
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert not template.of_type("AWS::ApiGateway::Account")


def test_its_access_log_names_the_resource_and_never_the_path_or_the_caller(
    stage: dict[str, Any],
) -> None:
    setting = stage["AccessLogSetting"]["Fn::If"][1]

    assert setting["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert "\n" not in setting["Format"]
    assert set(re.findall(r"\$context\.([\w.]+)", setting["Format"])) == {
        "requestTimeEpoch",
        "requestId",
        "resourcePath",
        "httpMethod",
        "status",
        "error.responseType",
        "responseLength",
        "responseLatency",
        "integration.status",
        "integration.latency",
    }
    assert set(re.findall(r"\$[\w.]+", setting["Format"])) == set(
        json.loads(setting["Format"]).values()
    )


def test_its_function_is_set_up_like_a_platform_s(template: Template) -> None:
    function = template.function_settings("CenitFunction")

    assert function["Handler"] == "cenit.app.lambda_handler"
    assert function["Layers"] == [{"Ref": "SharedLayer"}]
    assert function["Timeout"] == FUNCTION_TIMEOUT_SECONDS
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "CenitLogs"}}
    assert template.properties("CenitLogs") == {
        "LogGroupName": {"Fn::Sub": "/aws/lambda/${AWS::StackName}/cenit"},
        "RetentionInDays": {"Ref": "LogRetentionDays"},
    }


def test_only_the_gateway_s_own_api_may_call_it(cloudformation: Template) -> None:
    permissions = [
        permission
        for permission in cloudformation.of_type("AWS::Lambda::Permission").values()
        if permission["FunctionName"] == {"Ref": "CenitFunction"}
    ]

    assert len(permissions) == 2
    for permission in permissions:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert {"Ref": "CenitApi"} in list(nodes(permission["SourceArn"]))
