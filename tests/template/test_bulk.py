"""The queue of bulk jobs: nothing in it is lost, and a job comes again until it is done."""

from template.reading import Template

FOURTEEN_DAYS = 14 * 24 * 3600


def test_messages_and_dead_letters_are_kept_as_long_as_sqs_can(template: Template) -> None:
    for name in ("BulkQueue", "BulkDeadLetters"):
        queue = template.properties(name)
        assert queue["MessageRetentionPeriod"] == FOURTEEN_DAYS
        assert queue["SqsManagedSseEnabled"] is True


def test_a_job_that_failed_comes_again_often_before_it_is_given_up(template: Template) -> None:
    redrive = template.properties("BulkQueue")["RedrivePolicy"]

    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["BulkDeadLetters", "Arn"]}
    assert redrive["maxReceiveCount"] == 1000  # the most that SQS allows


def test_a_body_is_kept_for_as_long_as_its_job_is_tried(template: Template) -> None:
    queue = template.properties("BulkQueue")
    days = template.document["Parameters"]["SensitiveRetentionDays"]
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    (kept,) = (rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "bulk/")

    assert kept == {"Ref": "SensitiveRetentionDays"}
    tried = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert tried < days["MinValue"] * 24 * 3600


def test_no_second_run_begins_while_the_first_may_still_run(template: Template) -> None:
    timeout = template.properties("BulkFunction")["Timeout"]

    assert template.properties("BulkQueue")["VisibilityTimeout"] >= 6 * timeout


def test_of_a_failed_job_the_message_is_reported_and_few_run_at_once(template: Template) -> None:
    (source,) = template.properties("BulkFunction")["Events"].values()

    assert source == {
        "Type": "SQS",
        "Properties": {
            "Queue": {"Fn::GetAtt": ["BulkQueue", "Arn"]},
            "BatchSize": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 5},
        },
    }
