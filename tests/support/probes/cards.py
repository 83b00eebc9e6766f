"""Card data and national ids in odd places of a genuine body: the event goes out without them.

The card's number is one that payment processors document for tests; the ids were never given to
anyone.
"""

from collections.abc import Iterator

from commerce_hooks.decoding import JsonValue
from support.probes.probe import ACCEPTED, Probe, adding

CARD = "4111111111111111"
_HIDDEN: dict[str, tuple[JsonValue, str]] = {
    "a card's number": (CARD, CARD),
    "as a number": (int(CARD), CARD),
    "in groups": ("4111 1111 1111 1111", "4111 1111"),
    "with hyphens": ("4111-1111-1111-1111", "4111-1111"),
    "with no-break spaces": ("4111\u00a01111\u00a01111\u00a01111", "1111"),
    "in a sentence": (f"please charge {CARD}, thanks", CARD),
    "in a list": ([[["x", CARD]]], CARD),
    "in a field's name": ({f"card {CARD}": 1}, CARD),
    "in a URL": (f"https://host.example/?card={CARD}&a=1", CARD),
    "in JSON in a text": (f'{{"number":"{CARD}"}}', CARD),
    "its code": ({"cvv": "9173"}, "9173"),
    "its end": ({"last_four": "9174", "cardLast4": "9174", "exp_month": "x"}, "cardLast4"),
    "a CPF": ({"cpf": "11111111111"}, "11111111111"),
    "a CPF in a sentence": ("CPF 111.111.111-11, por favor", "111.111.111-11"),
    "a RUT": ({"rut": "11111111-1"}, "11111111-1"),
    "an Israeli id": ({"teudat_zehut": "000000018"}, "000000018"),
}


def card_probes() -> Iterator[Probe]:
    for name, (value, hidden) in _HIDDEN.items():
        make = adding({"probe": value})
        yield Probe("card data or national id", name, make, ACCEPTED, hidden=hidden)
