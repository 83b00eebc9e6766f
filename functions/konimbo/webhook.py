"""Konimbo: one subscription, so one URL, per event; most bodies don't name theirs."""

from commerce_hooks.platform import Platform, Topic, topics_by_name
from commerce_hooks.schemas.konimbo import (
    CustomerBody,
    ItemBody,
    OrderBody,
    PaymentResponseBody,
    TicketBody,
    UndocumentedOrderBody,
)
from konimbo.bodies import allowed_payment_fields, one_per_order

PLATFORM = Platform(
    name="konimbo",
    takes_forms=True,
    sensitive=True,
    topics=topics_by_name(
        Topic("order_created", "order.created", OrderBody, once=True),
        Topic(
            "order_created_bulk",
            "order.created",
            OrderBody,
            once=True,
            parts=one_per_order,
            many=True,
        ),
        # Konimbo calls ten minutes after the order was created.
        Topic("order_created_future", "order.follow_up_due", UndocumentedOrderBody, once=True),
        Topic("order_after_payment", "order.payment_reported", OrderBody),
        Topic("order_after_payment_api", "order.payment_reported", UndocumentedOrderBody),
        Topic("order_after_payment_paypal", "order.payment_reported", UndocumentedOrderBody),
        Topic("order_status_created", "order.status_added", UndocumentedOrderBody),
        Topic(
            "credit_guard_xml_created",
            "payment.response_received",
            PaymentResponseBody,
            parts=allowed_payment_fields,
            mostly_personal=True,
        ),
        Topic("item_inventory_updated", "stock.changed", ItemBody, resource_type="product"),
        Topic("customer_created", "customer.created", CustomerBody, once=True),
        Topic("customer_logged_in", "customer.logged_in", CustomerBody, mostly_personal=True),
        Topic("ticket_created", "ticket.created", TicketBody, once=True),
    ),
)
