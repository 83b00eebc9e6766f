"""What is made of a body, and how its problems are shown: the cases that no platform has."""

from collections.abc import Sequence

import pytest

from commerce_hooks.callback import Callback
from commerce_hooks.decoding import JsonObject
from commerce_hooks.errors import Problem, Reason
from commerce_hooks.keyring import CallbackTarget
from commerce_hooks.platform import Platform, Topic, topics_by_name
from commerce_hooks.schemas.callback_body import CallbackBody
from commerce_hooks_cli.body_lines import marked_lines
from commerce_hooks_cli.examination import Examiner
from commerce_hooks_cli.excerpt import excerpt
from support.quarantine import RECEIVED_AT


class AnyBody(CallbackBody):
    @property
    def resource_id(self) -> None:
        return None


def broken(body: JsonObject) -> Sequence[JsonObject]:
    raise KeyError(body["secret"])


def nothing(_: JsonObject) -> Sequence[JsonObject]:
    return ()


SHOP = Platform(
    name="shop",
    topics=topics_by_name(
        Topic("broken", "order.saved", AnyBody, parts=broken),
        Topic("nothing", "order.saved", AnyBody, parts=nothing),
    ),
)
EXAMINER = Examiner({"shop": SHOP}, "test/unit", masked=False, personal_topics=())


def callback(topic: str) -> Callback:
    target = CallbackTarget("shop", "acme", topic)
    return Callback(target, "c", RECEIVED_AT, "application/json", b'{"secret": "of a customer"}')


def test_a_fault_of_ours_is_named_by_its_place_and_never_quotes_the_body() -> None:
    examined = EXAMINER.examine(callback("broken"))

    assert examined.refusal is not None
    assert examined.refusal.reason is Reason.INTERNAL_ERROR
    (problem,) = examined.problems
    assert problem.type.startswith("KeyError at test_examination.py:")
    assert examined.tree is None


def test_a_body_without_events_is_shown_whole() -> None:
    examined = EXAMINER.examine(callback("nothing"))

    assert [problem.type for problem in examined.problems] == ["no_events"]
    assert examined.tree == {"secret": "of a customer"}


def shown(tree: JsonObject, *problems: Problem) -> list[str]:
    return [
        f"{line.text}  <-- {line.mark}" if line.mark else line.text
        for line in marked_lines(tree, problems)
    ]


def test_a_body_is_shown_as_json_with_its_marks() -> None:
    tree: JsonObject = {"a": [1, {"b": None}, []], "c": {}, "d": 1.5, "e": True}

    assert shown(
        tree,
        Problem(("a", 1, "b"), "int_type"),
        Problem(("a", 1, "b"), "too_odd"),
        Problem(("a", 7), "missing"),
        Problem(("c", "*", 0, "x"), "missing"),
        Problem((), "no_events"),
    ) == [
        "{  <-- no_events",
        '  "a": [  <-- [7]: missing',
        "    1,",
        "    {",
        '      "b": null  <-- int_type, too_odd',
        "    },",
        "    []",
        "  ],",
        '  "c": {},  <-- *[0].x: missing',
        '  "d": 1.5,',
        '  "e": true',
        "}",
    ]


def test_an_index_is_no_name_and_a_name_no_index() -> None:
    tree: JsonObject = {"0": "name", "list": ["item"]}

    assert shown(tree, Problem((0,), "x"), Problem(("list", "0"), "y")) == [
        "{  <-- [0]: x",
        '  "0": "name",',
        '  "list": [  <-- 0: y',
        '    "item"',
        "  ]",
        "}",
    ]


def test_long_texts_are_cut_and_say_by_how_much() -> None:
    (line,) = (line for line in shown({"a": "x" * 1_000}) if "xxx" in line)

    assert line.endswith('x ... 700 more"')


def test_of_a_long_body_the_beginning_is_shown_and_what_is_around_the_marks() -> None:
    tree: JsonObject = {f"name{number}": number for number in range(1_000)}

    lines = shown(tree, Problem(("name500",), "odd"))

    assert lines[:2] == ["{", '  "name0": 0,']
    assert "... 476 lines ..." in lines
    assert '  "name500": 500,  <-- odd' in lines
    assert lines[-1] == "... 495 lines ..."
    assert len(lines) == 20 + 1 + 11 + 1


@pytest.mark.parametrize(
    ("raw", "kind", "line", "column"),
    [
        (b"{", "not_json", 1, 2),
        (b'{"a":1,\n\n x}', "not_json", 3, 2),
        (b"[" * 100_000, "not_json", None, None),
        (b"{}", "not_json", None, None),
        (b"a=%ff", "not_utf8", None, None),
        (b"\n\xff", "not_utf8", 2, 1),
        (b"{", "duplicate_key", None, None),
    ],
)
def test_the_place_is_told_where_the_parser_tells(
    raw: bytes, kind: str, line: int | None, column: int | None
) -> None:
    piece = excerpt(raw, kind)

    assert (piece.line, piece.column) == (line, column)


@pytest.mark.parametrize("digits", ["4580", "\u0664\u0665", "\uff14\uff15", "\u2463\u00bd", "四五"])
def test_no_script_s_digits_are_shown(digits: str) -> None:
    piece = excerpt(f'{{"a": "{digits}" oops'.encode(), "not_json")

    assert piece.before + piece.after == f'{{"a": "{"#" * len(digits)}" oops'


def test_a_piece_is_bounded_and_has_no_digits() -> None:
    piece = excerpt(b'{"a": "' + b"4580 " * 10_000 + b'", oops' + b"1" * 10_000, "not_json")

    assert piece.before.endswith('#### ", ')
    assert piece.after.startswith("oops####")
    assert len(piece.before) + len(piece.after) <= 600
    assert not any(character.isdigit() for character in piece.before + piece.after)
