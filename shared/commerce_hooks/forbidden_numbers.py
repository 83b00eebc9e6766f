r"""Card numbers and national ids in any text, told by their shape and their check digits.

* A payment card's number begins as an issuer's does, has as many digits as that issuer's and
  passes the check of ISO/IEC 7812-1 (Luhn). It is looked for where cards are written so:

  - as a run of 14 to 19 digits, nothing longer, and not the decimals of a number;
  - in groups of 4-4-4-4, 4-4-4-4 and up to three more, 4-6-5, 4-6-4 or 8-8, with the same one to
    three characters between all groups, none of them a letter, a digit, or what separates the
    items of a list (`,` `;` `:` `|`). In a row of groups a
    card may begin at each: behind a telephone number, before a year, before another card. But a
    row of more than eight groups of four, or four of eight, is something else, such as the key of
    a Brazilian NFe. So dates, telephone numbers and order numbers survive: their groups differ.

  Inside an identifier, such as an image's address, a product's code or a UUID, digits are no card:
  that is where a letter of ASCII stands right before or behind them, or `_` or `/` on both sides of
  digits without groups (behind them a file's ending will do). Other alphabets make no identifiers,
  and Hebrew puts its prepositions right before a number. An escape such as `\n` or `%3D` is no
  letter, and what has a space between its groups is no identifier.
  Ids and product codes survive also because those with up to 13 digits (EAN-13, UPC) are too
  short, and nine in ten of the longer that begin like a card fail the check. A GTIN-14 that begins
  like a Diners card survives under a product code's name if its own check digit is right.
* A Brazilian CPF as 000.000.000-00 and a Chilean RUT as 00.000.000-K, if the check digits are
  right. Without their dots they look like any id, as Israel's do always: only names tell those.

Only ASCII's digits count: what a shop passes on has no others.
"""

import re
from collections.abc import Iterator

REMOVED = "[removed]"

# Each group of digits is looked at a few times at most: only the row that is none of a card's
# can be long, and it is passed over at once. So a long text takes no more than its length.
_CANDIDATE = re.compile(
    r"""
    (?<![0-9])(?:
        (?:
            [0-9]{4}(?P<a>(?:[^\w,;:|]|_){1,3})(?:[0-9]{4}(?P=a)){7,}[0-9]{4}
            | [0-9]{8}(?P<b>(?:[^\w,;:|]|_){1,3})(?:[0-9]{8}(?P=b)){3,}[0-9]{8}
        )(?![0-9])
        | (?=[2-6])(?=(?P<number>
            [0-9]{4}(?P<gap>(?:[^\w,;:|]|_){1,3})(?:
                [0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{4}(?P<more>(?P=gap)[0-9]{1,3}(?![0-9]))?
                | [0-9]{6}(?P=gap)[0-9]{4,5}
            )
            | [0-9]{8}(?P<middle>(?:[^\w,;:|]|_){1,3})[0-9]{8}
            | [0-9]{14,19}
        )(?![0-9]))
        # The next may begin at the second group.
        [0-9]+
    )
    """,
    re.VERBOSE,
)
_ISSUED = re.compile(
    r"""
    (?=[0-9]{14}\Z)(?:30[0-59]|3[689])  # Diners
    | (?=[0-9]{15}\Z)3[47]  # American Express
    | (?=[0-9]{16}(?:[0-9]{3})?\Z)(?:4|352[89]|35[3-8])  # Visa, JCB
    # Mastercard, Elo
    | (?=[0-9]{16}\Z)(?:5[0-8]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)
    # Discover, UnionPay, Elo, Hipercard, Maestro
    | (?=[0-9]{16,19}\Z)(?:60|62|63|64[4-9]|65|67)
    """,
    re.VERBOSE,
)
# What stands between the groups of identifiers, and what makes digits a part of one.
_WITHIN_IDENTIFIERS = ("", "-", "_", ".", "/")
_LETTER_BEFORE = re.compile(r"(?<=[A-Za-z])(?<!\\[bfnrt])(?<!%[0-9A-Fa-f][A-Fa-f])")
_LETTER_BEHIND = re.compile(r"[A-Za-z]")
_JOINT_BEFORE = re.compile(r"(?<=[_/])")
_JOINT_BEHIND = re.compile(r"[_/]|\.[A-Za-z]")
# A date with dots has more than one before the digits behind it.
_WHOLE_PART = re.compile(r"(?:\A|[^0-9.])[0-9]{1,7}\.\Z")
_LONGEST_WHOLE_PART = len("x1234567.")

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
    # The RUT first: its K may stand right before a card, which is in no identifier then.
    text = _RUT.sub(_unless_rut, _CPF.sub(_unless_cpf, text))
    kept: list[str] = []
    done = 0
    for start, end in _cards(text, name):
        if start >= done:
            kept += text[done:start], REMOVED
        # Where two overlap it cannot be told which is the card.
        done = max(done, end)
    return "".join([*kept, text[done:]])


def _cards(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where each begins and ends; they may overlap."""
    for found in _CANDIDATE.finditer(text):
        if whole := found["number"]:
            gap = found["gap"] or found["middle"] or ""
            start = found.start()
            for number in {whole, whole.removesuffix(found["more"] or "")}:
                end = start + len(number)
                if _is_card(number.replace(gap, "")) and not (
                    _is_in_identifier(text, start, end, gap)
                    or (not gap and (_is_gtin(number, name) or _is_decimals(text, start)))
                ):
                    yield start, end


def _is_card(digits: str) -> bool:
    reverse = digits[::-1].encode()
    return (
        _ISSUED.match(digits) is not None
        and (sum(reverse[::2].translate(_ONCE)) + sum(reverse[1::2].translate(_TWICE))) % 10 == 0
    )


def _is_in_identifier(text: str, start: int, end: int, gap: str) -> bool:
    if gap not in _WITHIN_IDENTIFIERS:
        return False
    touches_letter = _LETTER_BEFORE.match(text, start) or _LETTER_BEHIND.match(text, end)
    # Between groups `_` and `/` tell nothing: there may be another number behind them.
    return bool(
        touches_letter
        or (not gap and _JOINT_BEFORE.match(text, start) and _JOINT_BEHIND.match(text, end))
    )


def _is_decimals(text: str, start: int) -> bool:
    """Any division makes sixteen digits there."""
    return bool(_WHOLE_PART.search(text[max(start - _LONGEST_WHOLE_PART, 0) : start]))


def _is_gtin(number: str, name: str) -> bool:
    return (
        _GTIN_14.fullmatch(number) is not None
        and _PRODUCT_CODE.search(name) is not None
        and (sum(map(int, number[1::2])) + 3 * sum(map(int, number[::2]))) % 10 == 0
    )


def _unless_cpf(found: re.Match[str]) -> str:
    number = [int(digit) for digit in found[0].replace(".", "").replace("-", "")]
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
