"""What never goes out of a callback's data, and what `PersonalData=masked` hides of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.decoding import MAX_DEPTH, JsonObject, JsonValue, decode_object
from commerce_hooks.personal_data import MASK, masked, without_forbidden
from commerce_hooks.schemas import centry, iset, konimbo
from support.platforms import platforms
from support.samples import Sample, samples

CARD = "4111 1111 1111 1111"
CARD_NUMBER = 4111111111111111
# With the check digits of both a Diners card and a product code.
GTIN = "36000000000081"


def body_of(order: JsonObject) -> JsonObject:
    return {"order": {"id": 1, **order}}


# What never goes out.


@pytest.mark.parametrize("where", ["top", "record", "list"])
@pytest.mark.parametrize("name", ["credit_card_details", "cardNumber", "cvv", "cpf", "buyer_rut"])
@pytest.mark.parametrize("value", [None, "", 7, {"a": 1}, ["x"]], ids=repr)
def test_a_field_named_after_card_data_or_a_national_id_is_gone(
    where: str, name: str, value: JsonValue
) -> None:
    inner: JsonObject = {"a": 1, name: value}
    data: JsonObject = {"top": inner, "record": {"x": {"y": inner}}, "list": {"x": [[inner]]}}

    left = without_forbidden({"x": data[where]})

    assert name not in json.dumps(left)
    assert '"a": 1' in json.dumps(left)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (CARD, "[removed]"),
        (f"charge {CARD} again", "charge [removed] again"),
        ("CPF 529.982.247-25", "CPF [removed]"),
        (CARD_NUMBER, "[removed]"),
        (-CARD_NUMBER, "[removed]"),
        (float(CARD_NUMBER), "[removed]"),
        ([CARD_NUMBER, {"a": CARD}], ["[removed]", {"a": "[removed]"}]),
        (12345678, 12345678),
        (-0.5, -0.5),
        (1e300, 1e300),
        (0.4111111111111111, 0.4111111111111111),
        (True, True),
        (None, None),
    ],
)
def test_a_number_with_the_shape_of_one_is_removed_from_any_value(
    value: JsonValue, left: JsonValue
) -> None:
    found = without_forbidden({"note": value})["note"]

    assert (found, type(found)) == (left, type(left))


def test_a_number_is_removed_from_the_name_of_a_field_and_no_field_is_lost() -> None:
    data: JsonObject = {CARD: 1, "[removed]2": 2, "4111-1111-1111-1111": 3, "[removed]": 4}

    assert without_forbidden(data) == {
        "[removed]": 1,
        "[removed]2": 2,
        "[removed]3": 3,
        "[removed]4": 4,
    }


def test_a_product_s_code_stays_wherever_it_stands() -> None:
    data: JsonObject = {"items": [{"ean": GTIN}, {"ean": [GTIN, int(GTIN)]}]}

    assert without_forbidden(data) == data
    assert without_forbidden({"note": GTIN}) == {"note": "[removed]"}


def test_what_iset_says_of_a_payment_stays() -> None:
    payment: JsonObject = {"gateway": "paghiper", "brand": "pix", "amount": 1795.1}
    data: JsonObject = {"orderId": 1, "payment": payment}

    assert without_forbidden(data, iset.OrderSavedBody) == data


def test_a_name_of_card_data_stays_only_where_the_schema_clears_it() -> None:
    response: JsonObject = {"id": 3, "status": "ok"}
    data: JsonObject = {"credit_guard_xml": response | {"cvv": "1", "credit_guard_xml": {}}}

    assert without_forbidden(data, konimbo.PaymentResponseBody) == {"credit_guard_xml": response}
    assert without_forbidden(data, konimbo.OrderBody) == {}
    assert without_forbidden(data) == {}


@pytest.mark.parametrize("id_", [CARD_NUMBER, str(CARD_NUMBER)], ids=repr)
def test_an_id_stays_as_it_is_for_the_metadata_has_it_too(id_: JsonValue) -> None:
    data = body_of({"id": id_})

    assert without_forbidden(data, konimbo.OrderBody) == data


def test_an_object_id_stays_whatever_digits_it_has() -> None:
    data: JsonObject = {"order_id": f"{CARD_NUMBER}{CARD_NUMBER}"[:24]}

    assert without_forbidden(data, centry.OrderBody) == data
    assert without_forbidden({"note": f"aaaa{CARD_NUMBER}ffff"}) == {
        "note": f"aaaa{CARD_NUMBER}ffff"
    }


@pytest.mark.parametrize("label", ["name", "title", "label", "key"])
@pytest.mark.parametrize("member", ["value", "answer"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("CPF", "52998224725"), ("תעודת זהות:", "012345678"), ("Número do cartão", "x")),
        *(("cvv", 123), ("tz", "012345678"), ("Documento", "52998224725"), ("מספר ת״ז", None)),
    ],
)
def test_a_value_is_gone_whose_label_names_card_data_or_a_national_id(
    label: str, member: str, text: str, value: JsonValue
) -> None:
    pair: JsonObject = {"id": 1, label: text, member: value}

    assert without_forbidden({"fields": [pair]}) == {"fields": [{"id": 1, label: text}]}


@pytest.mark.parametrize(
    "pair",
    [
        {"name": "size", "value": "XL"},
        {"name": "tz", "value": "Asia/Jerusalem"},
        {"title": "Documento", "value": "file.pdf"},
        {"name": {"a": 1}, "label": None, "value": "012345678"},
        {"note": "cpf", "value": "012345678"},
        {"name": "Passport", "price": 49.9},
    ],
)
def test_a_value_with_another_label_stays(pair: JsonObject) -> None:
    assert without_forbidden(pair) == pair


@pytest.mark.parametrize("number", [10**13 - 1, 10**19, 5 * 10**12, -(10**13) + 1])
def test_a_number_with_fewer_or_more_digits_than_a_card_s_stays(number: int) -> None:
    assert without_forbidden({"note": number}) == {"note": number}


@pytest.mark.parametrize("number", [1e19, -1e19, 1.7976931348623157e308])
def test_a_number_longer_than_any_card_s_stays(number: float) -> None:
    """Nor is it spelled out: a body of a megabyte has 200,000 of them with 309 digits each."""
    assert without_forbidden({"note": number}) == {"note": number}


def test_what_validation_would_take_for_no_id_is_none() -> None:
    data: JsonObject = {"orderId": 1, "id": CARD}

    assert without_forbidden(data, iset.OrderBody) == {"orderId": 1, "id": "[removed]"}


names = st.sampled_from(["order", "cart", "lines", "id", "note", "code", "cvv", "tz", CARD]) | (
    st.text(max_size=4)
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from([CARD, CARD_NUMBER, "12.345.678-5", "012345678", GTIN])
)
objects = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda children: (
            st.lists(children, max_size=3) | st.dictionaries(names, children, max_size=3)
        ),
    ),
    max_size=4,
)
schemas = st.sampled_from(
    [None, konimbo.OrderBody, konimbo.PaymentResponseBody, iset.OrderBody, centry.OrderBody]
)


@given(objects, schemas)
def test_a_second_look_finds_nothing_more(data: JsonObject, schema: Any) -> None:
    once = without_forbidden(data, schema)

    assert without_forbidden(once, schema) == once


@given(objects)
def test_no_card_stays_anywhere(data: JsonObject) -> None:
    left = json.dumps(without_forbidden(data))

    assert CARD not in left
    assert str(CARD_NUMBER) not in left


harmless = st.dictionaries(
    st.text("abc", min_size=1, max_size=4).map(lambda name: f"{name}_x"),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**13), 10**13 - 1)
        | st.text("a1. -", max_size=9),
        lambda children: (
            st.lists(children, max_size=3)
            | st.dictionaries(st.text("abc", max_size=3), children, max_size=3)
        ),
    ),
    max_size=4,
)


@given(harmless)
def test_data_without_such_content_is_unchanged(data: JsonObject) -> None:
    assert without_forbidden(data) == data


PLAIN = [found for found in samples() if found.variant is None and found.path.suffix == ".json"]


@pytest.mark.parametrize("sample", PLAIN, ids=str)
def test_a_sample_without_such_content_is_unchanged(sample: Sample) -> None:
    topic = platforms()[sample.platform].topics.get(sample.topic)
    data = decode_object(sample.body)
    for part in topic.parts(data) if topic else (data,):
        assert without_forbidden(part, topic.schema if topic else None) == part


# What a deployment may hide.


def test_what_is_documented_as_not_personal_is_shown_and_all_else_is_hidden() -> None:
    line: JsonObject = {"code": "A-1", "price": 49.9, "quantity": 2, "engraving": "for Dana"}
    order: JsonObject = {
        "id": 15872102,
        "store_id": "1234",
        "event": "order_created",
        "customer_id": 12462102,
        "name": "Dana",
        "phone": "0500000102",
        "payment_status": "שולם",
        "newsletter": True,
        "note": None,
        "address": {"city": "Haifa", "street_number": 5},
        "cart": {"lines": [line], "total_price": 99.8, "shipping": {"data": {"days": "3"}}},
        "additional_inputs": {"extra_field_1": "Dana"},
        "unknown": ["x", 1, 1.5, False, None, {"email": "y"}],
    }

    assert masked(konimbo.OrderBody, {"order": order}) == {
        "order": {
            "id": 15872102,
            "store_id": "1234",
            "event": "order_created",
            "customer_id": 12462102,
            "name": MASK,
            "phone": MASK,
            "payment_status": "שולם",
            "newsletter": True,
            "note": None,
            "address": {"city": MASK, "street_number": MASK},
            "cart": {
                "lines": [{"code": "A-1", "price": 49.9, "quantity": 2, "engraving": MASK}],
                "total_price": 99.8,
                "shipping": {"data": {"days": MASK}},
            },
            "additional_inputs": {"extra_field_1": MASK},
            "unknown": [MASK, MASK, MASK, False, None, {"email": MASK}],
        }
    }


def test_a_customer_of_iset_is_hidden_and_the_order_is_not() -> None:
    data: JsonObject = {
        "orderId": 31077,
        "datePurchase": "2026-03-09 21:47:05",
        "status": {"type": "pending"},
        "customer": {"id": 4402, "name": "C", "phone": [{"ddd": "00", "type": "principal"}]},
        "payment": {"brand": "pix", "amount": 1.5},
        "type": "order-changed",
        "domain": "www.loja.example",
    }
    hidden = {"id": 4402, "name": MASK, "phone": [{"ddd": MASK, "type": "principal"}]}

    assert masked(iset.OrderSavedBody, data) == data | {"customer": hidden}


def test_of_centry_s_callbacks_nothing_is_hidden() -> None:
    data: JsonObject = {"topic": "on_order_save", "order_id": "66e01c4f1746bf5a700000a1"}

    assert masked(centry.OrderBody, data) == data


def test_where_nothing_is_documented_every_text_and_number_is_hidden() -> None:
    data: JsonObject = {"id": 1, "event": "x", "a": [1.5, {"b": True}], "c": None}

    assert masked(None, data) == {"id": MASK, "event": MASK, "a": [MASK, {"b": True}], "c": None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("total_price", "Dana 0500000102"),
        ("total_price", {"amount": 1}),
        ("total_price", "1,5"),
        ("newsletter", "dana@example.com"),
        ("payment_status", {"a": "Dana"}),
        ("cart", "Dana"),
        ("cart", 5),
        ("items", '{"name"=>"Dana"}'),
    ],
)
def test_a_value_of_another_kind_than_documented_is_hidden(field: str, value: JsonValue) -> None:
    found = masked(konimbo.Order, {field: value})[field]

    assert found == MASK or set(as_object(found).values()) == {MASK}


def as_object(value: JsonValue) -> JsonObject:
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("total_price", "149.0"),
        ("total_price", -1e-7),
        ("total_price", [1, "2"]),
        ("newsletter", "true"),
        ("payment_status", 7),
        ("cart", [{"total_price": 1}]),
    ],
)
def test_a_documented_value_is_shown_in_its_other_spellings(field: str, value: JsonValue) -> None:
    assert masked(konimbo.Order, {field: value}) == {field: value}


def test_a_name_that_nobody_knows_and_that_is_no_word_is_hidden() -> None:
    data: JsonObject = {
        "dana@example.com": 1,
        "0500000102": None,
        "extra_field-1": None,
        "a" * 42: None,
        "שם": None,
        "*": None,
        "": True,
        "id": None,
    }

    assert list(masked(None, data)) == ["*", "*2", "extra_field-1", "*3", "*4", "*5", "*6", "id"]


CANARY = "canary"


def with_canaries(value: Any) -> Any:
    """Every text a canary, every number one that is as easy to find; names stay."""
    if isinstance(value, dict):
        return {name: with_canaries(old) for name, old in value.items()}
    if isinstance(value, list):
        return [with_canaries(old) for old in value]
    return value if value is None or isinstance(value, bool) else CANARY


@given(objects)
def test_nothing_of_an_unrecognized_body_is_seen(data: JsonObject) -> None:
    assert CANARY not in json.dumps(masked(None, with_canaries(data)))


PERSONAL = [
    *("name", "email", "phone", "address", "note", "affillate_field", "additional_inputs"),
    *("data_record_var", "unheard_of"),
]


@given(st.dictionaries(st.sampled_from(PERSONAL), objects.map(with_canaries) | st.just(CANARY)))
def test_nothing_personal_of_an_order_is_seen(personal: JsonObject) -> None:
    statuses: JsonValue = [{"id": 1, "username": CANARY, "comment": CANARY}]
    data = body_of({**personal, "statuses": statuses})

    assert CANARY not in json.dumps(masked(konimbo.OrderBody, data))


@pytest.mark.parametrize("sample", PLAIN, ids=str)
def test_no_person_of_a_sample_is_seen(sample: Sample) -> None:
    topic = platforms()[sample.platform].topics.get(sample.topic)
    data = decode_object(sample.body)
    for part in topic.parts(data) if topic else (data,):
        shown = json.dumps(masked(topic.schema if topic else None, part), ensure_ascii=False)

        for trace in ("@", "לדוגמה 1", "0500000", "00000000", "Fictícia", "192.0.2", "רחוב"):
            assert trace not in shown


@given(objects, schemas)
def test_the_structure_stays(data: JsonObject, schema: Any) -> None:
    assert list(structure(masked(schema, data))) == list(structure(data))


def structure(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict | list):
        children = list(value.values()) if isinstance(value, dict) else value
        yield f"{type(value).__name__} of {len(children)}"
        for child in children:
            yield from structure(child)
    else:
        yield repr(value) if value is None or isinstance(value, bool) else "leaf"


@given(objects, schemas)
def test_what_is_masked_stays_as_it_is_when_masked_again(data: JsonObject, schema: Any) -> None:
    once = masked(schema, data)

    assert masked(schema, once) == once


@pytest.mark.parametrize(("before", "after"), [('{"order":', "}"), ("[", "]")])
def test_data_as_deep_as_can_be_decoded_is_no_trouble(before: str, after: str) -> None:
    levels = MAX_DEPTH - 1
    data = decode_object(f'{{"a":{before * levels}"x"{after * levels}}}'.encode())

    assert without_forbidden(data, konimbo.OrderBody) == data
    assert json.dumps(masked(konimbo.OrderBody, data)) == json.dumps(data).replace('"x"', '"***"')
