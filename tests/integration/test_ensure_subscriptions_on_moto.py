"""The function as Lambda loads it, with AWS's services played by moto and a platform in memory."""

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import boto3
import pytest

from commerce_hooks.aws import Patience
from commerce_hooks.errors import UnavailableError
from commerce_hooks.http.errors import RateLimitedError
from commerce_hooks.scheduled import UnknownTaskError
from commerce_hooks.state.aws import DynamoStateTable
from commerce_hooks.state.leases import LEASE_SECONDS, Leases
from commerce_hooks.state.table import Row
from commerce_hooks.stores import StoreId, configuration_path, credentials_path
from commerce_hooks.subscriptions.records import ROUNDS, Record, record_of
from ensure_subscriptions.entrypoint import ensure_handler
from ensure_subscriptions.errands import Errand, StrangeErrandError
from support.account import Account, account_on_moto
from support.api_gateway import lambda_context
from support.ensuring import ACME, SECRET, MemoryPlatform, configured
from support.environment import ENSURE_ENVIRONMENT
from support.receiving import KEY_1, KEY_2

DISPATCH = {"task": "dispatch"}
CANARY = "canary-of-an-operator"
LONG_AGO = (datetime.now(UTC) - timedelta(days=1)).isoformat()


@dataclass
class Deployed:
    """The function, its queue, and a shop at a platform in memory."""

    account: Account
    platform: MemoryPlatform = field(default_factory=MemoryPlatform)

    def __post_init__(self) -> None:
        self.account.environment.update(ENSURE_ENVIRONMENT)
        dead = self._queue("dead.fifo")
        arn = self.account.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        redrive = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 3}
        queue = self._queue("errands.fifo", RedrivePolicy=json.dumps(redrive))
        self.account.environment["ENSURE_SUBSCRIPTIONS_QUEUE_URL"] = queue

    def _queue(self, name: str, **attributes: str) -> str:
        known = {"FifoQueue": "true", **attributes}
        made = self.account.sqs.create_queue(QueueName=name, Attributes=known)  # type: ignore[arg-type]
        return made["QueueUrl"]

    def put(self, store: StoreId = ACME, secret: str | None = None, **more: Any) -> None:
        """A store, as the command writes it; without credentials if the secret is empty."""
        text = configured(**{"added_at": LONG_AGO, **more}).model_dump_json()
        self.put_text(configuration_path("commerce-hooks"), store, text)
        if secret != "":
            kept = json.dumps({"token": secret or SECRET})
            self.put_text(credentials_path("commerce-hooks"), store, kept, "SecureString")

    def put_text(self, path: str, store: StoreId, text: str, kind: Any = "String") -> None:
        boto3.client("ssm").put_parameter(
            Name=f"{path}/{store}", Value=text, Type=kind, Overwrite=True
        )

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """What a new container answers."""
        handler = ensure_handler(self.account.environment, platform=self.platform.called)
        return handler(event, lambda_context())

    def send(self, body: str, group: str = "x") -> None:
        """A message of somebody's."""
        self.account.sqs.send_message(
            QueueUrl=self.account.environment["ENSURE_SUBSCRIPTIONS_QUEUE_URL"],
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=str(hash((body, group))),
        )

    def received(self) -> list[dict[str, Any]]:
        """The messages that are there, as Lambda would hand them over."""
        found = self.account.sqs.receive_message(
            QueueUrl=self.account.environment["ENSURE_SUBSCRIPTIONS_QUEUE_URL"],
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for message in found.get("Messages", [])
        ]

    def work(self, body: str | None = None) -> dict[str, Any]:
        """One message comes in; the schedule's of ACME if none is given."""
        record = {"messageId": "m1", "body": Errand(store=ACME).text if body is None else body}
        return self.handle({"Records": [record]})

    @property
    def table(self) -> DynamoStateTable:
        return DynamoStateTable(
            self.account.environment["STATE_TABLE"],
            lambda: boto3.client("dynamodb"),
            Patience(lambda: 0.0, lambda _: None),
            lambda: "the test",
        )

    @property
    def record(self) -> Record:
        return record_of(self.table, ACME)


@pytest.fixture
def deployed() -> Iterator[Deployed]:
    with account_on_moto() as account:
        yield Deployed(account)


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard output, with a logger made for this test: it keeps the stream it started with."""
    logging.Logger.manager.loggerDict.pop("commerce-hooks", None)
    return capsys


def lines(printed: str) -> list[dict[str, Any]]:
    """Log lines, without the metrics between them."""
    return [line for line in map(json.loads, printed.splitlines()) if "_aws" not in line]


def metrics(printed: str) -> dict[tuple[str, ...], float]:
    """Values by name and dimensions."""
    found = {}
    for line in map(json.loads, printed.splitlines()):
        for described in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert described["Namespace"] == "CommerceHooks/commerce-hooks/test"
            ((metric,), (names,)) = described["Metrics"], described["Dimensions"]
            found[metric["Name"], *(line[name] for name in names)] = line[metric["Name"]][0]
    return found


# --- The schedule -------------------------------------------------------------------------------


def test_each_store_gets_a_message_in_a_group_of_its_own(deployed: Deployed) -> None:
    stores = [StoreId("konimbo", f"shop-{number:02}") for number in range(12)]
    for store in stores:
        deployed.put(store)
    deployed.put(StoreId("iset", "acme"))

    assert deployed.handle(DISPATCH)["sent"] == 12

    found = [*deployed.received(), *deployed.received()]
    groups = [one["attributes"]["MessageGroupId"] for one in found]
    assert sorted(groups) == [str(store) for store in stores]
    assert [str(Errand.parse(one["body"]).store) for one in found] == groups


def test_every_dispatch_sends_anew(deployed: Deployed) -> None:
    deployed.put()
    for _ in range(2):
        deployed.handle(DISPATCH)

    found = deployed.received()
    names = {one["attributes"]["MessageDeduplicationId"] for one in found}
    assert len(found) == len(names) == 2
    assert {one["body"] for one in found} == {Errand(store=ACME).text}


def test_a_dispatch_is_a_line_and_numbers_that_alarms_read(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    known = deployed.record
    data: dict[str, Any] = {
        "account": None,
        "outcome": "failed",
        "cause": "words",
        "lines": [],
        "changed_at": None,
    }
    times: dict[str, Any] = {
        "ran_at": None,
        "listed_at": None,
        "wrong_since": "2026-01-01T00:00:00.000Z",
    }
    deployed.table.write(known.row, {**data, **times})

    answer = deployed.handle(DISPATCH)

    assert answer == {"sent": 1, "unhealed": [str(ACME)], "unverified": [str(ACME)]}
    printed = output.readouterr().out
    sent, unhealed, unverified = lines(printed)
    assert (sent["message"], sent["outcome"], sent["stores"]) == ("dispatch", "dispatched", 1)
    assert (unhealed["level"], unhealed["outcome"]) == ("WARNING", "unhealed")
    assert (unhealed["platform"], unhealed["store"]) == ACME
    assert (unhealed["cause"], unhealed["since"]) == ("words", "2026-01-01T00:00:00.000Z")
    assert unverified["outcome"] == "unverified"
    assert metrics(printed) == {
        ("Jobs", "dispatch", "dispatched"): 1,
        ("Jobs", "dispatch", "unhealed"): 1,
        ("Jobs", "dispatch", "unverified"): 1,
        ("UnhealedStores", "store"): 1,
        ("UnverifiedStores", "store"): 1,
    }


def test_where_all_is_well_the_numbers_are_0(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    deployed.work()
    output.readouterr()

    assert deployed.handle(DISPATCH) == {"sent": 1, "unhealed": [], "unverified": []}
    found = metrics(output.readouterr().out)
    assert (found["UnhealedStores", "store"], found["UnverifiedStores", "store"]) == (0, 0)


def test_a_row_that_cannot_be_read_is_a_warning_that_quotes_nothing(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    deployed.table.write(Row(ROUNDS, str(ACME)), {CANARY: 1})
    deployed.handle(DISPATCH)

    printed = output.readouterr().out
    (warned,) = (one for one in lines(printed) if one["outcome"] == "row_unreadable")
    assert (warned["kind"], warned["row"]) == (ROUNDS, str(ACME))
    assert CANARY not in printed


def test_stores_have_their_messages_though_it_is_not_known_how_they_stand(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    boto3.client("secretsmanager").put_secret_value(
        SecretId=deployed.account.environment["KEY_RING_ARN"], SecretString="{}"
    )

    with pytest.raises(UnavailableError):
        deployed.handle(DISPATCH)

    printed = output.readouterr().out
    assert len(deployed.received()) == 1
    assert metrics(printed)["Jobs", "dispatch", "dispatched"] == 1
    assert "UnverifiedStores" not in printed
    assert lines(printed)[-1]["cause"] == "key_ring: Invalid"


def test_a_queue_that_is_gone_is_a_failure_and_no_dispatch(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    url = deployed.account.environment["ENSURE_SUBSCRIPTIONS_QUEUE_URL"]
    deployed.account.sqs.delete_queue(QueueUrl=url)

    with pytest.raises(UnavailableError):
        deployed.handle(DISPATCH)

    found = metrics(output.readouterr().out)
    assert found == {("Jobs", "dispatch", "unavailable"): 1}


# --- The queue ----------------------------------------------------------------------------------


def test_a_message_of_the_dispatch_leads_to_a_round(deployed: Deployed) -> None:
    deployed.put()
    deployed.handle(DISPATCH)
    (message,) = deployed.received()

    deployed.handle({"Records": [message]})

    (made,) = deployed.platform.memory.records.values()
    assert made.callback_url.startswith(f"{ENSURE_ENVIRONMENT['PUBLIC_BASE_URL']}/konimbo/acme/")
    assert deployed.record.outcome == "changed"
    (event,) = deployed.account.arrived()
    assert (event["source"], event["detail-type"]) == (
        *("commerce-hooks.system", "subscription.created"),
    )
    about = event["detail"]["metadata"]
    assert (about["platform"], about["store"], about["origin"]) == (*ACME, "schedule")


def test_a_round_is_a_line_and_metrics_that_name_no_store_and_no_secret(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    deployed.work()

    printed = output.readouterr().out
    ran, told = lines(printed)
    assert (ran["message"], ran["level"], ran["outcome"]) == ("subscriptions", "INFO", "changed")
    assert (ran["platform"], ran["store"], ran["origin"]) == (*ACME, "schedule")
    assert (ran["changes"], ran["wrong"]) == ({"created": 1}, 0)
    (event,) = deployed.account.arrived()
    about = event["detail"]["metadata"]
    assert (told["outcome"], told["event_ids"]) == ("told", [about["event_id"]])
    assert ran["callback_id"] == told["callback_id"] == about["callback_id"]
    assert metrics(printed) == {
        ("Jobs", "subscriptions", "changed"): 1,
        ("Jobs", "subscriptions", "told"): 1,
        ("SubscriptionChanges", "konimbo", "created"): 1,
    }
    (made,) = deployed.platform.memory.records.values()
    for secret in (SECRET, made.callback_url, made.callback_url.rpartition("/")[2]):
        assert secret not in printed


def test_what_had_drifted_counts_as_such(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    deployed.work()
    deployed.platform.memory.records.clear()
    output.readouterr()
    deployed.work()

    found = metrics(output.readouterr().out)
    kinds = {name[2]: value for name, value in found.items() if name[0] == "SubscriptionChanges"}
    assert kinds == {"created": 1, "drifted": 1}


def test_a_round_that_failed_is_a_warning_with_its_cause(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    def fail(_: str) -> None:
        raise RateLimitedError

    deployed.put()
    deployed.platform.memory.before = fail
    deployed.work()

    ran = lines(output.readouterr().out)[0]
    assert (ran["level"], ran["outcome"]) == ("WARNING", "failed")
    assert ran["cause"] == deployed.record.cause == str(RateLimitedError())


@pytest.mark.parametrize(
    ("secret", "cause"),
    [
        ("", "the store has no credentials"),
        ("x", "the store's credentials cannot be read"),
    ],
)
def test_a_store_without_usable_credentials_has_a_failed_record_and_its_message_is_done(
    deployed: Deployed, output: pytest.CaptureFixture[str], secret: str, cause: str
) -> None:
    deployed.put(secret=secret)

    assert deployed.work() == {}

    assert (deployed.record.outcome, deployed.record.cause) == ("failed", cause)
    (line,) = lines(output.readouterr().out)
    assert (line["level"], line["outcome"], line["cause"]) == ("WARNING", "unusable", cause)


def test_nothing_of_credentials_that_cannot_be_read_is_told(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put(secret="")
    path = credentials_path("commerce-hooks")
    deployed.put_text(path, ACME, f'{{"token": ["{CANARY}"]}}', "SecureString")
    deployed.work()

    assert CANARY not in output.readouterr().out
    assert CANARY not in str(deployed.record)


def test_a_configuration_that_cannot_be_read_has_a_failed_record(deployed: Deployed) -> None:
    deployed.put_text(configuration_path("commerce-hooks"), ACME, f'{{"{CANARY}": 1}}')
    deployed.work()

    assert deployed.record.cause == "the store's configuration cannot be read"
    assert deployed.handle(DISPATCH)["unverified"] == [str(ACME)]


@pytest.mark.parametrize("text", ["konimbo/nobody", "iset/acme"])
def test_of_a_store_that_is_not_there_nothing_is_kept(
    deployed: Deployed, output: pytest.CaptureFixture[str], text: str
) -> None:
    deployed.work(Errand(store=StoreId.parse(text)).text)

    (line,) = lines(output.readouterr().out)
    assert line["outcome"] == ("no_api" if text.startswith("iset") else "gone")
    assert list(deployed.table.rows(ROUNDS)) == []


def test_a_store_whose_lease_is_held_is_left_alone(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    leases = Leases(deployed.table, lambda: datetime.now(UTC))
    leases.acquire(ACME, "stores remove", LEASE_SECONDS)

    assert deployed.work() == {}

    (line,) = lines(output.readouterr().out)
    assert (line["level"], line["outcome"]) == ("INFO", "busy")
    assert deployed.platform.opened == []


def test_a_message_that_is_no_errand_goes_to_the_dead_letters_and_is_not_quoted(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.send(f'{{"{CANARY}": 1}}')
    (message,) = deployed.received()

    with pytest.raises(StrangeErrandError):
        deployed.handle({"Records": [message]})

    printed = output.readouterr().out
    (line,) = lines(printed)
    assert (line["level"], line["outcome"]) == ("ERROR", "strange")
    assert line["message_id"] == message["messageId"]
    assert CANARY not in printed


def test_a_table_that_fails_is_an_error_and_the_message_comes_again(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    deployed.account.environment["STATE_TABLE"] = "no-such-table"

    with pytest.raises(UnavailableError):
        deployed.work()

    (line,) = lines(output.readouterr().out)
    assert (line["level"], line["outcome"]) == ("ERROR", "unavailable")
    assert (line["platform"], line["store"]) == ACME
    assert line["cause"] == "table: ResourceNotFoundException"


def test_while_the_bus_fails_a_round_s_events_wait_in_the_outbox(
    deployed: Deployed, output: pytest.CaptureFixture[str]
) -> None:
    deployed.put()
    arn = deployed.account.environment["EVENT_BUS_ARN"]
    deployed.account.environment["EVENT_BUS_ARN"] = arn.replace("event-bus/", "event-bus/aws.")

    deployed.work()

    waiting = deployed.account.sqs.receive_message(
        QueueUrl=deployed.account.environment["OUTBOX_QUEUE_URL"], MessageAttributeNames=["All"]
    )["Messages"]
    told = lines(output.readouterr().out)[-1]
    (attributes,) = (one["MessageAttributes"] for one in waiting)
    assert attributes["detail-type"]["StringValue"] == "subscription.created"
    assert told["event_ids"] == [attributes["event-id"]["StringValue"]]
    assert told["cause"].startswith("bus: ")


# --- Loading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [{}, {"task": "tidy"}])
def test_a_task_that_the_code_does_not_have_is_refused(
    deployed: Deployed, event: dict[str, Any]
) -> None:
    with pytest.raises(UnknownTaskError):
        deployed.handle(event)


def test_the_entry_point_is_a_handler(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in deployed.account.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delitem(sys.modules, "ensure_subscriptions.app", raising=False)

    entry = import_module("ensure_subscriptions.app")

    assert entry.lambda_handler(DISPATCH, lambda_context())["sent"] == 0


def test_a_round_knows_the_key_ring_of_now(deployed: Deployed) -> None:
    deployed.put()
    handler = ensure_handler(deployed.account.environment, platform=deployed.platform.called)
    event = {"Records": [{"messageId": "m1", "body": Errand(store=ACME).text}]}
    handler(event, lambda_context())
    ring = {"sign": "k2", "k1": KEY_1, "k2": KEY_2}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=deployed.account.environment["KEY_RING_ARN"], SecretString=json.dumps(ring)
    )

    handler(event, lambda_context())

    assert {line.key_id for line in deployed.record.lines} == {"k2"}
