"""Card numbers and national ids in any text, told by their shape and their check digits.

* A payment card's number: 14 to 19 digits, in one or in groups, that begin as an issuer's do, are
  as many as that issuer's have, and pass the check of ISO/IEC 7812-1 (Luhn). So ids and product
  codes survive: with up to 13 digits (EAN-13, UPC) they are too short, longer ones would have to
  begin like a card, and of those nine in ten fail the check. A GTIN-14 that begins like a Diners
  card survives where it stands under a product code's name and its own check digit is right.
* A Brazilian CPF as 000.000.000-00 and a Chilean RUT as 00.000.000-K, if the check digits are
  right. Without their dots they look like any id, as Israel's do always: only names tell those.

Only ASCII's digits count: what a shop passes on has no others.
"""

import re

REMOVED = "[removed]"

# What may stand between the groups of a number. No pattern here can match in two ways, so that a
# long text takes no more than its length.
_GAP = "[ \u00a0\u2010-\u2014-]{0,3}"
_GAPS = re.compile(r"[^0-9]+")
_GROUP = re.compile(r"[0-9]+")
_GROUPS = re.compile(rf"[0-9](?:{_GAP}[0-9]){{13,}}")
_WHOLE_GROUPS = {
    length: re.compile(rf"(?:[0-9]{_GAP}){{{length - 1}}}[0-9](?![0-9])")
    for length in range(14, 20)
}
_ISSUERS = re.compile(
    r"""
    (?P<diners>30[0-59]|3[689])
    | (?P<american_express>3[47])
    | (?P<visa_or_jcb>4|352[89]|35[3-8])
    | (?P<mastercard_or_elo>5[0-8]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)
    # And Elo, Hipercard, Maestro.
    | (?P<discover_or_unionpay>60|62|63|64[4-9]|65|67)
    """,
    re.VERBOSE,
)
_LENGTHS = {
    "diners": (14,),
    "american_express": (15,),
    "visa_or_jcb": (19, 16),
    "mastercard_or_elo": (16,),
    "discover_or_unionpay": (19, 18, 17, 16),
}
_GTIN_14 = re.compile(r"[0-9]{14}")
_PRODUCT_CODE = re.compile(r"(?:code|ean|gtin|sku|upc)[_-]?[0-9]*\Z", re.IGNORECASE)
_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
# Each digit doubled, and the digits of that added.
_TWICE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))

_SHORTEST = len("0.000.000-0")
_CPF = re.compile(r"(?<![0-9])[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}(?![0-9])")
_RUT = re.compile(r"(?<![0-9])[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-(?:[0-9](?![0-9])|[Kk](?![A-Za-z]))")
_RUT_WEIGHTS = (2, 3, 4, 5, 6, 7, 2, 3)


def without_numbers(text: str, name: str = "") -> str:
    """The text with `[removed]` for each; `name` is that of the field it stands in."""
    if len(text) < _SHORTEST:
        return text
    text = _GROUPS.sub(lambda groups: _without_cards(groups[0], name), text)
    return _RUT.sub(_unless_rut, _CPF.sub(_unless_cpf, text))


def _without_cards(groups: str, name: str) -> str:
    """The groups of digits but for cards: one may begin behind a telephone number."""
    digits = _Digits(groups)
    kept: list[str] = []
    done = passed = 0
    for group in _GROUP.finditer(groups):
        start = group.start()
        if start >= done and (end := _card_end(groups, start, digits, passed, name)):
            kept += groups[done:start], REMOVED
            done = end
        passed += group.end() - start
    return "".join([*kept, groups[done:]])


def _card_end(groups: str, start: int, digits: "_Digits", passed: int, name: str) -> int | None:
    """Where the card's number that starts here ends; `passed` digits stand before it."""
    for length in digits.lengths_of_card(passed):
        if digits.pass_luhn(passed, length):
            whole = _WHOLE_GROUPS[length].match(groups, start)
            if whole and not _is_gtin(whole[0], name):
                return whole.end()
    return None


class _Digits:
    """Digits without what stands between them, made ready for many checks."""

    def __init__(self, groups: str) -> None:
        self._text = _GAPS.sub("", groups)
        self._once = self._text.encode().translate(_ONCE)
        self._twice = self._text.encode().translate(_TWICE)

    def lengths_of_card(self, start: int) -> tuple[int, ...]:
        issuer = _ISSUERS.match(self._text, start)
        return _LENGTHS[issuer.lastgroup or ""] if issuer else ()

    def pass_luhn(self, start: int, length: int) -> bool:
        stop = start + length
        once = self._once[start + (length - 1) % 2 : stop : 2]
        twice = self._twice[start + length % 2 : stop : 2]
        return (sum(once) + sum(twice)) % 10 == 0


def _is_gtin(number: str, name: str) -> bool:
    return (
        _GTIN_14.fullmatch(number) is not None
        and _PRODUCT_CODE.search(name) is not None
        and (sum(map(int, number[1::2])) + 3 * sum(map(int, number[::2]))) % 10 == 0
    )


def _unless_cpf(found: re.Match[str]) -> str:
    number = [int(digit) for digit in _GAPS.sub("", found[0])]
    checks = [
        sum(weight * digit for weight, digit in zip(range(length + 1, 1, -1), number, strict=False))
        * 10
        % 11
        % 10
        for length in (9, 10)
    ]
    return REMOVED if checks == number[9:] else found[0]


def _unless_rut(found: re.Match[str]) -> str:
    body, _, check = found[0].replace(".", "").partition("-")
    weighed = sum(
        weight * int(digit) for weight, digit in zip(_RUT_WEIGHTS, body[::-1], strict=False)
    )
    return REMOVED if "0K987654321"[weighed % 11] == check.upper() else found[0]
