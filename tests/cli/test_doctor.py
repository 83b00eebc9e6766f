"""`commerce-hooks doctor`, with a small stack on moto: all is good, and each fault shows."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.errors import UnavailableError
from commerce_hooks.stores import credentials_path
from commerce_hooks_cli.answer import Answer, NoAnswerError
from commerce_hooks_cli.callbacks import Sender
from commerce_hooks_cli.checks_of_stack import outputs_of_template
from commerce_hooks_cli.checks_of_stores import checks_of_stores, platforms_with_access
from commerce_hooks_cli.checkup import Check, Result, good, run
from commerce_hooks_cli.deployment import Deployment
from commerce_hooks_cli.errors import CommandError
from commerce_hooks_cli.patient import Patient
from commerce_hooks_cli.round_trip import FOLLOWING, Pace, RoundTrip, attempts
from support.account import Account, account_on_moto
from support.command import CHECKOUT, LOCAL, REAL, RING, FakeBus, FakeFrontDoor, FakeTail, FakeWorld
from support.command import answer as answer_of
from support.platforms import platforms
from support.seen_stores import configure, looked_at, put_configuration
from support.stack_on_moto import ALARM_NAME, StackOnMoto, keep_back, ring_alarm, stack_on

NOT_FOUND = Answer(404, b'{"error":"not_found"}', 0.01)


@dataclass
class Hospital:
    """A deployment with what the checks look at, all of it well, and the command."""

    world: FakeWorld
    deployment: Deployment
    account: Account
    stack: StackOnMoto

    def run(self, *args: str) -> Any:
        return self.world.run("doctor", "--stack", REAL.name, *args)

    def findings(self, *args: str) -> dict[str, dict[str, Any]]:
        return {f"{one['group']}/{one['check']}": one for one in self.run("--json", *args).json}

    def bad(self, *args: str) -> dict[str, str]:
        """What is not good, by its name."""
        fine = {Result.GOOD, Result.LEFT_OUT}
        return {k: f["result"] for k, f in self.findings(*args).items() if f["result"] not in fine}

    def id_of(self, name: str) -> str:
        return self.stack.id_of(name)

    def change(self, **about: Any) -> None:
        self.world.deployment = self.deployment = replace(self.deployment, **about)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with account_on_moto() as account:
        world = FakeWorld(tmp_path)
        world.clock.moment = datetime.now(UTC)
        stack = stack_on(account)
        hospital = Hospital(world, stack.deployment, account, stack)
        world.deployment = hospital.deployment
        world.post = lambda url, body, headers: (
            NOT_FOUND if url.endswith("/doctor") else world.door.post(url, body, headers)
        )
        yield hospital


def test_where_all_is_well_every_check_is_good_and_the_exit_code_0(hospital: Hospital) -> None:
    assert hospital.bad() == {}
    assert hospital.run().exit_code == 0


def test_each_check_is_one_line_under_its_group_within_eighty_columns(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    shown = hospital.run().stdout

    assert [line for line in shown.splitlines() if len(line) > 80] == []
    for group in ("stack", "address", "alarms", "keys", "state", "bucket", "bus", "end to end"):
        assert f"\n{group}\n" in f"\n{shown}"
    assert "k1 signs; also accepted: none" in shown


def test_no_url_token_or_key_is_shown(hospital: Hospital) -> None:
    for result in (hospital.run(), hospital.run("--json")):
        assert hospital.world.door.urls
        for url in hospital.world.door.urls:
            assert url not in result.output
            assert url.rpartition("/")[2] not in result.output.replace("create_order", "")
        assert json.loads(RING)["k1"] not in result.output
        assert not any(key and key in result.output for key in hospital.world.door.keys)


# --- one fault each -----------------------------------------------------------------------------


def test_an_output_of_a_newer_template_is_missed(hospital: Hospital) -> None:
    outputs = {k: v for k, v in hospital.deployment.outputs.items() if k != "LayerArn"}
    hospital.change(outputs=outputs)

    assert hospital.bad() == {"stack/outputs": "wrong"}
    assert "LayerArn" in hospital.run().stdout


def test_a_stack_that_failed_to_deploy_is_wrong(hospital: Hospital) -> None:
    hospital.stack.cloudformation.status = "ROLLBACK_FAILED"
    failed = hospital.bad()
    hospital.stack.cloudformation.status = "UPDATE_IN_PROGRESS"

    assert failed == {"stack/status": "wrong"}
    assert hospital.bad() == {"stack/status": "warning"}


def test_a_function_whose_update_failed_is_wrong(hospital: Hospital) -> None:
    hospital.change(clients=_telling(hospital, "lambda", "LastUpdateStatus", "Failed"))

    assert hospital.bad() == {"stack/functions": "wrong"}


def test_a_disabled_event_source_is_wrong(hospital: Hospital) -> None:
    arn = hospital.account.sqs.get_queue_attributes(
        QueueUrl=hospital.account.queue, AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    boto3.client("lambda").create_event_source_mapping(
        FunctionName=hospital.id_of("CentryFunction"), EventSourceArn=arn, Enabled=False
    )

    assert hospital.bad() == {"stack/event sources": "wrong"}


def test_logs_that_are_gone_or_kept_for_ever_are_told(hospital: Hospital) -> None:
    logs, group = boto3.client("logs"), hospital.id_of("CentryLogs")
    logs.delete_retention_policy(logGroupName=group)
    endless = hospital.bad()
    logs.delete_log_group(logGroupName=group)

    assert endless == {"stack/logs": "warning"}
    assert hospital.bad() == {"stack/logs": "wrong"}


@pytest.mark.parametrize(
    "reply",
    [NoAnswerError("name or service not known"), Answer(200, b"<html>", 0.1), answer_of(404, {})],
)
def test_an_address_that_is_not_ours_is_wrong(
    hospital: Hospital, reply: Answer | NoAnswerError
) -> None:
    def post(url: str, body: bytes, headers: Any) -> Answer:
        if not url.endswith("/doctor"):
            return hospital.world.door.post(url, body, headers)
        if isinstance(reply, NoAnswerError):
            raise reply
        return reply

    hospital.world.post = post

    assert hospital.bad() == {"address/callbacks": "wrong", "address/Cenit": "wrong"}


def test_an_alarm_that_rings_names_its_section_of_the_runbook(hospital: Hospital) -> None:
    ring_alarm(ALARM_NAME)

    found = hospital.findings()["alarms/quiet"]

    assert (found["result"], found["mend"]) == ("wrong", "docs/runbook.md#bulk-waiting")


def test_alarms_that_are_gone_muted_or_told_to_nobody_are_told(hospital: Hospital) -> None:
    cloudwatch, sns = boto3.client("cloudwatch"), boto3.client("sns")
    (subscription,) = sns.list_subscriptions()["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    unheard = hospital.bad()
    sns.delete_topic(TopicArn=hospital.stack.topic)
    topicless = hospital.findings()["alarms/told to"]
    cloudwatch.disable_alarm_actions(AlarmNames=[ALARM_NAME])
    muted = hospital.bad()
    cloudwatch.delete_alarms(AlarmNames=[ALARM_NAME])
    gone = hospital.bad()

    assert unheard == {"alarms/told to": "wrong"}
    assert "does not exist" in topicless["detail"]
    assert muted == {"alarms/told to": "warning"}
    assert gone["alarms/there"] == "wrong"


def test_a_key_ring_that_is_none_or_has_an_unreadable_entry_is_wrong(hospital: Hospital) -> None:
    ring, secrets = json.loads(RING), boto3.client("secretsmanager")
    arn = hospital.deployment.key_ring_arn
    odd = {**ring, "stores": {"konimbo/acme": {"generation": "two"}}}
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(odd))
    entry = hospital.bad("--no-send")
    secrets.put_secret_value(SecretId=arn, SecretString="no ring")
    none = hospital.bad()

    assert entry == {"keys/stores' entries": "wrong"}
    assert {"keys/key ring", "end to end/callbacks"} <= none.keys()


def test_a_table_without_encryption_or_recovery_is_wrong(hospital: Hospital) -> None:
    keep_back(hospital.deployment.state_table_name, recovery=False)
    hospital.change(clients=_telling(hospital, "dynamodb", "SSEDescription", {}))

    assert hospital.bad() == {"state/encryption": "wrong", "state/recovery": "wrong"}


def test_a_bucket_that_could_become_public_is_wrong(hospital: Hospital) -> None:
    hospital.account.s3.delete_public_access_block(Bucket=hospital.deployment.payload_bucket)

    assert hospital.bad() == {"bucket/public access": "wrong"}


def test_an_archive_that_keeps_events_for_ever_is_a_warning(hospital: Hospital) -> None:
    hospital.change(clients=_telling(hospital, "events", "RetentionDays", 0))

    assert set(hospital.bad().values()) == {"warning"}
    assert hospital.run().exit_code == 0


def test_a_heartbeat_that_does_not_come_is_wrong_unless_the_stack_is_new(
    hospital: Hospital,
) -> None:
    hospital.world.clock.moment += timedelta(minutes=17)
    late = hospital.findings()["bus/heartbeat"]
    hospital.account.sqs.purge_queue(QueueUrl=hospital.id_of("HeartbeatQueue"))
    hospital.world.clock.moment += timedelta(hours=1)
    none = hospital.findings()["bus/heartbeat"]
    hospital.world.clock.moment = datetime.now(UTC)
    new = hospital.findings()["bus/heartbeat"]

    assert (late["result"], none["result"], new["result"]) == ("wrong", "wrong", "warning")
    assert late["mend"] == none["mend"] == "docs/runbook.md#heartbeat-missing"


def test_what_waits_is_a_warning_and_dead_letters_are_wrong(hospital: Hospital) -> None:
    sqs = hospital.account.sqs
    sqs.send_message(QueueUrl=hospital.account.environment["OUTBOX_QUEUE_URL"], MessageBody="{}")
    sqs.send_message(QueueUrl=hospital.id_of("BulkDeadLetters"), MessageBody="{}")

    assert hospital.bad() == {"queues/outbox": "warning", "queues/dead letters": "wrong"}
    assert "docs/runbook.md#bulk-dead-letters" in hospital.run().stdout
    assert "outbox status --stack shop-hooks" in hospital.run().stdout


def test_stores_that_lack_something_are_named(hospital: Hospital, tmp_path: Path) -> None:
    for folder in ("centry", "iset"):
        (tmp_path / "functions" / folder).mkdir(parents=True)
        (tmp_path / "functions" / folder / "webhook.py").touch()
    (tmp_path / "functions/centry/access.py").touch()
    assert platforms_with_access(tmp_path / "functions") == {"centry"}

    for store in ("centry/with", "centry/without", "iset/none-needed"):
        configure(hospital.deployment, store)
    configure(hospital.deployment, "centry/never-called", policy="off")
    put_configuration(hospital.deployment, "iset/odd", "{}")
    for name in ("centry/with", "nobodys"):
        boto3.client("ssm").put_parameter(
            Name=f"{credentials_path(REAL.name)}/{name}", Value="CANARY", Type="SecureString"
        )
    ring = {**json.loads(RING), "stores": {"iset/none-needed": {"disabled": True}}}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=hospital.deployment.key_ring_arn, SecretString=json.dumps(ring)
    )
    checks = _checks_in(hospital, tmp_path)

    assert checks["configurations"].result is Result.WRONG
    assert "iset/odd" in checks["configurations"].detail
    assert checks["credentials"].detail == "missing: centry/without"
    assert checks["callback URLs"].result is Result.WARNING
    assert "CANARY" not in str(checks)


def _checks_in(hospital: Hospital, checkout: Path) -> dict[str, Any]:
    patient = Patient(hospital.deployment, checkout, hospital.world.post, datetime.now(UTC))
    return {check.name: check.look() for check in checks_of_stores(patient)}


def test_a_check_that_aws_denies_stops_no_other(hospital: Hospital) -> None:
    hospital.change(clients=_denying(hospital, "lambda"))

    bad = hospital.findings()

    assert bad["stack/functions"]["result"] == "wrong"
    assert "may not call" in bad["stack/functions"]["detail"]
    assert bad["end to end/konimbo"]["result"] == "good"
    assert hospital.run().exit_code == 1


def _telling(hospital: Hospital, service: str, name: str, value: object) -> Any:
    """Clients of which one tells something else in its answers."""
    known = hospital.deployment.clients

    def clients(asked: str) -> Any:
        if asked != service:
            return known(asked)
        client = _own_client(asked)
        client.meta.events.register("after-call", lambda parsed, **_: _put(parsed, name, value))
        return client

    return clients


def _own_client(service: str) -> Any:
    session: Any = boto3.Session()
    return session.client(service)


def _put(tree: Any, name: str, value: object) -> None:
    if isinstance(tree, dict):
        if name in tree:
            tree[name] = value
        for inner in tree.values():
            _put(inner, name, value)
    elif isinstance(tree, list):
        for inner in tree:
            _put(inner, name, value)


def _denying(hospital: Hospital, service: str) -> Any:
    known = hospital.deployment.clients

    def clients(asked: str) -> Any:
        if asked != service:
            return known(asked)
        client = _own_client(asked)
        client.meta.events.register("before-call", _deny)
        return client

    return clients


def _deny(model: Any, **_: Any) -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, model.name)


# --- from end to end ----------------------------------------------------------------------------


def trip(door: FakeFrontDoor, tries: int = 3) -> tuple[RoundTrip, list[Any]]:
    ring = LOCAL.key_ring()
    wanted = attempts(LOCAL, ring, platforms(), CHECKOUT / "events")
    events = FakeTail(door.bus, 0)
    return RoundTrip(Sender(door.post), events, Pace(tries, 0.01), lambda _: None), wanted


def test_every_platform_s_callback_is_sent_in_the_synthetic_store_s_name() -> None:
    door = FakeFrontDoor(FakeBus())

    round_trip, wanted = trip(door)
    found = round_trip.run(wanted)

    assert [one.name for one in found] == [*platforms(), "cenit"]
    assert {one.finding.result for one in found} == {Result.GOOD}
    assert all("/synthetic/" in url for url in door.urls)
    assert FOLLOWING.pattern["detail-type"] == ["callback.synthetic"]


def test_what_passed_by_a_rule_that_was_not_yet_there_is_sent_again() -> None:
    door = FakeFrontDoor(FakeBus())
    round_trip, wanted = trip(door)
    put, calls = door.bus.put, Counter[str]()

    def late(target: Any, event_id: str, detail_type: str) -> None:
        calls[target.platform] += 1
        if sum(calls.values()) > 2:
            put(target, event_id, detail_type)

    door.bus.put = late  # type: ignore[method-assign] # a bus with a new rule

    found = round_trip.run(wanted)

    assert {one.finding.result for one in found} == {Result.GOOD}
    assert list(calls.values()) == [3, 1, 1, 1]


def test_an_event_that_never_comes_is_told_after_so_many_tries_in_all() -> None:
    door = FakeFrontDoor(FakeBus())
    round_trip, wanted = trip(door)
    door.bus.put = lambda *_: None  # type: ignore[method-assign] # a bus that loses all

    found = round_trip.run(wanted)

    assert len(door.urls) == 3 + len(wanted) - 1
    assert {one.finding.mend for one in found} == {"docs/runbook.md#heartbeat-missing"}


@pytest.mark.parametrize(
    "reply",
    [answer_of(503, {"error": "unavailable"}), NoAnswerError("no answer"), answer_of(200, {})],
)
def test_what_is_not_accepted_is_wrong_and_not_sent_again(reply: Answer | NoAnswerError) -> None:
    door = FakeFrontDoor(FakeBus(), answers=dict.fromkeys(range(9), reply))
    round_trip, wanted = trip(door)

    found = round_trip.run(wanted)

    assert {one.finding.result for one in found} == {Result.WRONG}
    assert len(door.urls) == len(wanted)


def test_nothing_is_sent_or_followed_if_that_is_left_out(hospital: Hospital) -> None:
    found = hospital.findings("--no-send")

    assert found["end to end/callbacks"]["result"] == "left out"
    assert hospital.world.door.urls == []
    assert hospital.world.followed == 0


# --- checks as such -----------------------------------------------------------------------------


@given(
    st.lists(
        st.sampled_from(
            [
                None,
                UnavailableError("table", "Timeout"),
                CommandError("No.", "Do that."),
                ClientError({"Error": {"Code": "AccessDenied"}}, "X"),
            ]
        )
    )
)
def test_every_check_is_made_and_told_whatever_others_raise(errors: list[Exception | None]) -> None:
    def look(error: Exception | None) -> Any:
        if error:
            raise error
        return good("fine")

    checks = [Check("g", str(n), partial(look, error)) for n, error in enumerate(errors)]

    told = list(run(checks, lambda _: None))

    assert [one.name for one in told] == [check.name for check in checks]
    assert [one.finding.result is Result.GOOD for one in told] == [
        error is None for error in errors
    ]
    assert all(one.finding.mend for one in told if one.finding.result is Result.WRONG)


def test_a_fault_of_ours_is_not_taken_for_the_deployment_s() -> None:
    def look() -> Any:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        list(run([Check("g", "n", look)], lambda _: None))


def test_outputs_with_a_condition_are_not_asked_of_every_stack() -> None:
    text = "Outputs:\n  A:\n    Value: !Ref X\n  B:\n    Condition: C\n    Value: !GetAtt X.Y\n"

    assert outputs_of_template(text) == {"A"}


# --- subscriptions ------------------------------------------------------------------------------


def subscriptions(hospital: Hospital) -> dict[str, Any]:
    return hospital.findings("--no-send")["stores/subscriptions"]


def test_subscriptions_that_were_as_desired_lately_are_good(hospital: Hospital) -> None:
    configure(hospital.deployment, "konimbo/acme")
    looked_at(hospital.deployment, "konimbo/acme", listed_at=datetime.now(UTC))
    configure(hospital.deployment, "konimbo/new", added_at=datetime.now(UTC).isoformat())
    configure(hospital.deployment, "konimbo/off", policy="off")
    configure(hospital.deployment, "iset/acme")

    found = subscriptions(hospital)

    assert (found["result"], found["detail"]) == (
        "good",
        "as desired at the last look, of 2 stores",
    )


@pytest.mark.parametrize(
    "about", [{"outcome": "failed"}, {"outcome": "different", "wrong_since": datetime.now(UTC)}]
)
def test_subscriptions_that_were_not_as_desired_are_wrong(
    hospital: Hospital, about: dict[str, Any]
) -> None:
    configure(hospital.deployment, "konimbo/acme")
    looked_at(hospital.deployment, "konimbo/acme", listed_at=datetime.now(UTC), **about)

    found = subscriptions(hospital)

    assert (found["result"], "konimbo/acme" in found["detail"]) == ("wrong", True)
    assert "subscriptions plan PLATFORM STORE --stack shop-hooks`" in found["mend"]


def test_stores_that_nobody_has_looked_at_for_a_day_are_a_warning(hospital: Hospital) -> None:
    configure(hospital.deployment, "konimbo/never")
    configure(hospital.deployment, "konimbo/long-ago")
    looked_at(
        hospital.deployment, "konimbo/long-ago", listed_at=datetime.now(UTC) - timedelta(days=2)
    )

    found = subscriptions(hospital)

    assert (found["result"], found["detail"]) == (
        "warning",
        "not looked at for more than a day: konimbo/long-ago, konimbo/never",
    )
