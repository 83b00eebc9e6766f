"""Looking after subscriptions on the running stack, with its role enforced; no platform is called.

A message goes from the dispatch over the queue to the worker, whose rows are in the stack's table.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from commerce_hooks.aws import Patience
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.state.leases import LEASES
from commerce_hooks.stores import Policy, StoreConfiguration, StoreId, configuration_path
from commerce_hooks.subscriptions.records import Record, record_of
from commerce_hooks_cli.deployment import local_deployment
from local.stacks import physical_id, run_task, schedules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_hooks_cli.local.state import LocalState

pytestmark = pytest.mark.emulator

_SETTLES_WITHIN = 30.0
LONG_AGO = datetime.now(UTC) - timedelta(days=1)


@dataclass
class Shops:
    """Stores of the stack."""

    state: LocalState
    added: list[StoreId] = field(default_factory=list)

    def add(self, name: str, policy: Policy = "upsert") -> StoreId:
        store = StoreId("konimbo", name)
        configuration = StoreConfiguration(policy=policy, added_at=LONG_AGO.isoformat())
        self.state.client("ssm").put_parameter(
            Name=f"{configuration_path(self.state.stack)}/{store}",
            Value=configuration.model_dump_json(),
            Type="String",
        )
        self.added.append(store)
        return store

    def remove(self, store: StoreId) -> None:
        name = f"{configuration_path(self.state.stack)}/{store}"
        self.state.client("ssm").delete_parameter(Name=name)

    @property
    def table(self) -> DynamoStateTable:
        return DynamoStateTable(
            self.state.outputs["StateTableName"],
            lambda: self.state.client("dynamodb"),
            Patience(time.monotonic, time.sleep),
            lambda: "the test",
        )

    def record(self, store: StoreId) -> Record:
        """What the store's round left; it comes seconds after the dispatch."""
        deadline = time.monotonic() + _SETTLES_WITHIN
        while not (found := record_of(self.table, store)).outcome:
            assert time.monotonic() < deadline, "no round left anything"
            time.sleep(0.1)
        return found


@pytest.fixture
def shops(local_stack: LocalState) -> Iterator[Shops]:
    found = Shops(local_stack)
    yield found
    for store in found.added:
        found.remove(store)


def test_a_dispatch_leads_to_a_round_of_each_store_and_its_record(
    local_stack: LocalState, shops: Shops
) -> None:
    penniless, resting = shops.add("penniless"), shops.add("resting", policy="off")

    answer = run_task(local_stack, "EnsureSubscriptionsFunction", "dispatch")

    assert answer["sent"] == 2
    assert answer["unverified"] == ["konimbo/penniless"]
    failed, off = shops.record(penniless), shops.record(resting)
    assert (failed.outcome, failed.cause) == ("failed", "the store has no credentials")
    assert (off.outcome, off.cause) == ("off", None)
    leases = [shops.table.read(LEASES, str(store)).data for store in (penniless, resting)]
    assert leases == [{"owner": "schedule", "until": None}] * 2


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("UPDATE_IN_PROGRESS", False),
        ("DELETE_COMPLETE", False),
    ],
)
def test_the_end_of_a_deployment_hands_it_the_same(
    local_stack: LocalState, status: str, *, asked: bool
) -> None:
    """By the deployed rule; no event of AWS's own can be put on a bus."""
    stacks = local_stack.client("cloudformation").describe_stacks(StackName=local_stack.stack)
    events = local_stack.client("events")
    (rule,) = (
        rule
        for rule in events.list_rules()["Rules"]
        if "aws.cloudformation" in rule.get("EventPattern", "")
    )

    assert rule["EventBusName"] == "default"
    (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert json.loads(target["Input"]) == {"task": "dispatch"}
    for stack_id, ours in ((stacks["Stacks"][0]["StackId"], True), ("arn:another", False)):
        tested = events.test_event_pattern(
            EventPattern=rule["EventPattern"], Event=json.dumps(told(stack_id, status))
        )
        assert tested["Result"] == (asked and ours)


def told(stack_id: str, status: str) -> dict[str, object]:
    """What CloudFormation tells (its user guide, "Event detail reference")."""
    return {
        "version": "0",
        "id": "1",
        "source": "aws.cloudformation",
        "account": "1",
        "time": "2026-03-09T12:00:00Z",
        "region": "us-east-1",
        "resources": [stack_id],
        "detail-type": "CloudFormation Stack Status Change",
        "detail": {
            "stack-id": stack_id,
            "status-details": {"status": status, "status-reason": ""},
            "client-request-token": "",
        },
    }


def test_the_schedule_hands_the_function_its_task(local_stack: LocalState) -> None:
    assert schedules_of(local_stack, "EnsureSubscriptionsFunction") == {
        "rate(1 hour)": {"task": "dispatch"}
    }


def test_the_function_makes_urls_of_the_bases_that_the_command_knows(
    local_stack: LocalState,
) -> None:
    name = physical_id(local_stack, "EnsureSubscriptionsFunction")
    about = local_stack.client("lambda").get_function_configuration(FunctionName=name)
    variables = about["Environment"]["Variables"]

    urls = (variables["PUBLIC_BASE_URL"], *filter(None, variables["FORMER_BASE_URLS"].split(",")))
    assert urls == local_deployment(local_stack).base_urls
