"""Konimbo's bodies that are not published as they come."""

from collections.abc import Sequence

from commerce_hooks.decoding import JsonObject, JsonValue

_PAYMENT_RECORDS = ("credit_guard_xml", "order")
_PAYMENT_FIELDS = frozenset(
    {"id", "order_id", "store_id", "event", "status", "created_at", "updated_at"}
)


def one_per_order(body: JsonObject) -> Sequence[JsonObject]:
    """A bulk that holds a list becomes one body per order, shaped like a single one's."""
    for name in ("orders", "order"):
        orders = body.get(name)
        if isinstance(orders, list):
            return [{"order": order} for order in orders]
    return (body,)


def allowed_payment_fields(body: JsonObject) -> Sequence[JsonObject]:
    """Only what cannot be card data or a national id: the response's shape is undocumented."""
    return ({name: _allowed(body[name]) for name in _PAYMENT_RECORDS if name in body},)


def _allowed(record: JsonValue) -> JsonValue:
    if not isinstance(record, dict):
        return None
    return {
        name: value
        for name, value in record.items()
        if name in _PAYMENT_FIELDS and not isinstance(value, dict | list)
    }
