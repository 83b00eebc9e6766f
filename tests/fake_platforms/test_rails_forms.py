"""Forms as Konimbo's: what they look like, and that our own reader gets back what went in."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks.forms import decode_form
from fake_platforms.rails_forms import form_of
from support.samples import Sample, forms

leaves = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
keys = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=5)
objects = st.dictionaries(keys.filter(lambda key: key != "id"), leaves, max_size=3)
# The objects of a list begin with the same key, or a reader could not tell them apart.
lists = st.lists(leaves, min_size=1, max_size=3) | st.lists(
    st.builds(lambda id_, others: {"id": id_, **others}, st.integers(), objects),
    min_size=1,
    max_size=3,
)
trees = st.dictionaries(
    keys,
    st.recursive(
        leaves | lists,
        lambda children: st.dictionaries(keys, children, min_size=1, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


def as_texts(tree: Any) -> Any:
    """What is left of the tree in a form: everything is a text, or null."""
    if isinstance(tree, Mapping):
        return {key: as_texts(child) for key, child in tree.items()}
    if isinstance(tree, list):
        return [as_texts(child) for child in tree]
    if isinstance(tree, bool):
        return "true" if tree else "false"
    return None if tree is None else str(tree)


@given(trees)
def test_what_is_written_is_read_as_it_was(tree: dict[str, Any]) -> None:
    assert decode_form(form_of(tree)) == as_texts(tree)


@pytest.mark.parametrize(
    ("tree", "form"),
    [
        ({"order": {"id": 1, "event": "order_created"}}, "order[id]=1&order[event]=order_created"),
        (
            {"lines": [{"id": 1, "code": "X"}, {"id": 2}]},
            "lines[][id]=1&lines[][code]=X&lines[][id]=2",
        ),
        ({"a": None, "b": "", "c": False, "d": 1.5}, "a&b=&c=false&d=1.5"),
        ({"none": [], "empty": {}, "tags": ["x", "y"]}, "tags[]=x&tags[]=y"),
        ({"a b": "c d&e=f+g"}, "a+b=c+d%26e%3Df%2Bg"),
    ],
)
def test_a_form_has_rails_brackets(tree: dict[str, Any], form: str) -> None:
    assert form_of(tree).decode() == form.replace("[", "%5B").replace("]", "%5D")


FORMS = [each for each in forms("konimbo") if each.variant != "cut_short"]


@pytest.mark.parametrize("sample", FORMS, ids=str)
def test_every_sample_that_is_a_form_can_be_written_again(sample: Sample) -> None:
    tree = decode_form(sample.body)

    assert decode_form(form_of(tree)) == tree
