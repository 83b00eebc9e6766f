"""What iSET sends: `type` and `domain` beside the resource.

iSET documents no bodies; those of a changed order and a changed product are known from public
code (github.com/igorpmribeiro/whats-notify and pushnotify). The other five are read leniently:
the id is taken where a known spelling has it, and its absence is no reason to refuse.
"""

from typing import Annotated

from pydantic import AliasChoices, Field, StringConstraints

from commerce_hooks.schemas.callback_body import CallbackBody, NumericId, PlatformWord

Domain = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class IsetBody(CallbackBody):
    type: PlatformWord | None = None
    domain: Domain | None = None

    @property
    def account(self) -> str | None:
        return self.domain

    @property
    def reported_topic(self) -> str | None:
        return self.type


class OrderSavedBody(IsetBody):
    order_id: NumericId = Field(alias="orderId")

    @property
    def resource_id(self) -> str:
        return self.order_id


class ProductSavedBody(IsetBody):
    product_id: NumericId

    @property
    def resource_id(self) -> str:
        return self.product_id


class OrderBody(IsetBody):
    order_id: NumericId | None = Field(
        None, validation_alias=AliasChoices("orderId", "order_id", "id")
    )

    @property
    def resource_id(self) -> str | None:
        return self.order_id


class ProductBody(IsetBody):
    product_id: NumericId | None = Field(
        None, validation_alias=AliasChoices("product_id", "productId", "id")
    )

    @property
    def resource_id(self) -> str | None:
        return self.product_id


class CategoryBody(IsetBody):
    category_id: NumericId | None = Field(
        None, validation_alias=AliasChoices("category_id", "categoryId", "id")
    )

    @property
    def resource_id(self) -> str | None:
        return self.category_id
