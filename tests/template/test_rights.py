"""Each function may do what it is for and nothing else."""

from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from cenit.services import PLATFORM as CENIT
from commerce_hooks.parking import BULK_SWEPT
from commerce_hooks.platform import QUARANTINED, SYNTHETIC, Platform
from support.platforms import block_name, platforms
from template.reading import OTHERS, Template, Tree

OUTBOX = "OutboxQueue"
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/hooks"
BUCKET = "arn:aws:s3:::payloads"
OWN_LOGS_ONLY = ("logs:CreateLogStream", "logs:PutLogEvents")
LAMBDA_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ],
}


def rights_to_log(log_group: str) -> Tree:
    return {
        "Effect": "Allow",
        "Action": list(OWN_LOGS_ONLY),
        "Resource": {"Fn::GetAtt": [log_group, "Arn"]},
    }


def rights_to_publish(platform: Platform) -> Tree:
    return {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": {"Fn::GetAtt": ["EventBus", "Arn"]},
        "Condition": {
            "Null": {"events:source": "false", "events:detail-type": "false"},
            "ForAllValues:StringEquals": {
                "events:source": [platform.source],
                "events:detail-type": list(platform.detail_types),
            },
        },
    }


def statements(template: Template, role: str) -> list[Tree]:
    (policy,) = template.properties(role)["Policies"]
    return list(policy["PolicyDocument"]["Statement"])


def test_a_platform_may_log_prove_publish_and_park_and_nothing_else(
    template: Template, platform: Platform
) -> None:
    name = block_name(platform.name)

    assert template.properties(f"{name}Function")["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    assert statements(template, f"{name}Role") == [
        rights_to_log(f"{name}Logs"),
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": {"Fn::GetAtt": ["KeyRing", "Id"]},
        },
        rights_to_keep(platform),
        rights_to_queue(platform),
        rights_to_publish(platform),
    ]


def rights_to_keep(platform: Platform) -> Tree:
    prefixes = [
        "outbox",
        "oversize",
        "quarantine-sensitive" if platform.sensitive else "quarantine",
    ]
    if any(topic.many for topic in platform.topics.values()):
        prefixes.append("bulk")
    return {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": [objects_under(f"{prefix}/{platform.name}") for prefix in sorted(prefixes)],
    }


def rights_to_queue(platform: Platform) -> Tree:
    has_bulks = any(topic.many for topic in platform.topics.values())
    return rights_to_send("BulkQueue", "OutboxQueue") if has_bulks else rights_to_send(OUTBOX)


def rights_to_send(*queues: str) -> Tree:
    arns: list[Tree] = [{"Fn::GetAtt": [queue, "Arn"]} for queue in queues]
    return {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": arns if len(arns) > 1 else arns[0],
    }


def objects_under(prefix: str) -> Tree:
    return {"Fn::Sub": f"${{PayloadBucket.Arn}}/{prefix}/*"}


def test_bulk_jobs_may_deal_with_bulks_and_nothing_else(template: Template) -> None:
    bulky = [p for p in platforms().values() if any(t.many for t in p.topics.values())]
    detail_types = {t.detail_type for p in bulky for t in p.topics.values() if t.many}

    assert statements(template, "BulkRole") == [
        rights_to_log("BulkLogs"),
        {
            "Effect": "Allow",
            "Action": [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            "Resource": {"Fn::GetAtt": ["BulkQueue", "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": objects_under("bulk"),
        },
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": [
                objects_under(f"{prefix}/{platform.name}")
                for platform in bulky
                for prefix in ("oversize", "quarantine-sensitive")
            ],
        },
        {
            **rights_to_publish(bulky[0]),
            "Condition": {
                "Null": {"events:source": "false", "events:detail-type": "false"},
                "ForAllValues:StringEquals": {
                    "events:source": [platform.source for platform in bulky],
                    "events:detail-type": sorted({QUARANTINED, SYNTHETIC, *detail_types}),
                },
            },
        },
    ]


def test_cenit_may_log_prove_publish_store_and_remember_and_nothing_else(
    template: Template,
) -> None:
    assert template.properties("CenitFunction")["Role"] == {"Fn::GetAtt": ["CenitRole", "Arn"]}
    assert statements(template, "CenitRole") == [
        rights_to_log("CenitLogs"),
        {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": {"Fn::GetAtt": ["KeyRing", "Id"]},
        },
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": [objects_under(f"{prefix}/cenit") for prefix in ("outbox", "oversize")],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": objects_under("answers/cenit"),
        },
        rights_to_send(OUTBOX),
        rights_to_publish(CENIT),
    ]


def test_redelivery_may_deal_with_what_waits_of_any_platform_and_nothing_else(
    template: Template,
) -> None:
    assert statements(template, "RedeliverRole") == [
        rights_to_log("RedeliverLogs"),
        {
            "Effect": "Allow",
            "Action": [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            "Resource": {"Fn::GetAtt": [OUTBOX, "Arn"]},
        },
        rights_to_send("BulkQueue", "OutboxDeadLetters"),
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": {"Fn::GetAtt": ["PayloadBucket", "Arn"]},
            "Condition": {"StringEquals": {"s3:prefix": ["bulk/", "outbox/"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": objects_under("outbox"),
        },
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": [
                {"Fn::Sub": "${PayloadBucket.Arn}/bulk/*.swept"},
                objects_under("oversize"),
                objects_under("quarantine"),
            ],
        },
        {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": {"Fn::GetAtt": ["EventBus", "Arn"]},
            "Condition": {
                "Null": {"events:source": "false", "events:detail-type": "false"},
                "ForAllValues:StringLike": {"events:source": ["commerce-hooks.*"]},
            },
        },
    ]


def test_what_is_received_again_needs_no_more_than_that() -> None:
    """Callbacks wait in the outbox only if no body of their platform may hold card data."""
    waiting = [platform for platform in platforms().values() if not platform.sensitive]

    assert waiting
    # A bulk would have to be parked.
    assert not [topic for each in waiting for topic in each.topics.values() if topic.many]


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        ("bulk/konimbo/acme/2026-03-09/c.swept", True),
        ("bulk/konimbo/acme/2026-03-09/c", False),
        ("bulk/konimbo/acme/2026-03-09/c.done", False),
        ("bulk/konimbo/acme/2026-03-09/c.progress", False),
        ("quarantine/centry/acme/2026-03-09/c", True),
        ("quarantine-sensitive/konimbo/acme/2026-03-09/c", False),
    ],
)
def test_redelivery_marks_bodies_of_bulks_and_cannot_change_them(
    template: Template, key: str, *, allowed: bool
) -> None:
    resources = [
        resource["Fn::Sub"].replace("${PayloadBucket.Arn}", BUCKET)
        for statement in statements(template, "RedeliverRole")
        if statement["Action"] == "s3:PutObject"
        for resource in statement["Resource"]
    ]
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": resources}

    assert may(statement, "s3:PutObject", f"{BUCKET}/{key}", {}) == allowed


def test_redelivery_may_publish_every_event_of_every_platform_in_one_call(
    template: Template,
) -> None:
    everyone = [*platforms().values(), CENIT]
    keys = {
        "events:source": [platform.source for platform in everyone],
        "events:detail-type": [name for platform in everyone for name in platform.detail_types],
    }

    assert may_publish(template, "RedeliverRole", keys)


def test_redelivery_may_not_publish_as_anybody_else(template: Template) -> None:
    own = {"events:source": [CENIT.source], "events:detail-type": ["order.created"]}
    foreign: list[dict[str, Any]] = [
        {**own, "events:source": ["aws.ec2"]},
        {**own, "events:source": [CENIT.source, "aws.ec2"]},
        {**own, "events:source": ["commerce-hooks-of-another"]},
        {"events:source": own["events:source"]},
        {"events:detail-type": own["events:detail-type"]},
        {},
    ]

    assert may_publish(template, "RedeliverRole", own)
    assert not any(may_publish(template, "RedeliverRole", keys) for keys in foreign)


def test_cenit_may_publish_its_five_requests_and_nothing_else(template: Template) -> None:
    own = {"events:source": [CENIT.source], "events:detail-type": list(CENIT.detail_types)}
    foreign = [
        {**own, "events:detail-type": ["callback.quarantined"]},
        {**own, "events:detail-type": [*CENIT.detail_types, "order.created"]},
        {**own, "events:source": ["commerce-hooks.centry"]},
        {},
    ]

    assert may_publish(template, "CenitRole", own)
    assert not any(may_publish(template, "CenitRole", keys) for keys in foreign)


def test_the_default_route_may_only_log(template: Template) -> None:
    assert statements(template, "NotFoundRole") == [rights_to_log("NotFoundLogs")]
    assert "Layers" not in template.properties("NotFoundFunction")


def test_there_are_no_other_roles(cloudformation: Template) -> None:
    expected = {f"{block_name(name)}Role" for name in (*platforms(), *OTHERS)}

    assert set(cloudformation.of_type("AWS::IAM::Role")) == expected


def test_a_role_is_for_lambda_alone_and_has_the_policy_beside_it_and_no_other(
    cloudformation: Template,
) -> None:
    for role in cloudformation.of_type("AWS::IAM::Role").values():
        assert role["AssumeRolePolicyDocument"] == LAMBDA_ONLY
        assert set(role) <= {"AssumeRolePolicyDocument", "Policies", "Tags"}
    assert not cloudformation.of_type("AWS::IAM::Policy")
    assert not cloudformation.of_type("AWS::IAM::ManagedPolicy")


def test_no_right_names_a_wildcard_but_the_keys_in_a_prefix(cloudformation: Template) -> None:
    for role in cloudformation.of_type("AWS::IAM::Role"):
        for statement in statements(cloudformation, role):
            assert "*" not in str(statement["Action"])
            resources = statement["Resource"]
            for resource in resources if isinstance(resources, list) else [resources]:
                name = str(resource).removesuffix("'}").removesuffix(BULK_SWEPT)
                assert "*" not in name.removesuffix("/*")


def test_a_platform_may_publish_each_of_its_events(template: Template, platform: Platform) -> None:
    for detail_type in platform.detail_types:
        keys = {"events:source": platform.source, "events:detail-type": detail_type}

        assert may_publish(template, role_of(platform), keys)


def test_a_platform_may_publish_all_its_events_in_one_call(
    template: Template, platform: Platform
) -> None:
    keys = {
        "events:source": [platform.source],
        "events:detail-type": list(platform.detail_types),
    }

    assert may_publish(template, role_of(platform), keys)


def test_a_platform_may_not_publish_as_another(template: Template, platform: Platform) -> None:
    for other in (*(p.source for p in platforms().values() if p != platform), "aws.ec2"):
        keys = {"events:source": other, "events:detail-type": platform.detail_types[0]}

        assert not may_publish(template, role_of(platform), keys)


def test_one_foreign_event_among_its_own_is_refused(template: Template, platform: Platform) -> None:
    own, source = platform.detail_types[0], platform.source

    assert not may_publish(
        template,
        role_of(platform),
        {"events:source": [source], "events:detail-type": [own, "order.invented"]},
    )
    assert not may_publish(
        template,
        role_of(platform),
        {"events:source": [source, "aws.ec2"], "events:detail-type": [own]},
    )


def test_a_call_that_names_no_source_or_no_detail_type_is_refused(
    template: Template, platform: Platform
) -> None:
    # ForAllValues alone is true of no values at all.
    assert not may_publish(template, role_of(platform), {})
    assert not may_publish(template, role_of(platform), {"events:source": platform.source})
    assert not may_publish(
        template, role_of(platform), {"events:detail-type": platform.detail_types[0]}
    )


def role_of(platform: Platform) -> str:
    return f"{block_name(platform.name)}Role"


def may_publish(template: Template, role: str, keys: dict[str, Any]) -> bool:
    """What the emulator's implementation of IAM says to the template's condition."""
    statement = next(
        statement
        for statement in statements(template, role)
        if statement["Action"] == "events:PutEvents"
    )
    return may({**statement, "Resource": BUS}, "events:PutEvents", BUS, keys)


def may(statement: Tree, action: str, resource: str, keys: dict[str, Any]) -> bool:
    """What the emulator's implementation of IAM says to a statement."""
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    request = EvalContext(
        principal_arn="arn:aws:sts::123456789012:assumed-role/role/session",
        principal_type="AssumedRole",
        principal_account="123456789012",
        action=action,
        resource_arn=resource,
        region="eu-central-1",
        service_context=keys,
    )
    return bool(evaluate(request, [parse_policy_document(policy)]).decision == "Allow")
