"""Centry: one URL for all topics, the body names its own."""

from commerce_hooks.platform import Platform, Topic, topics_by_name
from commerce_hooks.schemas.centry import IntegrationConfigBody, OrderBody, ProductBody

PLATFORM = Platform(
    name="centry",
    topic_field="topic",
    topics=topics_by_name(
        Topic("on_order_save", "order.saved", OrderBody),
        Topic("on_order_delete", "order.deleted", OrderBody, once=True),
        Topic("on_product_save", "product.saved", ProductBody),
        Topic("on_product_delete", "product.deleted", ProductBody, once=True),
        # The two that Centry added after its first documentation.
        Topic("on_integration_config_save", "integration_config.saved", IntegrationConfigBody),
        Topic(
            "on_integration_config_delete",
            "integration_config.deleted",
            IntegrationConfigBody,
            once=True,
        ),
    ),
)
