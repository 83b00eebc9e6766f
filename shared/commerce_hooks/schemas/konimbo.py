"""What Konimbo sends: one record under its model's name, such as `{"order": {...}}`.

Source: Konimbo's webhook documentation (github.com/konimbo/API-Documentation, v1/webhooks.md)
for order_created, item_inventory_updated and ticket_created; public code for
order_after_payment (github.com/RcBuilder/Scripts). The other bodies are documented nowhere:
where a record stands under the name we expect, it must have its id; where it doesn't, the body
passes without one.
"""

from abc import abstractmethod

from pydantic import BaseModel, ConfigDict

from commerce_hooks.schemas.callback_body import CallbackBody, NumericId, PlatformWord


class Record(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    id: NumericId
    store_id: NumericId | None = None


class Order(Record):
    event: PlatformWord | None = None


class Ticket(Record):
    created_at: PlatformWord | None = None


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

    @property
    def record(self) -> Order | None:
        return self.order

    @property
    def reported_topic(self) -> str | None:
        return self.order.event if self.order else None


class CustomerBody(KonimboBody):
    customer: Record | None = None

    @property
    def record(self) -> Record | None:
        return self.customer


class PaymentResponseBody(KonimboBody):
    credit_guard_xml: Record | None = None

    @property
    def record(self) -> Record | None:
        return self.credit_guard_xml
