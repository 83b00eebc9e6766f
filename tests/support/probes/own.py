"""What only one platform has: its topic's place in the body, the words it uses, its kind of ids."""

from collections.abc import Callable, Iterator, Mapping

from commerce_hooks.decoding import JsonValue
from commerce_hooks.platform import Platform
from support.probes.cards import CARD
from support.probes.forms import form_probes, no_form_probes
from support.probes.ids import object_id_probes
from support.probes.probe import (
    ACCEPTED,
    CANARY,
    INVALID,
    MISMATCH,
    UNRECOGNIZED,
    Probe,
    Right,
    as_json,
    at,
    posting,
)

Values = Mapping[str, tuple[JsonValue, Right]]

_WORDS: Values = {
    "another case": ("ORDER", ACCEPTED),
    "a line break": (f"order\n{CANARY}", ACCEPTED),
    "ANSI escapes": (f"\x1b[31m{CANARY}", ACCEPTED),
    "a way up": ("../order", ACCEPTED),
    "a prototype": ("__proto__", ACCEPTED),
    "our own": ("callback.quarantined", ACCEPTED),
    "Cyrillic letters": ("\u043erder", ACCEPTED),
    "128 characters": ("x" * 128, ACCEPTED),
    "129 characters": ("x" * 129, INVALID),
    "a megabyte": ("x" * 1_000_000, INVALID),
    "null": (None, ACCEPTED),
    "a number": (1, INVALID),
    "true": (True, INVALID),
    "a list": (["order_created"], INVALID),
    "an object": ({"order": "created"}, INVALID),
}
_KONIMBO_EVENTS: Values = {
    **_WORDS,
    "another order's": ("order_after_payment", ACCEPTED),
    "a customer's": ("customer_created", MISMATCH),
    "a ticket's": ("ticket_created", MISMATCH),
    "a stock's": ("item_inventory_updated", MISMATCH),
    "a payment's": ("credit_guard_xml_created", MISMATCH),
}
_ISET_TYPES: Values = {
    **_WORDS,
    "ours": ("order-saved", ACCEPTED),
    "a deletion's": ("order-deleted", MISMATCH),
    "a product's": ("product-changed", MISMATCH),
    "a category's": ("category-saved", MISMATCH),
    "a stock's": ("stock-changed", MISMATCH),
    "nothing": ("", INVALID),
}
_DOMAINS: Values = {
    "a URL": ("https://host.example/?a=1", ACCEPTED),
    "a line break": (f"www.loja.example\n{CANARY}", ACCEPTED),
    "ANSI escapes": (f"\x1b[31m{CANARY}", ACCEPTED),
    "253 characters": ("x" * 253, ACCEPTED),
    "254 characters": ("x" * 254, INVALID),
    "nothing": ("", INVALID),
    "null": (None, ACCEPTED),
    "a number": (1, INVALID),
    "a list": (["www.loja.example"], INVALID),
}
_KONIMBO_BULKS: dict[str, tuple[JsonValue, Right]] = {
    "no orders": ({"orders": []}, INVALID),
    "null": ({"orders": None}, INVALID),
    "a text": ({"orders": "1"}, INVALID),
    "numbers": ({"orders": [1, 2]}, INVALID),
    "lists": ({"orders": [[{"id": 1}]]}, INVALID),
    "one without an id": ({"orders": [{"id": 1}, {"name": CANARY}]}, INVALID),
    "50 without an id": ({"orders": [{"name": CANARY}] * 50}, INVALID),
    "two names": ({"orders": [{"id": 1}], "order": [{"id": 2}]}, INVALID),
    "an object of orders": ({"orders": {"0": {"id": 1}}}, INVALID),
    "the same 50 times": ({"orders": [{"id": 1}] * 50}, ACCEPTED),
    "51": ({"orders": [{"id": 1}] * 51}, ACCEPTED),
    "100,000": ({"orders": [{"id": 1}] * 100_000}, ACCEPTED),
    "100,000 without an id": ({"orders": [{}] * 100_000}, ACCEPTED),
}
_LENIENT = ("order_created_future", "order_status_created", "customer_created")


def own_probes(platform: Platform) -> Iterator[Probe]:
    yield from _OWN.get(platform.name, lambda _: ())(platform)


def _centry(platform: Platform) -> Iterator[Probe]:
    yield from object_id_probes(platform)
    make = at(("topic",), CARD)
    yield Probe("card data or national id", "in topic", make, UNRECOGNIZED, hidden=CARD)


def _iset(_: Platform) -> Iterator[Probe]:
    yield from _at("word for the topic", ("type",), _ISET_TYPES)
    yield from _at("domain", ("domain",), _DOMAINS)
    for field in ("domain", "type"):
        make = at((field,), CARD)
        yield Probe("card data or national id", f"in {field}", make, ACCEPTED, hidden=CARD)


def _konimbo(_: Platform) -> Iterator[Probe]:
    yield from _at("word for the topic", ("order", "event"), _KONIMBO_EVENTS)
    make = at(("order", "event"), CARD)
    yield Probe("card data or national id", "in event", make, ACCEPTED, hidden=CARD)
    yield from form_probes("order_created")
    for name, (body, right) in _KONIMBO_BULKS.items():
        make = posting(as_json(body))
        reason = "its job would publish for minutes" if name.startswith("100,000") else ""
        yield Probe("bulk", name, make, right, "order_created_bulk", only_in_memory=reason)
    for topic in _LENIENT:
        yield from no_form_probes(topic)


def _at(group: str, place: tuple[str, ...], values: Values) -> Iterator[Probe]:
    for name, (value, right) in values.items():
        yield Probe(group, name, at(place, value), right)


_OWN: Mapping[str, Callable[[Platform], Iterator[Probe]]] = {
    "centry": _centry,
    "iset": _iset,
    "konimbo": _konimbo,
}
