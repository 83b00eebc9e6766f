"""What a callback's body becomes: topics, resources, what the metadata says of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.callback import Callback
from commerce_hooks.errors import QuarantineError, Reason
from commerce_hooks.events import Event, EventBuilder
from commerce_hooks.keyring import CallbackTarget
from support.platforms import platforms
from support.samples import sample

ID = "66e01c4f1746bf5a700000a1"


def callback(platform: str, topic: str | None, body: object) -> Callback:
    return Callback(
        target=CallbackTarget(platform, "acme", topic),
        callback_id="c",
        received_at=datetime(2026, 3, 9, 12, tzinfo=UTC),
        content_type="application/json",
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def build(platform: str, topic: str | None, body: object) -> list[Event]:
    built = EventBuilder(platforms()[platform], "test/unit").events(callback(platform, topic, body))
    if built.refusal:
        raise built.refusal
    return list(built.events)


def metadata(platform: str, topic: str | None, body: object) -> dict[str, Any]:
    (event,) = build(platform, topic, body)
    found: dict[str, Any] = json.loads(event.detail)["metadata"]
    return found


def refused(platform: str, topic: str | None, body: object) -> QuarantineError:
    with pytest.raises(QuarantineError) as caught:
        build(platform, topic, body)
    return caught.value


def test_the_whole_envelope_of_a_centry_callback() -> None:
    found = metadata("centry", None, {"topic": "on_order_delete", "order_id": ID})

    assert found == {
        "schema_version": "1.0",
        "deployment": "test/unit",
        "platform": "centry",
        "store": "acme",
        "backed_by": None,
        "account": None,
        "topic": "on_order_delete",
        "reported_topic": None,
        "resource": {"type": "order", "id": ID},
        "action": "deleted",
        "origin": "callback",
        "key_id": None,
        "callback_id": "c",
        "event_id": "c.0",
        "dedup_key": f"centry/acme/order.deleted/{ID}",
        "received_at": "2026-03-09T12:00:00.000Z",
        "occurred_at": None,
        "content_sha256": "274829c220069e45dcf2953d1b8cdab92ec6d478f473675310c76ba39ca59f8b",
        "payload": "inline",
    }


def test_the_body_is_published_as_parsed_with_what_we_do_not_know() -> None:
    body = {"topic": "on_order_save", "order_id": ID, "new": {"x": [1, 2.50, None, "שלום"]}}

    (event,) = build("centry", None, body)

    assert json.loads(event.detail)["data"] == body
    assert event.detail.isascii()


@pytest.mark.parametrize("topic", ["on_order_save", "on_product_save"])
def test_a_save_has_no_dedup_key_because_it_means_look_again(topic: str) -> None:
    body = {"topic": topic, "order_id": ID, "product_id": ID}

    assert metadata("centry", None, body)["dedup_key"] is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("missing", ("topic",))),
        ({"topic": None}, ("missing", ("topic",))),
        ({"topic": 7}, ("string_type", ("topic",))),
        ({"topic": ""}, ("string_type", ("topic",))),
        ({"topic": "on_order_save"}, ("missing", ("order_id",))),
        (
            {"topic": "on_order_save", "order_id": "7"},
            ("string_pattern_mismatch", ("order_id",)),
        ),
        (
            {"topic": "on_order_save", "order_id": ID + "\n"},
            ("string_pattern_mismatch", ("order_id",)),
        ),
    ],
)
def test_an_invalid_centry_body_says_where_and_what(
    body: object, problem: tuple[str, tuple[str, ...]]
) -> None:
    error = refused("centry", None, body)

    assert error.reason is Reason.INVALID
    assert [(found.type, found.loc) for found in error.problems] == [problem]


def test_a_konimbo_order_tells_account_and_resource() -> None:
    found = metadata("konimbo", "order_created", sample("konimbo", "order_created").body)

    body = json.loads(sample("konimbo", "order_created").body)["order"]
    assert found["account"] == str(body["store_id"])
    assert found["resource"] == {"type": "order", "id": str(body["id"])}


@pytest.mark.parametrize("given_id", [7, "7", "007"], ids=repr)
def test_an_id_as_number_or_digits_is_the_same_resource(given_id: object) -> None:
    found = metadata("konimbo", "item_inventory_updated", {"item": {"id": given_id}})

    assert found["resource"] == {"type": "product", "id": "7"}


@pytest.mark.parametrize(
    "value",
    [True, -1, 1.5, "1_000", "", " 1", "1\n", "+1", "1" * 40, "\u0661", None, [1], {"a": 1}],
    ids=repr,
)
def test_what_is_no_whole_number_is_no_numeric_id(value: object) -> None:
    error = refused("konimbo", "item_inventory_updated", {"item": {"id": value}})

    assert [problem.loc for problem in error.problems] == [("item", "id")]


def test_another_topic_of_the_same_kind_is_published_and_reported() -> None:
    body = {"order": {"id": 1, "event": "order_after_payment"}}

    found = metadata("konimbo", "order_created", body)

    assert (found["topic"], found["reported_topic"]) == ("order_created", "order_after_payment")


@pytest.mark.parametrize(
    ("platform", "topic", "body"),
    [
        ("iset", "product-deleted", {"product_id": 1, "type": "product-changed"}),
        ("iset", "category-saved", {"category_id": 1, "type": "order-changed"}),
        ("konimbo", "order_created", {"order": {"id": 1, "event": "customer_created"}}),
    ],
)
def test_a_topic_of_another_kind_is_quarantined(platform: str, topic: str, body: object) -> None:
    assert refused(platform, topic, body).reason is Reason.TOPIC_MISMATCH


def test_iset_s_own_word_for_a_topic_is_not_another_topic() -> None:
    body = {"orderId": 1, "type": "order-changed", "domain": "www.example.com"}

    found = metadata("iset", "order-saved", body)

    assert (found["reported_topic"], found["account"]) == (None, "www.example.com")


@pytest.mark.parametrize(
    ("word", "reported"), [("product-stock-moved", "product-stock-moved"), ("Jane Doe", None)]
)
def test_a_word_we_do_not_know_is_passed_on_if_it_is_a_word(
    word: str, reported: str | None
) -> None:
    body = {"product_id": 1, "type": word}

    assert metadata("iset", "stock-changed", body)["reported_topic"] == reported


def test_no_card_s_number_of_a_body_stands_beside_its_data() -> None:
    """What the metadata repeats of a body is looked at as the body is."""
    card = "4111111111111111"
    iset = metadata("iset", "stock-changed", {"product_id": 1, "type": card, "domain": card})
    centry = metadata("centry", None, {"topic": card})

    assert (iset["reported_topic"], iset["account"]) == (None, "[removed]")
    assert centry["topic"] is None


def test_an_id_of_digits_stays_an_id() -> None:
    found = metadata("iset", "stock-changed", {"product_id": 4111111111111111})

    assert found["resource"]["id"] == "4111111111111111"


@pytest.mark.parametrize("spelling", ["product_id", "productId", "id"])
def test_an_undocumented_body_may_spell_its_id_in_several_ways(spelling: str) -> None:
    found = metadata("iset", "product-deleted", {spelling: 9})

    assert found["resource"] == {"type": "product", "id": "9"}
    assert found["dedup_key"] == "iset/acme/product.deleted/9"


def test_an_undocumented_body_without_an_id_is_an_event_without_a_resource() -> None:
    found = metadata("iset", "product-deleted", {"what": "ever"})

    assert (found["resource"], found["dedup_key"]) == (None, None)


def test_an_undocumented_record_without_its_id_is_invalid() -> None:
    error = refused("konimbo", "customer_created", {"customer": {"full_name": "x"}})

    assert [problem.loc for problem in error.problems] == [("customer", "id")]


def test_a_bulk_becomes_one_event_per_order() -> None:
    body = {"orders": [{"id": 1, "store_id": 5}, {"id": 2, "store_id": 5}]}

    events = build("konimbo", "order_created_bulk", body)

    assert [event.event_id for event in events] == ["c.0", "c.1"]
    assert [event.data for event in events] == [{"order": order} for order in body["orders"]]
    assert [event.metadata.dedup_key for event in events] == [
        "konimbo/acme/order.created/1",
        "konimbo/acme/order.created/2",
    ]


def test_what_stands_briefly_beside_a_bulk_goes_with_each_of_its_orders() -> None:
    beside = {"event": "order_created_bulk", "page": 2, "note": "x" * 100}
    body = {"orders": [{"id": 1}, {"id": 2}], **beside, "long": "x" * 101, "more": {"a": 1}}

    events = build("konimbo", "order_created_bulk", body)

    assert [event.data for event in events] == [{**beside, "order": {"id": n}} for n in (1, 2)]


def test_a_bulk_s_order_has_the_dedup_key_of_the_same_order_alone() -> None:
    alone = metadata("konimbo", "order_created", {"order": {"id": 1}})

    (event,) = build("konimbo", "order_created_bulk", {"orders": [{"id": 1}]})

    assert event.metadata.dedup_key == alone["dedup_key"]


def test_a_bulk_under_the_single_name_is_a_bulk_too() -> None:
    events = build("konimbo", "order_created_bulk", {"order": [{"id": 1}, {"id": 2}]})

    assert [event.metadata.resource and event.metadata.resource.id for event in events] == [
        "1",
        "2",
    ]


def test_a_bulk_with_a_list_and_an_order_is_not_cut_in_half() -> None:
    body = {"orders": [{"id": 1}], "order": {"id": 2}}

    (event,) = build("konimbo", "order_created_bulk", body)

    assert event.data == body


def test_a_bulk_of_none_is_kept() -> None:
    assert refused("konimbo", "order_created_bulk", {"orders": []}).reason is Reason.INVALID


def test_of_a_payment_response_only_allowed_fields_are_published() -> None:
    record = {"id": 3, "status": "ok", "cardMask": "x", "personalId": "y", "nested": {"id": 1}}
    body = {"credit_guard_xml": record, "order": [1], "cardNumber": "z"}

    (event,) = build("konimbo", "credit_guard_xml_created", body)

    assert event.data == {"credit_guard_xml": {"id": 3, "status": "ok"}, "order": None}
    assert event.metadata.resource is not None
    assert event.metadata.resource.type == "payment"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "4580458045804580"),
        ("status", "012345678"),
        ("status", {"card": 1}),
        ("order_id", "4580458045804580"),
        ("created_at", "2026-01-01 4580458045804580"),
        ("event", ["x"]),
    ],
)
def test_an_allowed_field_with_another_shape_is_not_published(name: str, value: object) -> None:
    body = {"credit_guard_xml": {"id": 3, name: value}}

    (event,) = build("konimbo", "credit_guard_xml_created", body)

    assert event.data == {"credit_guard_xml": {"id": 3}}


CARD_FIELDS = ["credit_card_details", "payments", "credit_guard_xml"]


@pytest.mark.parametrize("field", CARD_FIELDS)
@pytest.mark.parametrize(
    "topic", [name for name in platforms()["konimbo"].topics if name.startswith("order")]
)
def test_card_data_of_an_order_never_reaches_the_bus(topic: str, field: str) -> None:
    secret = {"number": "4580"}
    body = {"order": {"id": 1, "lines": [{field: secret, "code": "x"}], field: secret}}

    (event,) = build("konimbo", topic, {**body, field: secret})

    assert event.data == {"order": {"id": 1, "lines": [{"code": "x"}]}}


def test_of_a_bulk_s_orders_card_data_never_reaches_the_bus() -> None:
    body = {"orders": [{"id": 1, "payments": [{"number": "4580"}]}]}

    (event,) = build("konimbo", "order_created_bulk", body)

    assert event.data == {"order": {"id": 1}}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("2024-06-26T09:29:17Z", "2024-06-26T09:29:17.000Z"),
        ("2024-06-26T12:29:17+03:00", "2024-06-26T09:29:17.000Z"),
        ("2024-06-26T09:29:17", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        (None, None),
    ],
)
def test_a_platform_s_time_is_told_where_it_is_one(said: str | None, told: str | None) -> None:
    body = {"ticket": {"id": 1, "created_at": said}}

    assert metadata("konimbo", "ticket_created", body)["occurred_at"] == told


def test_a_key_of_the_body_is_masked_in_the_places_of_problems() -> None:
    error = refused("konimbo", "order_created", {"order": {"id": 1, "event": {"secret": 1}}})

    assert [problem.loc for problem in error.problems] == [("order", "event")]


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(st.dictionaries(names, st.integers() | names | st.none(), max_size=4))
def test_no_place_of_a_problem_holds_a_key_that_we_do_not_know(body: dict[str, object]) -> None:
    for platform in platforms().values():
        for topic in platform.topics:
            named = body | ({platform.topic_field: topic} if platform.topic_field else {})
            try:
                build(platform.name, topic if platform.topic_in_url else None, named)
            except QuarantineError as error:
                found = {part for problem in error.problems for part in problem.loc}
                assert found <= _declared(platform.topics[topic].schema) | {"*"}


def _declared(schema: Any) -> set[str | int]:
    described = schema.model_json_schema()
    models = [described, *described.get("$defs", {}).values()]
    return {name for model in models for name in model["properties"]}


@pytest.mark.parametrize("name", sorted(platforms()))
def test_every_topic_s_detail_type_is_a_resource_and_an_action(name: str) -> None:
    for topic in platforms()[name].topics.values():
        resource, dot, action = topic.detail_type.partition(".")
        assert (dot, topic.action) == (".", action)
        assert resource
        assert action
        assert len(topic.detail_type) <= 128
