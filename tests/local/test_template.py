"""The real template, made fit for the emulator without a change to what it deploys."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from commerce_hooks_cli.local import bridge
from commerce_hooks_cli.local.bridge.event_bus import is_meant, put_each
from commerce_hooks_cli.local.errors import LocalStackError
from commerce_hooks_cli.local.packages import CodePaths, runtime_package
from commerce_hooks_cli.local.template import Deployable, Source, transform
from local.stacks import ECHO

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
SHARED = ROOT / "shared"
BASE_URL = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def deployable() -> Deployable:
    return transform(Source(ROOT / "template.yaml"), {}, "us-east-1")


@pytest.fixture(scope="module")
def adapted(deployable: Deployable) -> dict[str, Any]:
    return bridge.adapt(deployable.template, BASE_URL)


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    resources = template["Resources"].items()
    return {name: r["Properties"] for name, r in resources if r["Type"] == kind}


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return of_type(template, "AWS::Lambda::Function")


def script_of(deployable: Deployable, function: str) -> str:
    code = functions(deployable.template)[function]["Code"]
    with zipfile.ZipFile(BytesIO(deployable.packages[code["S3Key"]])) as package:
        return package.read("bootstrap").decode()


def test_nothing_is_left_for_sam_to_transform(deployable: Deployable) -> None:
    kinds = {resource["Type"] for resource in deployable.template["Resources"].values()}
    assert not [kind for kind in kinds if kind.startswith("AWS::Serverless::")]


def test_every_function_is_a_custom_runtime_with_its_own_handler(deployable: Deployable) -> None:
    for name, function in functions(deployable.template).items():
        assert function["Runtime"] == "provided.al2023"
        assert function["Handler"].endswith(".app.lambda_handler")
        assert "-m awslambdaric" in script_of(deployable, name)


def test_modules_come_from_the_function_before_the_layer(deployable: Deployable) -> None:
    assert f"export PYTHONPATH={FUNCTIONS}:{SHARED}\n" in script_of(deployable, "CentryFunction")


def test_a_function_without_the_layer_does_not_get_it(deployable: Deployable) -> None:
    assert f"export PYTHONPATH={FUNCTIONS}\n" in script_of(deployable, "NotFoundFunction")


def test_the_built_layer_comes_after_this_machines_packages(tmp_path: Path) -> None:
    # SAM writes the same template with other folders in it.
    text = (ROOT / "template.yaml").read_text().replace("ContentUri: shared/", "ContentUri: Layer")
    (tmp_path / "template.yaml").write_text(text.replace("CodeUri: functions/", "CodeUri: Code"))
    built = transform(Source(tmp_path / "template.yaml", built=True), {}, "us-east-1")
    packages = sysconfig.get_path("purelib")
    search_path = f"{tmp_path}/Code:{packages}:{tmp_path}/Layer/python"
    assert f"export PYTHONPATH={search_path}\n" in script_of(built, "CentryFunction")


def test_the_plain_worker_runs_python_and_finds_the_modules_by_the_environment() -> None:
    source = Source(ROOT / "template.yaml", plain_worker=True)
    template = transform(source, {}, "us-east-1").template
    function = functions(template)["CentryFunction"]
    assert function["Runtime"] == "python3.13"
    variables = function["Environment"]["Variables"]
    assert variables["PYTHONPATH"] == os.pathsep.join(map(str, (FUNCTIONS, SHARED)))
    assert "KEY_RING_ARN" in variables


def test_a_template_that_sam_refuses_is_an_error_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: x}}}\n"
    )
    with pytest.raises(LocalStackError, match="SAM refuses") as raised:
        transform(Source(tmp_path / "template.yaml"), {}, "us-east-1")
    assert "Runtime" in raised.value.hint


@pytest.mark.parametrize("text", [None, "Resources: ["])
def test_a_template_that_cannot_be_read_is_an_error(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "template.yaml").write_text(text)
    with pytest.raises(LocalStackError, match="cannot be read"):
        transform(Source(tmp_path / "template.yaml"), {}, "us-east-1")


def test_every_route_of_the_api_becomes_a_resource(adapted: dict[str, Any]) -> None:
    (body,) = (api["Body"] for api in of_type(adapted, "AWS::ApiGatewayV2::Api").values())
    routes = {r["RouteKey"] for r in of_type(adapted, "AWS::ApiGatewayV2::Route").values()}
    assert routes == {path if path == "$default" else f"ANY {path}" for path in body["paths"]}
    assert {"$default", "ANY /centry/{store}/{token}"} <= routes


def test_every_route_leads_to_its_own_function(adapted: dict[str, Any]) -> None:
    integrations = of_type(adapted, "AWS::ApiGatewayV2::Integration")
    for route in of_type(adapted, "AWS::ApiGatewayV2::Route").values():
        integration = integrations[route["Target"]["Fn::Join"][1][1]["Ref"]]
        platform = route["RouteKey"].partition("/")[2].partition("/")[0] or "not_found"
        function = f"{platform.title().replace('_', '')}Function.Arn"
        assert function in json.dumps(integration["IntegrationUri"])
        assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == (
            "AWS_PROXY",
            "2.0",
        )


def test_the_apis_address_is_the_front_door_everywhere(adapted: dict[str, Any]) -> None:
    assert adapted["Outputs"]["ApiUrl"]["Value"] == BASE_URL
    assert "ApiEndpoint" not in json.dumps(list(_values(adapted)))


def _values(node: Any) -> Iterator[str]:
    """All texts in a template, but none of its keys."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from _values(child)


@pytest.fixture(scope="module")
def echo() -> dict[str, Any]:
    """A template with a REST API in it."""
    transformed = transform(Source(ECHO / "template.yaml"), {}, "us-east-1")
    return bridge.adapt(transformed.template, BASE_URL)


def test_any_method_of_a_rest_api_becomes_each_that_it_stands_for(echo: dict[str, Any]) -> None:
    (api,) = of_type(echo, "AWS::ApiGateway::RestApi").values()
    for operations in api["Body"]["paths"].values():
        assert set(operations) == {"delete", "get", "head", "options", "patch", "post", "put"}
        for operation in operations.values():
            integration = operation["x-amazon-apigateway-integration"]
            assert "EchoFunction.Arn" in json.dumps(integration["uri"])


def test_binary_media_types_are_spelt_as_in_a_header(echo: dict[str, Any]) -> None:
    (api,) = of_type(echo, "AWS::ApiGateway::RestApi").values()
    assert api["BinaryMediaTypes"] == ["*/*"]


def test_a_method_that_is_named_is_not_replaced_by_any() -> None:
    paths = {"/x": {"x-amazon-apigateway-any-method": {"a": 1}, "get": {"b": 2}}, "/y": {"get": {}}}
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": {"paths": paths}}}
    adapted = bridge.adapt({"Resources": {"Api": api}}, BASE_URL)
    (properties,) = of_type(adapted, "AWS::ApiGateway::RestApi").values()
    given = properties["Body"]["paths"]
    assert (given["/x"]["get"], given["/x"]["put"]) == ({"b": 2}, {"a": 1})
    assert given["/y"] == {"get": {}}


def test_gateway_responses_become_resources_that_the_deployment_waits_for(
    echo: dict[str, Any],
) -> None:
    responses = of_type(echo, "AWS::ApiGateway::GatewayResponse")
    assert {response["ResponseType"]: response for response in responses.values()} == {
        "DEFAULT_4XX": {
            "RestApiId": {"Ref": "RestApi"},
            "ResponseType": "DEFAULT_4XX",
            "ResponseParameters": {},
            "ResponseTemplates": {"application/json": '{"error":"of the gateway"}'},
        },
        "DEFAULT_5XX": {
            "RestApiId": {"Ref": "RestApi"},
            "ResponseType": "DEFAULT_5XX",
            "ResponseParameters": {},
            "ResponseTemplates": {"application/json": '{"error":$context.error.messageString}'},
        },
        "MISSING_AUTHENTICATION_TOKEN": {
            "RestApiId": {"Ref": "RestApi"},
            "ResponseType": "MISSING_AUTHENTICATION_TOKEN",
            "ResponseParameters": {"gatewayresponse.header.Cache-Control": "'no-store'"},
            "ResponseTemplates": {"application/json": '{"error":"not_found"}'},
            "StatusCode": "404",
        },
    }
    (deployment,) = (
        resource
        for resource in echo["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::Deployment"
    )
    assert set(deployment["DependsOn"]) == set(responses)


@pytest.mark.parametrize(
    "own_address",
    [
        "https://${RestApi}.execute-api.${AWS::Region}.amazonaws.com",
        "https://${RestApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}",
    ],
)
def test_a_rest_apis_address_is_the_front_door(own_address: str) -> None:
    outputs = {
        "Url": {"Value": {"Fn::Sub": f"{own_address}/rest"}},
        "Other": {"Value": {"Fn::Sub": f"{own_address.replace('RestApi', 'Other')}/rest"}},
    }
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {}}
    adapted = bridge.adapt({"Resources": {"RestApi": api}, "Outputs": outputs}, BASE_URL)
    assert adapted["Outputs"]["Url"]["Value"] == {"Fn::Sub": f"{BASE_URL}/rest"}
    assert adapted["Outputs"]["Other"] == outputs["Other"]


def test_alarms_are_left_out_and_the_filters_that_they_watch_stay(
    deployable: Deployable, adapted: dict[str, Any]
) -> None:
    assert of_type(deployable.template, "AWS::CloudWatch::Alarm")
    assert not of_type(adapted, "AWS::CloudWatch::Alarm")
    assert of_type(adapted, "AWS::Logs::MetricFilter")


def test_an_archive_becomes_an_output_and_then_an_archive(adapted: dict[str, Any]) -> None:
    assert not of_type(adapted, "AWS::Events::Archive")
    text = adapted["Outputs"]["LocalArchiveEventArchive"]["Value"]["Fn::ToJsonString"]
    assert text["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}

    events = RecordedEvents()
    pattern = {"detail-type": [{"prefix": "request."}]}
    resolved = {"ArchiveName": "x-RequestArchive", "SourceArn": "arn:bus", "RetentionDays": "14"}
    outputs = {
        "ApiId": "abc",
        "LocalArchiveRequestArchive": json.dumps({**resolved, "EventPattern": pattern}),
        "LocalArchiveEverything": json.dumps({"ArchiveName": "x-all", "SourceArn": "arn:bus"}),
    }
    assert bridge.complete(outputs, events) == {"ApiId": "abc"}
    common = {"EventSourceArn": "arn:bus", "Description": ""}
    requests = {"ArchiveName": "x-RequestArchive", "EventPattern": json.dumps(pattern)}
    assert events.archives == [
        {**common, **requests, "RetentionDays": 14},
        {**common, "ArchiveName": "x-all", "RetentionDays": 0},
    ]


def test_a_reference_to_an_archive_is_what_it_will_be_called(adapted: dict[str, Any]) -> None:
    name = "${AWS::StackName}-RequestArchive"
    arn = f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:archive/{name}"
    local = adapted["Outputs"]["LocalArchiveRequestArchive"]["Value"]["Fn::ToJsonString"]

    assert adapted["Outputs"]["RequestArchiveArn"]["Value"] == {"Fn::Sub": arn}
    assert local["ArchiveName"] == {"Fn::Sub": name}
    archive = {"Kept": {"Type": "AWS::Events::Archive", "Properties": {}}}
    outputs = {"Name": {"Value": {"Ref": "Kept"}}}
    other = bridge.adapt({"Resources": archive, "Outputs": outputs}, BASE_URL)
    assert other["Outputs"]["Name"]["Value"] == {"Fn::Sub": "${AWS::StackName}-Kept"}


class RecordedEvents:
    def __init__(self) -> None:
        self.archives: list[dict[str, Any]] = []

    def create_archive(self, **archive: Any) -> None:
        self.archives.append(archive)


def test_the_bridge_does_not_change_the_template_it_is_given(deployable: Deployable) -> None:
    before = json.dumps(deployable.template)
    bridge.adapt(deployable.template, BASE_URL)
    assert json.dumps(deployable.template) == before


@pytest.mark.parametrize(
    ("body", "conditions"),
    [
        (
            {"Entries": [{"Source": "a", "DetailType": "x"}, {"Source": "b", "DetailType": "y"}]},
            {"events:source": ["a", "b"], "events:detail-type": ["x", "y"]},
        ),
        ({"Entries": [{"Source": "a"}]}, {"events:source": ["a"]}),
        ({"Entries": []}, {}),
        ({"Entries": [5]}, {}),
        ({"Entries": None}, {}),
        ({}, {}),
        ([], {}),
    ],
)
def test_what_put_events_carries_is_read_from_its_entries(
    body: Any, conditions: dict[str, list[str]]
) -> None:
    assert bridge.event_conditions(json.dumps(body).encode()) == conditions


@pytest.mark.parametrize(
    ("destination", "meant"),
    [
        ({"FilterArns": ["arn:orders"]}, True),
        ({"FilterArns": ["arn:stock"]}, False),
        ({"FilterArns": []}, True),
        ({}, True),
    ],
)
def test_a_replay_for_chosen_rules_is_for_no_other(
    destination: dict[str, Any], *, meant: bool
) -> None:
    replays = {"again": {"Destination": destination}}
    rule = {"Arn": "arn:orders"}

    assert is_meant({"ReplayName": "again"}, rule, replays) == meant
    assert is_meant({}, rule, replays)
    assert is_meant({"ReplayName": "forgotten"}, rule, replays)


def test_entries_are_put_one_by_one_and_answered_together() -> None:
    calls: list[list[Any]] = []

    def put(entries: list[Any]) -> tuple[int, Any, bytes]:
        calls.append(entries)
        failed = sum("bad" in entry for entry in entries)
        told = {"FailedEntryCount": failed, "Entries": [{"EventId": str(e)} for e in entries]}
        return 200, {"Content-Type": "x"}, json.dumps(told).encode()

    entries: list[Any] = [{"Time": 5}, {"bad": True}]
    status, headers, body = put_each({"Entries": entries}, put)

    assert calls == [[], entries[:1], entries[1:]]
    assert (status, headers) == (200, {"Content-Type": "x"})
    assert json.loads(body) == {
        "FailedEntryCount": 1,
        "Entries": [{"EventId": str(entry)} for entry in entries],
    }
    put_each({"Entries": [{}] * 11}, put)
    assert len(calls[-1]) == 11


def test_a_body_that_is_not_json_carries_nothing() -> None:
    assert bridge.event_conditions(b"\xff") == {}


def test_the_bootstrap_can_be_executed_from_folders_with_awkward_names(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "folder" $HOME'
    (folder / "awslambdaric").mkdir(parents=True)
    (folder / "awslambdaric" / "__init__.py").touch()
    (folder / "awslambdaric" / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    with zipfile.ZipFile(BytesIO(runtime_package(CodePaths(folder, (), built=False)))) as package:
        (entry,) = package.infolist()
        assert entry.external_attr >> 16 & 0o111
        script = package.read(entry)
    shown = subprocess.run(
        ["/bin/sh"], input=script, env={"_HANDLER": "a.b c"}, capture_output=True, check=True
    )
    assert shown.stdout.strip() == b"['a.b c']"


def test_the_same_paths_give_the_same_package() -> None:
    paths = CodePaths(FUNCTIONS, (SHARED,), built=False)
    assert runtime_package(paths) == runtime_package(paths)
