"""Numbers of cards and of people are found by their shape; ids and product codes survive."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from sys import setprofile
from types import FrameType

import pytest
from hypothesis import given, settings
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


GROUPINGS: dict[int, list[tuple[int, ...]]] = {
    14: [(4, 6, 4)],
    15: [(4, 6, 5)],
    16: [(4, 4, 4, 4), (8, 8)],
    17: [(4, 4, 4, 4, 1)],
    18: [(4, 4, 4, 4, 2)],
    19: [(4, 4, 4, 4, 3)],
}
GAPS = [
    *(
        " ",
        "-",
        ".",
        "/",
        "_",
        "\t",
        "\n",
        "\r\n",
        "\u00a0",
        "\u2009",
        "\u202f",
        "\u2007",
        "\u2011",
    ),
    *("\u2013", "\u2014", "\u2212", "\u200e", "\u200f-", " - ", "  ", "   ", "--", "+"),
]
gaps = st.sampled_from(GAPS)


def in_groups(digits: str, sizes: Sequence[int], gap: str) -> str:
    rest = iter(digits)
    return gap.join("".join(islice(rest, size)) for size in sizes)


grouped_cards = st.tuples(cards, gaps, st.sampled_from([0, -1])).map(
    lambda drawn: in_groups(drawn[0], GROUPINGS[len(drawn[0])][drawn[2]], drawn[1])
)


@given(grouped_cards)
def test_a_card_s_number_is_found_in_the_groups_that_cards_are_written_in(card: str) -> None:
    assert without_numbers(f"x {card}, y") == f"x {REMOVED}, y"
    assert without_numbers(card) == REMOVED


@pytest.mark.parametrize(
    "text",
    [
        *(
            "4111 1111-1111 1111",
            "4111 1111 11111111",
            "411111 1111111111",
            "4 111 111 111 111 111",
        ),
        *("4111    1111    1111    1111", "4111x1111x1111x1111", "37828 22463 10005"),
        *("411111111111111-1", "1 4111 1111 1111 111", "4111 1111 1111 11112"),
    ],
)
def test_in_other_groups_there_is_no_card(text: str) -> None:
    assert without_numbers(text) == text


BEFORE = [
    "050-123-4567",
    "0501234567",
    "+972 50 1234567",
    "1",
    "2026-03-09",
    "09.03.2026",
    "7",
    "2028",
]


@given(cards | grouped_cards, st.sampled_from(BEFORE), gaps)
def test_a_card_s_number_is_found_behind_another_number(card: str, before: str, gap: str) -> None:
    if not (gap == "." and card.isdigit()):
        assert without_numbers(f"{before}{gap}{card}").endswith(REMOVED)


@given(cards | grouped_cards, st.sampled_from(["2028", "12/28", "123", "0501234567"]), gaps)
def test_a_card_s_number_is_found_before_another_number(card: str, behind: str, gap: str) -> None:
    assert without_numbers(f"{card}{gap}{behind}").startswith(REMOVED)


@given(gaps)
def test_a_card_may_begin_at_each_of_up_to_eight_groups(gap: str) -> None:
    for before in range(5):
        groups = ["1000"] * before + ["4111", "1111", "1111", "1111"] + ["1000"] * (4 - before)
        expected = ["1000"] * before + [REMOVED] + ["1000"] * (4 - before)

        assert without_numbers(gap.join(groups)) == gap.join(expected)
        assert without_numbers(gap.join([*groups, "1000"])) == gap.join([*groups, "1000"])


def test_a_card_may_begin_in_the_last_group_of_another_row() -> None:
    text = "2024, 2025, 2026, 4111-1111-1111-1111"

    assert without_numbers(text) == f"2024, 2025, 2026, {REMOVED}"


def test_two_cards_in_groups_are_both_removed() -> None:
    for gap in GAPS:
        pair = gap.join(["4111", "1111", "1111", "1111", "5555", "5555", "5555", "4444"])
        assert without_numbers(pair) in (REMOVED, f"{REMOVED}{gap}{REMOVED}")
        pair = gap.join(["41111111", "11111111"])
        assert without_numbers(f"{pair} , {pair}") == f"{REMOVED} , {REMOVED}"


@pytest.mark.parametrize(
    "before", ["card:", "(", "=", '"', ">", "מס", "ב", ": ", "no.", "/", "_", "\\n"]
)
@pytest.mark.parametrize("behind", ["", ")", '"', "<", "&x=1", " x", "ש", ".", ". x", "%20", "\\n"])
@settings(max_examples=10)
@given(cards)
def test_a_card_is_found_beside_whatever_makes_no_identifier(
    before: str, behind: str, card: str
) -> None:
    assert without_numbers(f"{before}{card}{behind}") == f"{before}{REMOVED}{behind}"
    assert without_numbers(f"number%3D{card}{behind}") == f"number%3D{REMOVED}{behind}"


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        *(("img_", "_x"), ("/", "/"), ("/", "_n.jpg"), ("/", ".jpg"), ("_", ".webp"), ("A", "")),
        *(("", "B"), ("sku", " x"), ("A", "-7"), ("0af", "e1"), ("n", ""), ("3D", "")),
    ],
)
@given(cards)
def test_digits_in_an_identifier_are_no_card(before: str, behind: str, card: str) -> None:
    text = f"{before}{card}{behind}"

    assert without_numbers(text) == text


@pytest.mark.parametrize("gap", ["-", "_", ".", "/"])
def test_groups_beside_a_letter_are_no_card_but_a_part_of_a_uuid_or_the_like(gap: str) -> None:
    groups = gap.join(["4111", "1111", "1111", "1111"])

    assert without_numbers(f"d03a{groups}") == f"d03a{groups}"
    assert without_numbers(f"{groups}ab2f") == f"{groups}ab2f"
    assert without_numbers(f"_{groups}_") == f"_{REMOVED}_"


def test_a_card_in_groups_with_spaces_is_in_no_identifier() -> None:
    assert without_numbers("visa4111 1111 1111 1111exp") == f"visa{REMOVED}exp"


@given(st.integers(0, 9_999_999), cards)
def test_the_decimals_of_a_number_are_no_card(whole: int, card: str) -> None:
    for text in (f"{whole}.{card}", f'{{"price":-{whole}.{card}}}'):
        assert without_numbers(text) == text


def test_every_card_of_a_text_is_removed() -> None:
    text = " ".join(CARDS)

    assert set(without_numbers(text)) <= set(REMOVED + " ")
    assert without_numbers(",".join(CARDS)) == ",".join([REMOVED] * len(CARDS))


def test_of_two_cards_that_overlap_nothing_is_left() -> None:
    first = with_luhn_digit("411141111111111")
    second = with_luhn_digit(first[4:] + "111")
    row = in_groups(first + second[-4:], [4] * 5, " ")

    assert without_numbers(row[:-5]) == without_numbers(row[5:]) == REMOVED
    assert without_numbers(f"a {row} 2028 b") == f"a {REMOVED} 2028 b"


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
    assert without_numbers(f"{both[:4]} {both[4:10]} {both[10:]}", "ean") == REMOVED


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


def digits(pattern: str) -> st.SearchStrategy[str]:
    """Texts with a random digit for each `#`."""
    return st.lists(st.sampled_from("0123456789"), min_size=60, max_size=60).map(
        lambda row: "".join(
            new if old == "#" else old for old, new in zip(pattern, row, strict=False)
        )
    )


def among(*patterns: str) -> st.SearchStrategy[str]:
    return st.sampled_from(patterns).flatmap(digits)


DAWN, DUSK = datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2099-12-31")
dates = st.dates(date(1930, 1, 1), date(2099, 12, 31))
phones = among(
    *("05########", "05#-#######", "05#-###-####", "05# ### ####", "05#.###.####", "0#-#######"),
    *("0#-###-####", "0########", "+972-5#-###-####", "+972 5# ### ####", "9725########"),
    *("+9725########", "(0#) #######", "1-800-###-###", "1700-###-###", "07#-#######"),
    *("(##) ####-####", "(##) 9####-####", "## ####-####", "## 9####-####", "##9########"),
    *("##########", "####-####", "9####-####", "+55 ## 9####-####", "+55 ## ####-####"),
    *("55##9########", "+55##9########", "55##########", "+55 (##) 9####-####", "0## ####-####"),
    *("## 9 ####-####", "## 9 #### ####", "0800 ### ####", "4004-####"),
)
nfe_keys = among(
    *(gap.join(["####"] * 11) for gap in (" ", ".", "-")),
    "#" * 44,
    "NFe" + "#" * 44,
)
survivors = st.one_of(
    *(
        st.lists(one, min_size=2, max_size=8)
        for one in (
            phones,
            dates.map(date.isoformat),
            dates.map(lambda day: day.strftime("%d-%m-%Y")),
            dates.map(lambda day: day.strftime("%d/%m/%Y")),
            dates.map(lambda day: day.strftime("%Y%m%d")),
            among("###-#######-#######"),
            digits("############").map(with_gs1_digit),
            st.datetimes(DAWN, DUSK).map(datetime.isoformat),
            st.datetimes(DAWN, DUSK).map(lambda at: at.strftime("%Y%m%d%H%M%S")),
            st.uuids().map(str),
        )
    ),
    st.lists(nfe_keys, min_size=1, max_size=1),
)


@settings(max_examples=500)
@given(survivors, st.sampled_from([" ", ", ", " / ", "\n", "; ", ",", "|", "\t"]))
def test_what_shops_write_beside_each_other_survives(found: list[str], gap: str) -> None:
    text = gap.join(found)

    assert without_numbers(text) == text
    assert without_numbers(f"a: {text}.") == f"a: {text}."


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


HOSTILE = [
    *("4", "4 ", "44-", "4444 ", "62 ", "4111111111111112 ", "1.", "529.982.247-26 ", "4   "),
    *("4444 " * 7 + "4444-", "4444 " * 8 + "4444-", "41111111 ", "6211 1111 1111 1111 123 "),
    *("3782 822463 10005 ", "a4111111111111111 ", "5.4111111111111111 "),
]


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


@given(
    st.lists(st.from_regex(r"[0-9]{8}", fullmatch=True), min_size=2, max_size=4),
    st.sampled_from([",", ", ", ";", " | ", ": "]),
)
def test_a_list_of_ids_of_eight_digits_survives(ids: list[str], between: str) -> None:
    text = between.join(ids)

    assert without_numbers(text) == text
