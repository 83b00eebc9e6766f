"""The transformed template, as far as the emulator understands it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.bridge.archives import (
    ARCHIVE,
    archives_as_outputs,
    without_references,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Template = dict[str, Any]

_ALARM = "AWS::CloudWatch::Alarm"
_BUS_POLICY = "AWS::Events::EventBusPolicy"
_HTTP_API = "AWS::ApiGatewayV2::Api"
_REST_API = "AWS::ApiGateway::RestApi"
_DEPLOYMENT = "AWS::ApiGateway::Deployment"
_ANY = "x-amazon-apigateway-any-method"
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
# ANY catches these and no others: HTTP methods that API Gateway has, developer guide,
# "Set up a method request in API Gateway".
_METHODS = ("delete", "get", "head", "options", "patch", "post", "put")
_JSON_IN_OUTPUTS = {"Transform": "AWS::LanguageExtensions"}


def adapt(template: Template, base_url: str) -> Template:
    """The transformed template, as far as the emulator understands it."""
    resources = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] not in {ARCHIVE, _ALARM, _BUS_POLICY}
    }
    outputs = {**template.get("Outputs", {}), **archives_as_outputs(template["Resources"])}
    http_apis, rest_apis = _names(resources, _HTTP_API), _names(resources, _REST_API)
    for api in http_apis:
        resources.update(_routes_of(api, resources[api]))
    for api in rest_apis:
        resources.update(_understood_rest_api(api, resources))
    adapted = {**template, "Resources": resources, "Outputs": outputs, **_JSON_IN_OUTPUTS}
    adapted = without_references(adapted, _names(template["Resources"], ARCHIVE))
    return _replace_endpoints(adapted, http_apis, rest_apis, base_url)  # type: ignore[no-any-return]


def _names(resources: Mapping[str, Any], kind: str) -> list[str]:
    return [name for name, resource in resources.items() if resource["Type"] == kind]


# --- HTTP APIs ----------------------------------------------------------------------------------


def _routes_of(api: str, resource: Mapping[str, Any]) -> Iterator[tuple[str, Template]]:
    for position, (route_key, operation) in enumerate(_operations(resource)):
        name = f"{api}Local{position}"
        integration = operation["x-amazon-apigateway-integration"]
        yield f"{name}Integration", _integration(api, integration)
        yield f"{name}Route", _route(api, route_key, f"{name}Integration")


def _operations(resource: Mapping[str, Any]) -> Iterator[tuple[str, Template]]:
    for path, methods in resource["Properties"].get("Body", {}).get("paths", {}).items():
        for method, operation in methods.items():
            verb = "ANY" if method == _ANY else method.upper()
            yield path if operation.get("isDefaultRoute") else f"{verb} {path}", operation


def _integration(api: str, integration: Mapping[str, Any]) -> Template:
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": api},
            "IntegrationType": integration["type"].upper(),
            "IntegrationUri": integration["uri"],
            "PayloadFormatVersion": integration["payloadFormatVersion"],
        },
    }


def _route(api: str, route_key: str, integration: str) -> Template:
    return {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": {"Ref": api},
            "RouteKey": route_key,
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
        },
    }


# --- REST APIs ----------------------------------------------------------------------------------


def _understood_rest_api(api: str, resources: Mapping[str, Any]) -> Template:
    """The API and its deployments, changed, and a resource for each of its gateway responses."""
    body = resources[api]["Properties"].get("Body", {})
    paths = {path: _each_method(methods) for path, methods in body.get("paths", {}).items()}
    responses = {
        f"{api}Local{kind.title().replace('_', '')}": _gateway_response(api, kind, response)
        for kind, response in body.get(_GATEWAY_RESPONSES, {}).items()
    }
    # A deployment has the responses that there are when it is made.
    deployments = {
        name: {**resources[name], "DependsOn": list(responses)}
        for name in _names(resources, _DEPLOYMENT)
        if resources[name]["Properties"]["RestApiId"] == {"Ref": api}
    }
    properties = resources[api]["Properties"]
    binary = [name.replace("~1", "/") for name in properties.get("BinaryMediaTypes", [])]
    changed = {**properties, "Body": {**body, "paths": paths}, "BinaryMediaTypes": binary}
    return {api: {**resources[api], "Properties": changed}, **responses, **deployments}


def _each_method(methods: Mapping[str, Any]) -> Template:
    others = {method: operation for method, operation in methods.items() if method != _ANY}
    return {**dict.fromkeys(_METHODS if _ANY in methods else (), methods.get(_ANY)), **others}


def _gateway_response(api: str, kind: str, response: Mapping[str, Any]) -> Template:
    # The same words, but for the first letter.
    properties = {name[0].upper() + name[1:]: value for name, value in response.items()}
    return {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Properties": {"RestApiId": {"Ref": api}, "ResponseType": kind, **properties},
    }


# --- Addresses ----------------------------------------------------------------------------------


def _replace_endpoints(node: Any, http_apis: list[str], rest_apis: list[str], base_url: str) -> Any:
    """Put the front door's address in the place of every API's own.

    That is an HTTP API's `ApiEndpoint`; a REST API's is put together of its id, and the name of
    the stage follows, at the front door too.
    """
    own_address = re.compile(rf"https://\$\{{({'|'.join(rest_apis)})\}}\.execute-api\.[^/]*")

    def replaced(node: Any) -> Any:
        match node:
            case list():
                return [replaced(item) for item in node]
            case {"Fn::GetAtt": [api, "ApiEndpoint"]} if api in http_apis:
                return base_url
            case {"Fn::Sub": str(text)} if rest_apis:
                return {"Fn::Sub": own_address.sub(base_url, text)}
            case dict():
                return {key: replaced(value) for key, value in node.items()}
        return node

    return replaced(node)
