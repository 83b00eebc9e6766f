"""Konimbo's bodies that are not published as they come: bulks, and what may hold card data."""

import re
from collections.abc import Sequence

from commerce_hooks.decoding import JsonObject, JsonValue

_PAYMENT_RECORDS = ("credit_guard_xml", "order")
# A thousand times a long text would be more than the bus should have to carry.
_MAX_BESIDE = 100
_MOST_BESIDE = 20
# Of ids, words and times; none of them is long enough for a card's number.
_ID = re.compile(r"[0-9]{1,11}")
_WORD = re.compile(r"[A-Za-z_-]{1,40}|[0-9]{1,3}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_PAYMENT_FIELDS = {
    "id": _ID,
    "order_id": _ID,
    "store_id": _ID,
    "event": _WORD,
    "status": _WORD,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}


def one_per_order(body: JsonObject) -> Sequence[JsonObject]:
    """A bulk that holds one list becomes one body per order, shaped like a single one's.

    What stands beside the list goes with each, if it is brief: it is for all of them. Where that
    is much, a bulk would be a thousand times as large as its body; it is then left as it is, to
    be quarantined.
    """
    named = [body[name] for name in ("orders", "order") if name in body]
    orders = named[0] if len(named) == 1 else None
    if isinstance(orders, list):
        beside = {name: value for name, value in body.items() if _is_brief(value)}
        if len(beside) <= _MOST_BESIDE:
            return [{**beside, "order": order} for order in orders]
    return (body,)


def _is_brief(value: JsonValue) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= _MAX_BESIDE


def allowed_payment_fields(body: JsonObject) -> Sequence[JsonObject]:
    """Only what cannot be card data or a national id: the response's shape is undocumented."""
    return ({name: _allowed(body[name]) for name in _PAYMENT_RECORDS if name in body},)


def _allowed(record: JsonValue) -> JsonValue:
    if not isinstance(record, dict):
        return None
    return {
        name: record[name]
        for name, shape in _PAYMENT_FIELDS.items()
        if name in record and shape.fullmatch(str(record[name]))
    }
