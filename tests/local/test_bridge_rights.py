"""What the emulator is told of a request, to judge rights to rows and paths as AWS does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commerce_hooks_cli.local.bridge.rights import PARTITION_KEY, path_arn, row_conditions
from template.reading import as_written


@pytest.mark.parametrize(
    ("request_", "kinds"),
    [
        ({"Item": {"kind": {"S": "seen"}, "id": {"S": "x"}}}, ["seen"]),
        ({"Key": {"kind": {"S": "silence"}, "id": {"S": "x"}}}, ["silence"]),
        (
            {
                "KeyConditionExpression": "kind = :kind AND begins_with(id, :id)",
                "ExpressionAttributeValues": {":id": {"S": "x"}, ":kind": {"S": "seen"}},
            },
            ["seen"],
        ),
        ({"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {}}, None),
        ({"KeyConditionExpression": "kind = :kind"}, None),
        ({"Item": {"id": {"S": "x"}}}, None),
        ({"TableName": "state"}, None),
        ([], None),
    ],
)
def test_the_kind_of_row_that_a_request_is_about_is_what_rights_are_judged_by(
    request_: Any, kinds: list[str] | None
) -> None:
    expected = {"dynamodb:LeadingKeys": kinds} if kinds else {}

    assert row_conditions(json.dumps(request_).encode()) == expected
    assert row_conditions(b"\xff") == {}


def test_the_state_table_calls_its_partition_key_as_the_bridge_does() -> None:
    table = as_written().properties("StateTable")

    assert table["KeySchema"][0] == {"AttributeName": PARTITION_KEY, "KeyType": "HASH"}


def test_parameters_are_asked_for_by_the_path_itself() -> None:
    body = json.dumps({"Path": "/commerce-hooks/x/stores", "Recursive": True}).encode()

    assert path_arn(body, "eu-central-1", "1") == (
        "arn:aws:ssm:eu-central-1:1:parameter/commerce-hooks/x/stores"
    )
    for other in (b"{}", b"[]", b"\xff"):
        assert path_arn(other, "eu-central-1", "1") is None
