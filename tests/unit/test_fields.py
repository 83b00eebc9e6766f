"""What models say of fields, and that saying it makes no model stricter."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, AliasPath, BaseModel, Field

from commerce_hooks.schemas import centry, iset, konimbo
from commerce_hooks.schemas.callback_body import CallbackBody, NumericId, PlatformWord
from commerce_hooks.schemas.fields import (
    NUMBER_AS_ID,
    TEXT_AS_ID,
    UNKNOWN,
    Documented,
    Flag,
    Kind,
    Number,
    Open,
    PersonalText,
    Text,
    described,
    records,
)


class Line(BaseModel):
    price: Number = None


class Body(BaseModel):
    id: NumericId
    store_id: NumericId | None = None
    event: PlatformWord | None = None
    title: Text = None
    email: PersonalText = None
    newsletter: Flag = None
    vars: Open = None
    lines: Annotated[Any, records(Line)] = None
    payments: Annotated[Any, records(Line, cleared=True)] = None
    parent: Line | None = None
    total: Number = Field(None, alias="orderTotal")
    paid: Number = Field(
        None, validation_alias=AliasChoices("paid", "datePaid", AliasPath("paid", "at"))
    )


def test_a_model_says_of_each_field_what_is_documented() -> None:
    assert described(Body) == {
        "id": NUMBER_AS_ID,
        "store_id": NUMBER_AS_ID,
        "event": Documented(Kind.TEXT),
        "title": Documented(Kind.TEXT),
        "email": Documented(Kind.TEXT, personal=True),
        "newsletter": Documented(Kind.FLAG),
        "vars": UNKNOWN,
        "lines": Documented(Kind.RECORD, record=Line),
        "payments": Documented(Kind.RECORD, record=Line, cleared=True),
        "parent": Documented(Kind.RECORD, record=Line),
        "orderTotal": Documented(Kind.NUMBER),
        "paid": Documented(Kind.NUMBER),
        "datePaid": Documented(Kind.NUMBER),
    }


def test_where_there_is_no_model_nothing_is_documented() -> None:
    assert described(None) == {}


def test_a_field_is_found_by_the_names_that_it_has_in_a_body() -> None:
    assert described(centry.OrderBody)["order_id"] == TEXT_AS_ID
    assert described(iset.OrderSavedBody)["orderId"] == NUMBER_AS_ID
    assert "order_id" not in described(iset.OrderSavedBody)
    assert described(iset.OrderBody)["order_id"] == NUMBER_AS_ID


def test_konimbo_s_nested_records_are_described_down_to_a_cart_s_lines() -> None:
    order = described(konimbo.OrderBody)["order"].record
    cart = described(order)["cart"].record
    line = described(cart)["lines"].record

    assert described(line)["unit_price"].kind is Kind.NUMBER
    assert described(order)["phone"].personal


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=2) | st.dictionaries(st.text(max_size=5), children, max_size=2)
    ),
    max_leaves=4,
)
LENIENT = {
    konimbo.Order: {"id", "store_id", "event"},
    konimbo.Ticket: {"id", "store_id", "created_at"},
    konimbo.Customer: {"id", "store_id"},
    konimbo.PaymentResponse: {"id", "store_id"},
    konimbo.PaymentResponseBody: {"credit_guard_xml"},
    iset.OrderSavedBody: {"type", "domain", "orderId"},
    iset.ProductSavedBody: {"type", "domain", "product_id"},
}


@pytest.mark.parametrize("model", LENIENT, ids=lambda model: model.__name__)
@given(st.data())
def test_a_value_of_another_kind_than_documented_is_no_reason_to_refuse(
    model: type[CallbackBody], data: st.DataObject
) -> None:
    ids = {"id": 1, "orderId": 1, "product_id": 1}
    others = sorted(described(model).keys() - LENIENT[model])
    values = data.draw(st.fixed_dictionaries(dict.fromkeys(others, json_values)))

    model.model_validate(ids | values)
