"""Every platform folder has its block in the template, its samples and its schema."""

import ast

from commerce_hooks.deadline import FUNCTION_TIMEOUT_SECONDS
from commerce_hooks.platform import Platform
from support.platforms import FUNCTIONS, block_name, platforms
from support.samples import samples
from template.reading import FUNCTION, OTHERS, ROOT, Template

LAYER = {"Ref": "SharedLayer"}
LIMITS = {
    "ThrottlingRateLimit": {"Ref": "CallbackRateLimit"},
    "ThrottlingBurstLimit": {"Ref": "CallbackBurstLimit"},
}


def path_of(platform: Platform) -> str:
    topic = "/{topic}" if platform.topic_in_url else ""
    return f"/{platform.name}/{{store}}{topic}/{{token}}"


def route_of(platform: Platform) -> str:
    return f"ANY {path_of(platform)}"


def test_a_platform_has_a_function_that_runs_its_folder(
    template: Template, platform: Platform
) -> None:
    function = template.function_settings(f"{block_name(platform.name)}Function")

    assert function["Handler"] == f"{platform.name}.app.lambda_handler"
    assert function["CodeUri"] == "functions/"
    assert function["Layers"] == [LAYER]


def test_its_handler_is_there(platform: Platform) -> None:
    module = ast.parse((FUNCTIONS / platform.name / "app.py").read_text("utf-8"))
    defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    assert "lambda_handler" in defined | assigned


def test_its_function_knows_our_resources_by_environment(
    template: Template, platform: Platform
) -> None:
    function = template.function_settings(f"{block_name(platform.name)}Function")

    assert function["Environment"]["Variables"] == {
        "BULK_QUEUE_URL": {"Ref": "BulkQueue"},
        "DEPLOYMENT": {"Fn::Sub": "${AWS::StackName}/${Stage}"},
        "EVENT_BUS_ARN": {"Fn::GetAtt": ["EventBus", "Arn"]},
        "KEY_RING_ARN": {"Fn::GetAtt": ["KeyRing", "Id"]},
        "KEY_RING_CACHE_SECONDS": {"Ref": "KeyRingCacheSeconds"},
        "MAX_INLINE_BYTES": {"Ref": "MaxInlineBytes"},
        "OUTBOX_DEAD_LETTERS_URL": {"Ref": "OutboxDeadLetters"},
        "OUTBOX_QUEUE_URL": {"Ref": "OutboxQueue"},
        "PAYLOAD_BUCKET": {"Ref": "PayloadBucket"},
        "PERSONAL_DATA": {"Ref": "PersonalData"},
        "PERSONAL_TOPICS": {"Ref": "PersonalTopics"},
        "POWERTOOLS_LOG_LEVEL": {"Ref": "LogLevel"},
        "SENSITIVE_RETENTION_DAYS": {"Ref": "SensitiveRetentionDays"},
        "STATE_TABLE": {"Ref": "StateTable"},
    }


def test_its_function_ends_after_the_deadline_that_the_code_keeps(
    template: Template, platform: Platform
) -> None:
    function = template.function_settings(f"{block_name(platform.name)}Function")

    assert function["Timeout"] == FUNCTION_TIMEOUT_SECONDS


def test_its_route_takes_any_method_at_the_path_of_its_urls(
    cloudformation: Template, platform: Platform
) -> None:
    paths = cloudformation.only("AWS::ApiGatewayV2::Api")["Body"]["paths"]
    methods = paths[path_of(platform)]

    assert list(methods) == ["x-amazon-apigateway-any-method"]
    integration = methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
    assert f"${{{block_name(platform.name)}Function.Arn}}" in str(integration["uri"])
    assert integration["payloadFormatVersion"] == "2.0"


def test_its_route_has_a_throttle_of_its_own(cloudformation: Template, platform: Platform) -> None:
    throttles = cloudformation.only("AWS::ApiGatewayV2::Stage")["RouteSettings"]

    assert throttles[route_of(platform)] == LIMITS


def test_its_function_writes_to_its_own_log_group(template: Template, platform: Platform) -> None:
    name = block_name(platform.name)

    assert template.properties(f"{name}Function")["LoggingConfig"] == {
        "LogGroup": {"Ref": f"{name}Logs"}
    }
    assert template.properties(f"{name}Logs") == {
        "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{platform.name}"},
        "RetentionInDays": {"Ref": "LogRetentionDays"},
    }


def test_every_topic_has_a_sample(platform: Platform) -> None:
    sampled = {sample.topic for sample in samples(platform.name)}

    assert set(platform.topics) <= sampled


def test_what_it_sends_is_described_in_a_schema_module(platform: Platform) -> None:
    schemas = ROOT / "shared" / "commerce_hooks" / "schemas"

    assert (schemas / f"{platform.name}.py").is_file()


def test_no_function_stands_in_the_template_without_a_folder(template: Template) -> None:
    handlers = {function["Handler"] for function in template.of_type(FUNCTION).values()}

    assert handlers == {f"{name}.app.lambda_handler" for name in (*platforms(), *OTHERS)}


def test_there_is_no_route_but_the_platforms_and_the_default(cloudformation: Template) -> None:
    paths = cloudformation.only("AWS::ApiGatewayV2::Api")["Body"]["paths"]

    assert set(paths) == {path_of(platform) for platform in platforms().values()} | {"$default"}


def test_every_throttle_is_that_of_a_route(cloudformation: Template) -> None:
    throttles = cloudformation.only("AWS::ApiGatewayV2::Stage")["RouteSettings"]

    assert set(throttles) == {route_of(platform) for platform in platforms().values()} | {
        "$default"
    }


def test_strangers_share_a_low_throttle_and_a_platform_has_a_high_one(
    template: Template, cloudformation: Template
) -> None:
    strangers = cloudformation.only("AWS::ApiGatewayV2::Stage")["RouteSettings"]["$default"]
    parameters = template.document["Parameters"]

    assert strangers["ThrottlingRateLimit"] <= 20
    assert parameters["CallbackRateLimit"]["Default"] >= 1000
    assert parameters["CallbackBurstLimit"]["Default"] >= 1000
