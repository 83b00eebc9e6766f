"""A body's shape: its paths and types and none of its values; a topic's set only ever grows."""

import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.decoding import MAX_DEPTH, decode_object
from commerce_hooks.errors import QuarantineError
from shapes.shapes import (
    BODY,
    CUT,
    MAX_PAIRS,
    MAX_PATH,
    NOTHING,
    KnownShape,
    Pair,
    SeenPath,
    bounded,
    fingerprint_of,
    shape_of,
)
from support.samples import Sample, samples

THEN, LATER = "2026-03-09T12:00:00.000Z", "2026-03-10T12:00:00.000Z"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
bodies = st.dictionaries(st.text() | st.sampled_from(["id", "order", "lines"]), trees)
pair = st.tuples(
    st.sampled_from(["", "id", "a.b", "a.c[]"]), st.sampled_from(["null", "string", "cut"])
)


def paths(data: Any) -> dict[str, str]:
    """The shape of a body in which each path has one type."""
    return dict(sorted(shape_of(data) - {BODY, CUT}))


def learned(*shapes: frozenset[Pair]) -> KnownShape:
    return reduce(lambda known, shape: known.with_news(known.news_in(shape), THEN), shapes, NOTHING)


def test_each_type_of_json_has_its_name() -> None:
    data: Any = {"a": None, "b": True, "c": 1, "d": 1.5, "e": "x", "f": [], "g": {}}

    assert paths(data) == {
        "a": "null",
        "b": "boolean",
        "c": "integer",
        "d": "number",
        "e": "string",
        "f": "array",
        "g": "object",
    }


def test_a_path_names_keys_and_marks_the_elements_of_a_list() -> None:
    data = {"order": {"cart": {"lines": [{"code": "a"}, {"code": "b"}], "pairs": [[1]]}}}

    assert paths(data) == {
        "order": "object",
        "order.cart": "object",
        "order.cart.lines": "array",
        "order.cart.lines[]": "object",
        "order.cart.lines[].code": "string",
        "order.cart.pairs": "array",
        "order.cart.pairs[]": "array",
        "order.cart.pairs[][]": "integer",
    }


def test_elements_of_several_types_are_several_pairs() -> None:
    assert shape_of({"a": [1, None]}) >= {("a[]", "integer"), ("a[]", "null")}


def test_what_masking_has_hidden_is_told_from_a_text() -> None:
    assert paths({"phone": "***", "name": "****"}) == {"phone": "masked", "name": "string"}


@pytest.mark.parametrize(
    "key", ["0", "dana@example.com", "דנה", "a b", "a-b", "a.b", "a[]", "a\n", "", "x" * 42]
)
def test_a_key_that_may_be_personal_is_a_star(key: str) -> None:
    assert paths({"customers": {key: {"id": 1}}}) == {
        "customers": "object",
        "customers.*": "object",
        "customers.*.id": "integer",
    }


def test_a_word_of_41_characters_is_still_a_field() -> None:
    assert paths({"x" * 41: 1}) == {"x" * 41: "integer"}


def test_an_empty_body_has_been_seen_too() -> None:
    assert shape_of({}) == {BODY}


def nested(levels: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for _ in range(levels - 1):
        data = {"a": data}
    return data


def test_the_deepest_body_that_is_decoded_has_a_whole_shape() -> None:
    deepest = decode_object(json.dumps(nested(MAX_DEPTH + 1)).encode())

    assert CUT not in shape_of(deepest)
    assert len(shape_of(deepest)) == MAX_DEPTH + 1


def test_what_is_deeper_than_any_body_is_left_out_and_marked() -> None:
    shape = shape_of(nested(100_000))

    assert CUT in shape
    assert len(shape) == MAX_DEPTH + 2


def test_a_path_that_is_too_long_is_left_out_and_marked() -> None:
    data: Any = 1
    for _ in range(10):
        data = {"x" * 41: data, "id": 1}

    shape = shape_of(data)

    assert CUT in shape
    assert max(len(path) for path, _ in shape) <= MAX_PATH
    assert ("id", "integer") in shape


def test_a_body_with_ever_more_keys_is_cut_the_same_way_whatever_their_order() -> None:
    keys = [f"key_{number:06}" for number in range(MAX_PAIRS * 3)]

    one, other = shape_of(dict.fromkeys(keys)), shape_of(dict.fromkeys(reversed(keys)))

    assert one == other
    assert CUT in one
    assert len(one) == MAX_PAIRS + 1


@given(bodies)
def test_a_shape_is_bounded_and_says_nothing_but_words_and_types(body: Any) -> None:
    shape = shape_of(body)

    assert len(shape) <= MAX_PAIRS + 1
    words = {word for path, _ in shape for word in path.replace("[]", "").split(".")}
    assert all(word in {"", "*"} or word.isidentifier() for word in words)
    assert all(word.isascii() for word in words)


@given(bodies)
def test_a_shape_is_the_same_whatever_the_values_are(body: Any) -> None:
    assert shape_of(body) == shape_of(with_other_values(body))


@pytest.mark.parametrize("sample", samples(), ids=str)
def test_no_value_of_a_sample_is_in_its_shape(sample: Sample) -> None:
    try:
        body = decode_object(sample.body)
    except QuarantineError:
        pytest.skip("no JSON object, so it never comes here as it is")

    assert shape_of(body) == shape_of(with_other_values(body))


def with_other_values(tree: Any) -> Any:
    """The same tree with other texts and numbers."""
    if isinstance(tree, dict):
        return {key: with_other_values(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [with_other_values(value) for value in tree]
    if isinstance(tree, str):
        return tree if tree == "***" else "canary"
    return tree if isinstance(tree, bool) or tree is None else type(tree)(4711)


@given(st.lists(st.frozensets(pair)))
def test_the_order_in_which_bodies_come_makes_no_difference(shapes: list[frozenset[Pair]]) -> None:
    assert learned(*shapes).pairs == learned(*reversed(shapes)).pairs
    assert learned(*shapes).fingerprint == learned(*reversed(shapes)).fingerprint


@given(st.lists(st.frozensets(pair)))
def test_a_body_seen_again_is_no_news(shapes: list[frozenset[Pair]]) -> None:
    known = learned(*shapes)

    assert all(known.news_in(shape) == () for shape in shapes)


@given(st.frozensets(pair), st.frozensets(pair))
def test_a_set_only_grows_by_what_was_news(one: frozenset[Pair], other: frozenset[Pair]) -> None:
    before = learned(one)
    news = before.news_in(other)

    assert set(news) == other - before.pairs
    assert before.with_news(news, LATER).pairs == one | other


def test_a_set_takes_so_many_pairs_and_then_a_mark_and_then_nothing() -> None:
    first = shape_of({f"first_{number}": 1 for number in range(1500)})
    known = learned(first)

    more = known.with_news(known.news_in(shape_of({f"x_{n}": 1 for n in range(1500)})), LATER)

    assert CUT in more.pairs
    assert first <= more.pairs
    assert len(more.pairs - {CUT}) == MAX_PAIRS
    assert more.news_in(shape_of({"another": 1})) == ()


def test_a_set_that_is_larger_than_today_s_bound_takes_only_the_mark() -> None:
    large = NOTHING.with_news([(f"x_{number}", "null") for number in range(MAX_PAIRS + 9)], THEN)

    assert large.news_in(shape_of({f"another_{number}": 1 for number in range(30)})) == (CUT,)


def test_a_set_whose_first_body_was_too_deep_still_takes_as_many_pairs() -> None:
    known = learned(frozenset({BODY, CUT}))

    more = known.with_news(known.news_in([(f"x_{n}", "null") for n in range(MAX_PAIRS)]), LATER)

    assert len(more.pairs - {CUT}) == MAX_PAIRS


def test_a_path_keeps_the_time_of_its_first_type() -> None:
    known = NOTHING.with_news([("id", "integer")], THEN)

    grown = known.with_news([("id", "null"), ("name", "string")], LATER)

    assert grown.paths == {
        "id": SeenPath(types=("integer", "null"), first_seen=THEN),
        "name": SeenPath(types=("string",), first_seen=LATER),
    }
    assert (grown.changes, grown.updated_at) == (2, LATER)


def test_a_set_is_the_same_after_it_was_kept_and_read() -> None:
    known = learned(shape_of({"id": 1, "lines": [{"code": None}]}))

    assert KnownShape.model_validate_json(known.model_dump_json()) == known


def test_a_list_that_leaves_something_out_says_so() -> None:
    assert bounded([("b", "null"), ("a", "null"), CUT], 1) == {CUT, ("a", "null")}
    assert bounded([("b", "null"), ("a", "null")], 2) == {("a", "null"), ("b", "null")}


def test_a_fingerprint_is_of_the_set_and_not_of_its_order() -> None:
    one, other = ("a", "null"), ("b", "string")

    assert fingerprint_of([one, other]) == fingerprint_of([other, one])
    assert fingerprint_of([one]) != fingerprint_of([other])
    assert len(fingerprint_of([])) == 64
