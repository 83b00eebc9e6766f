"""Deploys to the emulator as one would to AWS: upload the code, create the stack, wait."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from commerce_hooks_cli.local import bridge
from commerce_hooks_cli.local.errors import LocalStackError
from commerce_hooks_cli.local.template import CODE_BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commerce_hooks_cli.local.template import Deployable

_DEPLOYED_WITHIN = 60.0
_LOOK_EVERY = 0.05
_TEMPLATE = "template.json"
_DONE = "CREATE_COMPLETE"
_ON_THE_WAY = "CREATE_IN_PROGRESS"


@dataclass(frozen=True)
class DeployedStack:
    """What the front door and the verbs have to know of the stack."""

    outputs: dict[str, str]
    apis: dict[str, str]  # `<api id>/<stage>` by the path of the front door


@dataclass(frozen=True)
class Deployment:
    """One stack on its way into the emulator."""

    stack: str
    base_url: str
    client: Callable[[str], Any]

    def run(self, deployable: Deployable, parameters: Mapping[str, str]) -> DeployedStack:
        """Deploy and wait.

        Raises:
            LocalStackError: The emulator refuses the template, or creating the stack failed.
        """
        try:
            template = bridge.adapt(deployable.template, self.base_url)
            self._upload({**deployable.packages, _TEMPLATE: json.dumps(template).encode()})
            self._create(parameters)
            outputs = self._wait()
            outputs = bridge.complete(outputs, self.client("events"))
            return DeployedStack(outputs, self._apis())
        except (BotoCoreError, ClientError) as error:
            raise LocalStackError(f"The stack could not be deployed: {error}") from error

    def _upload(self, packages: Mapping[str, bytes]) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=CODE_BUCKET)
        for key, content in packages.items():
            s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=content)

    def _create(self, parameters: Mapping[str, str]) -> None:
        # Within a call there is room for 51,200 bytes (CloudFormation quotas).
        s3 = self.client("s3").meta.endpoint_url
        self.client("cloudformation").create_stack(
            StackName=self.stack,
            TemplateURL=f"{s3}/{CODE_BUCKET}/{_TEMPLATE}",
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

    def _wait(self) -> dict[str, str]:
        cloudformation = self.client("cloudformation")
        deadline = time.monotonic() + _DEPLOYED_WITHIN
        while time.monotonic() < deadline:
            stack = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
            if stack["StackStatus"] == _DONE:
                return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
            if stack["StackStatus"] != _ON_THE_WAY:
                raise LocalStackError("Creating the stack failed.", self._failures())
            time.sleep(_LOOK_EVERY)
        raise LocalStackError(f"The stack was not ready within {_DEPLOYED_WITHIN:.0f} seconds.")

    def _failures(self) -> str:
        described = self.client("cloudformation").describe_stack_events(StackName=self.stack)
        return "\n".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in reversed(described["StackEvents"])
            if event["ResourceStatus"].endswith("_FAILED")
        )

    def _apis(self) -> dict[str, str]:
        """The HTTP API at the root, and a REST API under its stage, as at its own address."""
        resources = self.client("cloudformation").describe_stack_resources(StackName=self.stack)
        by_type = {r["ResourceType"]: r["PhysicalResourceId"] for r in resources["StackResources"]}
        http_api = by_type["AWS::ApiGatewayV2::Api"]
        stages = self.client("apigatewayv2").get_stages(ApiId=http_api)["Items"]
        apis = {"": f"{http_api}/{stages[0]['StageName']}"}
        if rest_api := by_type.get("AWS::ApiGateway::RestApi"):
            stage = by_type["AWS::ApiGateway::Stage"]
            apis[f"/{stage}"] = f"{rest_api}/{stage}"
        return apis
