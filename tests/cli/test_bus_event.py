"""An event as a bus delivered it, to the letter."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_hooks_cli.bus_event import BusEvent

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    before=st.dictionaries(st.text(), _VALUES),
    detail=st.dictionaries(st.text(), _VALUES),
    after=st.dictionaries(st.text(), _VALUES),
    indent=st.sampled_from([None, 0, 2]),
    ascii_only=st.booleans(),
)
def test_the_detail_is_told_as_it_stands_there(
    before: Any, detail: Any, after: Any, indent: int | None, *, ascii_only: bool
) -> None:
    for others in (before, after):
        others.pop("detail", None)
    tree = {**before, "detail": detail, **{k: v for k, v in after.items() if k not in before}}
    raw = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)

    text = BusEvent.parse(raw).detail_text

    assert json.loads(text) == detail
    assert text in raw


@pytest.mark.parametrize(
    "detail",
    ['{"n": 1.10, "e":1E2}', r'{"t":"שלום \"detail\": {}"}', "{ }", '{"detail":{"detail":[]}}'],
)
def test_nothing_in_it_is_spelled_anew(detail: str) -> None:
    raw = f'{{ "x":{{"detail":1}},\n "detail" : {detail} , "resources":[]}}'

    assert BusEvent.parse(raw).detail_text == detail


@pytest.mark.parametrize("raw", ["{}", '{"source": "x"}', "[]", '"detail"', "5"])
def test_an_event_without_a_detail_has_none_to_tell(raw: str) -> None:
    with pytest.raises(KeyError):
        _ = BusEvent.parse(raw).detail_text


def test_an_event_is_the_same_but_for_its_replay() -> None:
    raw = '{"replay-name": "again", "source": "x"}'
    event = BusEvent.parse(raw)

    before = event.as_before_its_replay()

    assert (event.replay_name, before.replay_name) == ("again", "")
    assert (before.source, before.raw) == ("x", raw)
