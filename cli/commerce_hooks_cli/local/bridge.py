"""What the emulator lacks, made up for in this one place, and nowhere in the template.

Each function is one gap of ministack 1.5.33 and says why it is there; delete it when ministack
can do it itself. What can't be made up for is listed in ARCHITECTURE.md.

In the template (`adapt`), before the deployment:
- routes: an API's OpenAPI `Body` is ignored, so each path becomes a Route and an Integration;
- address: the API is served at our front door, over plain HTTP, not where `ApiEndpoint` says;
- archives: AWS::Events::Archive is an unknown type, so its properties become an output.

Through AWS's API (`complete`), after it:
- archives: made from those outputs.

Inside the emulator (`install`, `as_if_tls`, `session_credential`, `end_functions`), which its
settings don't reach:
- conditions on what PutEvents carries: `events:source` and `events:detail-type` are unknown;
- TLS: loopback has none, and the bucket's policy refuses what came without;
- runtime API: slow by Nagle's algorithm, and open to every page in a browser and every user;
- sessions: the keys of the functions' roles are hashes of names, and the guard has to know them;
- functions: not ended with the emulator.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from commerce_hooks_cli.local.guard import of_another_user, stranger
from commerce_hooks_cli.local.signatures import Credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from commerce_hooks_cli.local.asgi import Application, Receive, Scope, Send

    Template = dict[str, Any]

_HTTP_API = "AWS::ApiGatewayV2::Api"
_ARCHIVE = "AWS::Events::Archive"
_ARCHIVE_OUTPUT = "LocalArchive"
_JSON_IN_OUTPUTS = {"Transform": "AWS::LanguageExtensions"}


# --- In the template ----------------------------------------------------------------------------


def adapt(template: Template, base_url: str) -> Template:
    """The transformed template, as far as the emulator understands it."""
    resources = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] != _ARCHIVE
    }
    outputs = {**template.get("Outputs", {}), **_archives_as_outputs(template["Resources"])}
    apis = {name for name, r in resources.items() if r["Type"] == _HTTP_API}
    for api in sorted(apis):
        resources.update(_routes_of(api, resources[api]))
    adapted = {**template, "Resources": resources, "Outputs": outputs, **_JSON_IN_OUTPUTS}
    return _replace_endpoints(adapted, apis, base_url)  # type: ignore[no-any-return]


def _routes_of(api: str, resource: Mapping[str, Any]) -> Iterator[tuple[str, Template]]:
    for position, (route_key, operation) in enumerate(_operations(resource)):
        name = f"{api}Local{position}"
        integration = operation["x-amazon-apigateway-integration"]
        yield f"{name}Integration", _integration(api, integration)
        yield f"{name}Route", _route(api, route_key, f"{name}Integration")


def _operations(resource: Mapping[str, Any]) -> Iterator[tuple[str, Template]]:
    for path, methods in resource["Properties"].get("Body", {}).get("paths", {}).items():
        for method, operation in methods.items():
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
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


def _replace_endpoints(node: Any, apis: set[str], base_url: str) -> Any:
    """Put the front door's address in the place of every API's `ApiEndpoint`."""
    if isinstance(node, list):
        return [_replace_endpoints(item, apis, base_url) for item in node]
    if not isinstance(node, dict):
        return node
    match node.get("Fn::GetAtt"):
        case [api, "ApiEndpoint"] if api in apis:
            return base_url
    return {key: _replace_endpoints(value, apis, base_url) for key, value in node.items()}


def _archives_as_outputs(resources: Mapping[str, Any]) -> Template:
    """Outputs, because only the emulator can work out what the properties refer to."""
    return {
        f"{_ARCHIVE_OUTPUT}{name}": {"Value": {"Fn::ToJsonString": resource["Properties"]}}
        for name, resource in resources.items()
        if resource["Type"] == _ARCHIVE
    }


# --- Through AWS's API --------------------------------------------------------------------------


def complete(outputs: Mapping[str, str], stack: str, events: Any) -> dict[str, str]:
    """Make what the template couldn't; the outputs that the template itself has."""
    kept = {}
    for name, value in outputs.items():
        if name.startswith(_ARCHIVE_OUTPUT):
            _create_archive(
                json.loads(value), f"{stack}-{name.removeprefix(_ARCHIVE_OUTPUT)}", events
            )
        else:
            kept[name] = value
    return kept


def _create_archive(properties: Mapping[str, Any], name: str, events: Any) -> None:
    pattern = properties.get("EventPattern")
    events.create_archive(
        ArchiveName=properties.get("ArchiveName", name)[:48],
        EventSourceArn=properties["SourceArn"],
        RetentionDays=int(properties.get("RetentionDays", 0)),
        **({"EventPattern": json.dumps(pattern)} if pattern else {}),
    )


# --- Inside the emulator ------------------------------------------------------------------------


def as_if_tls(emulator: Application) -> Application:
    """What comes over loopback counts as protected, as it is on AWS."""

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        await emulator({**scope, "scheme": "https"}, receive, send)

    return protected


def session_credential(access_key_id: str) -> Credential | None:
    """The secret and token of a function's session, while it is valid."""
    from ministack.services import sts

    session = sts._sessions.get(access_key_id)  # noqa: SLF001 - there is no public way
    if session is None or (session.get("Expiration") or float("inf")) < time.time():
        return None
    return Credential(session["SecretAccessKey"], session["SessionToken"])


def install() -> None:
    """Change the emulator where no setting does."""
    _tell_what_put_events_carries()
    _make_sessions_unguessable()
    _speed_up_and_guard_runtime_api()


def _tell_what_put_events_carries() -> None:
    """Roles say which sources and detail-types a function may put: the emulator has to know."""
    from ministack.core import iam_actions

    known = iam_actions.request_tag_context

    def context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        carried = event_conditions(body) if action == "events:PutEvents" else {}
        return {**known(service, action, body, params), **carried}

    iam_actions.request_tag_context = context


def event_conditions(body: bytes) -> dict[str, list[str]]:
    """AWS's condition keys: a value for each entry, and no key where no entry has one."""
    try:
        entries = json.loads(body)["Entries"]
        carried = {
            "events:source": [str(e["Source"]) for e in entries if "Source" in e],
            "events:detail-type": [str(e["DetailType"]) for e in entries if "DetailType" in e],
        }
    except (ValueError, TypeError, KeyError):
        return {}
    return {key: values for key, values in carried.items() if values}


def _make_sessions_unguessable() -> None:
    """What others can learn, such as the account, must not be all that the keys are made of."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    credentials = _salted(lambda_runtime.execution_credentials)
    lambda_runtime.execution_credentials = credentials
    lambda_svc.execution_credentials = credentials  # it has a name of its own for it


def _salted(known: Callable[[Template], dict[str, str]]) -> Callable[[Template], dict[str, str]]:
    """The keys are hashes of the function's ARN, so each run has its own ending of it.

    Nobody else sees the ending: the session itself has the function's name and role.
    """
    salt = secrets.token_hex()

    def credentials(function: Template) -> dict[str, str]:
        return known({**function, "FunctionArn": f"{function['FunctionArn']}:{salt}"})

    return credentials


def _speed_up_and_guard_runtime_api() -> None:
    """Functions get their events over loopback too: nobody may fetch one instead of them."""
    from ministack.core.lambda_runtime import ProvidedWorker

    build = ProvidedWorker._build_handler_class  # noqa: SLF001 - there is no public way

    def guarded(self: Any, *args: Any) -> type:
        class Handler(build(self, *args)):  # type: ignore[misc]
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                # Once a connection, because functions keep theirs and have no time to lose.
                self.refused = of_another_user(self.client_address, self.server.server_address)

            def parse_request(self) -> bool:
                if not super().parse_request():
                    return False
                port = self.server.server_address[1]
                if not self.refused and stranger(port, self._header_values) is None:
                    return True
                self.send_error(403)
                return False

            def _header_values(self, name: str) -> list[str]:
                return self.headers.get_all(name, [])  # type: ignore[no-any-return]

        return Handler

    ProvidedWorker._build_handler_class = guarded  # noqa: SLF001 - the same


def end_functions() -> None:
    """End the functions' processes; the emulator leaves them to whoever ends it."""
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
