"""One callback as a form and as JSON gives the same data."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.decoding import MAX_DEPTH, JsonObject, JsonValue, decode_object
from commerce_hooks.form_values import typed, without_blanks
from commerce_hooks.forms import decode_form
from commerce_hooks.personal_data import without_forbidden
from commerce_hooks.schemas import konimbo
from commerce_hooks.schemas.callback_body import CallbackBody
from support.platforms import platforms
from support.rack_forms import form_of
from support.samples import Sample, samples

INT64_MAX = 2**63 - 1


def number(text: str) -> JsonValue:
    data = typed(konimbo.Cart, {"total_price": text})
    return data["total_price"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-7", -7),
        (str(INT64_MAX), INT64_MAX),
        (str(-INT64_MAX - 1), -INT64_MAX - 1),
        ("35.0", 35.0),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
    ],
)
def test_a_number_s_text_is_the_number(text: str, value: JsonValue) -> None:
    found = number(text)

    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "1\n", "+1", "007", "00", "-", "1.", ".5", "01.5", "1,5", "1_000"),
        *("0x10", "NaN", "Infinity", "1e400", "1e", "\u0661", "₪5", "12 shekels"),
        *(str(INT64_MAX + 1), str(-INT64_MAX - 2), "9" * 5000),
    ],
)
def test_what_json_would_not_spell_so_stays_a_text(text: str) -> None:
    assert number(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False), ("True", "True"), ("1", "1"), ("on", "on"), ("", "")],
)
def test_a_flag_is_true_or_false_as_json_spells_it(text: str, value: JsonValue) -> None:
    data = typed(konimbo.OrderBody, {"order": {"newsletter": text}})

    assert data == {"order": {"newsletter": value}}


def test_a_text_of_digits_stays_a_text() -> None:
    order: JsonObject = {"phone": "0501234567", "cart": {"lines": [{"code": "12345"}]}}

    assert typed(konimbo.OrderBody, {"order": order}) == {"order": order}


def test_an_id_that_is_documented_as_a_number_becomes_one() -> None:
    data = typed(konimbo.OrderBody, {"order": {"id": "15872104", "store_id": "007"}})

    assert data == {"order": {"id": 15872104, "store_id": "007"}}


def test_a_field_that_nobody_has_described_stays_a_text() -> None:
    data: JsonObject = {
        "total": "1",
        "order": {"vat": "17", "cart": {"lines": [{"weight": "2"}]}, "data_record_var": {"n": "1"}},
    }

    assert typed(konimbo.OrderBody, data) == data


def test_a_value_of_another_structure_than_documented_is_left_as_it_is() -> None:
    data: JsonObject = {"order": {"cart": "1", "customer_id": {"a": "1"}, "name": ["1", None]}}

    assert typed(konimbo.OrderBody, data) == data


def test_each_number_of_a_list_is_one() -> None:
    data = typed(konimbo.Cart, {"total_price": ["1", "2.5", "x", None]})

    assert data == {"total_price": [1, 2.5, "x", None]}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": ""}, {"a": None}),
        ({"a": " "}, {"a": " "}),
        ({"a": None, "b": 0, "c": False}, {"a": None, "b": 0, "c": False}),
        ({"a": {}}, {}),
        ({"a": []}, {}),
        ({"a": [None, ""]}, {}),
        ({"a": {"b": {"c": []}, "d": [[], [None]]}}, {}),
        ({"a": [{"b": {}}, {"c": ""}]}, {"a": [{"c": None}]}),
        ({"a": [1, "", None]}, {"a": [1, None, None]}),
        ({"a": {"b": ""}}, {"a": {"b": None}}),
        ({}, {}),
    ],
)
def test_what_a_form_cannot_tell_apart_becomes_the_same(
    data: JsonObject, expected: JsonObject
) -> None:
    assert without_blanks(data) == expected


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=2), children, max_size=3)
    ),
)
objects = st.dictionaries(st.text(max_size=2), trees, max_size=4)


@given(objects)
def test_without_blanks_nothing_is_blank(data: JsonObject) -> None:
    once = without_blanks(data)

    assert without_blanks(once) == once


@given(objects)
def test_an_object_of_texts_and_nulls_reads_the_same_from_json(data: JsonObject) -> None:
    assert typed(None, data) == data


@pytest.mark.parametrize(("before", "after"), [('{"order":', "}"), ("[", "]")])
def test_data_as_deep_as_can_be_decoded_is_no_trouble(before: str, after: str) -> None:
    levels = MAX_DEPTH - 1
    data = decode_object(f'{{"a":{before * levels}"x"{after * levels}}}'.encode())

    assert without_blanks(typed(konimbo.OrderBody, data)) == data


# Konimbo's orders, as documented.
texts = st.text(st.characters(codec="utf-8"), max_size=8)
maybe_text = st.none() | texts
numbers = st.integers(-(2**63), INT64_MAX) | st.floats(allow_nan=False, allow_infinity=False)
ids = st.integers(1, 10**8)
maybe_number = st.none() | numbers
open_objects = st.none() | st.dictionaries(
    st.from_regex(r"[a-z_]{1,8}", fullmatch=True), maybe_text, max_size=3
)


def record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    return st.fixed_dictionaries({}, optional=fields)


def line(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    """A member of a list, which needs a first key that all have: else no form can tell them."""
    return st.builds(
        lambda first, others: first | others,
        st.fixed_dictionaries({"quantity": ids}),
        record(**fields),
    )


lines = st.lists(
    line(
        type=st.sampled_from(["line_item", "upgrade"]),
        item_id=ids,
        line_item_id=ids,
        title=texts,
        topic_title=texts,
        code=texts,
        second_code=texts,
        offer_code=maybe_text,
        inventory_code=texts,
        price=maybe_number,
        unit_price=numbers,
        image_url=texts,
        brand_title=texts,
        category_title=texts,
    ),
    max_size=4,
)
shipping = st.none() | record(
    id=ids,
    title=texts,
    price=numbers,
    price_with_intrest=numbers,
    quantity=ids,
    shipping_type=texts,
    integration_type=texts,
    store_default=st.booleans(),
    data=open_objects,
    var=open_objects,
    type=texts,
)
orders = st.builds(
    lambda required, others: {"order": required | others},
    st.fixed_dictionaries({"id": ids}),
    record(
        store_id=ids,
        customer_id=ids,
        event=texts,
        payment_status=texts,
        status_option_title=texts,
        name=maybe_text,
        email=maybe_text,
        phone=maybe_text,
        note=texts,
        newsletter=st.booleans(),
        full_url=texts,
        affillate_field=texts,
        additional_inputs=open_objects,
        customer_orders_size=st.none() | ids,
        data_record_var=open_objects,
        cart=st.none() | record(lines=lines, shipping=shipping, total_price=numbers),
        created_at=texts,
        total_price=maybe_number,
        items=lines,
        shipping=shipping,
    ),
)


def spelled(value: JsonValue) -> JsonValue:
    """Every leaf as Ruby's `to_s` writes it."""
    if isinstance(value, dict):
        return {name: spelled(old) for name, old in value.items()}
    if isinstance(value, list):
        return [spelled(old) for old in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def from_form(schema: type[CallbackBody], data: JsonObject) -> JsonObject:
    texts_only = spelled(data)
    assert isinstance(texts_only, dict)
    return without_blanks(typed(schema, decode_form(form_of(texts_only))))


@given(orders)
def test_a_documented_order_as_a_form_is_the_same_order(order: JsonObject) -> None:
    found, expected = from_form(konimbo.OrderBody, order), without_blanks(order)

    assert found == expected
    assert kinds(found) == kinds(expected)


JSON_SAMPLES = [found for found in samples("konimbo") if found.path.suffix == ".json"]


@pytest.mark.parametrize("sample", JSON_SAMPLES, ids=str)
def test_a_sample_as_a_form_gives_the_same_data(sample: Sample) -> None:
    topic = platforms()[sample.platform].topics[sample.topic]
    for part in topic.parts(json.loads(sample.body)):
        # Card data has no documented types, and nobody gets to see it.
        found = without_forbidden(from_form(topic.schema, part), topic.schema)
        expected = without_forbidden(without_blanks(part), topic.schema)

        assert found == expected
        assert kinds(found) == kinds(expected)


def kinds(value: JsonValue) -> object:
    """`1 == 1.0 == True`, but they are not the same data."""
    if isinstance(value, dict):
        return {name: kinds(old) for name, old in value.items()}
    return [kinds(old) for old in value] if isinstance(value, list) else type(value)
