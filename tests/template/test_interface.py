"""What the template takes from whoever deploys it, and what it gives to other stacks."""

import re
from collections.abc import Iterator

import pytest

from template.reading import Template, nodes

API_URL = {"Fn::GetAtt": ["CallbackApi", "ApiEndpoint"]}
PUBLIC_BASE_URL = {
    "Fn::If": [
        "HasPublicBaseUrl",
        {"Ref": "PublicBaseUrl"},
        {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, API_URL]},
    ]
}
OUTPUTS = {
    "ApiUrl": API_URL,
    "PublicBaseUrl": {"Fn::GetAtt": ["PublicBaseUrlParameter", "Value"]},
    "FormerBaseUrls": {"Ref": "FormerBaseUrls"},
    "EventBusArn": {"Fn::GetAtt": ["EventBus", "Arn"]},
    "EventBusName": {"Ref": "EventBus"},
    "EventArchiveArn": {"Fn::GetAtt": ["EventArchive", "Arn"]},
    "RequestArchiveArn": {"Fn::GetAtt": ["RequestArchive", "Arn"]},
    "KeyRingArn": {"Fn::GetAtt": ["KeyRing", "Id"]},
    "OutboxQueueUrl": {"Ref": "OutboxQueue"},
    "OutboxDeadLettersUrl": {"Ref": "OutboxDeadLetters"},
    "ActivityQueueUrl": {"Ref": "ActivityQueue"},
    "ActivityDeadLettersUrl": {"Ref": "ActivityDeadLetters"},
    "EnsureSubscriptionsQueueUrl": {"Ref": "EnsureSubscriptionsQueue"},
    "EnsureSubscriptionsDeadLettersUrl": {"Ref": "EnsureSubscriptionsDeadLetters"},
    "PayloadBucketName": {"Ref": "PayloadBucket"},
    "LayerArn": {"Ref": "SharedLayer"},
    "ApiId": {"Ref": "CallbackApi"},
    "CenitBaseUrl": {
        "Fn::If": [
            "HasDomain",
            {"Fn::Sub": "https://${DomainName}/cenit"},
            {"Fn::Sub": "https://${CenitApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/cenit"},
        ]
    },
}
FOR_OTHER_STACKS = {
    "payload-bucket-name": {"Ref": "PayloadBucket"},
    "api-url": API_URL,
    "public-base-url": PUBLIC_BASE_URL,
    "event-bus-arn": OUTPUTS["EventBusArn"],
    "layer-arn": OUTPUTS["LayerArn"],
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_command_finds_it_among_the_outputs(template: Template, name: str) -> None:
    assert template.document["Outputs"][name]["Value"] == OUTPUTS[name]


def test_other_stacks_find_ours_under_its_name(template: Template) -> None:
    found = {
        parameter["Name"]["Fn::Sub"]: parameter["Value"]
        for parameter in template.of_type("AWS::SSM::Parameter").values()
    }

    assert found == {
        f"/commerce-hooks/${{AWS::StackName}}/{name}": value
        for name, value in FOR_OTHER_STACKS.items()
    }


def test_an_output_that_may_be_empty_is_left_out_then(template: Template) -> None:
    assert template.document["Outputs"]["FormerBaseUrls"]["Condition"] == "HasFormerBaseUrls"


def test_a_deployment_with_nothing_set_is_possible(template: Template) -> None:
    assert all("Default" in parameter for parameter in template.document["Parameters"].values())


def test_every_parameter_says_what_it_is_for(template: Template) -> None:
    assert all(
        parameter["Description"].endswith(".")
        for parameter in template.document["Parameters"].values()
    )


def test_every_name_that_is_referred_to_exists(cloudformation: Template) -> None:
    known = set(cloudformation.document["Parameters"]) | set(cloudformation.resources)

    assert set(referred(cloudformation)) <= known


def test_every_parameter_and_condition_is_used(cloudformation: Template) -> None:
    used = set(referred(cloudformation))
    conditions = set(conditions_used(cloudformation))

    assert set(cloudformation.document["Parameters"]) <= used
    assert set(cloudformation.document["Conditions"]) == conditions


@pytest.mark.parametrize(
    ("name", "accepted", "refused"),
    [
        ("Stage", ["dev", "prod-2"], ["", "Dev", "a/b", "2"]),
        ("DomainName", ["", "hooks.example.com"], ["https://hooks.example.com", "hooks"]),
        ("PublicBaseUrl", ["", "https://a.example", "https://a.example/b"], ["http://a.example"]),
        ("PublicBaseUrl", [], ["https://a.example/", "https://a.example,https://b.example"]),
        ("FormerBaseUrls", ["", "https://a.example,https://b.example"], ["https://a.example/"]),
        ("FormerBaseUrls", [], ["https://a.example/,https://b.example", "https://a.example,x"]),
    ],
)
def test_a_parameter_refuses_what_would_make_bad_urls(
    template: Template, name: str, accepted: list[str], refused: list[str]
) -> None:
    pattern = template.document["Parameters"][name]["AllowedPattern"]

    assert [value for value in accepted if not re.fullmatch(pattern, value)] == []
    assert [value for value in refused if re.fullmatch(pattern, value)] == []


def test_a_custom_domain_and_access_for_others_are_made_only_when_asked_for(
    template: Template,
) -> None:
    conditions = {
        name: resource["Condition"]
        for name, resource in template.resources.items()
        if "Condition" in resource
    }

    assert conditions == {
        "ConsumerAccess": "HasConsumerAccounts",
        "CallbackDomain": "HasDomain",
        "CallbackDomainMapping": "HasDomain",
        "CallbackDomainRecord": "HasHostedZone",
        "CenitDomainMapping": "HasDomain",
    }


def test_the_emulator_gets_no_conditions_of_its_own(template: Template) -> None:
    text = str(template.document).lower()

    assert not [word for word in ("ministack", "emulator", "localhost", "islocal") if word in text]


def referred(template: Template) -> Iterator[str]:
    """Names behind Ref, GetAtt and Sub, without AWS's own."""
    for node in nodes(template.document):
        if isinstance(node.get("Ref"), str):
            yield from without_pseudo([node["Ref"]])
        if "Fn::GetAtt" in node:
            yield node["Fn::GetAtt"][0]
        if "Fn::Sub" in node:
            yield from without_pseudo(in_sub(node["Fn::Sub"]))


def in_sub(value: str | list[object]) -> list[str]:
    text, given = (value, {}) if isinstance(value, str) else (value[0], value[1])
    assert isinstance(text, str)
    assert isinstance(given, dict)
    names = [name.partition(".")[0] for name in re.findall(r"\$\{([\w.:]+)\}", text)]
    return [name for name in names if name not in given]


def without_pseudo(names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith("AWS::")]


def conditions_used(template: Template) -> Iterator[str]:
    for node in nodes(template.document):
        if isinstance(node.get("Condition"), str):
            yield node["Condition"]
        if "Fn::If" in node:
            yield node["Fn::If"][0]
