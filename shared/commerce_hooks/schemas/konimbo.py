"""What Konimbo sends: one record under its model's name, such as `{"order": {...}}`.

Source: Konimbo's webhook documentation (github.com/konimbo/API-Documentation, v1/webhooks.md)
for order_created, item_inventory_updated and ticket_created; public code for
order_after_payment (github.com/RcBuilder/Scripts). The other bodies are documented nowhere:
where a record stands under the name we expect, it must have its id; where it doesn't, the body
passes without one. What else may stand in an order, and all of a customer but its id, is named
as Konimbo's API names it (v1/orders.md, v1/customers.md); money is a number in callbacks.
"""

from abc import abstractmethod
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from commerce_hooks.schemas.callback_body import CallbackBody, NumericId, PlatformWord
from commerce_hooks.schemas.fields import (
    Description,
    Flag,
    Number,
    Open,
    PersonalText,
    Text,
    records,
)


class Line(Description):
    """A row of a cart: an item, or an upgrade of the item that has the same `line_item_id`."""

    type: Text = None
    id: Number = None
    item_id: Number = None
    line_item_id: Number = None
    title: Text = None
    topic_title: Text = None
    code: Text = None
    second_code: Text = None
    offer_code: Text = None
    inventory_code: Text = None
    price: Number = None
    unit_price: Number = None
    quantity: Number = None
    image_url: Text = None
    brand_title: Text = None
    category_title: Text = None


class Shipping(Description):
    type: Text = None
    id: Number = None
    title: Text = None
    price: Number = None
    price_with_intrest: Number = None
    quantity: Number = None
    shipping_type: Text = None
    integration_type: Text = None
    store_default: Flag = None
    data: Open = None
    var: Open = None


class Cart(Description):
    lines: Annotated[Any, records(Line)] = None
    shipping: Annotated[Any, records(Shipping)] = None
    total_price: Number = None


class Status(Description):
    id: Number = None
    order_id: Number = None
    status_option_title: Text = None
    username: PersonalText = None
    comment: PersonalText = None
    created_at: Text = None
    updated_at: Text = None


class Record(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    id: NumericId
    store_id: NumericId | None = None


class Order(Record):
    event: PlatformWord | None = None
    customer_id: Number = None
    name: PersonalText = None
    email: PersonalText = None
    phone: PersonalText = None
    address: PersonalText = None
    note: PersonalText = None
    newsletter: Flag = None
    created_at: Text = None
    payment_status: Text = None
    status_option_title: Text = None
    statuses: Annotated[Any, records(Status)] = None
    total_price: Number = None
    cart: Annotated[Any, records(Cart)] = None
    items: Annotated[Any, records(Line)] = None
    upgrades: Annotated[Any, records(Line)] = None
    discounts: Annotated[Any, records(Line)] = None
    shipping: Annotated[Any, records(Shipping)] = None
    full_url: Text = None
    # It comes in with the buyer, so it may name somebody.
    affillate_field: PersonalText = None
    additional_inputs: Open = None
    customer_orders_size: Number = None
    data_record_var: Open = None


class Ticket(Record):
    """What a visitor wrote to the shop. The times beside `created_at` are the shop's local ones."""

    created_at: PlatformWord | None = None
    updated_at: Text = None
    created_at_date: Text = None
    created_at_time: Text = None
    updated_at_date: Text = None
    updated_at_time: Text = None
    customer_id: Number = None
    customer_name: PersonalText = None
    customer_phone: PersonalText = None
    customer_email: PersonalText = None
    username: PersonalText = None
    ip_address: PersonalText = None
    full_address: PersonalText = None
    title: PersonalText = None
    content: PersonalText = None
    email_content: PersonalText = None
    status: Text = None
    newsletter: Flag = None
    coupon: Text = None
    code: Text = None
    item_id: Number = None
    item_title: Text = None
    vars: Open = None


class Customer(Record):
    full_name: PersonalText = None
    email: PersonalText = None
    mobile_phone: PersonalText = None
    full_address: PersonalText = None
    newsletter: Flag = None
    discount_title: Text = None
    data_record_json: Open = None
    created_at: Text = None
    updated_at: Text = None


class PaymentResponse(Record):
    """What is left of one: `konimbo.bodies` lets nothing else through."""

    order_id: Number = None
    event: Text = None
    status: Text = None
    created_at: Text = None
    updated_at: Text = None


class KonimboBody(CallbackBody):
    """A body with at most one record that we know."""

    @property
    @abstractmethod
    def record(self) -> Record | None:
        """The record that the callback is about."""

    @property
    def resource_id(self) -> str | None:
        return self.record.id if self.record else None

    @property
    def account(self) -> str | None:
        return self.record.store_id if self.record else None


class OrderBody(KonimboBody):
    order: Order

    @property
    def record(self) -> Order:
        return self.order

    @property
    def reported_topic(self) -> str | None:
        return self.order.event


class ItemBody(KonimboBody):
    item: Record

    @property
    def record(self) -> Record:
        return self.item


class TicketBody(KonimboBody):
    ticket: Ticket

    @property
    def record(self) -> Ticket:
        return self.ticket

    @property
    def occurred_at(self) -> str | None:
        return self.ticket.created_at


class UndocumentedOrderBody(KonimboBody):
    order: Order | None = None
    order_status: Annotated[Any, records(Status)] = None

    @property
    def record(self) -> Order | None:
        return self.order

    @property
    def reported_topic(self) -> str | None:
        return self.order.event if self.order else None


class CustomerBody(KonimboBody):
    customer: Customer | None = None

    @property
    def record(self) -> Customer | None:
        return self.customer


class PaymentResponseBody(KonimboBody):
    credit_guard_xml: Annotated[PaymentResponse | None, records(PaymentResponse, cleared=True)] = (
        None
    )
    order: Annotated[Any, records(PaymentResponse)] = None

    @property
    def record(self) -> PaymentResponse | None:
        return self.credit_guard_xml
