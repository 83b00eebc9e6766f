"""`commerce-hooks status`, with AWS played by moto."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from commerce_hooks.callback import iso_utc
from commerce_hooks.state.seen import ACCOUNTS, SEEN
from commerce_hooks.state.table import Row
from commerce_hooks_cli.alarms import alarms_of, ringing
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.stack_resources import ALARM, Resource
from commerce_hooks_cli.state_table import open_state_table
from support.account import Account, account_on_moto
from support.command import REAL, RING, FakeWorld
from support.replays import NOW
from support.seen_stores import configure, deployment_on, heard, looked_at, put_configuration
from support.stack_on_moto import FakeCloudFormation, put_alarm, ring_alarm


@dataclass
class Shops:
    """A deployment with stores, and the command."""

    world: FakeWorld
    deployment: Deployment
    account: Account
    cloudformation: FakeCloudFormation

    def run(self, *args: str) -> Any:
        return self.world.run("status", *args)


@pytest.fixture
def shops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shops]:
    monkeypatch.setenv("COLUMNS", "80")
    with account_on_moto() as account:
        deployment, cloudformation = deployment_on(account), FakeCloudFormation()
        known = deployment.clients
        deployment = replace(
            deployment,
            clients=lambda name: cloudformation if name == "cloudformation" else known(name),
        )
        yield Shops(FakeWorld(tmp_path, deployment), deployment, account, cloudformation)


def lines_over(stdout: str, columns: int = 80) -> list[str]:
    return [line for line in stdout.splitlines() if len(line) > columns]


def test_without_stores_it_says_how_to_begin(shops: Shops) -> None:
    result = shops.run()

    assert result.exit_code == 0
    assert "0 quarantined, 0 in the outbox, 0 dead letters, k1 signs" in result.stdout
    assert "stores add PLATFORM STORE" in result.stdout


def test_a_row_for_each_store_says_what_came_last_and_with_which_key(shops: Shops) -> None:
    configure(shops.deployment, "konimbo/acme", label="Client A")
    heard(shops.deployment, "konimbo/acme", at=NOW - timedelta(hours=2))
    heard(shops.deployment, "konimbo/acme", "ticket_created", at=NOW - timedelta(hours=3))

    result = shops.run()

    assert result.exit_code == 0
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("konimbo/acme")]
    assert row.split() == ["konimbo/acme", "Client", "A", "2h", "order_created", "k1", "0"]


def test_problems_come_first_and_all_fits_eighty_columns(shops: Shops) -> None:
    name = f"a-{'very-' * 11}long"
    configure(shops.deployment, f"iset/{name}", label="A client with a long name, and partners")
    heard(shops.deployment, f"iset/{name}", "a-topic-with-a-long-name", at=NOW - timedelta(days=9))
    configure(shops.deployment, "centry/fine")
    heard(shops.deployment, "centry/fine")
    put_configuration(shops.deployment, "centry/odd", "{}")
    heard(shops.deployment, "konimbo/guest", key="k0")
    for account in ("acme.example", "other.example"):
        heard(shops.deployment, "konimbo/mixed", account=account)

    result = shops.run()

    order = [line.split()[0] for line in result.stdout.splitlines() if re.match(r"\w+/", line)]
    assert order[0] == "konimbo/mixed"
    assert order.index("centry/odd") < order.index("centry/fine")
    assert "silent for 9d" in result.stdout
    assert "k0*" in result.stdout
    assert lines_over(result.stdout) == []


def test_one_store_is_told_closely_with_what_to_do(shops: Shops) -> None:
    configure(shops.deployment, "iset/acme", expected_topics=["order-saved"], label="Client A")
    heard(shops.deployment, "iset/acme", "stock-changed", key="k0", account="acme.example")
    heard(
        shops.deployment,
        "iset/acme",
        "stock-changed",
        at=NOW - timedelta(days=2),
        account="other.example",
    )

    shown = shops.run("iset", "acme").stdout

    told = " ".join(shown.split())
    assert "order-saved - expected, has not come" in told
    assert "stock-changed k0 older 2026-05-06 12:00" in told
    assert "acme.example, last 2026-05-06 12:00 UTC" in told
    assert "other.example (2d ago)" in told
    assert "urls iset OTHER-STORE" in told
    assert "keys status" in told


def test_a_store_that_nothing_is_known_of_is_said_to_be_unknown(shops: Shops) -> None:
    result = shops.run("konimbo", "nobody")

    assert result.exit_code == 0
    assert "not configured" in result.stdout
    assert "stores add konimbo nobody" in result.stdout


def test_of_all_stores_those_of_one_client_can_be_asked_for(shops: Shops) -> None:
    for name, label in (("a", "Client A"), ("b", "Client B")):
        configure(shops.deployment, f"centry/{name}", label=label)

    told = shops.run("--label", "Client B", "--json").json

    assert [one["store"] for one in told["stores"]] == ["b"]
    both = shops.run("--label", "client", "--json").json
    assert [one["store"] for one in both["stores"]] == ["a", "b"]
    assert "No store has such a label" in shops.run("--label", "Client C").stdout


def test_two_hundred_stores_fit_a_screen(shops: Shops) -> None:
    for number in range(200):
        configure(shops.deployment, f"iset/s{number}")
        if number != 7:
            heard(shops.deployment, f"iset/s{number}", at=NOW - timedelta(minutes=number))

    few, all_ = shops.run().stdout, shops.run("--all").stdout

    assert len(few.splitlines()) < 24
    assert "iset/s7 " in few
    assert "199 stores without problems; the last callback of them came 0s ago" in few
    assert len([line for line in all_.splitlines() if line.startswith("iset/")]) == 200


def test_what_is_remarked_of_stores_that_are_left_out_is_counted(shops: Shops) -> None:
    for number in range(30):
        configure(shops.deployment, f"iset/new-{number}", added_at=iso_utc(NOW))
    heard(shops.deployment, "konimbo/nobodys")

    told = shops.run().stdout

    assert "31 stores without problems (30 never heard, 1 not configured)" in told


def test_a_source_that_fails_hides_no_other_and_is_told(shops: Shops) -> None:
    heard(shops.deployment, "konimbo/acme")
    shops.world.deployment = replace(shops.deployment, payload_bucket="no-such-bucket")

    shown, told = shops.run(), shops.run("--json")

    assert shown.exit_code == told.exit_code == 1
    assert "? quarantined" in shown.stdout
    assert "konimbo/acme" in shown.stdout
    assert "The quarantine: AWS refused" in shown.stderr
    assert "So this is not all." in shown.stderr
    assert told.json["quarantined"] is None
    assert told.json["stores"][0]["quarantined"] is None


def test_rows_that_cannot_be_read_are_told_of_without_what_others_sent(shops: Shops) -> None:
    heard(shops.deployment, "konimbo/acme")
    table = open_state_table(shops.deployment)
    table.write(Row(SEEN, "iset/odd#a#k1"), {})
    table.write(Row(ACCOUNTS, "iset/odd#canary"), {})

    result = shops.run()

    assert result.exit_code == 1
    assert "konimbo/acme" in result.stdout
    assert "cannot be read: 2 of iset/odd." in result.stderr
    assert "canary" not in result.stdout + result.stderr


def test_a_stack_without_a_state_table_is_told_what_it_can(shops: Shops) -> None:
    outputs = {k: v for k, v in shops.deployment.outputs.items() if k != "StateTableName"}
    configure(shops.deployment, "konimbo/acme")
    shops.world.deployment = replace(shops.deployment, outputs=outputs)

    result = shops.run()

    assert result.exit_code == 1
    assert "konimbo/acme" in result.stdout
    assert "no output StateTableName" in result.stderr


def test_dead_letters_and_what_waits_are_in_the_first_line(shops: Shops) -> None:
    about = shops.account.environment
    shops.account.sqs.send_message(QueueUrl=about["OUTBOX_QUEUE_URL"], MessageBody="{}")
    shops.account.sqs.send_message(QueueUrl=about["OUTBOX_DEAD_LETTERS_URL"], MessageBody="{}")

    assert "1 in the outbox, 1 dead letters" in shops.run().stdout


def test_alarms_that_ring_are_named_on_a_deployed_stack(shops: Shops) -> None:
    put_alarm("shop-hooks-HeartbeatMissingAlarm-1")
    ring_alarm("shop-hooks-HeartbeatMissingAlarm-1")
    resource = (ALARM, "shop-hooks-HeartbeatMissingAlarm-1")
    shops.cloudformation.resources["HeartbeatMissingAlarm"] = resource
    shops.world.deployment = replace(shops.deployment, local=False, account=REAL.account)

    shown = shops.run("--stack", "shop-hooks")

    assert "alarms ring: HeartbeatMissing" in " ".join(shown.stdout.split())
    assert shops.run("--json").json["alarms"] == ["HeartbeatMissingAlarm"]


@pytest.mark.usefixtures("shops")
def test_more_alarms_than_a_call_takes_are_all_asked_for() -> None:
    resources = [Resource(f"A{n}", ALARM, f"a{n}") for n in range(101)]
    for name in ("a100", "of-another-stack"):
        put_alarm(name, runbook="docs/runbook.md#heartbeat-missing")
        ring_alarm(name)

    found = alarms_of(boto3.client("cloudwatch"), resources)

    assert len(found) == 101
    assert found["A0"] is None
    assert [(one.name, one.runbook) for one in ringing(found)] == [
        ("A100", "docs/runbook.md#heartbeat-missing")
    ]


@pytest.mark.parametrize(
    "args", [("konimbo",), ("konimb", "acme"), ("konimbo", "A"), ("iset", "acme", "--all")]
)
def test_what_cannot_be_meant_is_bad_usage(shops: Shops, args: tuple[str, ...]) -> None:
    result = shops.run(*args)

    assert result.exit_code == 2
    assert "try:" in result.stderr


def test_what_a_platform_sent_cannot_drive_the_terminal(shops: Shops) -> None:
    heard(shops.deployment, "konimbo/acme", account="a\x1b[2Jb")

    assert "\x1b" not in shops.run("konimbo", "acme").stdout


# --- subscriptions ------------------------------------------------------------------------------


def subscriptions_said(shops: Shops) -> list[str]:
    return [line for line in shops.run().stdout.splitlines() if "`" in line]


def test_a_store_whose_subscriptions_are_wrong_or_failed_has_a_line_with_the_verb_to_run(
    shops: Shops,
) -> None:
    for name in ("fine", "failed", "wrong"):
        configure(shops.deployment, f"konimbo/{name}")
        heard(shops.deployment, f"konimbo/{name}")
    looked_at(shops.deployment, "konimbo/fine")
    looked_at(shops.deployment, "konimbo/failed", outcome="failed", cause="no right to webhooks")
    looked_at(
        shops.deployment,
        "konimbo/wrong",
        outcome="different",
        wrong_since=NOW - timedelta(hours=3),
    )

    assert subscriptions_said(shops) == [
        f"konimbo/{name}: subscriptions {name}. `commerce-hooks subscriptions plan konimbo {name}`"
        for name in ("failed", "wrong")
    ]


def test_of_many_such_stores_some_are_named(shops: Shops) -> None:
    for number in range(7):
        configure(shops.deployment, f"konimbo/s{number}")
        looked_at(shops.deployment, f"konimbo/s{number}", outcome="failed")

    said = subscriptions_said(shops)

    assert len(said) == 6
    assert said[-1] == "And 2 more: `commerce-hooks subscriptions status`"


def test_one_store_is_told_closely_with_what_was_found(shops: Shops) -> None:
    configure(shops.deployment, "konimbo/acme")
    heard(shops.deployment, "konimbo/acme")
    looked_at(shops.deployment, "konimbo/acme", outcome="failed", cause="no right to webhooks")

    result = shops.run("konimbo", "acme")

    told = " ".join(result.stdout.split())
    assert "At the last look, its subscriptions were: failed: no right to webhooks." in told
    assert "commerce-hooks subscriptions plan konimbo acme" in told
    assert "subscriptions looked at 0s ago" in told
    assert shops.run("konimbo", "acme", "--json").json["subscriptions"] == {
        "outcome": "failed",
        "cause": "no right to webhooks",
        "verified_at": iso_utc(NOW),
        "wrong_since": None,
    }


@pytest.mark.parametrize("policy", ["off", "plan"])
def test_what_is_off_or_only_planned_for_is_no_problem(shops: Shops, policy: str) -> None:
    configure(shops.deployment, "konimbo/acme", policy=policy)
    heard(shops.deployment, "konimbo/acme")
    looked_at(shops.deployment, "konimbo/acme", outcome="different", wrong_since=NOW)

    assert subscriptions_said(shops) == []
    assert shops.run("--json").json["stores"][0]["problem"] is False


def test_of_a_store_that_is_disabled_nothing_of_the_kind_is_said(shops: Shops) -> None:
    configure(shops.deployment, "konimbo/acme")
    looked_at(shops.deployment, "konimbo/acme", outcome="failed")
    ring = json.loads(RING) | {"stores": {"konimbo/acme": {"disabled": True}}}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=shops.deployment.key_ring_arn, SecretString=json.dumps(ring)
    )

    assert subscriptions_said(shops) == []
