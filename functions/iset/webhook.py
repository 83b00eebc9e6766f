"""iSET: one URL per event, entered by hand in the store's panel, so the topic names are ours.

Of the words iSET itself uses in `type`, only the two below are known; others pass through.
"""

from commerce_hooks.platform import Platform, Topic, topics_by_name
from commerce_hooks.schemas.iset import (
    CategoryBody,
    OrderBody,
    OrderSavedBody,
    ProductBody,
    ProductSavedBody,
)

PLATFORM = Platform(
    name="iset",
    sensitive=True,
    topics=topics_by_name(
        Topic(
            "order-saved",
            "order.saved",
            OrderSavedBody,
            also_called=frozenset({"order-changed"}),
        ),
        Topic("order-deleted", "order.deleted", OrderBody, once=True),
        Topic(
            "product-saved",
            "product.saved",
            ProductSavedBody,
            also_called=frozenset({"product-changed"}),
        ),
        Topic("product-deleted", "product.deleted", ProductBody, once=True),
        Topic("stock-changed", "stock.changed", ProductBody, resource_type="product"),
        Topic("category-saved", "category.saved", CategoryBody),
        Topic("category-deleted", "category.deleted", CategoryBody, once=True),
    ),
)
