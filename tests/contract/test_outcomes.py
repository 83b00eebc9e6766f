"""The table of outcomes, row by row, for every platform."""

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from commerce_hooks.accepting import MAX_AT_ONCE
from commerce_hooks.callback import Callback
from commerce_hooks.events import MAX_EVENTS, Built, EventBuilder
from commerce_hooks.outbox import WaitingEvent, opened, parse
from commerce_hooks.outcomes import ANSWERS, Outcome
from support.api_gateway import rest_api_event
from support.platforms import platforms
from support.receiving import Answered, Reception
from support.samples import Sample, callbacks, sample
from support.written import written

DOWN = "InternalException"
CANARY = "canary-of-the-message"
CALLBACK_ID = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("sample", callbacks(), ids=str)
def test_every_sample_has_its_outcome_on_a_default_deployment(sample: Sample) -> None:
    reception = Reception(platforms()[sample.platform], personal_topics=())
    expected = sample.expected

    answered = send(reception, sample)

    bus, at_once = reception.event_bridge, 0 if expected.queued else expected.events
    assert (answered.status, answered.body["status"]) == (200, expected.outcome)
    assert (len(bus.details), answered.body.get("queued", at_once)) == (at_once, expected.events)
    assert answered.body.get("event_ids", []) == [d["metadata"]["event_id"] for d in bus.details]
    assert answered.body.get("reason") == expected.reason
    assert [path for path in reception.bucket.objects if path.startswith("oversize/")] == [
        detail["metadata"]["payload"]["stored"]["key"] for detail in bus.details if expected.stored
    ]


@pytest.mark.parametrize(
    "sample", [s for s in callbacks() if s.expected.outcome in {"accepted", "ignored"}], ids=str
)
def test_a_sample_that_is_taken_becomes_its_topic_s_event(sample: Sample) -> None:
    """All topics are on here."""
    platform = platforms()[sample.platform]
    reception = Reception(platform)

    answered = send(reception, sample)

    bus = reception.event_bridge
    assert (answered.status, answered.body["status"]) == (200, "accepted")
    assert set(bus.detail_types) <= {platform.topics[sample.topic].detail_type}
    assert {d["metadata"]["topic"] for d in bus.details} <= {sample.topic}
    assert {entry["Source"] for entry in bus.accepted} <= {platform.source}
    assert bool(bus.details) != sample.expected.queued


def send(reception: Reception, sample: Sample) -> Answered:
    headers = {"Content-Type": sample.content_type}
    return reception.call(sample.body, topic=sample.topic, headers=headers)


def test_an_accepted_callback_is_answered_with_its_ids(reception: Reception) -> None:
    answered = reception.call()

    assert answered.body == {
        "status": "accepted",
        "callback_id": CALLBACK_ID,
        "event_ids": [f"{CALLBACK_ID}.0"],
    }
    assert answered.headers["content-type"] == "application/json"


def test_an_event_s_time_is_when_the_callback_came_in(reception: Reception) -> None:
    reception.call()

    (entry,) = reception.event_bridge.accepted
    assert entry["Time"] == 1773057600
    assert reception.event_bridge.details[0]["metadata"]["received_at"] == (
        "2026-03-09T12:00:00.000Z"
    )


def test_the_same_body_twice_is_two_events(reception: Reception) -> None:
    """Centry's bodies are the same bytes for every save: a repeat may be a second change."""
    reception.call()
    reception.call()

    first, second = reception.event_bridge.details
    assert first["metadata"]["event_id"] != second["metadata"]["event_id"]
    assert first["metadata"]["dedup_key"] == second["metadata"]["dedup_key"]


def test_a_topic_unknown_to_us_is_published_whole_as_unrecognized(reception: Reception) -> None:
    field = reception.platform.topic_field or "unrelated"
    body = {field: "on_something_new", "thing": {"id": 7}}

    answered = reception.call(json.dumps(body).encode(), topic="on_something_new")

    assert (answered.status, answered.body["status"]) == (200, "unrecognized")
    assert reception.event_bridge.detail_types == ["callback.unrecognized"]
    (detail,) = reception.event_bridge.details
    assert detail["data"] == body
    assert detail["metadata"]["topic"] == "on_something_new"


def test_a_quarantined_callback_is_kept_and_pointed_to(reception: Reception) -> None:
    answered = reception.call(b"{broken")

    (key,) = reception.bucket.objects
    (detail,) = reception.event_bridge.details
    name = reception.platform.name
    cards = reception.platform.sensitive
    prefix = "quarantine-sensitive" if cards else "quarantine"
    assert key == f"{prefix}/{name}/acme/2026-03-09/{CALLBACK_ID}"
    assert detail["metadata"]["payload"]["stored"] == {
        "bucket": "payloads",
        "key": key,
        "size": 7,
        "sha256": detail["metadata"]["content_sha256"],
    }
    assert detail["data"] == {
        "reason": "unreadable",
        "errors": [{"loc": [], "type": "not_json"}],
    }
    assert answered.body == {
        "status": "quarantined",
        "callback_id": CALLBACK_ID,
        "event_ids": [f"{CALLBACK_ID}.q"],
        "reason": "unreadable",
        "errors": [{"loc": [], "type": "not_json"}],
    }


def test_a_parked_body_carries_what_a_replay_needs(reception: Reception) -> None:
    reception.call(b"{broken")

    (attributes,) = reception.bucket.attributes.values()
    assert attributes == {
        "callback-id": CALLBACK_ID,
        "platform": reception.platform.name,
        "store": "acme",
        "topic": reception.target().topic or "",
        "received-at": "2026-03-09T12:00:00.000Z",
        "reason": "unreadable",
        "content-type": "application/json",
        "key-id": "k1",
    }


def test_while_the_bus_fails_a_parked_body_s_pointer_waits_in_the_outbox(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception.event_bridge.fail_next.extend([DOWN] * 1000)

    answered = reception.call(b"{broken")

    assert (answered.status, answered.body["status"]) == (200, "quarantined")
    assert answered.body["event_ids"] == reception.outbox_queue.event_ids == [f"{CALLBACK_ID}.q"]
    assert len(reception.bucket.objects) == 1
    assert _log_line(output)["cause"] == f"bus: {DOWN}"


def test_a_parked_body_is_a_200_though_neither_bus_nor_outbox_takes_its_pointer(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception.event_bridge.fail_next.extend([DOWN] * 1000)
    reception.outbox_queue.failing = True
    reception.bucket.failing_prefixes = ("outbox/",)

    answered = reception.call(b"{broken")

    assert (answered.status, answered.body["status"]) == (200, "quarantined")
    assert answered.body["event_ids"] == []
    assert _log_line(output)["cause"].startswith("outbox: bus: ")


def test_a_pointer_that_is_refused_for_good_is_told_to_the_operator(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception.event_bridge.fail_next.append({0: "MalformedDetail"})

    answered = reception.call(b"{broken")

    assert (answered.status, answered.body["event_ids"]) == (200, [])
    assert _log_line(output)["cause"] == "bus: MalformedDetail"


def test_while_the_bucket_fails_a_body_to_be_parked_waits_in_the_outbox(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    """Not where card data may be in it: that never reaches a queue."""
    reception.bucket.failing = True

    answered = reception.call(b"{broken")

    assert not reception.event_bridge.calls
    assert _log_line(output)["cause"] == "bucket: SlowDown"
    if reception.platform.sensitive:
        assert (answered.status, answered.body) == (503, {"error": "unavailable"})
        assert reception.kept_nothing
    else:
        assert (answered.status, answered.body["status"]) == (200, "deferred")
        assert answered.body["reason"] == "unreadable"
        (letter,) = reception.outbox_queue.letters
        callback = opened(letter)
        assert isinstance(callback, Callback)
        assert (callback.body, callback.callback_id) == (b"{broken", CALLBACK_ID)


def test_while_bucket_and_queue_fail_a_body_to_be_parked_is_a_503(reception: Reception) -> None:
    reception.bucket.failing = reception.outbox_queue.failing = True

    assert reception.call(b"{broken").status == 503


def test_a_body_too_large_for_a_queue_is_a_503_while_the_bucket_fails(
    output: pytest.CaptureFixture[str],
) -> None:
    reception = Reception(platforms()["centry"])
    reception.bucket.failing = True

    assert reception.call(b"{" + b" " * 900_000).status == 503
    assert _log_line(output)["cause"] == "bucket: SlowDown, queue: TooLarge"
    assert reception.kept_nothing


@pytest.mark.parametrize(
    "failure",
    ["ThrottlingException", "InternalException", ConnectTimeoutError(endpoint_url="x")],
    ids=["throttled", "failing", "unreachable"],
)
def test_while_the_bus_keeps_failing_events_wait_in_the_outbox(
    reception: Reception, failure: str | Exception
) -> None:
    reception.event_bridge.fail_next.extend([failure] * 1000)

    answered = reception.call()

    assert (answered.status, answered.body["status"]) == (200, "deferred")
    assert answered.body["event_ids"] == reception.outbox_queue.event_ids
    assert reception.clock.seconds <= 4
    assert not reception.bucket.objects


def test_what_waits_is_what_the_bus_would_have_got(reception: Reception) -> None:
    reception.call()
    reception.event_bridge.fail_next.extend([DOWN] * 1000)
    reception.call()

    (letter,) = reception.outbox_queue.letters
    (entry,) = reception.event_bridge.accepted
    waiting = opened(letter)
    assert isinstance(waiting, WaitingEvent)
    assert (waiting.source, waiting.detail_type) == (entry["Source"], entry["DetailType"])
    assert json.loads(waiting.detail)["data"] == json.loads(entry["Detail"])["data"]
    tried = json.loads(json.dumps(reception.event_bridge.calls[-1][0]))
    assert (waiting.detail, waiting.time.timestamp()) == (tried["Detail"], tried["Time"])


def test_while_bus_and_queue_fail_events_wait_in_the_bucket(reception: Reception) -> None:
    reception.event_bridge.fail_next.extend([DOWN] * 1000)
    reception.outbox_queue.failing = True

    answered = reception.call()

    assert (answered.status, answered.body["status"]) == (200, "deferred")
    ((key, body),) = reception.bucket.objects.items()
    name = reception.platform.name
    assert key == f"outbox/{name}/2026-03-09/{CALLBACK_ID}.0.json"
    (letter,) = parse(body)
    assert letter.attributes["event-id"] == f"{CALLBACK_ID}.0"


def test_while_bus_queue_and_bucket_fail_the_answer_is_a_503(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception.event_bridge.fail_next.extend([DOWN] * 1000)
    reception.outbox_queue.failing = reception.bucket.failing = True

    answered = reception.call()

    assert (answered.status, answered.body) == (503, {"error": "unavailable"})
    assert _log_line(output)["cause"] == f"outbox: bus: {DOWN}, bucket: SlowDown"


def test_a_missing_permission_defers_without_trying_again(reception: Reception) -> None:
    reception.event_bridge.fail_next.extend(["AccessDeniedException"] * 10)

    assert reception.call().body["status"] == "deferred"
    assert len(reception.event_bridge.calls) == 1


def test_only_what_the_bus_did_not_take_waits() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.event_bridge.fail_next.extend([{1: "InternalFailure"}, *[DOWN] * 999])

    answered = reception.call(bulk(3), topic="order_created_bulk")

    assert (answered.status, answered.body["status"]) == (200, "deferred")
    assert answered.body["event_ids"] == [f"{CALLBACK_ID}.{n}" for n in range(3)]
    assert reception.outbox_queue.event_ids == [f"{CALLBACK_ID}.1"]


def test_what_is_refused_for_good_is_quarantined_though_the_rest_waits() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.event_bridge.fail_next.append({0: "MalformedDetail", 1: "InternalFailure"})
    reception.event_bridge.fail_next.extend([DOWN] * 999)

    answered = reception.call(bulk(3), topic="order_created_bulk")

    assert (answered.body["status"], answered.body["reason"]) == ("quarantined", "refused_by_bus")
    assert answered.body["event_ids"] == [f"{CALLBACK_ID}.{end}" for end in ("2", "1", "q")]
    assert reception.outbox_queue.event_ids == [f"{CALLBACK_ID}.1", f"{CALLBACK_ID}.q"]


def test_a_bus_that_recovers_in_time_is_a_200(reception: Reception) -> None:
    reception.event_bridge.fail_next.extend(["ThrottlingException", {0: "InternalFailure"}])

    assert reception.call().body["status"] == "accepted"
    assert len(reception.event_bridge.accepted) == 1


def test_an_event_the_bus_refuses_for_good_is_quarantined(reception: Reception) -> None:
    reception.event_bridge.fail_next.append({0: "MalformedDetail"})

    answered = reception.call()

    assert answered.body["status"] == "quarantined"
    assert answered.body["reason"] == "refused_by_bus"
    assert answered.body["errors"] == [{"loc": [], "type": "MalformedDetail"}]
    assert list(reception.bucket.objects.values()) == [reception.a_body]


class BrokenBuilder(EventBuilder):
    """A fault of ours, of the kind that quotes the body in its message."""

    def built(self, callback: Callback, *_: Any, **__: Any) -> Built:
        raise KeyError(f"{CANARY} {callback.body!r}")


def broken(reception: Reception) -> Reception:
    return Reception(reception.platform, BrokenBuilder(reception.platform, "test/unit"))


def test_a_fault_of_ours_loses_nothing(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception = broken(reception)

    answered = reception.call()

    assert (answered.status, answered.body["reason"]) == (200, "internal_error")
    assert list(reception.bucket.objects.values()) == [reception.a_body]
    assert reception.event_bridge.detail_types == ["callback.quarantined"]
    line = _log_line(output)
    assert (line["level"], line["cause"]) == ("ERROR", "KeyError")
    assert "test_outcomes.py" in line["trace"][-1]
    assert CANARY not in json.dumps(line)


def test_of_a_bulk_that_the_bus_took_in_part_the_answer_names_what_is_out() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.event_bridge.fail_next.append({1: "MalformedDetail"})
    body = {"orders": [{"id": number} for number in range(3)]}

    answered = reception.call(json.dumps(body).encode(), topic="order_created_bulk")

    assert answered.body["status"] == "quarantined"
    assert answered.body["event_ids"] == [
        f"{CALLBACK_ID}.0",
        f"{CALLBACK_ID}.2",
        f"{CALLBACK_ID}.q",
    ]


def test_a_fault_of_ours_that_cannot_be_parked_is_a_500(reception: Reception) -> None:
    reception = broken(reception)
    reception.bucket.failing = reception.outbox_queue.failing = True

    answered = reception.call()

    assert (answered.status, answered.body) == (500, {"error": "internal_error"})


def test_a_topic_that_is_mostly_personal_is_off_unless_asked_for(reception: Reception) -> None:
    platform = reception.platform
    for topic in platform.topics.values():
        nobody_asked = Reception(platform, personal_topics=())
        for body in (b"{broken", sample(platform.name, topic.name).body):
            answered = nobody_asked.call(body, topic=topic.name)

            ignored = (answered.status, answered.body) == (200, {"status": "ignored"})
            assert (ignored, nobody_asked.kept_nothing) == (topic.mostly_personal,) * 2


def test_a_topic_that_is_off_still_asks_for_proof() -> None:
    reception = Reception(platforms()["konimbo"], personal_topics=())

    assert reception.call(topic="customer_logged_in", token="k1.1.x").status == 401


def bulk(count: int) -> bytes:
    return json.dumps({"orders": [{"id": number} for number in range(count)]}).encode()


def test_a_bulk_that_fits_the_time_is_published_at_once() -> None:
    reception = Reception(platforms()["konimbo"])

    answered = reception.call(bulk(MAX_EVENTS), topic="order_created_bulk")

    assert len(answered.body["event_ids"]) == len(reception.event_bridge.accepted) == MAX_EVENTS


def test_a_larger_one_is_parked_and_queued() -> None:
    reception = Reception(platforms()["konimbo"])

    answered = reception.call(bulk(MAX_EVENTS + 1), topic="order_created_bulk")

    assert answered.body == {
        "status": "accepted",
        "callback_id": CALLBACK_ID,
        "event_ids": [],
        "queued": MAX_EVENTS + 1,
    }
    assert reception.queue.keys == [f"bulk/konimbo/acme/2026-03-09/{CALLBACK_ID}"]
    assert reception.bucket.objects == {reception.queue.keys[0]: bulk(MAX_EVENTS + 1)}


def test_a_bulk_that_is_parked_and_not_queued_is_safe(
    output: pytest.CaptureFixture[str],
) -> None:
    reception = Reception(platforms()["konimbo"])
    reception.queue.failing = True

    answered = reception.call(bulk(MAX_EVENTS + 1), topic="order_created_bulk")

    assert (answered.status, answered.body["status"]) == (200, "deferred")
    assert answered.body["queued"] == MAX_EVENTS + 1
    assert list(reception.bucket.objects) == [f"bulk/konimbo/acme/2026-03-09/{CALLBACK_ID}"]
    assert _log_line(output)["cause"] == "queue: Throttled"


def test_a_bulk_that_cannot_be_parked_is_published_at_once() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.bucket.failing = True

    answered = reception.call(bulk(MAX_EVENTS + 1), topic="order_created_bulk")

    assert (answered.status, answered.body["status"]) == (200, "accepted")
    assert len(answered.body["event_ids"]) == len(reception.event_bridge.accepted) == MAX_EVENTS + 1


def test_a_bulk_too_large_to_publish_at_once_is_a_503_while_it_cannot_be_parked() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.bucket.failing = True

    assert reception.call(bulk(MAX_AT_ONCE + 1), topic="order_created_bulk").status == 503
    assert reception.kept_nothing


def test_a_bulk_with_much_beside_its_orders_is_kept_and_not_multiplied() -> None:
    few, many = ({f"field_{n}": n for n in range(count)} for count in (20, 21))
    orders = {"orders": [{"id": 1}, {"id": 2}]}
    reception = Reception(platforms()["konimbo"])

    taken = reception.call(json.dumps(few | orders).encode(), topic="order_created_bulk")
    kept = reception.call(json.dumps(many | orders).encode(), topic="order_created_bulk")

    assert (taken.body["status"], len(taken.body["event_ids"])) == ("accepted", 2)
    assert reception.event_bridge.details[0]["data"]["field_19"] == 19
    assert (kept.body["status"], kept.body["reason"]) == ("quarantined", "invalid")


def test_bytes_of_a_platform_with_card_data_are_sensitive_whatever_url_they_came_to() -> None:
    """The URLs of iSET are pasted by hand: an order may come to a product's."""
    order = sample("iset", "order-saved", "cpf").body
    for topic in ("product-deleted", "product-saved", "stock-changed"):
        reception = Reception(platforms()["iset"])
        answered = reception.call(order, topic=topic)
        failing = Reception(platforms()["iset"])
        failing.bucket.failing = True
        failing.call(order, topic=topic)

        kept = list(reception.bucket.objects)
        assert all(key.startswith("quarantine-sensitive/") for key in kept)
        assert bool(kept) == (answered.body["status"] == "quarantined")
        assert failing.outbox_queue.letters == []


def test_a_bulk_that_nothing_takes_is_a_503() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.bucket.failing = reception.outbox_queue.failing = True
    reception.event_bridge.fail_next.extend([DOWN] * 1000)

    assert reception.call(bulk(MAX_EVENTS + 1), topic="order_created_bulk").status == 503


def test_an_invalid_order_of_a_bulk_holds_no_other_back() -> None:
    reception = Reception(platforms()["konimbo"])
    body = json.dumps({"orders": [{"id": 1}, {"id": True}, {"id": 3}]}).encode()

    answered = reception.call(body, topic="order_created_bulk")

    assert answered.body["event_ids"] == [f"{CALLBACK_ID}.{end}" for end in ("0", "2", "q")]
    assert answered.body["errors"] == [{"loc": [1, "order", "id"], "type": "identifier"}]


def test_what_is_refused_by_schema_and_bus_is_told_of_both() -> None:
    reception = Reception(platforms()["konimbo"])
    reception.event_bridge.fail_next.append({1: "MalformedDetail"})
    body = json.dumps({"orders": [{"id": 1}, {"id": True}, {"id": 3}]}).encode()

    answered = reception.call(body, topic="order_created_bulk")

    assert answered.body["reason"] == "refused_by_bus"
    assert answered.body["errors"] == [
        {"loc": [2], "type": "MalformedDetail"},
        {"loc": [1, "order", "id"], "type": "identifier"},
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_another_method_on_a_genuine_url_says_what_it_is_for(
    reception: Reception, method: str
) -> None:
    answered = reception.call(method=method)

    assert (answered.status, answered.body["error"]) == (405, "method_not_allowed")
    assert answered.headers["allow"] == "POST"
    assert "acme" in answered.body["message"]
    assert reception.platform.name in answered.body["message"]
    assert reception.kept_nothing


def test_a_rest_api_s_event_is_understood_as_well(reception: Reception) -> None:
    target = reception.target()
    parameters = reception.parameters(reception.mint(target), target)
    event = rest_api_event("POST", reception.route, parameters, reception.a_body)

    assert reception.handle(event).body["status"] == "accepted"


def test_an_event_without_optional_parts_is_understood(reception: Reception) -> None:
    bare = {"requestContext": {"http": {"method": "POST"}}}

    assert reception.handle(bare).status == 404


def test_each_callback_leaves_one_line_and_its_metrics(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception.call()

    told = written(output.readouterr().out)
    line, metric = told.line, told.metric("Callbacks")
    assert line["message"] == "callback"
    assert {"platform", "store", "topic", "outcome", "callback_id", "event_ids", "bytes"} <= set(
        line
    )
    assert {"duration_ms", "api_request_id", "function_request_id"} <= set(line)
    assert line["bytes"] == len(reception.a_body)
    assert line["resource"] == reception.event_bridge.details[0]["metadata"]["resource"]["id"]
    assert line["duration_ms"] > 0
    assert metric["Callbacks"] == [1.0]
    assert metric["described"]["Namespace"] == "CommerceHooks/commerce-hooks/test"
    assert metric["described"]["Dimensions"] == [["platform", "outcome"], ["outcome"]]
    assert (metric["platform"], metric["outcome"]) == (reception.platform.name, "accepted")
    assert told.metric("AnswerTime")["AnswerTime"][0] > 0
    assert set(told.metrics) == {"Callbacks", "AnswerTime"}


def test_of_a_callback_of_several_events_the_line_names_what_each_is_about(
    output: pytest.CaptureFixture[str],
) -> None:
    reception = Reception(platforms()["konimbo"])

    reception.call(bulk(3), topic="order_created_bulk")

    about = [detail["metadata"]["resource"]["id"] for detail in reception.event_bridge.details]
    assert written(output.readouterr().out).line["resources"] == about


def test_a_fault_of_ours_is_counted_as_one(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    broken(reception).call()

    told = written(output.readouterr().out)
    assert told.metric("InternalErrors")["described"]["Dimensions"] == [["kind"]]
    assert told.metric("InternalErrors")["kind"] == "callback"


@pytest.mark.parametrize(
    ("outcome", "level", "call"),
    [
        ("unauthorized", "WARNING", {"token": "x"}),
        ("not_found", "INFO", {"parameters": {"store": "-"}}),
        ("method_not_allowed", "INFO", {"method": "GET"}),
        ("quarantined", "WARNING", {"body": b"x"}),
    ],
)
def test_what_is_not_accepted_is_counted_once_and_as_loud_as_it_is_bad(
    reception: Reception,
    output: pytest.CaptureFixture[str],
    outcome: str,
    level: str,
    call: dict[str, Any],
) -> None:
    reception.call(**call)

    told = written(output.readouterr().out)
    line, metric = told.line, told.metric("Callbacks")
    assert (line["outcome"], line["level"]) == (outcome, level)
    assert (metric["outcome"], metric["Callbacks"]) == (outcome, [1.0])


def test_an_outage_is_an_error_in_the_log(
    reception: Reception, output: pytest.CaptureFixture[str]
) -> None:
    reception.key_rings.ring = None

    reception.call()

    line = _log_line(output)
    assert (line["level"], line["cause"]) == ("ERROR", "key_ring: Timeout")


def test_every_outcome_has_an_answer() -> None:
    assert set(Outcome) == set(ANSWERS)


def _log_line(output: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return written(output.readouterr().out).line
