"""The outbox: what waits there is tried until it is out, and nothing leaves it any other way."""

from collections.abc import Callable, Mapping
from typing import Any

from commerce_hooks.aws import Patience, SqsOutboxQueue
from redeliver.backoff import LONGEST_SECONDS, MOST_TRIES, backoff
from redeliver.batches import OLD, Batches
from redeliver.entrypoint import RUN_SECONDS, Parts, handler_of
from support.event_source import EventSource
from support.outbox import NOW, OutboxRig, letter
from support.strict_sqs import StrictSqs
from template.reading import Template, Tree

DAY = 24 * 3600
SEVEN_DAYS, FOURTEEN_DAYS = 7 * DAY, 14 * DAY
Handler = Callable[[dict[str, Any]], Any]


def source(template: Template) -> Tree:
    mapping = template.properties("RedeliverFunction")["Events"]["Letters"]
    assert mapping["Type"] == "SQS"
    return dict(mapping["Properties"])


def test_letters_are_kept_for_a_week_and_dead_ones_for_longer(template: Template) -> None:
    queue, dead = template.properties("OutboxQueue"), template.properties("OutboxDeadLetters")

    assert queue["MessageRetentionPeriod"] == SEVEN_DAYS
    # SQS counts from the first enqueue, so of the second seven days there is always some left.
    assert dead["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert queue["SqsManagedSseEnabled"] is dead["SqsManagedSseEnabled"] is True
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["OutboxDeadLetters", "Arn"]},
        "maxReceiveCount": MOST_TRIES,  # the most that SQS allows
    }


def test_a_letter_is_given_up_before_the_queue_drops_it(template: Template) -> None:
    """At the longest pauses, and if the queue heeds none of them, too."""
    queue = template.properties("OutboxQueue")
    kept = queue["MessageRetentionPeriod"]

    assert kept > MOST_TRIES * LONGEST_SECONDS
    assert MOST_TRIES * queue["VisibilityTimeout"] < kept
    # One that is seldom received, because there are many, has a day for its last try.
    assert OLD.total_seconds() + DAY <= kept


def test_an_outage_of_five_days_gives_nothing_up() -> None:
    assert OLD.total_seconds() > 5 * DAY
    assert sum(backoff(count) for count in range(1, MOST_TRIES + 1)) > 5 * DAY


def test_no_second_try_begins_while_the_first_may_still_be_under_way(template: Template) -> None:
    timeout = template.properties("RedeliverFunction")["Timeout"]

    assert timeout > RUN_SECONDS
    assert template.properties("OutboxQueue")["VisibilityTimeout"] >= 6 * timeout
    # The drain has a minute as well: then the next one begins.
    assert timeout <= 60


def test_the_function_gets_letters_in_batches_that_leave_room_for_those_who_answer(
    template: Template,
) -> None:
    assert source(template) == {
        "Queue": {"Fn::GetAtt": ["OutboxQueue", "Arn"]},
        "BatchSize": 10,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 5},
    }


def test_a_schedule_that_could_not_begin_is_left_to_the_next(template: Template) -> None:
    """Lambda keeps asynchronous calls for six hours otherwise, and runs them all at once then."""
    assert template.properties("RedeliverFunction")["EventInvokeConfig"] == {
        "MaximumEventAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
    }


def test_its_schedules_drain_the_bucket_every_minute_and_look_after_bulks(
    template: Template,
) -> None:
    events = template.properties("RedeliverFunction")["Events"]

    assert {name: event["Properties"] for name, event in events.items() if name != "Letters"} == {
        "Drain": {"Schedule": "rate(1 minute)", "Input": '{"task":"drain"}'},
        "Sweep": {"Schedule": "rate(5 minutes)", "Input": '{"task":"sweep"}'},
    }


class Deployed:
    """The queue and the function behind it, as the template puts them together."""

    def __init__(self, template: Template) -> None:
        self.rig = OutboxRig()
        self.sqs = StrictSqs(self.rig.clock)
        queue = template.properties("OutboxQueue")
        self.queue = self.sqs.queue("outbox", visibility_seconds=queue["VisibilityTimeout"])
        self.letters = SqsOutboxQueue(
            self.queue.url, self.sqs.client, Patience(self.rig.clock, self.rig.clock.sleep)
        )
        self.mapping = source(template)

    def handler(self, event: Mapping[str, Any]) -> dict[str, Any]:
        rig = self.rig
        batches = Batches(rig.redelivery, self.letters, rig.told, lambda: NOW)
        parts = Parts(batches, rig.drain, rig.sweep, None)  # type: ignore[arg-type]
        return handler_of(parts, rig.clock)(event, None)

    def lost(self, handler: Handler) -> set[str]:
        """Ten letters of which the bus refuses one at first: what is nowhere in the end."""
        numbers = range(10)
        self.letters.put([letter(number) for number in numbers], 2)
        self.rig.event_bridge.fail_next.append({3: "NotAuthorizedForSourceException"})
        reports = "ReportBatchItemFailures" in self.mapping["FunctionResponseTypes"]
        mapping = EventSource(self.queue, handler, self.mapping["BatchSize"], reports)

        mapping.poll()

        waiting = set(self.queue.bodies)
        out = set(self.rig.published)
        return {
            f"c{n}.0" for n in numbers if f"c{n}.0" not in out and letter(n).text not in waiting
        }


def test_what_failed_of_a_batch_stays_in_the_queue(template: Template) -> None:
    deployed = Deployed(template)

    assert deployed.lost(deployed.handler) == set()

    assert deployed.queue.bodies == [letter(3).text]
    assert deployed.rig.clock() < (deployed.queue.next_visible_at or 0) <= 10


def test_mutant_a_template_that_does_not_ask_for_failures_loses_a_letter(
    template: Template,
) -> None:
    deployed = Deployed(template)
    deployed.mapping["FunctionResponseTypes"] = []

    assert deployed.lost(deployed.handler) == {"c3.0"}


def test_mutant_a_handler_that_does_not_name_failures_loses_a_letter(template: Template) -> None:
    deployed = Deployed(template)

    assert deployed.lost(lambda event: deployed.handler(event) and None) == {"c3.0"}
