"""Forms by Rack's rules: against a writer of our own, case by case, and at the bounds."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.decoding import MAX_DEPTH, MAX_PARSED_BYTES, JsonObject, JsonValue
from commerce_hooks.errors import QuarantineError, Reason
from commerce_hooks.forms import (
    MAX_ALL_BRACKETS,
    MAX_BRACKETS,
    MAX_FIELDS,
    decode_form,
    looks_like_form,
)
from support.rack_forms import BARE_BRACKETS, PERCENT_SPACES, RAILS, Spelling, form_of

leaves = st.none() | st.text(st.characters(codec="utf-8"), max_size=8)
keys = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=4)


def _lists_of_objects(children: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonValue]:
    """Lists as a form can hold them: the path to the first leaf is the same in every object."""

    def beginning_with(first: str) -> st.SearchStrategy[JsonValue]:
        others = st.dictionaries(keys.filter(lambda key: key != first), children, max_size=3)

        def objects(beginning: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonValue]:
            begun = st.fixed_dictionaries({first: beginning})
            return st.lists(st.builds(dict.__or__, begun, others), min_size=1, max_size=3)

        return objects(leaves) | objects(st.fixed_dictionaries({first: leaves}))

    return keys.flatmap(beginning_with)


trees = st.dictionaries(
    keys,
    st.recursive(
        leaves,
        lambda children: (
            st.lists(leaves, min_size=1, max_size=4)
            | st.dictionaries(keys, children, min_size=1, max_size=4)
            | _lists_of_objects(children)
        ),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)
spellings = st.sampled_from([RAILS, BARE_BRACKETS, PERCENT_SPACES])


@given(trees, spellings)
def test_what_rails_writes_is_read_as_it_was(tree: JsonObject, spelling: Spelling) -> None:
    assert decode_form(form_of(tree, spelling)) == tree


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("name", {"name": None}),
        ("name=", {"name": ""}),
        ("name=a=b", {"name": "a=b"}),
        ("name=1&name=2", {"name": "2"}),
        ("name=1&name", {"name": None}),
        ("&name=1&&&price=2&", {"name": "1", "price": "2"}),
        ("name=1&  price=2", {"name": "1", "price": "2"}),
        ("name=1;price=2", {"name": "1;price=2"}),
        ("first+name=q1%212%22%27w%245%267%2Fz8%29%3F", {"first name": "q1!2\"'w$5&7/z8)?"}),
        ("total%3D=1", {"total=": "1"}),
        ("title=%D7%97%D7%95%D7%9C%D7%A6%D7%94", {"title": "חולצה"}),
        ("title=חולצה", {"title": "חולצה"}),
        ("tags[]", {"tags": [None]}),
        ("tags[]=", {"tags": [""]}),
        ("tags[]=a&id=1&tags[]=b&tags[]", {"tags": ["a", "b", None], "id": "1"}),
        ("tags&tags[]=a", {"tags": ["a"]}),
        ("cart&cart[id]=1", {"cart": {"id": "1"}}),
        ("order[cart][id]=1&order[id]=2", {"order": {"cart": {"id": "1"}, "id": "2"}}),
        ("order[id]=1&order[id]=2", {"order": {"id": "2"}}),
        ("order[tags][]=a&order[tags][]=b", {"order": {"tags": ["a", "b"]}}),
        ("pairs[][]=a&pairs[][]=b", {"pairs": [["a"], ["b"]]}),
        ("mixed[]=a&mixed[][b]=c&mixed[]=d", {"mixed": ["a", {"b": "c"}, "d"]}),
    ],
)
def test_a_form_is_read_by_racks_rules(form: str, expected: JsonObject) -> None:
    assert decode_form(form.encode()) == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("l[][a]=1&l[][b]=2", [{"a": "1", "b": "2"}]),
        ("l[][a]=1&l[][a]=2", [{"a": "1"}, {"a": "2"}]),
        (
            "l[][a]=1&l[][b]=2&l[][a]=3&l[][b]=4",
            [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}],
        ),
        # The same at the end of a path: only the whole path starts the next element.
        ("l[][p][x]=1&l[][p][y]=2", [{"p": {"x": "1", "y": "2"}}]),
        ("l[][p][x]=1&l[][p][x]=2", [{"p": {"x": "1"}}, {"p": {"x": "2"}}]),
        (
            "l[][p][x]=1&l[][a]=2&l[][p][x]=3&l[][a]=4",
            [{"p": {"x": "1"}, "a": "2"}, {"p": {"x": "3"}, "a": "4"}],
        ),
        ("l[][p][x]=1&l[][p]=2", [{"p": {"x": "1"}}, {"p": "2"}]),
        ("l[][a]&l[][a]=2", [{"a": None}, {"a": "2"}]),
        # A list within an element never starts the next one.
        ("l[][t][]=1&l[][t][]=2", [{"t": ["1", "2"]}]),
        ("l[][t][][x]=1&l[][t][][y]=2", [{"t": [{"x": "1", "y": "2"}]}]),
        (
            "l[][a]=1&l[][t][][x]=2&l[][t][][x]=3&l[][a]=4&l[][t][][x]=5",
            [{"a": "1", "t": [{"x": "2"}, {"x": "3"}]}, {"a": "4", "t": [{"x": "5"}]}],
        ),
    ],
)
def test_a_path_that_is_there_already_starts_the_next_element(
    form: str, expected: JsonValue
) -> None:
    assert decode_form(form.encode()) == {"l": expected}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("[]=1", {"[]": "1"}),
        ("[a]=1", {"[a]": "1"}),
        ("[a][b]=1", {"[a]": {"b": "1"}}),
        ("a[=1", {"a[": "1"}),
        ("a]=1", {"a]": "1"}),
        ("a[b=1", {"a": {"[b": "1"}}),
        ("a[b][=1", {"a": {"[b][": "1"}}),
        ("a[b]c=1", {"a": {"b": {"c": "1"}}}),
        ("a[b]c[d]=1", {"a": {"b": {"c[d]": "1"}}}),
        ("a[]b=1&a[]b=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        ("a[[]=1", {"a": {"[": "1"}}),
        ("a[[]]=1", {"a": {"[": {"]": "1"}}}),
        ("a[][][b]=1", {"a": [{"[]": {"b": "1"}}]}),
    ],
)
def test_stray_brackets_are_part_of_the_key(form: str, expected: JsonObject) -> None:
    assert decode_form(form.encode()) == expected


@pytest.mark.parametrize(
    "form",
    [
        "x=1&x[]=2",
        "x=1&x[y]=2",
        "x[]=1&x=2",
        "x[]=1&x[y]=2",
        "x[y]=1&x=2",
        "x[y]=1&x",
        "x[y]=1&x[]=2",
        "x[y]=1&x[][z]=2",
        "x[y]=1&x[y]z=2",
        "x[][y]=1&x[][y][z]=2",
        "x[][y]=z&x[][y][z]=2",
        "x[][y]=1&x[][]=2",
        "x[]=1&x[][y]=2&x[][]=3",
    ],
)
def test_a_name_that_means_two_kinds_of_thing_is_refused(form: str) -> None:
    assert _refusal(form.encode()) == "conflicting_keys"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"a=%", "bad_percent_encoding"),
        (b"a=%4", "bad_percent_encoding"),
        (b"a=%zz", "bad_percent_encoding"),
        (b"a=%4&1=b", "bad_percent_encoding"),
        (b"%u05D0=1", "bad_percent_encoding"),
        (b"a=\xd7", "not_utf8"),
        (b"a=%D7", "not_utf8"),
        (b"%FFa=1", "not_utf8"),
        (b"a=%ED%A0%80", "not_utf8"),
        (b"a=%C0%80", "not_utf8"),
        (b"\xff\xfea\x00=\x001\x00", "not_utf8"),
        (b"=1", "nameless_field"),
        (b"a=1&=2", "nameless_field"),
        (b"", "not_a_form"),
        (b"\xef\xbb\xbf", "not_a_form"),
        (b"&&", "not_a_form"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_kind(raw: bytes, kind: str) -> None:
    assert _refusal(raw) == kind


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert decode_form(b"\xef\xbb\xbforder[id]=1") == {"order": {"id": "1"}}


def test_the_number_of_fields_is_bounded_where_it_says() -> None:
    assert decode_form(b"&".join([b"a[]=1"] * MAX_FIELDS)) == {"a": ["1"] * MAX_FIELDS}
    assert _refusal(b"&".join([b"a[]=1"] * (MAX_FIELDS + 1))) == "too_many_fields"
    # Empty fields count too: it is their number that costs.
    assert _refusal(b"a=1" + b"&" * MAX_FIELDS) == "too_many_fields"


@pytest.mark.parametrize("pair", ["[]", "%5b%5D"])
def test_the_brackets_of_all_names_are_bounded_where_it_says(pair: str) -> None:
    # Each field has a name of its own, so that none is refused for another reason.
    fields = [f"{number}{pair * 20}=1".encode() for number in range(MAX_ALL_BRACKETS // 20)]

    assert len(decode_form(b"&".join(fields))) == len(fields)
    assert _refusal(b"&".join([*fields, f"x{pair}=1".encode()])) == "too_many_brackets"


@pytest.mark.parametrize("pair", ["[a][a]", "[][]", "[][a]", "%5Ba%5D%5B%5D"])
def test_the_brackets_of_a_name_are_bounded_where_it_says(pair: str) -> None:
    repeated = pair * (MAX_BRACKETS // 2)

    form = decode_form(f"a{repeated}=1&b{repeated}c=1".encode())

    assert _depth(form) == MAX_BRACKETS + 2 < MAX_DEPTH
    assert _refusal(f"a{repeated}[b]=1".encode()) == "too_deep"


def test_brackets_count_even_where_they_are_stray() -> None:
    assert _refusal(b"a" + b"[" * (MAX_BRACKETS + 1) + b"=1") == "too_deep"


def test_a_form_too_big_to_parse_is_not_parsed() -> None:
    largest = b"a=" + b"b" * (MAX_PARSED_BYTES - 2)

    assert decode_form(largest)
    with pytest.raises(QuarantineError) as refused:
        decode_form(largest + b"b")
    assert refused.value.reason is Reason.TOO_BIG_TO_PARSE


pieces = st.sampled_from(
    "a b [ ] [] [a] [b] [][a] & & = %5B %5D %41 %D7 %90 %zz % + א \x00 ; , .".split(" ")  # noqa: SIM905
)
scrambled = st.lists(pieces, max_size=40).map(lambda parts: "".join(parts).encode())


@given(st.binary() | scrambled)
def test_no_bytes_raise_anything_but_a_quarantine(raw: bytes) -> None:
    try:
        form = decode_form(raw)
    except QuarantineError as refused:
        assert refused.reason is Reason.UNREADABLE
        assert [problem.loc for problem in refused.problems] == [()]
        assert refused.__suppress_context__ or refused.__context__ is None
    else:
        assert all(leaf is None or isinstance(leaf, str) for leaf in _leaves(form))
        assert json.loads(json.dumps(form, ensure_ascii=False).encode()) == form


brackets = st.lists(st.sampled_from(["[]", "[a]", "[b]"]), max_size=4).map("".join)
# Rack takes the second pair of three for a key; nobody means that.
names = st.builds(str.__add__, st.sampled_from("xy"), brackets.filter(lambda b: "[][][" not in b))


@given(st.lists(names, min_size=1, max_size=8))
def test_no_value_is_dropped_unless_a_later_one_has_its_name(fields: list[str]) -> None:
    raw = "&".join(f"{name}={index}" for index, name in enumerate(fields)).encode()
    # What stands in a list is kept beside its like; elsewhere the later text counts.
    kept = {name if "[]" not in name else index: index for index, name in enumerate(fields)}

    try:
        form = decode_form(raw)
    except QuarantineError as refused:
        assert [problem.type for problem in refused.problems] == ["conflicting_keys"]
    else:
        assert sorted(map(str, kept.values())) == sorted(map(str, _leaves(form)))


@pytest.mark.parametrize(
    "raw",
    [b"a=1", b"order[id]=1", b"=", b" a=1", b"\xef\xbb\xbfa=1", b"a=1\n", b"a={}", b"&a=%7B"],
)
def test_a_body_with_an_equals_sign_looks_like_a_form(raw: bytes) -> None:
    assert looks_like_form(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text",
        b"12",
        b'{"a": "b=c"}',
        b'[{"a": "b=c"}]',
        b'"a=b"',
        b' \r\n\t{"a": "="}',
        b'\xef\xbb\xbf{"a": "="}',
        b'\xef\xbb\xbf\n[{"a": "="}]',
        b'--x\r\nContent-Disposition: form-data; name="order[id]"\r\n\r\n1\r\n--x--\r\n',
        b"--x\r\nContent-Disposition: form-data; name=id\r\n\r\n1\r\n--x--\r\n",
        b'<?xml version="1.0"?><order id="1"/>',
        b"order:\n  id: a=b\n",
    ],
)
def test_json_and_what_no_form_begins_with_do_not_look_like_a_form(raw: bytes) -> None:
    assert not looks_like_form(raw)


def _refusal(raw: bytes) -> str:
    with pytest.raises(QuarantineError) as refused:
        decode_form(raw)
    (problem,) = refused.value.problems
    assert refused.value.reason is Reason.UNREADABLE
    assert problem.loc == ()
    return problem.type


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _leaves(child)
    else:
        yield value


def _depth(value: JsonValue) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(
        _depth(child) for child in (value.values() if isinstance(value, dict) else value)
    )
