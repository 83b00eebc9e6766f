"""The shape watch on the running stack: a callback's shape is told, kept and shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from commerce_hooks_cli.seen_shapes import SeenShapes
from local.stacks import ask, callback_path_for
from support.command import CHECKOUT
from support.platforms import platforms

if TYPE_CHECKING:
    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox

pytestmark = pytest.mark.emulator


def test_a_new_field_is_told_kept_and_shown(local_stack: LocalState, inbox: Inbox) -> None:
    path = callback_path_for(local_stack, platforms()["iset"], "category-deleted")
    body = {"type": "category-removed", "category_id": 7, "canary": "value"}

    answer = ask(local_stack.base_url, path, json.dumps(body).encode())

    (event_id,) = answer.json()["event_ids"]
    (told,) = inbox.wait_for([f"{event_id}.s"])
    assert (told["source"], told["detail-type"]) == (
        "commerce-hooks.system",
        "callback.shape_changed",
    )
    assert {"path": "canary", "type": "string"} in told["detail"]["data"]["added"]
    assert "value" not in json.dumps(told)
    kept = SeenShapes(
        local_stack.client("s3"), local_stack.outputs["PayloadBucketName"], CHECKOUT / "functions"
    )
    (seen,) = kept.find("iset", "category-deleted")
    assert "canary" in [field.path for field in seen.undeclared]
