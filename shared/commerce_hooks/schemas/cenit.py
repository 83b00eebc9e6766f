"""What Cenit's five commands carry: their path, query and body parameters in one object.

Source: the examples of Cenit's integration guide (github.com/cenit-io/eCapi, docs/developer-guide
at commit d820c98) and its core schemas (spec/components/schemas). They are examples: who writes
the webhooks and algorithms of an integration decides what is sent, so only ids are strict.
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from commerce_hooks.schemas.callback_body import CallbackBody
from commerce_hooks.schemas.fields import (
    TEXT_AS_ID,
    Flag,
    Number,
    Open,
    PersonalText,
    Text,
    records,
)

MAX_IDENTIFIER = 128
MAX_IMAGE_REQUEST = 16_384
"""Characters of `payload`. A query has at most 10,240 bytes (REST API quotas), a body more."""


def _identifier(value: object) -> str:
    # `bool` is an `int` to Python, and no id.
    if type(value) is int and value >= 0:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= MAX_IDENTIFIER and _is_clean(value):
        return value
    raise PydanticCustomError("identifier", "an id must be a whole number or a short plain text")


def _is_clean(text: str) -> bool:
    """Nothing invisible, no line break, no space at an end: those are copies gone wrong."""
    return text.isprintable() and text == text.strip()


Identifier = Annotated[str, BeforeValidator(_identifier), TEXT_AS_ID]
"""An id or number of any platform: `7` and `"7"` are the same, `"007"` and `"7"` are not."""


class Address(BaseModel):
    first_name: PersonalText = None
    last_name: PersonalText = None
    phone: PersonalText = None
    address: PersonalText = None
    address1: PersonalText = None
    zip: PersonalText = None
    zip_code: PersonalText = None
    city: PersonalText = None
    district: PersonalText = None
    town: PersonalText = None
    province: PersonalText = None
    state: PersonalText = None
    country: Text = None


class Customer(BaseModel):
    customer_id: Text = None
    first_name: PersonalText = None
    last_name: PersonalText = None


class LineItem(BaseModel):
    id: Text = None
    product_id: Text = None
    variant_id: Text = None
    sku: Text = None
    name: Text = None
    title: Text = None
    quantity: Number = None
    price: Number = None
    currency: Text = None


class Payment(BaseModel):
    """How the order is paid for, and nothing of a card."""

    method: Text = None
    amount: Number = None
    currency: Text = None
    status: Text = None


class Order(BaseModel):
    """An order as the guide's examples and the core schema have it, under the names of both."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    number: Text = None
    name: Text = None
    id: Text = None
    status: Text = None
    financial_status: Text = None
    created_at: Text = None
    created_date: Text = None
    updated_date: Text = None
    processed_at: Text = None
    processing_method: Text = None
    currency: Text = None
    total_price: Number = None
    total_quantity: Number = None
    taxes_included: Flag = None
    inventory_behaviour: Text = None
    payment_gateway_names: Text = None
    # Whatever the shop sorts its orders by, and that may be a buyer's name.
    tags: PersonalText = None
    customer: Annotated[Any, records(Customer)] = None
    shipping_address: Annotated[Any, records(Address)] = None
    billing_address: Annotated[Any, records(Address)] = None
    ship_address: Annotated[Any, records(Address)] = None
    bill_address: Annotated[Any, records(Address)] = None
    line_items: Annotated[Any, records(LineItem)] = None
    payments: Annotated[Any, records(Payment, cleared=True)] = None
    shipments: Open = None


class NewOrder(Order):
    """An order that has a number: `number` in the core schema, `name` in the guide's example."""

    number: Identifier | None = None
    name: Identifier | None = None
    id: Identifier | None = None

    @model_validator(mode="after")
    def _has_a_number(self) -> Self:
        if not (self.number or self.name or self.id):
            raise PydanticCustomError("order_number_missing", "an order needs its number")
        return self

    @property
    def order_number(self) -> str:
        return self.number or self.name or self.id or ""


class CreateOrderBody(CallbackBody):
    order: NewOrder
    # Ours, made of the order's number; Cenit has it from our answer.
    order_id: Identifier | None = None

    @property
    def resource_id(self) -> str | None:
        return self.order_id


class UpdateOrderBody(CallbackBody):
    order_id: Identifier
    order: Order

    @property
    def resource_id(self) -> str:
        return self.order_id


class CancelOrderBody(CallbackBody):
    """Cenit's example sends the two ids as whole numbers, whatever they were: 0 means none."""

    ordersn: Identifier
    item_id: Identifier | None = None
    variation_id: Identifier | None = None
    cancel_reason: Text = None
    # Ours, made of `ordersn` as a new order's is of its number.
    order_id: Identifier | None = None

    @property
    def resource_id(self) -> str | None:
        return self.order_id


class DeleteProductBody(CallbackBody):
    item_id: Identifier

    @property
    def resource_id(self) -> str:
        return self.item_id


class UploadImageBody(CallbackBody):
    """`payload` is XML, as Cenit's example sends it; `url` is ours, read from it."""

    payload: Annotated[str, StringConstraints(min_length=1, max_length=MAX_IMAGE_REQUEST)]
    url: str | None = None

    @property
    def resource_id(self) -> None:
        return None
