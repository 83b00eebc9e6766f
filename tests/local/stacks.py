"""What the tests know of a running stack, seen from outside."""

from __future__ import annotations

import http.client
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from commerce_hooks.callback_urls import callback_path
from commerce_hooks.keyring import CallbackTarget, KeyRing
from support.samples import samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from commerce_hooks.platform import Platform
    from commerce_hooks_cli.local.state import LocalState
    from support.samples import Sample

ECHO = Path(__file__).parent / "echo"
STORE = "acme"
PROC = Path("/proc")
_SETTLES_WITHIN = 20.0
needs_proc = pytest.mark.skipif(not (PROC / "net/tcp").exists(), reason="looks into /proc")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
) -> Answer:
    """One request over a connection of its own, with exactly this path."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        verb = method or ("GET" if body is None else "POST")
        connection.request(verb, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()


def key_ring(state: LocalState) -> KeyRing:
    secret = state.client("secretsmanager").get_secret_value(SecretId=state.outputs["KeyRingArn"])
    return KeyRing.parse(secret["SecretString"])


def callback_path_for(state: LocalState, platform: Platform, topic: str) -> str:
    """A genuine callback's path."""
    target = CallbackTarget(platform.name, STORE, topic if platform.topic_in_url else None)
    return callback_path(target, key_ring(state).mint(target))


def accepted_sample(platform: Platform) -> Sample:
    """The first that becomes an event of what it reports."""
    return next(s for s in samples(platform.name) if s.expected.outcome == "accepted")


def tampered(path: str) -> str:
    """The path with one character of its token changed, which every character must notice."""
    return path[:-10] + ("A" if path[-10] != "A" else "B") + path[-9:]


def post_sample(state: LocalState, path: str, sample: Sample) -> Answer:
    return ask(state.base_url, path, sample.body, {"Content-Type": sample.content_type})


def processes_naming(folder: Path) -> list[int]:
    """Processes with the folder in their environment: the emulator and its functions have it."""
    found = []
    for pid in _pids():
        try:
            environment = (PROC / str(pid) / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in environment:
            found.append(pid)
    return found


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def physical_id(state: LocalState, logical_id: str) -> str:
    """What a resource of the template is called in the stack; a queue's is its URL."""
    resources = state.client("cloudformation").describe_stack_resources(StackName=state.stack)
    (found,) = (
        str(resource["PhysicalResourceId"])
        for resource in resources["StackResources"]
        if resource["LogicalResourceId"] == logical_id
    )
    return found


def run_task(state: LocalState, function: str, task: str) -> dict[str, Any]:
    """What a function of the template makes of a schedule's task; its errors are the test's."""
    answer = state.client("lambda").invoke(
        FunctionName=physical_id(state, function), Payload=json.dumps({"task": task}).encode()
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def schedules_of(state: LocalState, function: str) -> dict[str, Any]:
    """What each schedule hands to a function of the template, by its expression."""
    events, called = state.client("events"), physical_id(state, function)
    about = state.client("lambda").get_function(FunctionName=called)["Configuration"]
    names = events.list_rule_names_by_target(TargetArn=about["FunctionArn"])["RuleNames"]
    rules = [events.describe_rule(Name=name) for name in names]
    return {
        rule["ScheduleExpression"]: json.loads(target["Input"])
        for rule in rules
        if "ScheduleExpression" in rule
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    }


def settled(state: LocalState) -> None:
    """Wait until the shape watch has told all that it will: its events come seconds later."""
    queue = physical_id(state, "ShapesQueue")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + _SETTLES_WITHIN
    while True:
        counts = state.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        if set(counts["Attributes"].values()) == {"0"}:
            return
        assert time.monotonic() < deadline, "the shape watch did not settle"
        time.sleep(0.1)
