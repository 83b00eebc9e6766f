"""Every alarm watches something that there is, rings in time, and tells whom it should."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from commerce_hooks.deadline import ANSWER_SECONDS, BUS_SECONDS, KEY_RING_SECONDS
from commerce_hooks.outcomes import ANSWERS, Outcome
from commerce_hooks.platform import Platform
from ensure_subscriptions.standing import PERIOD
from redeliver.backoff import LONGEST_SECONDS
from support.filter_pattern import matches
from support.platforms import block_name, senders
from template.alarms import FILTER, Alarm, Metric, alarms_of, written
from template.emitted import metrics_in, observe_everything
from template.reading import FUNCTION, Template, Tree, nodes

QUEUE = "AWS::SQS::Queue"
TOPIC = [{"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}]
MOST_METRICS = 10
"""Of one expression (CloudWatch user guide, "Limits that apply to alarms based on metric math")."""
# Names, dimensions and meaning: AWS Lambda developer guide, "Types of metrics for Lambda
# functions"; Amazon SQS developer guide, "Available CloudWatch metrics for Amazon SQS"; Amazon
# API Gateway developer guide, "Monitor CloudWatch metrics for HTTP APIs" and "Amazon API Gateway
# dimensions and metrics".
OF_AWS: dict[str, tuple[str, dict[str, str], set[str]]] = {
    FUNCTION: ("AWS/Lambda", {"FunctionName": "${%s}"}, {"Errors", "Throttles"}),
    QUEUE: (
        "AWS/SQS",
        {"QueueName": "${%s.QueueName}"},
        {
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "NumberOfMessagesSent",
        },
    ),
    "AWS::Serverless::HttpApi": ("AWS/ApiGateway", {"ApiId": "${%s}"}, {"5xx"}),
    "AWS::Serverless::Api": (
        "AWS/ApiGateway",
        {"ApiName": "${AWS::StackName}", "Stage": "cenit"},
        {"5XXError"},
    ),
}
BULK_JOBS = ("bulk", "sweep")
GAUGES_OF_STORES = ("SilentStores", "UnhealedStores", "UnverifiedStores")
BLOCKS_WAITED_FOR = {block_name(name) for name in senders()}


@pytest.fixture
def alarms(template: Template) -> tuple[Alarm, ...]:
    return alarms_of(template)


def watching(alarms: tuple[Alarm, ...], metric: Metric) -> list[Alarm]:
    return [alarm for alarm in alarms if metric in alarm.metrics]


def ours(template: Template, name: str, **dimensions: str) -> Metric:
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
    namespace = f"CommerceHooks/{written(variables['DEPLOYMENT'])}"
    return Metric(namespace, name, frozenset(dimensions.items()))


def of_aws(template: Template) -> Iterator[Metric]:
    for resource_type, (namespace, dimensions, names) in OF_AWS.items():
        for resource, name in product(template.of_type(resource_type), names):
            named = {key: text.replace("%s", resource) for key, text in dimensions.items()}
            yield Metric(namespace, name, frozenset(named.items()))


def of_filters(template: Template) -> Iterator[Metric]:
    for each in template.of_type(FILTER).values():
        for made in each["MetricTransformations"]:
            yield Metric(written(made["MetricNamespace"]), made["MetricName"])


# --- Whom they tell -----------------------------------------------------------------------------


def test_every_alarm_tells_the_topic_when_it_rings_and_when_it_is_over(
    alarms: tuple[Alarm, ...],
) -> None:
    for alarm in alarms:
        assert [alarm.properties["AlarmActions"]] == TOPIC, alarm.name
        assert [alarm.properties["OKActions"]] == TOPIC, alarm.name
        assert "InsufficientDataActions" not in alarm.properties, alarm.name
        assert "ActionsEnabled" not in alarm.properties, alarm.name


def test_the_topic_is_the_operator_s_and_there_may_be_none(template: Template) -> None:
    assert template.document["Conditions"]["HasAlarmTopic"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]
    }
    assert not [each for each in template.resources.values() if "AWS::SNS" in each["Type"]]


def test_only_the_arn_of_a_standard_topic_is_taken(template: Template) -> None:
    pattern = template.document["Parameters"]["AlarmTopicArn"]["AllowedPattern"]
    topics = ["", "arn:aws:sns:eu-central-1:123456789012:alarms", "arn:aws-cn:sns:x:123456789012:y"]
    others = [
        "alarms",
        "arn:aws:sqs:eu-central-1:123456789012:alarms",
        "arn:aws:sns:eu-central-1:123456789012:alarms.fifo",
        "arn:aws:sns:eu-central-1:123456789012:alarms:0b5a2c7e",
    ]

    assert [text for text in topics if not re.search(pattern, text)] == []
    assert [text for text in others if re.search(pattern, text)] == []


# --- What they watch ----------------------------------------------------------------------------


def test_every_metric_is_emitted_by_our_code_or_by_aws_for_a_resource_of_ours(
    template: Template,
    alarms: tuple[Alarm, ...],
    output: pytest.CaptureFixture[str],
) -> None:
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
    observe_everything(written(variables["DEPLOYMENT"]))
    emitted = set(metrics_in(output.readouterr().out))
    known = {*emitted, *of_aws(template), *of_filters(template)}

    assert [
        (alarm.name, metric) for alarm in alarms for metric in alarm.metrics if metric not in known
    ] == []


def test_every_metric_of_a_filter_has_its_alarm(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    for metric in of_filters(template):
        assert len(watching(alarms, metric)) == 1


def test_an_expression_uses_each_of_its_metrics_and_yields_one_result(
    alarms: tuple[Alarm, ...],
) -> None:
    for alarm in alarms:
        if "Metrics" not in alarm.properties:
            continue
        result, *metrics = alarm.properties["Metrics"]
        words = set(re.findall(r"[a-z_]+", result["Expression"]))
        assert {each["Id"] for each in metrics} == words, alarm.name
        assert "ReturnData" not in result, alarm.name
        assert not any(each["ReturnData"] for each in metrics), alarm.name
        assert len(metrics) <= MOST_METRICS, alarm.name
        # A late value would count as what it is filled with (metric math, "FILL"); one that is
        # missing counts as 0 in sums and comparisons. MAX works otherwise in alarms.
        assert not re.search(r"[A-Z]{3,}\(", result["Expression"]), alarm.name


def test_no_metric_of_ours_is_averaged_away(alarms: tuple[Alarm, ...]) -> None:
    for alarm in alarms:
        queries = alarm.properties.get("Metrics", [])
        stats = [each["MetricStat"]["Stat"] for each in queries if "MetricStat" in each]
        for stat in stats or [alarm.properties["Statistic"]]:
            assert stat in {"Sum", "Maximum"}, alarm.name


# --- What must not go unnoticed -----------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome",
    [o for o in Outcome if ANSWERS[o].status >= 500 and ANSWERS[o].log_level == "error"],
)
def test_the_first_callback_that_is_kept_nowhere_rings(
    template: Template, alarms: tuple[Alarm, ...], outcome: Outcome
) -> None:
    (alarm,) = watching(alarms, ours(template, "Callbacks", outcome=outcome.value))

    assert alarm.rings_at_once


@pytest.mark.parametrize(
    "metric",
    [
        ("Callbacks", {"outcome": Outcome.DEFERRED.value}),
        ("InternalErrors", {"kind": "callback"}),
        ("Jobs", {"job": "bulk", "outcome": "internal_error"}),
        ("Jobs", {"job": "bulk", "outcome": "lost"}),
        ("ThrottledCallbacks", {}),
        ("TooLargeCallbacks", {}),
    ],
    ids=str,
)
def test_the_first_of_what_ought_never_to_happen_rings(
    template: Template, alarms: tuple[Alarm, ...], metric: tuple[str, dict[str, str]]
) -> None:
    (alarm,) = watching(alarms, ours(template, metric[0], **metric[1]))

    assert alarm.rings_at_once


@pytest.mark.parametrize("resource_type", ["AWS::Serverless::HttpApi", "AWS::Serverless::Api"])
def test_the_first_5xx_of_a_gateway_rings(
    template: Template, alarms: tuple[Alarm, ...], resource_type: str
) -> None:
    (api,) = template.of_type(resource_type)
    namespace, dimensions, (name,) = OF_AWS[resource_type]
    named = {key: text.replace("%s", api) for key, text in dimensions.items()}
    (alarm,) = watching(alarms, Metric(namespace, name, frozenset(named.items())))

    assert alarm.rings_at_once


def test_cenit_s_api_is_called_as_its_alarm_calls_it(cloudformation: Template) -> None:
    """SAM names the API in its definition, as CloudFormation wants it."""
    api = cloudformation.only("AWS::ApiGateway::RestApi")
    stage = cloudformation.only("AWS::ApiGateway::Stage")

    assert "Name" not in api
    assert written(api["Body"]["info"]["title"]) == "${AWS::StackName}"
    assert stage["StageName"] == "cenit"


def test_every_function_has_an_alarm_for_errors_and_one_for_throttles(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    for name, kind in product(template.of_type(FUNCTION), ("Errors", "Throttles")):
        metric = Metric("AWS/Lambda", kind, frozenset({("FunctionName", f"${{{name}}}")}))
        found = [alarm.name for alarm in watching(alarms, metric)]
        assert found == [f"{name.removesuffix('Function')}{kind}Alarm"]


@pytest.mark.parametrize("kind", ["Errors", "Throttles"])
def test_a_platform_s_function_rings_at_the_first_failure(
    alarms: tuple[Alarm, ...], platform: Platform, kind: str
) -> None:
    function = f"${{{block_name(platform.name)}Function}}"
    metric = Metric("AWS/Lambda", kind, frozenset({("FunctionName", function)}))
    (alarm,) = watching(alarms, metric)

    assert alarm.rings_at_once
    assert f" {platform.name}" in alarm.properties["AlarmDescription"]


def test_functions_that_are_waited_for_ring_at_once_and_others_when_it_goes_on(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    blocks = {name.removesuffix("Function") for name in template.of_type(FUNCTION)}
    of = {alarm.name: alarm for alarm in alarms}

    for block, kind in product(blocks, ("Errors", "Throttles")):
        alarm = of[f"{block}{kind}Alarm"]
        assert alarm.rings_at_once == (block in BLOCKS_WAITED_FOR), alarm.name
        if block not in BLOCKS_WAITED_FOR:
            assert alarm.threshold * alarm.properties["DatapointsToAlarm"] >= 2, alarm.name
            assert alarm.minutes >= 15, alarm.name


def test_every_queue_that_gets_dead_letters_rings_for_any_message(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    targets = {
        each["Fn::GetAtt"][0]
        for node in nodes(template.document)
        for each in (
            node.get("RedrivePolicy", {}).get("deadLetterTargetArn"),
            node.get("DeadLetterConfig", {}).get("Arn"),
        )
        if each
    }
    named = {name for name in template.of_type(QUEUE) if name.endswith("DeadLetters")}

    assert targets == named
    for queue in targets:
        # What SQS itself moves there isn't counted as sent (SQS, "Available CloudWatch metrics").
        (alarm,) = watching(alarms, visible(queue))
        assert (alarm.threshold, alarm.properties["EvaluationPeriods"]) == (1, 1), alarm.name
        assert alarm.properties["TreatMissingData"] == "ignore", alarm.name


def visible(queue: str) -> Metric:
    dimensions = frozenset({("QueueName", f"${{{queue}.QueueName}}")})
    return Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions)


# --- When they ring -----------------------------------------------------------------------------


def test_an_alarm_says_what_silence_means(template: Template, alarms: tuple[Alarm, ...]) -> None:
    breaching = [a.name for a in alarms if a.properties["TreatMissingData"] == "breaching"]
    gauges = ("OpenRecords", "OldestOpenRecord", "ExpiringRecords", *GAUGES_OF_STORES)

    # They are told all the time, and that they are not is what these are to notice.
    assert set(breaching) == {
        "DispatchMissingAlarm",
        "HeartbeatMissingAlarm",
        "OutboxObjectsAlarm",
    }
    for alarm in alarms:
        # What a gauge said last holds until it says something else.
        gauged = {metric.name for metric in alarm.metrics} & set(gauges)
        assert not gauged or alarm.properties["TreatMissingData"] == "ignore", alarm.name
    for outcome in Outcome:
        for alarm in watching(alarms, ours(template, "Callbacks", outcome=outcome.value)):
            assert alarm.properties["TreatMissingData"] == "notBreaching", alarm.name


def test_metrics_out_of_logs_may_be_late(template: Template, alarms: tuple[Alarm, ...]) -> None:
    namespace = ours(template, "").namespace
    for alarm in alarms:
        if {metric.namespace for metric in alarm.metrics} == {namespace}:
            assert alarm.minutes >= 5, alarm.name


def test_an_answer_near_the_end_of_its_time_rings(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    (alarm,) = watching(alarms, ours(template, "AnswerTime", kind="callback"))
    one_hangs = (KEY_RING_SECONDS + BUS_SECONDS) * 1000

    assert alarm.properties["Statistic"] == "Maximum"
    assert one_hangs < alarm.threshold < ANSWER_SECONDS * 1000


def test_three_heartbeats_that_stay_away_ring(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    sent = Metric(
        "AWS/SQS",
        "NumberOfMessagesSent",
        frozenset({("QueueName", "${HeartbeatQueue.QueueName}")}),
    )
    (alarm,) = watching(alarms, sent)
    beats = template.properties("UpkeepFunction")["Events"]["Heartbeat"]["Properties"]

    assert beats["Schedule"] == f"rate({alarm.period // 60} minutes)"
    assert alarm.properties["EvaluationPeriods"] == alarm.properties["DatapointsToAlarm"] == 3
    assert alarm.properties["ComparisonOperator"] == "LessThanThreshold"
    assert alarm.threshold == 1


def test_a_store_that_is_silent_rings(template: Template, alarms: tuple[Alarm, ...]) -> None:
    (alarm,) = watching(alarms, ours(template, "SilentStores", kind="store"))
    told = template.properties("UpkeepFunction")["Events"]["Silence"]["Properties"]

    # One number an hour, so each hour has one, or the last holds.
    assert (told["Schedule"], alarm.period) == ("rate(1 hour)", 3600)
    assert alarm.threshold == alarm.properties["DatapointsToAlarm"] == 1
    assert alarm.properties["Statistic"] == "Maximum"
    assert alarm.properties["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


@pytest.mark.parametrize(("name", "times"), [("UnhealedStores", 1), ("UnverifiedStores", 2)])
def test_a_store_whose_subscriptions_are_not_in_order_rings(
    template: Template, alarms: tuple[Alarm, ...], name: str, times: int
) -> None:
    (alarm,) = watching(alarms, ours(template, name, kind="store"))

    assert timedelta(seconds=alarm.period) == PERIOD
    assert alarm.properties["EvaluationPeriods"] == alarm.properties["DatapointsToAlarm"] == times
    assert (alarm.threshold, alarm.properties["Statistic"]) == (1, "Maximum")


def test_two_dispatches_that_stay_away_ring(template: Template, alarms: tuple[Alarm, ...]) -> None:
    (alarm,) = watching(alarms, ours(template, "Jobs", job="dispatch", outcome="dispatched"))

    assert timedelta(seconds=alarm.period) == PERIOD
    assert alarm.properties["EvaluationPeriods"] == alarm.properties["DatapointsToAlarm"] == 2
    assert alarm.properties["ComparisonOperator"] == "LessThanThreshold"
    assert (alarm.threshold, alarm.properties["Statistic"]) == (1, "Sum")


def test_an_outbox_that_does_not_empty_itself_rings(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    dimensions = frozenset({("QueueName", "${OutboxQueue.QueueName}")})
    names = ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible")
    waiting = [Metric("AWS/SQS", name, dimensions) for name in names]
    (queue,) = watching(alarms, waiting[0])
    (bucket,) = watching(alarms, ours(template, "OutboxObjects", prefix="outbox"))
    drained = template.properties("RedeliverFunction")["Events"]["Drain"]["Properties"]

    assert list(queue.metrics) == waiting
    assert queue.properties["Metrics"][0]["Expression"] == "visible + in_flight"
    assert drained["Schedule"] == f"rate({bucket.period // 60} minute)"
    for alarm in (queue, bucket):
        # All of the time, and for longer than it takes until a letter is tried again.
        assert alarm.properties["EvaluationPeriods"] == alarm.properties["DatapointsToAlarm"]
        assert alarm.threshold == 1
    assert queue.minutes * 60 >= 2 * LONGEST_SECONDS
    assert bucket.minutes >= 10


def test_bulks_that_wait_for_a_service_ring_before_half_an_hour_is_over(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    names = {job: ours(template, "Jobs", job=job, outcome="unavailable") for job in BULK_JOBS}
    (alarm,) = watching(alarms, names["bulk"])
    queue = template.properties("BulkQueue")
    sweep = template.properties("RedeliverFunction")["Events"]["Sweep"]["Properties"]

    assert alarm.metrics == tuple(names.values())
    assert alarm.properties["Metrics"][0]["Expression"] == "jobs + sweeps"
    assert 1 < alarm.threshold <= alarm.period / queue["VisibilityTimeout"]
    assert sweep["Schedule"] == "rate(5 minutes)"
    assert alarm.minutes == 30


def test_all_others_ring_when_there_is_too_much(alarms: tuple[Alarm, ...]) -> None:
    operators = {a.name: a.properties["ComparisonOperator"] for a in alarms}
    del operators["HeartbeatMissingAlarm"], operators["DispatchMissingAlarm"]

    assert set(operators.values()) == {"GreaterThanOrEqualToThreshold"}


def test_one_odd_body_wakes_nobody_and_a_changed_platform_does(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    (alarm,) = watching(alarms, ours(template, "Callbacks", outcome="quarantined"))

    assert 1 < alarm.threshold <= 20
    assert alarm.minutes == 60


def test_a_few_mistyped_urls_wake_nobody_and_a_spike_does(
    template: Template, alarms: tuple[Alarm, ...]
) -> None:
    (alarm,) = watching(alarms, ours(template, "Callbacks", outcome="unauthorized"))

    assert 10 <= alarm.threshold <= 50
    assert alarm.minutes == 5


def test_records_ring_before_they_expire(template: Template, alarms: tuple[Alarm, ...]) -> None:
    rules = template.properties("PayloadBucket")["LifecycleConfiguration"]["Rules"]
    expiring = {
        rule["Prefix"].rstrip("/")
        for rule in rules
        if rule.get("ExpirationInDays") == {"Ref": "SensitiveRetentionDays"}
    }
    (alarm,) = [a for a in alarms if {m.name for m in a.metrics} == {"ExpiringRecords"}]

    assert {ours(template, "ExpiringRecords", prefix=prefix) for prefix in expiring} == set(
        alarm.metrics
    )
    assert alarm.properties["Metrics"][0]["Expression"].count("+") == len(expiring) - 1
    assert alarm.threshold == 1


def test_what_waits_for_days_rings(alarms: tuple[Alarm, ...]) -> None:
    (alarm,) = [a for a in alarms if {m.name for m in a.metrics} == {"OldestOpenRecord"}]
    expression = alarm.properties["Metrics"][0]["Expression"]
    seconds = {name: int(text) for name, text in re.findall(r"([a-z_]+) > (\d+)", expression)}

    assert seconds == {"quarantine": 3 * 86_400, "outbox": 86_400, "bulk": 86_400}
    assert re.sub(r"[a-z_]+ > \d+", "", expression).split() == ["OR", "OR"]
    for query in alarm.properties["Metrics"][1:]:
        dimensions = query["MetricStat"]["Metric"]["Dimensions"]
        assert dimensions == [{"Name": "prefix", "Value": query["Id"]}]


# --- Filters of the access log ------------------------------------------------------------------

FILTERS = {"ThrottledCallbacksFilter": "429", "TooLargeCallbacksFilter": "413"}
PLATFORM_ROUTE = "ANY /centry/{store}/{token}"


def http_line(template: Template, **values: str) -> str:
    return line_of(template.properties("CallbackApi")["AccessLogSettings"]["Format"], values)


def rest_line(template: Template, **values: str) -> str:
    setting: Any = template.properties("CenitApi")["AccessLogSetting"]["Fn::If"][1]
    return line_of(setting["Format"], values)


def line_of(form: str, values: dict[str, str]) -> str:
    """What API Gateway writes: `-` for what it doesn't know."""
    return re.sub(r"\$context\.([A-Za-z.]+)", lambda found: values.get(found[1], "-"), form)


def test_there_is_a_filter_for_each_way_of_turning_callbacks_away(template: Template) -> None:
    filters = template.of_type(FILTER)

    assert filters.keys() == FILTERS.keys()
    for each in filters.values():
        assert each["LogGroupName"] == {"Ref": "AccessLogs"}
        (made,) = each["MetricTransformations"]
        assert made["MetricValue"] == "1"
    destination: Tree = template.properties("CallbackApi")["AccessLogSettings"]["DestinationArn"]
    assert destination == {"Fn::GetAtt": ["AccessLogs", "Arn"]}


@pytest.mark.parametrize(("name", "status"), FILTERS.items())
def test_callbacks_that_were_turned_away_are_counted(
    template: Template, name: str, status: str
) -> None:
    pattern = template.properties(name)["FilterPattern"]

    assert matches(pattern, http_line(template, status=status, routeKey=PLATFORM_ROUTE))
    # Throttled by the account's quota, perhaps before a route was found.
    assert matches(pattern, http_line(template, status=status))
    assert matches(pattern, rest_line(template, status=status, resourcePath="/{store}/{service}"))


@pytest.mark.parametrize(("name", "status"), FILTERS.items())
def test_other_answers_and_strangers_are_not_counted(
    template: Template, name: str, status: str
) -> None:
    pattern = template.properties(name)["FilterPattern"]

    assert not matches(pattern, http_line(template, status=status, routeKey="$default"))
    for other in {"200", "401", "404", "500", "503", *FILTERS.values()} - {status}:
        assert not matches(pattern, http_line(template, status=other, routeKey=PLATFORM_ROUTE))
        assert not matches(pattern, rest_line(template, status=other, resourcePath="/{store}"))
