"""What the emulator's implementation of IAM says to a role of the template."""

import json
import re
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from template.reading import Template

_REGION, _ACCOUNT = "eu-central-1", "123456789012"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": _REGION,
    "AWS::AccountId": _ACCOUNT,
    "AWS::StackName": "hooks",
}


def may(template: Template, role: str, action: str, resource: str, **keys: Any) -> bool:
    """Whether a role may do this. A resource is a logical id, or an ARN.

    `keys`: the condition keys that the request carries, in lists where AWS has lists.
    """
    (policy,) = template.properties(role)["Policies"]
    document = _with_arns(policy["PolicyDocument"])
    request = EvalContext(
        principal_arn=f"arn:aws:sts::{_ACCOUNT}:assumed-role/role/session",
        principal_type="AssumedRole",
        principal_account=_ACCOUNT,
        action=action,
        resource_arn=resource if resource.startswith("arn:") else arn_of(resource),
        region=_REGION,
        service_context={name.lower(): value for name, value in keys.items()},
    )
    parsed = parse_policy_document(json.loads(json.dumps(document)))
    return bool(evaluate(request, [parsed]).decision == "Allow")


def arn_of(logical_id: str) -> str:
    """A made-up ARN: IAM compares texts."""
    return f"arn:aws:made-up:::{logical_id}"


def _value(name: str) -> str:
    return _PSEUDO.get(name) or arn_of(name)


def _with_arns(tree: Any) -> Any:
    match tree:
        case {"Fn::GetAtt": [name, _]}:
            return arn_of(name)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)(\.Arn)?\}", lambda found: _value(found[1]), text)
        case dict():
            return {key: _with_arns(value) for key, value in tree.items()}
        case list():
            return [_with_arns(each) for each in tree]
    return tree
