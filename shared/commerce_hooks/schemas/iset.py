"""What iSET sends: `type` and `domain` beside the resource.

iSET documents no bodies; those of a changed order and a changed product are known from public
code (github.com/igorpmribeiro/whats-notify and pushnotify). The other five are read leniently:
the id is taken where a known spelling has it, and its absence is no reason to refuse.
"""

from typing import Annotated, Any

from pydantic import AliasChoices, Field, StringConstraints

from commerce_hooks.schemas.callback_body import CallbackBody, NumericId, PlatformWord
from commerce_hooks.schemas.fields import Description, Number, PersonalText, Text, records

Domain = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class Status(Description):
    type: Text = None
    color: Text = None
    label: Text = None


class Phone(Description):
    ddd: PersonalText = None
    number: PersonalText = None
    type: Text = None


class Customer(Description):
    id: Number = None
    name: PersonalText = None
    email: PersonalText = None
    phone: Annotated[Any, records(Phone)] = None


class Payment(Description):
    """How the order is paid for; nothing of a card but its brand."""

    gateway: Text = None
    brand: Text = None
    type: Text = None
    amount: Number = None
    currency: Text = None
    installments: Number = None


class IsetBody(CallbackBody):
    type: PlatformWord | None = None
    domain: Domain | None = None

    @property
    def account(self) -> str | None:
        return self.domain

    @property
    def reported_topic(self) -> str | None:
        return self.type


class OrderBody(IsetBody):
    order_id: NumericId | None = Field(
        None, validation_alias=AliasChoices("orderId", "order_id", "id")
    )
    date_purchase: Text = Field(None, alias="datePurchase")
    total: Number = None
    status_id: Number = Field(None, alias="statusId")
    status: Annotated[Any, records(Status)] = None
    channel: Text = None
    customer: Annotated[Any, records(Customer)] = None
    payment: Annotated[Any, records(Payment)] = None

    @property
    def resource_id(self) -> str | None:
        return self.order_id


class OrderSavedBody(OrderBody):
    order_id: NumericId = Field(alias="orderId")


class ProductBody(IsetBody):
    product_id: NumericId | None = Field(
        None, validation_alias=AliasChoices("product_id", "productId", "id")
    )
    sku: Text = None

    @property
    def resource_id(self) -> str | None:
        return self.product_id


class ProductSavedBody(ProductBody):
    product_id: NumericId


class CategoryBody(IsetBody):
    category_id: NumericId | None = Field(
        None, validation_alias=AliasChoices("category_id", "categoryId", "id")
    )

    @property
    def resource_id(self) -> str | None:
        return self.category_id
