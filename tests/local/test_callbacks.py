"""Callbacks over HTTP through the real template; `test_samples.py` has the genuine ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.stacks import accepted_sample, ask, callback_path_for, post_sample, tampered
from support.platforms import block_name, platforms
from support.samples import callbacks

if TYPE_CHECKING:
    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.local.state import LocalState
    from local.inbox import Inbox

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.parametrize("platform", platforms().values(), ids=platforms()),
]


def test_one_changed_character_of_the_token_is_refused_and_makes_no_event(
    local_stack: LocalState, inbox: Inbox, platform: Platform
) -> None:
    before = len(inbox.everything())
    for sample in callbacks(platform.name):
        path = tampered(callback_path_for(local_stack, platform, sample.topic))
        answer = post_sample(local_stack, path, sample)
        assert (answer.status, answer.json()) == (401, {"error": "unauthorized"}), sample.path
    assert len(inbox.everything()) == before


def test_a_body_that_cannot_be_read_is_kept_and_reported_on_the_bus(
    local_stack: LocalState, inbox: Inbox, platform: Platform
) -> None:
    path = callback_path_for(local_stack, platform, next(iter(platform.topics)))
    answer = ask(local_stack.base_url, path, b"{cut off", {"Content-Type": "application/json"})
    assert (answer.status, answer.json()["status"]) == (200, "quarantined")
    (event,) = inbox.wait_for(answer.json()["event_ids"])
    assert event["detail-type"] == "callback.quarantined"
    stored = event["detail"]["metadata"]["payload"]["stored"]
    kept = local_stack.client("s3").get_object(Bucket=stored["bucket"], Key=stored["key"])
    assert kept["Body"].read() == b"{cut off"


def test_the_log_of_the_function_shows_neither_token_nor_body(
    local_stack: LocalState, platform: Platform
) -> None:
    sample = accepted_sample(platform)
    path = callback_path_for(local_stack, platform, sample.topic)
    shown = (path.rpartition("/")[2], tampered(path).rpartition("/")[2], "secret-of-the-body")
    callback_id = post_sample(local_stack, path, sample).json()["callback_id"]
    post_sample(local_stack, tampered(path), sample)
    ask(local_stack.base_url, path, b'{"secret-of-the-body":1}')
    log = local_stack.logs(f"{block_name(platform.name)}Function")
    assert callback_id in log
    assert not any(text in log for text in shown)
    assert not any(text in local_stack.emulator_log.read_text() for text in shown)


def test_what_no_route_is_for_is_not_found(local_stack: LocalState, platform: Platform) -> None:
    answer = ask(local_stack.base_url, f"/{platform.name}")
    assert (answer.status, answer.json()) == (404, {"error": "not_found"})
