"""Numbers of cards and of people are found by their shape; ids and product codes survive."""

import re
from sys import setprofile
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.forbidden_numbers import REMOVED, without_numbers

# The numbers that issuers publish for tests.
CARDS = [
    *("4111111111111111", "4012888888881881", "5555555555554444", "2223003122003222"),
    *("378282246310005", "371449635398431", "30569309025904", "36259600000004", "38520000023237"),
    *("6011111111111117", "3530111333300000", "6200000000000005", "6362970000457013"),
    *("6062826786276634", "6304000000000000"),
]
GOOD_CPF = ["529.982.247-25", "111.444.777-35"]
GOOD_RUT = ["12.345.678-5", "1.111.111-4", "10.000.013-K", "10.000.013-k"]


def with_luhn_digit(digits: str) -> str:
    """Written from the definition, and not as the code under test counts."""
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits))]
    total = sum(sum(map(int, str(value))) for value in doubled)
    return digits + str(-total % 10)


def with_gs1_digit(digits: str) -> str:
    total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def digits_after(start: str, length: int) -> st.SearchStrategy[str]:
    rest = st.text("0123456789", min_size=length - len(start), max_size=length - len(start))
    return rest.map(lambda more: start + more)


ISSUERS = [
    *(("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("50", 16)),
    *(("34", 15), ("37", 15), ("36", 14), ("305", 14), ("3528", 16), ("3589", 19)),
    *(("6011", 16), ("65", 16), ("644", 16), ("62", 16), ("62", 17), ("62", 18), ("62", 19)),
]
cards = st.sampled_from(ISSUERS).flatmap(
    lambda issuer: digits_after(issuer[0], issuer[1] - 1).map(with_luhn_digit)
)


@pytest.mark.parametrize("card", CARDS)
def test_a_card_s_number_is_removed_from_the_text_around_it(card: str) -> None:
    assert without_numbers(f"pay with {card}, please") == f"pay with {REMOVED}, please"
    assert without_numbers(card) == REMOVED


@given(cards, st.lists(st.sampled_from(["", " ", "-", "\u00a0", "\u2011", " - "]), min_size=19))
def test_a_card_s_number_is_found_in_groups_of_any_size(card: str, gaps: list[str]) -> None:
    grouped = "".join(digit + gap for digit, gap in zip(card[:-1], gaps, strict=False)) + card[-1]

    assert without_numbers(f"x {grouped} y") == f"x {REMOVED} y"


@given(cards, st.sampled_from(["050-123-4567 ", "+972 50 1234567 ", "1 ", "2026-03-09 ", "7-"]))
def test_a_card_s_number_is_found_behind_another_number(card: str, before: str) -> None:
    assert card not in without_numbers(f"{before}{card}")
    assert without_numbers(f"{before}{card}").endswith(REMOVED)


def test_every_card_of_a_text_is_removed() -> None:
    text = " ".join(CARDS)

    assert set(without_numbers(text)) <= set(REMOVED + " ")
    assert without_numbers(",".join(CARDS)) == ",".join([REMOVED] * len(CARDS))


def test_a_card_within_a_card_is_removed_once() -> None:
    inner = "3714 496353 98431"
    outer = next(
        f"{start} {inner}"
        for start in range(4000, 5000)
        if with_luhn_digit(f"{start}37144963539843") == f"{start}371449635398431"
    )

    assert without_numbers(inner) == REMOVED
    assert without_numbers(f"a {outer} b") == f"a {REMOVED} b"


@given(cards, st.text("0123456789", min_size=1, max_size=5))
def test_a_part_of_a_longer_row_of_digits_is_no_card(card: str, more: str) -> None:
    for text in (f"7{card}", f"{more}00000{card}"):
        if len(text) > 19:
            assert without_numbers(text) == text


@given(cards, st.integers(1, 9))
def test_a_number_with_a_wrong_check_digit_is_no_card(card: str, off: int) -> None:
    wrong = card[:-1] + str((int(card[-1]) + off) % 10)

    assert without_numbers(wrong) == wrong


@pytest.mark.parametrize("start", ["0", "1", "7", "8", "9", "59", "35271", "2220", "2721", "61"])
@given(st.data())
def test_a_number_that_begins_like_no_card_is_none(start: str, data: st.DataObject) -> None:
    number = with_luhn_digit(data.draw(digits_after(start, 15)))

    assert without_numbers(number) == number


@pytest.mark.parametrize(
    ("start", "length"),
    [
        ("4", 15),
        ("4", 18),
        ("5", 14),
        ("306", 14),
        ("36", 16),
        ("34", 16),
        ("62", 15),
        ("3528", 15),
    ],
)
@given(st.data())
def test_a_number_that_is_too_long_or_short_for_its_issuer_is_none(
    start: str, length: int, data: st.DataObject
) -> None:
    number = with_luhn_digit(data.draw(digits_after(start, length - 1)))

    assert without_numbers(number) == number


@given(st.integers(8, 13).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size)))
def test_an_id_or_product_code_of_up_to_13_digits_survives(code: str) -> None:
    assert without_numbers(code) == code


@given(
    st.sampled_from(["3605", "301", "389", "1", "0"]).flatmap(lambda s: digits_after(s, 13)),
    st.sampled_from(["gtin", "gtin_14", "ean14", "barCode", "code", "inventory_code", "sku"]),
)
def test_every_gtin_14_survives_as_a_product_s_code(digits: str, name: str) -> None:
    gtin = with_gs1_digit(digits)

    assert without_numbers(gtin, name) == gtin


def test_elsewhere_a_gtin_14_that_looks_like_a_card_counts_as_one() -> None:
    both = next(
        gtin
        for number in range(3600000000000, 3600000001000)
        if (gtin := with_gs1_digit(str(number))) == with_luhn_digit(str(number))
    )

    assert without_numbers(both, "note") == REMOVED
    assert without_numbers(both, "ean") == both
    assert without_numbers(f"{both[:4]} {both[4:]}", "ean") == REMOVED


def test_a_card_in_a_product_s_code_is_a_card() -> None:
    assert without_numbers("30569309025904", "code") == REMOVED
    assert without_numbers("4111111111111111", "code") == REMOVED


@pytest.mark.parametrize("number", GOOD_CPF + GOOD_RUT)
def test_a_formatted_national_id_is_removed_from_the_text_around_it(number: str) -> None:
    assert without_numbers(f"({number})") == f"({REMOVED})"
    assert without_numbers(f"{number} {number}") == f"{REMOVED} {REMOVED}"


@pytest.mark.parametrize(
    "text",
    [
        *("529.982.247-26", "529.982.247-35", "52998224725", "1529.982.247-25", "529.982.247-251"),
        *("12.345.678-4", "12345678-5", "112.345.678-5", "12.345.678-55", "10.000.013-kg"),
        *("12.345.678-K", "10.000.014-K", "1.234.567", "12.345,678-5"),
    ],
)
def test_what_is_not_formatted_so_or_fails_its_check_is_no_national_id(text: str) -> None:
    assert without_numbers(text) == text


def test_a_national_id_right_before_a_card_is_found_too() -> None:
    assert without_numbers("10.000.013-k4111111111111111") == REMOVED * 2


@pytest.mark.parametrize(
    "text",
    [
        *("2026-03-09 21:47:05", "2026-03-09T21:47:05.123Z", "+972-50-123-4567, 03-1234567"),
        *("+55 11 91234-5678", "192.0.2.15", "https://images.shop.example/cart/5762604.jpg"),
        *("66e01c4f1746bf5a700000a1", "7290000000008", "40.7127753, -74.0059728", "שלום 12345678"),
        *("\u0664\u0661" + "\u0661" * 14, "", "4111"),
    ],
)
def test_what_stands_in_every_order_survives(text: str) -> None:
    assert without_numbers(text) == text


parts = cards | st.sampled_from(GOOD_CPF + GOOD_RUT) | st.text("0123456789. -kK[]a", max_size=20)
texts = st.lists(parts, max_size=6).flatmap(
    lambda found: st.sampled_from(["", " ", "-", ","]).map(lambda gap: gap.join(found))
)


@given(texts)
def test_a_second_look_finds_nothing_more(text: str) -> None:
    once = without_numbers(text)

    assert without_numbers(once) == once


@given(st.text())
def test_a_text_without_eleven_digits_is_unchanged(text: str) -> None:
    if len(re.findall("[0-9]", text)) < 8:
        assert without_numbers(text) == text


HOSTILE = ["4", "4 ", "44-", "4444 ", "62 ", "4111111111111112 ", "1.", "529.982.247-26 ", "4   "]


def calls(text: str) -> int:
    """How many calls it takes, of ours and of what is built in."""
    seen = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal seen
        seen += event.endswith("call")

    setprofile(count)
    try:
        without_numbers(text)
    finally:
        setprofile(None)
    return seen


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_four_times_as_long_takes_four_times_the_calls(piece: str) -> None:
    assert calls(piece * 4000) <= 4 * calls(piece * 1000) + 20


@pytest.mark.parametrize("card", CARDS)
def test_the_generator_s_check_digit_is_that_of_the_published_numbers(card: str) -> None:
    assert with_luhn_digit(card[:-1]) == card
